"""The door to a team's pages: who is not in the team learns nothing, not even that there is one."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from apps.teams.models import Membership, Team
from apps.users.models import User

View = Callable[..., HttpResponse]


def for_members(view: View) -> View:
    """The view gets the `Team` in place of `team_slug`. Nobody is sent to sign in, a stranger gets 404."""
    return _checked(view, Membership.Role.values)


def for_admins(view: View) -> View:
    """As `for_members`; a member who is no admin gets 403."""
    return _checked(view, [Membership.Role.ADMIN])


def _checked(view: View, roles: Sequence[str]) -> View:
    @wraps(view)
    def checked(request: HttpRequest, team_slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        mine = Membership.objects.select_related("team").filter(user=request.user)
        membership = mine.filter(team__slug=team_slug).first()
        if membership is None:
            raise Http404("No such team, or none of yours.")
        if membership.role not in roles:
            raise PermissionDenied("Only an admin of the team may do this.")
        request.membership = membership  # type: ignore[attr-defined]
        return view(request, membership.team, *args, **kwargs)

    return checked


def signed_in(request: HttpRequest) -> User:
    """The user of a request that was let in."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Nobody is signed in.")
    return request.user


def is_admin(request: HttpRequest) -> bool:
    """Whether who came through the door is an admin of the team."""
    membership: Membership = request.membership  # type: ignore[attr-defined]
    return membership.role == Membership.Role.ADMIN


def teams_of(user: User) -> QuerySet[Team]:
    return Team.objects.filter(memberships__user=user).order_by("name", "pk")
