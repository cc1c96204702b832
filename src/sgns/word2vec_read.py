"""Vectors read from files of the C word2vec, gensim, fastText and GloVe.

A header line `n dim`, then n records, each a key, a space and a vector: `dim` little endian
float32 (binary; the C program puts a newline after each, gensim does not), or `dim` decimal
numbers and a newline (text; fastText puts a space before it). GloVe's text has no header.

Memory: the keys and vectors found (plus an eighth), and a block of a few megabytes (or of two
records, if they are longer). A plain file whose header promises more than its size can hold is
refused before anything is read; of a compressed file, no more is kept than it really holds.
"""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sgns.byte_blocks import ByteBlocks
from sgns.errors import FormatError
from sgns.keyed_vectors import KeyedVectors
from sgns.word2vec_write import LONGEST_KEY

HEADER = re.compile(rb"[ \t]*(\d{1,19})[ \t]+(\d{1,19})[ \t\r]*\n")
LARGEST_SIZE = 2**31 - 1
BINARY_BLOCK = 1 << 22
TEXT_BLOCK = 1 << 20
# Longer than any way of writing one number that is in use.
LONGEST_NUMBER = 64
NUMERALS = frozenset(b"0123456789+-.eEnNaAiIfFtTyY \t\r")


class Header(NamedTuple):
    """What the first line says; `words` is None for a file without it."""

    words: int | None
    width: int


@dataclass
class Records:
    """Keys and vectors read so far; the vectors as the bytes of `dtype` numbers."""

    dtype: np.dtype[np.floating]
    keys: list[bytes] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)

    def add(self, keys: list[bytes], numbers: npt.NDArray[np.float32]) -> None:
        """Append some records."""
        self.keys += keys
        with np.errstate(over="ignore"):
            self.data += numbers.astype(self.dtype, copy=False).tobytes()


def load_word2vec_format(
    path: str | os.PathLike[str],
    *,
    fvocab: str | os.PathLike[str] | None = None,
    binary: bool | None = None,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
    limit: int | None = None,
    datatype: npt.DTypeLike = np.float32,
    no_header: bool = False,
) -> KeyedVectors:
    """Read vectors from one file, gzip-compressed where `path` ends in `.gz`.

    Parameters
    ----------
    path : path
        The file.
    fvocab : path, optional
        A file with lines of `key count`, which become the counts; a key that it lacks gets 0
        with a UserWarning. Without it the counts are not known (gensim makes some up).
    binary : bool or None
        Whether the file is binary; None finds out.
    encoding, unicode_errors : str
        How keys are decoded; `unicode_errors="replace"` or `"ignore"` helps with files whose
        keys were cut in the middle of a character, as the C word2vec does.
    limit : int or None
        Read only the first so many records.
    datatype : dtype
        float32, or float16 to halve the memory.
    no_header : bool
        The file is text and begins with the first record.

    Returns
    -------
    KeyedVectors
        With keys that are str, in the order of the file. Of records with the same key the
        first is kept, with a UserWarning. Numbers that are not finite are kept as they are.

    Raises
    ------
    FormatError
        The file is cut short, damaged, or of another format; the message says where.
    """
    dtype = _checked_datatype(datatype)
    if limit is not None and limit < 1:
        raise ValueError(f"Expected limit to be None or at least 1, got {limit}")
    if no_header and binary:
        raise ValueError("Expected a text file with no_header=True, got binary=True")
    with ByteBlocks(path) as source:
        header = _first_line(source) if no_header else _header(source)
        if no_header:
            binary = False
        elif binary is None:
            binary = _looks_binary(source, header)
        _check_size(source, header, binary)
        wanted = header.words
        if limit is not None:
            wanted = limit if wanted is None else min(limit, wanted)
        records = Records(dtype)
        read = _read_binary if binary else _read_text
        read(source, header, wanted, records)
        if limit is None or (header.words is not None and header.words <= limit):
            _check_end(source, header)
    keys = _decoded(records.keys, encoding, unicode_errors, f"'{source.path}', word")
    vectors = np.frombuffer(records.data, dtype=dtype).reshape(len(keys), header.width)
    keys, vectors = _without_duplicates(source, keys, vectors)
    counts = None
    if fvocab is not None:
        counts = _counts(fvocab, keys, encoding, unicode_errors)
    return KeyedVectors(keys, vectors, counts=counts)


def _checked_datatype(datatype: npt.DTypeLike) -> np.dtype[np.floating]:
    dtype: np.dtype[Any] = np.dtype(datatype)
    if dtype not in (np.float32, np.float16):
        raise ValueError(f"Expected datatype float32 or float16, got {dtype}")
    return dtype


# --- what kind of file it is -------------------------------------------------------------------


def _header(source: ByteBlocks) -> Header:
    """Read `n dim`."""
    source.fill(128)
    found = HEADER.match(source.buffer)
    if found is None:
        line = source.buffer.split(b"\n", 1)[0][:60]
        hint = (
            "it is gzip data without the suffix .gz"
            if line[:2] == b"\x1f\x8b"
            else ("for text without a header pass no_header=True")
        )
        raise FormatError(
            f"'{source.path}', line 1: expected the number of words and their dimension, "
            f"found {line!r}; {hint}"
        )
    words, width = int(found[1]), int(found[2])
    if not 1 <= width <= LARGEST_SIZE:
        raise FormatError(
            f"'{source.path}', line 1: expected a dimension from 1 to {LARGEST_SIZE:,}, "
            f"found {width:,}"
        )
    source.consume(found.end())
    return Header(words, width)


def _first_line(source: ByteBlocks) -> Header:
    """Find the dimension from the first record of a text file without header."""
    source.fill(TEXT_BLOCK)
    fields = source.buffer.split(b"\n", 1)[0].split()
    if len(fields) < 2:
        raise FormatError(
            f"'{source.path}', line 1: expected a key and its vector, found {source.buffer[:60]!r}"
        )
    return Header(None, len(fields) - 1)


def _looks_binary(source: ByteBlocks, header: Header) -> bool:
    """Whether the first record is something else than a key and decimal numbers."""
    source.fill(min(TEXT_BLOCK, LONGEST_KEY + LONGEST_NUMBER * header.width))
    line = source.buffer.lstrip(b"\n").split(b"\n", 1)[0]
    numbers = line.partition(b" ")[2]
    if _all_numbers(numbers.split(), header.width):
        return False
    # A damaged text line is still made of numerals; four random bytes a number are not.
    beginning = numbers[: 4 * header.width]
    return len(beginning) < 16 or not NUMERALS.issuperset(beginning)


def _all_numbers(fields: list[bytes], width: int) -> bool:
    try:
        return len(list(map(float, fields))) == width
    except ValueError:
        return False


def _check_size(source: ByteBlocks, header: Header, binary: bool) -> None:
    """Refuse a header that promises more than the rest of the file can hold."""
    if source.size is None or header.words is None:
        return
    # A record has at least a space and 4 bytes a number, or a digit and a separator for each.
    least = header.words * (1 + 4 * header.width if binary else 2 * header.width)
    rest = source.size - source.position
    if least > rest + 1:  # the last line may lack its newline
        raise FormatError(
            f"'{source.path}', line 1: {header.words:,} words of dimension {header.width:,} "
            f"need at least {least:,} bytes{' (binary)' if binary else ''}, "
            f"but only {rest:,} follow; the file is cut short or the header damaged"
        )


def _check_end(source: ByteBlocks, header: Header) -> None:
    """Nothing but white space may follow the last record."""
    while True:
        source.fill(TEXT_BLOCK)
        blank = len(source.buffer) - len(source.buffer.lstrip())
        source.consume(blank)
        if source.buffer:
            raise FormatError(
                f"'{source.path}': expected the end after the {header.words:,} words that line 1 "
                f"announces, found more at byte {source.position:,}: {source.buffer[:40]!r}; "
                f"pass limit={header.words} to read only those"
            )
        if source.at_end:
            return


# --- records -----------------------------------------------------------------------------------


def _read_binary(source: ByteBlocks, header: Header, wanted: int | None, records: Records) -> None:
    size = 4 * header.width
    total = 0 if wanted is None else wanted
    while len(records.keys) < total:
        source.fill(max(BINARY_BLOCK, 2 * (LONGEST_KEY + size)))
        buffer = source.buffer
        keys: list[bytes] = []
        vectors: list[bytes] = []
        start, left = 0, total - len(records.keys)
        while len(keys) < left:
            space = buffer.find(b" ", start, start + LONGEST_KEY + 2)
            end = space + 1 + size
            if space < 0 or end > len(buffer):
                break
            keys.append(buffer[start:space].lstrip(b"\n"))
            vectors.append(buffer[space + 1 : end])
            start = end
        if not keys:
            raise _broken_record(source, header, len(records.keys) + 1)
        records.add(keys, np.frombuffer(b"".join(vectors), dtype="<f4"))
        source.consume(start)


def _broken_record(source: ByteBlocks, header: Header, number: int) -> FormatError:
    where = f"'{source.path}', word {number:,} of {header.words:,}, byte {source.position:,}"
    if b" " not in source.buffer[: LONGEST_KEY + 2] and len(source.buffer) > LONGEST_KEY:
        return FormatError(
            f"{where}: expected a key of at most {LONGEST_KEY:,} bytes and a space, "
            f"found {source.buffer[:40]!r}...; is this really the binary format?"
        )
    return FormatError(
        f"{where}: expected a key, a space and {4 * header.width:,} bytes; "
        f"the file ends {len(source.buffer):,} bytes further on"
    )


def _read_text(source: ByteBlocks, header: Header, wanted: int | None, records: Records) -> None:
    width = header.width
    first_line = 1 if header.words is None else 2
    longest = LONGEST_KEY + LONGEST_NUMBER * width
    while wanted is None or len(records.keys) < wanted:
        source.fill(max(TEXT_BLOCK, longest + 1))
        cut = len(source.buffer) if source.at_end else source.buffer.rfind(b"\n") + 1
        line_number = first_line + len(records.keys)
        if cut == 0 and not source.at_end:
            raise FormatError(
                f"'{source.path}', line {line_number:,}: expected a line of at most {longest:,} "
                f"bytes, found {source.buffer[:40]!r}..."
            )
        lines = source.buffer[:cut].split(b"\n")
        if not lines[-1].strip():
            lines.pop()
        if source.at_end and wanted is None:
            while lines and not lines[-1].strip():
                lines.pop()
        if not lines:
            break
        if wanted is not None:
            lines = lines[: wanted - len(records.keys)]
        records.add(*_parsed(source, lines, width, line_number))
        source.consume(min(cut, sum(map(len, lines)) + len(lines)))
    if wanted is not None and header.words is not None and len(records.keys) < wanted:
        raise FormatError(
            f"'{source.path}' ends after line {first_line + len(records.keys) - 1:,} and "
            f"{len(records.keys):,} words; expected {header.words:,}"
        )


def _parsed(
    source: ByteBlocks, lines: list[bytes], width: int, first: int
) -> tuple[list[bytes], npt.NDArray[np.float32]]:
    """Keys and numbers of some lines."""
    keys: list[bytes] = []
    numbers: list[bytes] = []
    for number, line in enumerate(lines, first):
        key, _, rest = line.partition(b" ")
        fields = rest.split()
        if len(fields) != width:
            raise FormatError(
                f"'{source.path}', line {number:,}: expected a key and {width:,} numbers, "
                f"found {len(fields):,} after {key[:40]!r}"
            )
        keys.append(key)
        numbers += fields
    try:
        with np.errstate(over="ignore"):
            return keys, np.array(numbers, dtype=np.float32)
    except ValueError:
        for number, line in enumerate(lines, first):
            for text in line.partition(b" ")[2].split():
                if not _all_numbers([text], 1):
                    raise FormatError(
                        f"'{source.path}', line {number:,}: expected a number, found {text[:40]!r}"
                    ) from None
        raise


# --- keys --------------------------------------------------------------------------------------


def _decoded(keys: list[bytes], encoding: str, errors: str, where: str) -> list[str]:
    """Decode keys; `where` and a number from 1 name the place of one that is damaged."""
    number = 0
    try:
        found = []
        for number, key in enumerate(keys, 1):  # noqa: B007 - the number is for the message
            found.append(key.decode(encoding, errors))
        return found
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{where} {number:,}: expected a key in {encoding}, found {key[:40]!r}: "
            f"{error.reason} at byte {error.start} of it; unicode_errors='replace' reads on"
        ) from None


def _without_duplicates(
    source: ByteBlocks, keys: list[str], vectors: npt.NDArray[np.floating]
) -> tuple[list[str], npt.NDArray[np.floating]]:
    if len(set(keys)) == len(keys):
        return keys, vectors
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    again = next(row for row, key in enumerate(keys) if first[key] != row)
    others = len(keys) - len(first) - 1
    warnings.warn(
        f"'{source.path}': duplicate key {keys[again]!r} (words {first[keys[again]] + 1:,} and "
        f"{again + 1:,}){f' and {others:,} more' if others else ''}; the first of each is kept",
        UserWarning,
        stacklevel=3,
    )
    return list(first), vectors[np.fromiter(first.values(), np.int64, len(first))]


def _counts(
    path: str | os.PathLike[str], keys: list[str], encoding: str, errors: str
) -> npt.NDArray[np.int64]:
    """Read the counts of `keys` from a file with lines of `key count`."""
    names: list[bytes] = []
    numbers: list[int] = []
    with ByteBlocks(path) as source:
        while not source.at_end:
            source.fill(len(source.buffer) + TEXT_BLOCK)
        for number, line in enumerate(source.buffer.rstrip().split(b"\n"), 1):
            name, _, count = line.rstrip().rpartition(b" ")
            if not count.isdigit() or len(count) > 18:
                raise FormatError(
                    f"'{source.path}', line {number:,}: expected a key and its count, "
                    f"found {line[:60]!r}"
                )
            names.append(name)
            numbers.append(int(count))
    decoded = _decoded(names, encoding, errors, f"'{source.path}', line")
    found = dict(zip(decoded, numbers, strict=True))
    missing = [key for key in keys if key not in found]
    if missing:
        warnings.warn(
            f"'{source.path}' lacks {len(missing):,} keys, the first is {missing[0]!r}; "
            "their count is 0",
            UserWarning,
            stacklevel=3,
        )
    return np.array([found.get(key, 0) for key in keys], dtype=np.int64)
