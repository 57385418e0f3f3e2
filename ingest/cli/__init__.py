"""The command line: `manage.py events` by subcommand, and what all commands share.

stdout carries the answer: with `--format json` one JSON document and nothing else. Logs, progress and
warnings go to stderr. Exit status: 0 done (also where events were parked), 1 failed or differences found,
2 wrong usage, 3 waiting.
"""
