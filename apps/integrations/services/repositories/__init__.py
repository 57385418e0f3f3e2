"""Which repositories a team follows, and what that takes."""
