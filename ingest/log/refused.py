class LogIsAppendOnly(Exception):
    """Somebody tried to change or delete a stored event through the model."""
