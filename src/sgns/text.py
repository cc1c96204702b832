"""Text in files: finding them, and cutting what is in them into chunks.

Files may be plain or compressed (.gz, .bz2, .xz); ``"-"`` is standard input.
"""

from __future__ import annotations

import bz2
import glob
import gzip
import lzma
import mmap
import os
import re
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from glob import has_magic
from pathlib import Path
from typing import Any, BinaryIO, cast

from sgns import chunks
from sgns.chunks import Chunk, TextChunk, cut_text
from sgns.documents import document_chunks
from sgns.errors import FormatError, invalid_utf8
from sgns.file_part import FilePart
from sgns.meta_file import CORPUS, kind_of, read_meta
from sgns.tag_numbering import TagNumbering
from sgns.tag_sources import tagged_blocks
from sgns.tokenizers import Reading, spaced_words

Source = str | os.PathLike[str] | Iterable[Any]

STDIN = "-"
WHITE_SPACE = re.compile(r"\s")
BOM = b"\xef\xbb\xbf"
OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
# A string that ends so is taken for the name of a file, where it could be a text or a name.
TEXT_SUFFIXES = frozenset(
    (*OPENERS, ".txt", ".text", ".md", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".html", ".log")
)
# What memory holds at a time of a compressed file - a word, or a line or document where these are
# read whole - is at most so many bytes, or so many times the file: what packs better is no text.
MOST_HELD, TIMES_THE_FILE = 1 << 26, 64
ARRAY_SUFFIXES = frozenset((".npy", ".npz"))


def find_files(source: Any) -> list[str] | None:
    """Return the files that `source` names, in order; None if it is an iterable of documents.

    A string or path names a file, a folder (all files in it, recursively and sorted, hidden ones
    left out), a glob pattern, or standard input (``"-"``). A list or tuple is a list of such paths
    if an item is a path object, if the first one names an existing file, or if no item has white
    space and one of them looks like a path, there or not: it has a separator of folders, the
    suffix of a text, or a suffix and a glob character.

    Raises
    ------
    FileNotFoundError
        Nothing has that name; a string is never taken for a text.
    ValueError
        The folder is a corpus, a model or vectors, or a file is an array of NumPy.
    FormatError
        The folder is a corpus whose ``meta.json`` is missing or damaged.
    TypeError
        The source is no path and cannot be iterated over, or a list of paths holds something else.
    """
    if isinstance(source, (str, os.PathLike)):
        return _expand(source)
    if isinstance(source, (bytes, bytearray, memoryview)) or not isinstance(source, Iterable):
        raise TypeError(
            "source: expected a path, a list of paths or an iterable of documents, "
            f"got {type(source).__name__}" + ("; call it, if it gives texts" * callable(source))
        )
    if not isinstance(source, (list, tuple)) or not _are_paths(source):
        return None
    files: list[str] = []
    for i, item in enumerate(source):
        if not isinstance(item, (str, os.PathLike)):
            raise TypeError(
                f"source[{i}]: expected a path like the other items, got {type(item).__name__}"
            )
        files.extend(
            _expand(
                item,
                "a list of words that look like paths names files - pass texts as lists of words",
            )
        )
    return files


def _are_paths(items: Sequence[Any]) -> bool:
    """Whether a list names files. That of a misspelt name must not pass for a list of texts."""
    if items and isinstance(items[0], str) and _is_file(items[0]):
        return True
    one_looks_so = False
    for item in items:
        if isinstance(item, os.PathLike):
            return True
        if not isinstance(item, str) or WHITE_SPACE.search(item):
            return False
        one_looks_so = one_looks_so or _looks_like_a_path(item)
    return one_looks_so


def _looks_like_a_path(word: str) -> bool:
    suffix = Path(word).suffix
    has_separator = os.sep in word or (os.altsep is not None and os.altsep in word)
    return has_separator or suffix.lower() in TEXT_SUFFIXES or (suffix != "" and has_magic(word))


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long for a name, or a NUL in it
        return False


def _exists(name: str) -> bool:
    try:
        return name != "" and Path(name).exists()
    except (OSError, ValueError):
        return False


def _expand(source: str | os.PathLike[str], hint: str = "") -> list[str]:
    name = os.fsdecode(source)
    if name == STDIN:
        return [name]
    if not _exists(name):
        matches = glob.glob(name, recursive=True) if "\0" not in name else []  # noqa: PTH207
        files = sorted(match for match in matches if Path(match).is_file())
        if files:
            return [_text_file(file) for file in files]
        what = "file matches" if has_magic(name) else "file or folder is named"
        shown = name if len(name) <= 200 else f"{name[:200]}..."
        if not hint and not _looks_like_a_path(name):
            hint = "a string names files - pass texts as a list of strings"
        raise FileNotFoundError(f"no {what} '{shown}'" + (f"; {hint}" if hint else ""))
    return _folder(Path(name)) if Path(name).is_dir() else [_text_file(name)]


def _text_file(name: str) -> str:
    if Path(name).suffix in ARRAY_SUFFIXES:
        raise ValueError(f"'{name}' holds arrays of NumPy; expected a file of text")
    return name


def _folder(folder: Path) -> list[str]:
    if (folder / "tokens.npy").exists() and (folder / "offsets.npy").exists():
        read_meta(folder, CORPUS)  # names the damage if there is any
    kind = kind_of(folder)
    if kind is not None:
        raise ValueError(f"'{folder}' is a {kind.title}, not text; open it with {kind.opener}")
    parts = [file.relative_to(folder).parts for file in folder.rglob("*") if file.is_file()]
    visible = sorted(p for p in parts if not any(name.startswith(".") for name in p))
    if not visible:
        raise FileNotFoundError(f"folder '{folder}' holds no files")
    return [_text_file(str(folder.joinpath(*p))) for p in visible]


def total_bytes(files: Sequence[str | FilePart] | None) -> int | None:
    """Return the size of the text in all files; None if only reading it will tell."""
    if files is None:
        return None
    parts = [file if isinstance(file, FilePart) else FilePart(file) for file in files]
    return sum(map(bytes_of, parts)) if all(is_plain(part.file) for part in parts) else None


def bytes_of(part: FilePart) -> int:
    """How many bytes on the disk a part of a file has."""
    return (Path(part.file).stat().st_size if part.stop is None else part.stop) - part.start


def is_plain(file: str) -> bool:
    """Whether a file is one that can be mapped, and holds text as it is."""
    return (
        file != STDIN
        and Path(file).suffix not in OPENERS
        and stat.S_ISREG(Path(file).stat().st_mode)
    )


def file_chunks(
    files: Iterable[str | FilePart], reading: Reading, column: TagNumbering | None = None
) -> Iterator[Chunk]:
    """Cut files into chunks, in their order; `column` numbers the tags in their first column.

    Raises
    ------
    FormatError
        A file is not what it should be, or has changed since it was cut into parts.
    """
    for file in files:
        part = file if isinstance(file, FilePart) else FilePart(file)
        part.refuse_change()
        if reading.tokenizer != "whitespace":
            yield from _tokenized(part, reading, column)
        elif is_plain(part.file) and column is None:
            yield from _mapped(part, reading)
        else:
            yield from _streamed(part, reading, column)


def _mapped(part: FilePart, reading: Reading) -> Iterator[TextChunk]:
    """Cut one file where it lies.

    Raises
    ------
    FormatError
        Before the next chunk, if the file has changed. The system ends a process that reads a
        mapped file past the end that it has now.
    """
    file = part.file
    with Path(file).open("rb") as opened:
        before = os.fstat(opened.fileno())
        empty = before.st_size == 0
        whole = b"" if empty else mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        skipped = len(BOM) if part.start == 0 and whole[: len(BOM)] == BOM else part.start
        data = memoryview(whole)[skipped : part.stop]
        lines = reading.document_unit == "line"
        closes = not lines or (len(data) > 0 and data[-1] != ord("\n"))
        for chunk in cut_text(
            data, lines=lines, closes=closes, errors=reading.errors, name=file, offset=skipped
        ):
            _refuse_change(opened, before, file)
            yield chunk
        _refuse_change(opened, before, file)


def _refuse_change(opened: BinaryIO, before: os.stat_result, file: str) -> None:
    now = os.fstat(opened.fileno())
    if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise FormatError(
            f"'{file}' was changed while it was read: it had {before.st_size:,} bytes, "
            f"now it has {now.st_size:,}; build again"
        )


def _streamed(part: FilePart, reading: Reading, column: TagNumbering | None) -> Iterator[TextChunk]:
    """Cut a compressed file, a pipe, or a file with tags."""
    file = part.file
    lines = reading.document_unit == "line"
    last: bytes | bytearray = b"\n"
    for offset, block in _text_blocks(part, reading, _after_space, column):
        yield from cut_text(
            block, lines=lines, closes=False, errors=reading.errors, name=file, offset=offset
        )
        last = block[-1:]
    if not lines or last != b"\n":
        yield TextChunk(b"", 0, 0, lines, True, reading.errors, file)


def _tokenized(part: FilePart, reading: Reading, column: TagNumbering | None) -> Iterator[Chunk]:
    """Cut a file whose tokens are found in Python."""
    file = part.file
    if reading.document_unit == "file":
        offset, size = 0, 0
        pieces: list[bytes] = []
        for place, piece in _blocks(part, _after_line):
            offset = offset if pieces else place
            pieces.append(piece)
            size += len(piece)
            _refuse_bomb(file, size)
        text = _decode(b"".join(pieces), reading, file, offset)
        yield from document_chunks([text], reading)
        return
    for offset, block in _text_blocks(part, reading, _after_line, column):
        text = _decode(block, reading, file, offset)
        if reading.tokenizer == "words":
            closes = not text.endswith("\n")
            yield from cut_text(spaced_words(text), lines=True, closes=closes, errors="trust")
        else:
            lines = text.split("\n")
            if column is not None:
                lines = [line.partition("\t")[2] for line in lines]
            yield from document_chunks(lines[:-1] if text.endswith("\n") else lines, reading)


def _text_blocks(
    part: FilePart, reading: Reading, cut: Callable[[bytes], int], column: TagNumbering | None
) -> Iterator[tuple[int, bytes | bytearray]]:
    """Read a file in blocks, of whole lines if their first column is to be taken out."""
    if column is None:
        return _blocks(part, cut)
    blocks = _blocks(part, _after_line)
    return tagged_blocks(blocks, part.file, reading.errors, column, part.lines_before)


def _decode(data: bytes | bytearray, reading: Reading, file: str, offset: int) -> str:
    try:
        return data.decode("utf-8", reading.errors)
    except UnicodeDecodeError as error:
        raise invalid_utf8(file, offset + error.start, data[error.start]) from None


def _blocks(part: FilePart, cut: Callable[[bytes], int]) -> Iterator[tuple[int, bytes]]:
    """Read a file in blocks that end where `cut` says, or at its end; with their offsets."""
    with _open(part.file) as opened:
        if part.start:
            opened.seek(part.start)
        start = _read(opened, part.room(part.start, len(BOM)), part.file)
        offset, held = part.start, [start]
        if start == BOM and not part.start:
            offset, held = len(BOM), []
        place = part.start + len(start)
        while block := _read(opened, part.room(place, chunks.CHUNK_BYTES), part.file):
            place += len(block)
            end = cut(block)
            if end:
                whole = b"".join((*held, block[:end]))
                yield offset, whole
                offset += len(whole)
                held = []
            held.append(block[end:])  # without an end, a long word or line goes on
            _refuse_bomb(part.file, sum(map(len, held)))
        whole = b"".join(held)
        if whole:
            yield offset, whole


def _refuse_bomb(file: str, n_bytes: int) -> None:
    """Refuse to hold so much of a compressed file in memory at a time that it can be no text."""
    if n_bytes <= MOST_HELD or file == STDIN or Path(file).suffix not in OPENERS:
        return
    size = Path(file).stat().st_size
    if n_bytes > TIMES_THE_FILE * size:
        raise FormatError(
            f"'{file}' is damaged or no text: {n_bytes:,} bytes without a white space, or a line "
            f"or document of so many, in a compressed file of {size:,}"
        )


def _after_space(block: bytes) -> int:
    return max(block.rfind(space) for space in (b" ", b"\n", b"\t", b"\r", b"\v", b"\f")) + 1


def _after_line(block: bytes) -> int:
    return block.rfind(b"\n") + 1


def _open(file: str) -> AbstractContextManager[BinaryIO]:
    """Open for reading bytes; standard input stays open."""
    if file == STDIN:
        return nullcontext(cast(BinaryIO, sys.stdin.buffer))
    suffix = Path(file).suffix
    return (
        cast(BinaryIO, OPENERS[suffix](file, "rb")) if suffix in OPENERS else Path(file).open("rb")
    )


def _read(opened: BinaryIO, size: int, file: str) -> bytes:
    try:
        return opened.read(size)
    except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        if getattr(error, "errno", None) is not None:
            raise
        raise FormatError(f"'{file}' is damaged: {error}") from error
