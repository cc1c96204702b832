"""FilePart: lines of a plain file, cut out so that several workers can read it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sgns.errors import FormatError

PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class FilePart:
    """A whole file, or the lines of one from one place to another.

    Parameters
    ----------
    file
        Its name; ``"-"`` is standard input.
    start, stop
        The first byte, and the one after the last; both are begins of lines. None: its end.
    size
        Bytes that the file had when it was cut; None if it was not.
    """

    file: str
    start: int = 0
    stop: int | None = None
    size: int | None = None

    def room(self, place: int, n: int) -> int:
        """How many bytes to read at `place`, at most `n`."""
        return n if self.stop is None else min(n, self.stop - place)

    def refuse_change(self) -> None:
        """Check that the file has the size that it had when it was cut.

        Raises
        ------
        FormatError
            It has another one, so that lines may begin elsewhere.
        """
        now = self.size if self.size is None else Path(self.file).stat().st_size
        if now != self.size:
            raise FormatError(
                f"'{self.file}' was changed while it was read: it had {self.size:,} bytes, "
                f"now it has {now:,}; build again"
            )

    def lines_before(self) -> int:
        """How many lines of the file are before this part; reads them."""
        if not self.start:
            return 0
        n_lines, left = 0, self.start
        with Path(self.file).open("rb") as opened:
            while piece := opened.read(min(left, PIECE)):
                n_lines += piece.count(b"\n")
                left -= len(piece)
        return n_lines


def divided(files: Sequence[str], n: int, has_lines: Callable[[str], bool]) -> list[list[FilePart]]:
    """Divide files into at most `n` lists of about equal size in bytes, in their order.

    Parameters
    ----------
    has_lines
        Whether a file may be cut where a line begins. Others are in one list.
    """
    sizes = [Path(file).stat().st_size for file in files]
    total, before = max(sum(sizes), 1), 0
    borders = [total * k // n for k in range(n + 1)]
    lists: list[list[FilePart]] = [[] for _ in range(n)]
    for file, size in zip(files, sizes, strict=True):
        if size and has_lines(file):
            for k, start, stop in _cut(file, size, [border - before for border in borders]):
                whole = (start, stop) == (0, size)
                lists[k].append(FilePart(file) if whole else FilePart(file, start, stop, size))
        else:
            middle = before + size // 2
            lists[min(bisect_right(borders, middle) - 1, n - 1)].append(FilePart(file))
        before += size
    return [parts for parts in lists if parts]


def _cut(file: str, size: int, borders: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield the parts of a file between borders: number of the border before, start, stop."""
    start = 0
    with Path(file).open("rb") as opened:
        for k, border in enumerate(borders[1:]):
            stop = _line_begin(opened, min(border, size)) if border > start else start
            if stop > start:
                yield k, start, stop
                start = stop


def _line_begin(opened: BinaryIO, place: int) -> int:
    """Where the first line begins that does so at `place` or after it."""
    opened.seek(place - 1)
    while piece := opened.readline(PIECE):
        if piece.endswith(b"\n"):
            break
    return opened.tell()
