"""Exceptions that name what was expected, what came, and where."""


class FormatError(ValueError):
    """A file or folder does not hold what its format promises.

    Raised for truncated, corrupt, foreign or newer files, and for text that is not UTF-8. The
    message names the file, the place in it and what was expected there.
    """


class DivergedError(ArithmeticError):
    """Training left the finite numbers: the learning rate is too high for this corpus.

    The message names the epoch and the learning rate. The weights are of no use any more.
    """


def invalid_utf8(file: str, position: int, byte: int) -> FormatError:
    """Return the error for a byte that is not UTF-8."""
    what = f"'{file}' is not UTF-8: byte 0x{byte:02x} at offset {position:,}"
    if (position, byte) == (1, 0x8B):
        return FormatError(f"{what}; if it is compressed by gzip, give it a name that ends in .gz")
    return FormatError(f"{what}; pass errors='replace' or errors='ignore' to go on")
