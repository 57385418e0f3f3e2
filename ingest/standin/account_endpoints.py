"""The owner of a token, other people, and who is in an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import refusals
from .answer import Answer, Request, ok
from .facts import User
from .paging import cut, links
from .places import find_organization
from .shapes import user

if TYPE_CHECKING:
    from .server import Standin

Parts = dict[str, str]

# `X-Accepted-OAuth-Scopes` of the recorded answers of /orgs/{org}/members.
_READ_ORGANIZATIONS = {"read:org", "write:org", "admin:org", "user"}
# GitHub's documentation of "List email addresses for the authenticated user".
_READ_EMAILS = {"user:email", "user"}


def get_user(standin: Standin, request: Request, parts: Parts) -> Answer:
    return ok(user.viewer(owner_of_token(standin, request)))


def list_emails(standin: Standin, request: Request, parts: Parts) -> Answer:
    """The primary one first. A token without the scope is told that there is nothing."""
    scopes = standin.scopes_of(request.token)
    if scopes is None or not _READ_EMAILS & set(scopes.split(", ")):
        return refusals.not_found()
    return ok(user.emails(owner_of_token(standin, request), standin.behaviour.emails))


def get_named_user(standin: Standin, request: Request, parts: Parts) -> Answer:
    wanted = parts["user"].lower()
    found = next((person for person in _everybody(standin) if person.login.lower() == wanted), None)
    return ok(user.viewer(found)) if found else refusals.not_found()


def list_user_organizations(standin: Standin, request: Request, parts: Parts) -> Answer:
    scopes = standin.scopes_of(request.token)
    if scopes is not None and not _READ_ORGANIZATIONS & set(scopes.split(", ")):
        return refusals.needs_scope(
            "You need at least read:org scope or user scope to list your organizations."
        )
    wanted = standin.behaviour.organizations
    owners = {world.people.organization.login: world.people.organization for world in standin.worlds}
    shown = [
        owner
        for login, owner in owners.items()
        # A fine-grained token gets an empty list (GitHub's description of this endpoint).
        if scopes is not None
        and login != owner_of_token(standin, request).login
        and (wanted is None or login in wanted)
    ]
    headers = links(request, f"{standin.url}/user/orgs", len(shown))
    return ok([user.organization_simple(owner) for owner in cut(shown, request)], **headers)


def list_members(standin: Standin, request: Request, parts: Parts) -> Answer:
    """Concealed members are shown to members only; others are sent to the list of the public ones."""
    worlds = find_organization(standin, parts)
    if isinstance(worlds, Answer):
        return worlds
    people = worlds[0].people
    if people.organization.login == owner_of_token(standin, request).login:
        return refusals.not_found()  # a person's own account
    if request.token is None or owner_of_token(standin, request) not in people.members:
        return refusals.found(f"{standin.url}/orgs/{people.organization.login}/public_members")
    scopes = standin.scopes_of(request.token)
    if scopes is not None and not _READ_ORGANIZATIONS & set(scopes.split(", ")):
        return _members(standin, request, worlds[0].people.organization, people.public_members, "members")
    return _members(standin, request, people.organization, people.members, "members")


def list_public_members(standin: Standin, request: Request, parts: Parts) -> Answer:
    worlds = find_organization(standin, parts)
    if isinstance(worlds, Answer):
        return worlds
    people = worlds[0].people
    return _members(standin, request, people.organization, people.public_members, "public_members")


def _members(
    standin: Standin, request: Request, organization: User, shown: tuple[User, ...], name: str
) -> Answer:
    headers = links(request, f"{standin.url}/organizations/{organization.id}/{name}", len(shown))
    return ok([user.user(person) for person in cut(shown, request)], **headers)


def owner_of_token(standin: Standin, request: Request) -> User:
    """Whose token it is."""
    grant = standin.oauth.tokens.get(request.token or "")
    login = grant.login if grant else standin.behaviour.person
    return next(
        (person for person in _everybody(standin) if person.login == login), standin.world.people.viewer
    )


def _everybody(standin: Standin) -> list[User]:
    return [
        person
        for world in standin.worlds
        for person in (*world.people.members, *world.people.outsiders, *world.people.bots)
    ]
