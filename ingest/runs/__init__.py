"""Runs: who works on one, and how its state changes."""
