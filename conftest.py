"""What every test of the project runs under."""

pytest_plugins = ["tests.database", "tests.network"]
