"""Text that no report shows."""


class Unprinted(str):
    """A secret on its way through our frames: a report with local variables, which prints every `repr`, has
    stars in its place. Django's own masking of such variables is off while DEBUG is on.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"
