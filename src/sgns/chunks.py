"""Chunks: what one call of the encoder takes.

Either text to be split at ASCII white space (`TextChunk`), or tokens that are split already
(`TokenChunk`). However a source is cut into chunks, the corpus is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK_BYTES = 1 << 20
"""Text in one call of the encoder: enough to make the call cheap, little beside the tables."""


@dataclass(frozen=True, slots=True)
class TextChunk:
    """Text of which the tokens that start in [begin, stop) are taken, each to its end."""

    data: Any
    """A buffer of bytes; its whole length may be read."""
    begin: int
    stop: int
    lines: bool
    """A line feed ends a document."""
    closes: bool
    """So does the end of the chunk."""
    errors: str
    """What becomes of malformed UTF-8: "strict", "replace", "ignore", or "trust" the bytes."""
    name: str = ""
    """The file, for messages."""
    offset: int = 0
    """Where `data` begins in that file, in bytes."""

    @property
    def size(self) -> int:
        """Bytes of text that this chunk stands for."""
        return self.stop - self.begin

    @property
    def n_documents(self) -> int:
        """Documents that end in this chunk."""
        feeds = bytes(memoryview(self.data)[self.begin : self.stop]).count(b"\n")
        return (feeds if self.lines else 0) + self.closes


@dataclass(frozen=True, slots=True)
class TokenChunk:
    """Tokens that end at `ends` in `data`, `gap` bytes apart."""

    data: bytes
    ends: NDArray[np.int64]
    gap: int
    document_ends: NDArray[np.int64]
    """Number of tokens in the chunk up to the end of each document."""

    @property
    def size(self) -> int:
        """Bytes of text that this chunk stands for."""
        return len(self.data)

    @property
    def n_documents(self) -> int:
        """Documents that end in this chunk."""
        return len(self.document_ends)


Chunk = TextChunk | TokenChunk


def cut_text(
    data: Any, *, lines: bool, closes: bool, errors: str, name: str = "", offset: int = 0
) -> Iterator[TextChunk]:
    """Cut text into chunks of `CHUNK_BYTES`, even inside of a word; the last may close."""
    size = len(data)
    for begin in range(0, max(size, 1), CHUNK_BYTES):
        stop = min(begin + CHUNK_BYTES, size)
        yield TextChunk(data, begin, stop, lines, closes and stop == size, errors, name, offset)
