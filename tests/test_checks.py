import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks

from tformance.checks import refuse_wrong_settings


def wrong() -> list[str]:
    return [str(message.id) for message in run_checks() if str(message.id).startswith("tformance.E")]


def test_the_settings_of_the_tests_are_right():
    assert wrong() == []
    refuse_wrong_settings()


def test_no_secret_key(settings):
    settings.SECRET_KEY = ""
    assert wrong() == ["tformance.E001"]


def test_no_encryption_key(settings):
    settings.FIELD_ENCRYPTION_KEYS = []
    assert wrong() == ["tformance.E002"]


@pytest.mark.parametrize("key", ["short", "", "é" * 44, "!" * 44])
def test_a_malformed_encryption_key_is_counted_not_shown(settings, key):
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), key]
    [error] = [message for message in run_checks() if message.id == "tformance.E003"]
    assert "key 2 of 2" in error.msg
    assert not key or key not in f"{error.msg}{error.hint}"


@pytest.mark.parametrize("key", [b"\xff", "\udc80"])
def test_an_encryption_key_that_is_no_text_is_malformed(settings, key):
    settings.FIELD_ENCRYPTION_KEYS = [key]
    assert wrong() == ["tformance.E003"]


@pytest.mark.parametrize(
    "url",
    [
        "metrics.example.com",
        "ftp://metrics.example.com",
        "https://",
        "https://[",
        "https://metrics.example.com:port",
        "https://metrics.example.com/app",
        "https://alice:secret@metrics.example.com",
    ],
)
def test_a_malformed_site_url(settings, url):
    settings.SITE_URL = url
    assert wrong() == ["tformance.E004"]


@pytest.mark.parametrize("name", ["GITHUB_API_URL", "GITHUB_WEB_URL"])
@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("https://github.example.com/api/v3", []),
        ("http://127.0.0.1:8901", []),
        ("http://[::1]:8901", []),
        ("http://localhost:8901", []),
        ("http://github.example.com", ["tformance.E006"]),
        ("http://127.0.0.1.example.com", ["tformance.E006"]),
        ("http://localhost@github.example.com", ["tformance.E006"]),
        ("github.example.com", ["tformance.E005"]),
    ],
)
def test_a_token_crosses_the_network_only_encrypted(settings, name, url, ids):
    setattr(settings, name, url)
    assert wrong() == ids


def test_who_may_sign_up_is_one_of_two(settings):
    settings.SIGN_UP = "closed"
    assert wrong() == ["tformance.E008"]


def test_mail_can_be_confirmed_only_where_it_can_be_sent(settings):
    settings.EMAIL_VERIFICATION = "mandatory"
    assert wrong() == ["tformance.E010"]
    settings.EMAIL_URL = "smtp://127.0.0.1"
    assert wrong() == []
    settings.EMAIL_VERIFICATION = "always"
    assert wrong() == ["tformance.E009"]


def test_half_an_app_signs_nobody_in(settings):
    settings.SIGN_IN_GITHUB_CLIENT_ID = "id"
    assert wrong() == ["tformance.E011"]
    settings.SIGN_IN_GITHUB_CLIENT_SECRET = "secret"
    assert wrong() == []
    settings.SIGN_IN_GITHUB_CLIENT_ID = ""
    assert wrong() == ["tformance.E011"]


@pytest.mark.parametrize(
    ("connections", "ids"), [(0, ["tformance.E012"]), (1, []), (4, []), (5, ["tformance.E012"])]
)
def test_how_many_connections(settings, connections, ids):
    settings.GITHUB_CONNECTIONS = connections
    assert wrong() == ids


@pytest.mark.parametrize("name", ["SYNC_MINUTES", "SYNC_OVERLAP_MINUTES"])
def test_minutes_are_not_below_zero(settings, name):
    setattr(settings, name, 0)
    assert wrong() == []
    setattr(settings, name, -1)
    assert wrong() == ["tformance.E013"]


@pytest.mark.parametrize(("percent", "found"), [(0, []), (90, []), (-1, ["E014"]), (91, ["E014"])])
def test_reserve_of_the_quota(settings, percent, found):
    settings.GITHUB_RESERVE_PERCENT = percent
    assert wrong() == [f"tformance.{number}" for number in found]


@pytest.mark.parametrize(("per_second", "found"), [(None, []), (0.1, []), (0.0, ["E015"]), (-1.0, ["E015"])])
def test_pace_of_requests(settings, per_second, found):
    settings.GITHUB_REQUESTS_PER_SECOND = per_second
    assert wrong() == [f"tformance.{number}" for number in found]


def test_a_process_without_checks_refuses_with_one_line_a_mistake(settings):
    settings.SECRET_KEY = ""
    settings.SITE_URL = "nowhere"
    with pytest.raises(SystemExit) as refusal:
        refuse_wrong_settings()
    lines = str(refusal.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["tformance.E001", "tformance.E004"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"])
def test_the_demo_on_this_machine(settings, url):
    settings.DEMO, settings.SITE_URL = True, url
    assert wrong() == []


def test_the_demo_signs_nobody_in_from_elsewhere(settings):
    settings.SITE_URL = "https://metrics.example.com"
    assert wrong() == []
    settings.DEMO = True
    assert wrong() == ["tformance.E007"]
    with pytest.raises(SystemExit, match=r"E007"):
        refuse_wrong_settings()
