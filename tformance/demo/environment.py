from pathlib import Path
from urllib.parse import quote


def demo_environment(database: Path, port: int | None) -> dict[str, str]:
    """What the demo sets for itself, against the environment and `.env` of the operator."""
    return {
        "DJANGO_SETTINGS_MODULE": "tformance.settings",
        "DEMO": "on",
        "DEBUG": "off",
        "DATABASE_URL": f"sqlite:///{quote(str(database.absolute()))}",
        "SITE_URL": f"http://127.0.0.1:{port}" if port else "http://127.0.0.1:8000",
        # A real token would go to the stand-in.
        "GITHUB_TOKEN": "the-demo-token",
        # The operator's worker would look for the demo's rows in its own database.
        "CELERY_BROKER_URL": "memory://",
    }
