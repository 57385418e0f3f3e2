"""What the stand-in does wrong on purpose. Every field may be set while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Behaviour:
    # Who may ask. None: any token is good.
    tokens: set[str] | None = None
    revoked: set[str] = field(default_factory=set)
    revoke_after: int = 0  # the token dies after this many requests
    scopes: str = "read:org, repo"
    person: str = ""  # login of the tokens' owner; empty: the first member
    # That person's addresses with whether each is verified, the primary one first; None: login@example.com
    # and the one at users.noreply.github.com, both verified.
    emails: tuple[tuple[str, bool], ...] | None = None

    # The "Authorize" page: which scopes are granted, None: those asked for; whether both buttons say no.
    granted: str | None = None
    denied: bool = False
    # Logins that /user/orgs lists; None: all organizations.
    organizations: tuple[str, ...] | None = None

    # Primary limit, per token and hour. Enterprise Server may send no headers and know no limit.
    rate_limit: int = 5000
    rate_limit_status: int = 403
    rate_limit_off: bool = False

    # Secondary limit, per token and minute; 0: none.
    points_a_minute: int = 0
    secondary_status: int = 403
    retry_after: int | None = 60  # None: GitHub refuses without saying how long

    # The same two limits of GraphQL, in points; beyond the first the error is RATE_LIMITED or RATE_LIMIT.
    graphql_rate_limit: int = 5000
    graphql_rate_limit_type: str = "RATE_LIMITED"
    graphql_points_a_minute: int = 0

    # GraphQL. Every k-th query is 502; one that asks for more nodes is 502 and 504 in turn; one that asks for
    # more nodes has nothing but nulls and errors. 0: none.
    graphql_error_every: int = 0
    heavy_nodes: int = 0
    scarce_nodes: int = 0
    # Number of a pull request -> so many more answers have null and an error for it, or for its reviews.
    null_pulls: dict[int, int] = field(default_factory=dict)
    null_reviews: dict[int, int] = field(default_factory=dict)

    # Every k-th request fails; 0: none.
    error_every: int = 0
    errors: tuple[int, ...] = (500, 502, 503, 504)
    drop_every: int = 0  # the connection ends before an answer
    cut_every: int = 0  # the connection ends in the middle of the body
    latency: float = 0.0
    compress: bool = False  # gzip, as github.com does for each client that takes it

    # What became of the repository.
    hidden: bool = False  # 404: no permission, or gone; GitHub does not say which
    forbidden: bool = False  # 403 on what lies in it
    saml: bool = False
    blocked: bool = False
    disabled: bool = False
    empty: bool = False

    # Webhooks. 404: the token's owner is no administrator there; 403: the token lacks the permission.
    hooks_refused: int = 0
    # Shares of the deliveries that do not arrive: recorded as failed; recorded as answered by something in
    # between; in no list at all.
    lose_failed: float = 0.0
    lose_swallowed: float = 0.0
    lose_unrecorded: float = 0.0

    # After each page of a list, this many pull requests of the next page are updated and change places.
    shift_rows: int = 0
