"""Mistakes in the settings, each with an id. Web and worker refuse to start with them too."""

from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from tformance.addresses import is_loopback, parse_http_url


def is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def secret_key_errors() -> Iterable[CheckMessage]:
    try:
        _ = settings.SECRET_KEY
    except ImproperlyConfigured:
        yield Error("SECRET_KEY is not set.", hint="`make setup` writes one to .env.", id="tformance.E001")


def encryption_key_errors() -> Iterable[CheckMessage]:
    keys = settings.FIELD_ENCRYPTION_KEYS
    if not keys:
        yield Error(
            "FIELD_ENCRYPTION_KEYS is not set.", hint="`make setup` writes one to .env.", id="tformance.E002"
        )
    for position, key in enumerate(keys, start=1):
        # The key itself stays out of the message: it would end in a log.
        if not is_fernet_key(key):
            yield Error(
                f"FIELD_ENCRYPTION_KEYS: key {position} of {len(keys)} is no Fernet key.",
                hint="A key is 32 random bytes in URL-safe base64; several are separated by commas.",
                id="tformance.E003",
            )


def site_url_errors() -> Iterable[CheckMessage]:
    parts = parse_http_url(settings.SITE_URL)
    if parts is None or parts.path or parts.query or parts.fragment or parts.username:
        yield Error(
            "SITE_URL is no address of a site.",
            hint="Scheme and host, and a port if there is one: https://metrics.example.com",
            id="tformance.E004",
        )


def github_url_errors() -> Iterable[CheckMessage]:
    for name in ("GITHUB_API_URL", "GITHUB_WEB_URL"):
        parts = parse_http_url(getattr(settings, name))
        if parts is None:
            yield Error(f"{name} is no http or https URL.", id="tformance.E005")
        elif parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            yield Error(
                f"{name} is plain http to another machine.",
                hint="Tokens would cross the network in the clear. Only this machine may be asked by http.",
                id="tformance.E006",
            )


def demo_errors() -> Iterable[CheckMessage]:
    parts = parse_http_url(settings.SITE_URL)
    if settings.DEMO and not (parts and is_loopback(parts.hostname or "")):
        yield Error(
            "DEMO is on, and SITE_URL is not on this machine.",
            hint="The demo signs every visitor in. It is for 127.0.0.1 and localhost only.",
            id="tformance.E007",
        )


def people_errors() -> Iterable[CheckMessage]:
    if settings.SIGN_UP not in {"", "open", "invited"}:
        yield Error("SIGN_UP is neither open nor invited.", id="tformance.E008")
    if settings.EMAIL_VERIFICATION not in {"none", "optional", "mandatory"}:
        yield Error("EMAIL_VERIFICATION is neither none nor optional nor mandatory.", id="tformance.E009")
    elif settings.EMAIL_VERIFICATION == "mandatory" and not settings.EMAIL_URL:
        yield Error(
            "EMAIL_VERIFICATION is mandatory, and there is no EMAIL_URL to send from.",
            hint="smtp+tls://user:password@host:587",
            id="tformance.E010",
        )


def sign_in_errors() -> Iterable[CheckMessage]:
    if bool(settings.SIGN_IN_GITHUB_CLIENT_ID) != bool(settings.SIGN_IN_GITHUB_CLIENT_SECRET):
        yield Error(
            "Of SIGN_IN_GITHUB_CLIENT_ID and SIGN_IN_GITHUB_CLIENT_SECRET one is not set.",
            hint="Both are on the page of the app at GitHub: docs/accounts.md.",
            id="tformance.E011",
        )


def sync_errors() -> Iterable[CheckMessage]:
    if not 1 <= settings.GITHUB_CONNECTIONS <= 4:
        yield Error(
            "GITHUB_CONNECTIONS is not 1 to 4.",
            hint="GitHub advises one, and bans who asks too much at once.",
            id="tformance.E012",
        )
    if settings.SYNC_MINUTES < 0 or settings.SYNC_OVERLAP_MINUTES < 0:
        yield Error(
            "SYNC_MINUTES or SYNC_OVERLAP_MINUTES is below 0.",
            hint="SYNC_MINUTES=0 switches syncs by themselves off.",
            id="tformance.E013",
        )


def budget_errors() -> Iterable[CheckMessage]:
    if not 0 <= settings.GITHUB_RESERVE_PERCENT <= 90:
        yield Error("GITHUB_RESERVE_PERCENT is not from 0 to 90.", id="tformance.E014")
    per_second = settings.GITHUB_REQUESTS_PER_SECOND
    if per_second is not None and not 0 < per_second < float("inf"):
        yield Error(
            "GITHUB_REQUESTS_PER_SECOND is not more than 0.",
            hint="Without it the pace is what github.com allows, and none elsewhere.",
            id="tformance.E015",
        )


def settings_errors() -> list[CheckMessage]:
    return [
        *secret_key_errors(),
        *encryption_key_errors(),
        *site_url_errors(),
        *github_url_errors(),
        *demo_errors(),
        *people_errors(),
        *sync_errors(),
        *budget_errors(),
        *sign_in_errors(),
    ]


@register(Tags.security)
def check_settings(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return settings_errors()


@register(Tags.staticfiles)
def check_style(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if finders.find("built/style.css"):
        return []
    return [
        Warning(
            "The pages' style is not built.",
            hint="`make assets` builds it; until then pages work, unstyled.",
            id="tformance.W001",
        )
    ]


def refuse_wrong_settings() -> None:
    """For processes that Django starts without its checks: gunicorn, Celery's worker and beat."""
    errors = settings_errors()
    if errors:
        raise SystemExit(
            "\n".join(f"{error.id}: {error.msg} {error.hint or ''}".rstrip() for error in errors)
        )
