"""Replay: stored events through the processors, again and again, to the same rows."""
