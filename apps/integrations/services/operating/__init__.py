"""How a team's data and the installation do."""
