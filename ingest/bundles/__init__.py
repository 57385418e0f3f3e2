"""Bundles: raw events as files, one JSON object a line. See docs/bundles.md."""
