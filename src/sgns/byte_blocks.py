"""A file, plain or gzip-compressed, read forward in blocks whose place is known."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

from sgns.errors import FormatError

PIECE = 1 << 20


class ByteBlocks:
    """The bytes that follow in a file, as much as has been asked for.

    Attributes
    ----------
    path : Path
        The file, for messages.
    size : int or None
        Its length in bytes, where that is known before reading: not for compressed files.
    buffer : bytes
        What has been read and not consumed.
    position : int
        Offset in the (decompressed) file of the first byte of `buffer`.
    at_end : bool
        Whether nothing follows `buffer`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        compressed = self.path.suffix == ".gz"
        # Closed by __exit__: the object is the context manager.
        plain = self.path.open("rb")
        self._plain = plain
        self._file = cast("BinaryIO", gzip.GzipFile(fileobj=plain)) if compressed else plain
        self.size = None if compressed else os.fstat(plain.fileno()).st_size
        self.buffer = b""
        self.position = 0
        self.at_end = False

    def __enter__(self) -> ByteBlocks:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._plain.close()

    def consume(self, count: int) -> None:
        """Drop the first `count` bytes of the buffer."""
        self.buffer = self.buffer[count:]
        self.position += count

    def fill(self, length: int) -> None:
        """Read until the buffer holds at least `length` bytes or the file ends.

        Raises
        ------
        FormatError
            The compressed data are damaged or cut short.
        """
        have = len(self.buffer)
        pieces = [self.buffer]
        while have < length and not self.at_end:
            # Never more than a piece at once: `length` may be what a damaged header claims.
            try:
                piece = self._file.read(min(max(length - have, 1), PIECE))
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise FormatError(
                    f"'{self.path}': damaged gzip data after {self.position + have:,} "
                    f"decompressed bytes: {error}"
                ) from None
            self.at_end = not piece
            have += len(piece)
            pieces.append(piece)
        self.buffer = b"".join(pieces)
