from pathlib import Path
from urllib.parse import quote


def demo_environment(database: Path, site: str, github: str, broker: Path) -> dict[str, str]:
    """What the demo sets for itself, against the environment and `.env` of the operator."""
    return {
        "DJANGO_SETTINGS_MODULE": "tformance.settings",
        "DEMO": "on",
        "DEBUG": "off",
        "DATABASE_URL": f"sqlite:///{quote(str(database.absolute()))}",
        "SITE_URL": site,
        "GITHUB_API_URL": github,
        "GITHUB_WEB_URL": github,
        # The app that the stand-in knows.
        "GITHUB_CLIENT_ID": "standin",
        "GITHUB_CLIENT_SECRET": "standin-secret",
        # The visitor is signed in already.
        "SIGN_IN_GITHUB_CLIENT_ID": "",
        "SIGN_IN_GITHUB_CLIENT_SECRET": "",
        # A real token would go to the stand-in.
        "GITHUB_TOKEN": "",
        # The operator's worker would look for the demo's rows in its own database.
        "CELERY_BROKER_URL": f"filesystem://localhost{quote(str(broker))}",
        "CELERY_TASK_ALWAYS_EAGER": "off",
        # Invitations are shown on the page.
        "EMAIL_URL": "",
        "SIGN_UP": "",
        "EMAIL_VERIFICATION": "",
    }
