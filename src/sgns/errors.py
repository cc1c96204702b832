"""Exceptions that name what was expected, what came, and where."""


class FormatError(ValueError):
    """A file or folder does not hold what its format promises.

    Raised for truncated, corrupt, foreign or newer files. The message names the file, the
    place in it and what was expected there.
    """
