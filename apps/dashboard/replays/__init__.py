"""Pages of replays: what was replayed, a preview before anything is written, and a run to watch."""
