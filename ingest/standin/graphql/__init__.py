"""`POST /graphql` of the stand-in: the same worlds as REST's, asked in GitHub's schema."""

from .endpoint import post_query

__all__ = ["post_query"]
