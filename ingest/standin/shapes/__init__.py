"""One file for each object, with every key that GitHub sends."""
