"""What an error of a backfill means for a person, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

CONNECT, SYNC = "connect", "sync"


@dataclass(frozen=True)
class Advice:
    """`what` happened and the `next` step, in plain sentences. `link`: where that is taken: CONNECT, SYNC or
    nowhere."""

    what: str
    next: str
    link: str = ""


_AGAIN = "Sync again: what is stored is not fetched a second time."

# By the name of the exception, which is what a run keeps.
KNOWN = {
    "CredentialRevoked": Advice(
        "GitHub no longer takes the team's token: it was revoked, has expired, or was disconnected.",
        "Connect GitHub again, then sync: it goes on with what is missing.",
        CONNECT,
    ),
    "NotFoundOrNoPermission": Advice(
        "GitHub does not show this to the team's token: it was deleted, or the token may no longer see it.",
        "Look whether whoever connected can still open the repository at GitHub, or connect as somebody who"
        " can. Then sync again.",
        CONNECT,
    ),
    "Forbidden": Advice(
        "GitHub forbids it: the token lacks a permission, or the organization asks for single sign-on.",
        "Grant the token access to the organization at GitHub, or connect again. Then sync again.",
        CONNECT,
    ),
    "EmptyRepository": Advice(
        "The repository has no commits yet, so there is nothing to fetch.",
        "Nothing is to be done. Sync once there are pull requests; deliveries are taken already.",
    ),
    "Disabled": Advice(
        "GitHub has switched the repository off, or its pull requests.",
        "Ask the repository's owner. What was stored stays.",
    ),
    "Blocked": Advice(
        "GitHub has blocked the repository for legal reasons.",
        "Nothing can be fetched while it is. What was stored stays.",
    ),
    "Unavailable": Advice(
        "GitHub failed with a server error, five times in a row.",
        "Look at githubstatus.com, then sync again: what is stored is not fetched a second time.",
        SYNC,
    ),
    "Unreachable": Advice(
        "GitHub could not be reached.", f"Check this server's network and GITHUB_API_URL. {_AGAIN}", SYNC
    ),
    "Truncated": Advice("GitHub's answer broke off, five times in a row.", _AGAIN, SYNC),
    "UnexpectedAnswer": Advice(
        "GitHub answered with something that its API does not give. A proxy may have answered in its place.",
        f"Check GITHUB_API_URL. {_AGAIN}",
        SYNC,
    ),
    "RateLimited": Advice(
        "GitHub's limit was reached.", "Sync again after the time that GitHub gives below.", SYNC
    ),
    "Undecryptable": Advice(
        "The stored token can't be read with the server's keys.",
        "Put the former key back into FIELD_ENCRYPTION_KEYS, or connect GitHub again. Then sync again.",
        CONNECT,
    ),
}
UNKNOWN = Advice(
    "The run ended with an error of this program.",
    f"{_AGAIN} If it fails again, tell whoever runs this site; the log has the details.",
    SYNC,
)


def advice(error: str) -> Advice:
    return KNOWN.get(error, UNKNOWN)
