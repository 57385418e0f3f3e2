from django.conf import settings


def is_offered() -> bool:
    """Whether people may sign in with a GitHub account: this site is an app there for that."""
    return bool(settings.SIGN_IN_GITHUB_CLIENT_ID and settings.SIGN_IN_GITHUB_CLIENT_SECRET)
