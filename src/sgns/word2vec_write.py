"""Vectors written as the C word2vec, gensim, fastText and GloVe read them.

A header line `n dim`, then for each key its UTF-8 bytes, a space and the vector: `dim` little
endian float32 (binary), or `dim` decimal numbers with spaces between and a newline (text).
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from sgns._files import atomic_write
from sgns.keyed_vectors import KeyedVectors
from sgns.nearest import Indices, row_blocks

# What a reader of binary files searches for the end of a key.
LONGEST_KEY = 65_536
# Nine significant digits give every float32 back exactly.
NUMBER = b" %.9g"
WRITE_NUMBERS = 1 << 16


def save_word2vec_format(
    vectors: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    binary: bool = False,
    fvocab: str | os.PathLike[str] | None = None,
    write_header: bool = True,
    prefix: str = "",
    sort_by_count: bool = True,
) -> None:
    """Write `vectors` to one file, gzip-compressed where `path` ends in `.gz`.

    Binary files are byte for byte those of gensim (no newline after a vector); every C program
    skips white space before a key and reads them. Text gives each float32 back exactly.
    The file replaces `path` when it is complete.

    Parameters
    ----------
    vectors : KeyedVectors
        Keys and vectors; integer keys are written in decimal.
    path : path
        The file.
    binary : bool
        Write the binary format.
    fvocab : path, optional
        Also write lines of `key count` to this file; needs counts.
    write_header : bool
        Write the line `n dim`; without it (text only) the file is in GloVe's format.
    prefix : str
        Put this in front of every key.
    sort_by_count : bool
        Write the most frequent keys first, as gensim does, where counts are known. Otherwise,
        and among equal counts, keys are in order of row number.

    Raises
    ------
    ValueError
        A key is empty, holds white space (space, tab, newline, carriage return, vertical tab,
        form feed), is longer than 65,536 bytes, or cannot be encoded in UTF-8; nothing is
        written then. Or counts are missing for `fvocab`.
    """
    if binary and not write_header:
        raise ValueError("Expected write_header=True with binary=True: the format needs a header")
    if fvocab is not None and vectors.counts is None:
        raise ValueError("Expected vectors with counts to write fvocab, got none")
    order = np.arange(len(vectors))
    if sort_by_count and vectors.counts is not None:
        order = np.argsort(-vectors.counts, kind="stable")
    names = _encoded(vectors.index_to_key, prefix)
    with _open(path) as file:
        if write_header:
            file.write(b"%d %d\n" % (len(vectors), vectors.vector_size))
        for block in _blocks(vectors, names, order, binary):
            file.write(block)
    if fvocab is not None and vectors.counts is not None:
        with _open(fvocab) as file:
            counts = vectors.counts[order].tolist()
            for row, count in zip(order.tolist(), counts, strict=True):
                file.write(b"%b %d\n" % (names[row], count))


def _encoded(keys: Sequence[object], prefix: str) -> list[bytes]:
    """All keys as bytes, after making sure that each can be read back."""
    names = []
    for row, key in enumerate(keys):
        try:
            names.append(f"{prefix}{key}".encode())
        except UnicodeEncodeError as error:
            raise ValueError(
                f"Expected keys that UTF-8 can encode, got {key!r} in row {row}: {error.reason}"
            ) from None
    # One split of everything at white space must give the same names back.
    if b"\n".join(names).split() != names or max(map(len, names), default=0) > LONGEST_KEY:
        for row, name in enumerate(names):
            if name.split() != [name]:
                what = "without white space" if name else "that are not empty"
                raise ValueError(
                    f"Expected keys {what}, got {keys[row]!r} in row {row}; "
                    "the word2vec formats cannot hold it, a folder can (KeyedVectors.save)"
                )
            if len(name) > LONGEST_KEY:
                raise ValueError(
                    f"Expected keys of at most {LONGEST_KEY:,} bytes, "
                    f"got {len(name):,} in row {row}: {name[:40]!r}..."
                )
    return names


def _blocks(
    vectors: KeyedVectors, names: list[bytes], order: Indices, binary: bool
) -> Iterator[bytes]:
    """Give the records in the given order, some thousand numbers at a time."""
    width = vectors.vector_size
    record = b"%b" + NUMBER * width + b"\n"
    for some in row_blocks(len(order), max(1, WRITE_NUMBERS // max(1, width))):
        rows = order[some]
        numbers = vectors.vectors[rows].astype("<f4", copy=False)
        if binary:
            data = numbers.tobytes()
            size = 4 * width
            yield b"".join(
                piece
                for place, row in enumerate(rows.tolist())
                for piece in (names[row], b" ", data[place * size : (place + 1) * size])
            )
        else:
            yield b"".join(
                record % (names[row], *line)
                for row, line in zip(rows.tolist(), numbers.tolist(), strict=True)
            )


@contextmanager
def _open(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file that appears when it is complete, compressed where its name says so."""
    with atomic_write(path) as file:
        if Path(path).suffix == ".gz":
            # Neither name nor time in the header: the same vectors give the same bytes.
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as compressed:
                yield cast("BinaryIO", compressed)
        else:
            yield file
