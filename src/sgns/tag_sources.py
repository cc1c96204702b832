"""Where tags come from: beside documents, on them, or in the first column of text files.

Each is a generator that numbers tags while documents or chunks pass through it. They run in the
calling thread only, so the tags do not depend on the number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sgns._encode import take_column
from sgns.chunks import Chunk
from sgns.errors import FormatError, invalid_utf8
from sgns.tag_numbering import TagNumbering
from sgns.tags import DocumentTags

COLUMN: Literal["column"] = "column"
TagSource = Literal["column"] | Iterable[str | int | Iterable[str] | Iterable[int]]

_END = object()


def are_in_column(tags: object) -> bool:
    """Whether tags are to be found in a column of text; if not, they are an iterable.

    Raises
    ------
    TypeError, ValueError
        Saying what was expected.
    """
    expected = f"tags: expected '{COLUMN}' or an iterable with the tags of each document"
    if isinstance(tags, str):
        if tags != COLUMN:
            raise ValueError(f"{expected}, got {tags!r}")
        return True
    if isinstance(tags, (bytes, bytearray, set, frozenset)) or not isinstance(tags, Iterable):
        raise TypeError(f"{expected}, got {type(tags).__name__}")
    return False


def tagged_documents(
    documents: Iterable[Any], tags: Iterable[Any] | None, numbering: TagNumbering
) -> Iterator[Any]:
    """Yield the text or tokens of each document, and number its tags.

    These are the next item of `tags` or, where that is None, those of the document itself.

    Raises
    ------
    ValueError
        There are more or fewer tags than documents; or documents have tags of their own and `tags`
        is given, or not all of them have.
    """
    if isinstance(tags, Sized) and isinstance(documents, Sized) and len(tags) != len(documents):
        raise _wrong_number(len(documents), f"{len(tags):,}")
    beside = None if tags is None else iter(tags)
    carried: bool | None = None
    number = -1
    for number, document in enumerate(documents):
        has_tags = hasattr(document, "words") and hasattr(document, "tags")
        if has_tags and beside is not None:
            raise ValueError(f"tags: expected none, for document {number:,} has tags of its own")
        if carried not in (None, has_tags):
            has, have = ("tags", "none") if has_tags else ("none", "tags")
            raise ValueError(f"document {number:,}: it has {has}, those before have {have}")
        carried = has_tags
        if beside is not None:
            _add_next(beside, numbering)
        elif has_tags:
            numbering.add(document.tags)
        yield document.words if has_tags else document
    if beside is not None:
        _expect_end(beside, number + 1)


def tagged_chunks(
    chunks: Iterable[Chunk], tags: Iterable[Any], numbering: TagNumbering
) -> Iterator[Chunk]:
    """Yield chunks of files, and number the next of `tags` for each document that ends in them.

    Raises
    ------
    ValueError
        There are more or fewer tags than documents.
    """
    beside = iter(tags)
    for chunk in chunks:
        for _ in range(chunk.n_documents):
            _add_next(beside, numbering)
        yield chunk
    _expect_end(beside, numbering.n_documents)


def tagged_blocks(
    blocks: Iterable[tuple[int, bytes]],
    file: str,
    errors: str,
    numbering: TagNumbering,
    lines_before: Callable[[], int] = int,
) -> Iterator[tuple[int, bytearray]]:
    """Yield blocks of whole lines, and number the tag before the first tab of each line.

    Spaces take the place of the tag, so that nothing else in the block moves.

    Parameters
    ----------
    blocks
        With the offset of each in the file.
    errors
        What malformed UTF-8 is; see `sgns.tokenizers.Reading`.
    lines_before
        Tells how many lines of the file are before the first block.

    Raises
    ------
    FormatError
        A line has no tab or nothing before it, or a tag is not UTF-8.
    """
    n_lines = 0
    for offset, block in blocks:
        text = bytearray(block)
        column, ends = take_column(text)
        column, ends = _decodable(column, ends, errors, (file, offset, block))
        empty = np.flatnonzero(np.diff(ends, prepend=-1) == 1)
        if empty.size:
            line = lines_before() + n_lines + int(empty[0]) + 1
            raise FormatError(f"'{file}', line {line:,}: expected a tag before the tab, got none")
        n_lines += len(ends)
        if len(ends) < block.count(b"\n") + (not block.endswith(b"\n")):
            line = lines_before() + n_lines + 1
            raise FormatError(
                f"'{file}', line {line:,}: expected a tag, a tab and a text, found no tab"
            )
        numbering.add_column(column, ends)
        yield offset, text


def pack_tags(tags: Iterable[Any] | None, n_documents: int) -> DocumentTags | None:
    """Return the tags of documents, one item of `tags` for each, as arrays in memory.

    Raises
    ------
    TypeError, ValueError
        A tag is of the wrong type, or there are more or fewer than documents.
    """
    if tags is None:
        return None
    if are_in_column(tags):
        raise ValueError("tags: expected the tags of each document; arrays have no columns")
    if isinstance(tags, Sized) and len(tags) != n_documents:
        raise _wrong_number(n_documents, f"{len(tags):,}")
    ids: list[NDArray[Any]] = []
    offsets: list[NDArray[Any]] = []
    numbering = TagNumbering(ids, offsets)
    beside = iter(tags)
    for _ in range(n_documents):
        _add_next(beside, numbering)
    _expect_end(beside, n_documents)
    packed = DocumentTags(numbering.finish(), np.concatenate(ids), np.concatenate(offsets))
    for array in packed.files.values():
        array.flags.writeable = False
    return packed


def _add_next(tags: Iterator[Any], numbering: TagNumbering) -> None:
    found = next(tags, _END)
    if found is _END:
        n = numbering.n_documents
        raise ValueError(f"tags: expected one item a document, got {n:,} and then a document more")
    numbering.add(found)


def _expect_end(tags: Iterator[Any], n_documents: int) -> None:
    if next(tags, _END) is not _END:
        raise _wrong_number(n_documents, "more")


def _wrong_number(n_documents: int, got: str) -> ValueError:
    return ValueError(f"tags: expected {n_documents:,}, one item a document, got {got}")


def _decodable(
    column: bytes, ends: NDArray[np.int64], errors: str, where: tuple[str, int, bytes]
) -> tuple[bytes, NDArray[np.int64]]:
    """Return the tags of a block as UTF-8, and where each ends."""
    try:
        column.decode()
    except UnicodeDecodeError as error:
        if errors == "strict":
            file, offset, block = where
            line = int(np.searchsorted(ends, error.start, side="right"))
            inside = error.start - (int(ends[line - 1]) + 1 if line else 0)
            before = block.split(b"\n", line)[:line]
            position = sum(map(len, before)) + len(before) + inside
            raise invalid_utf8(file, offset + position, column[error.start]) from None
        column = column.decode(errors=errors).encode()
        ends = np.flatnonzero(np.frombuffer(column, dtype=np.uint8) == ord("\n"))
    return column, ends.astype(np.int64, copy=False)
