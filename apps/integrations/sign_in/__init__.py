"""Signing in with a GitHub account. It has nothing to do with a team's connection but the way to GitHub."""
