"""A team's connection to GitHub: its accounts, tokens and members."""
