from django.http import HttpRequest

from apps.users.models import User


def person(request: HttpRequest) -> User:
    """Who is signed in; for views behind a door."""
    user: User = request.user  # type: ignore[assignment]
    return user
