"""What `manage.py backfill` shows."""
