class Broken(Exception):
    """A line of a bundle that can't become an event; its text is the reason."""


class BadFile(Exception):
    """A file that can't be read, or not to its end; its text names the file and the reason."""


class MissingFile(BadFile):
    """There is no such file."""
