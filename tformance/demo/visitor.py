"""In the demo a visitor is signed in without asking."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from apps.teams.models import Membership, Team
from apps.users.models import User
from tformance.addresses import is_loopback

EMAIL = "visitor@demo.invalid"


def make_visitor(team: Team) -> None:
    """The demo's own user, an admin of the demo's team, whom no password opens."""
    visitor = User.objects.filter(email=EMAIL).first() or User.objects.create_user(EMAIL)
    Membership.objects.get_or_create(
        team=team, user=visitor, defaults={"role": Membership.Role.ADMIN, "can_read_payloads": True}
    )


class SignIn:
    """Makes the visitor the user of each request that comes from this machine and asks this machine."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.DEMO:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated and _from_here(request):
            visitor = User.objects.filter(email=EMAIL, is_active=True).first()
            request.user = visitor or request.user
        return self.get_response(request)


def _from_here(request: HttpRequest) -> bool:
    host, _ = split_domain_port(request.get_host())
    return is_loopback(host.strip("[]")) and is_loopback(request.META["REMOTE_ADDR"])
