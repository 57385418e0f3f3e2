"""A team's webhooks: made, watched, and what they lost fetched afterwards."""
