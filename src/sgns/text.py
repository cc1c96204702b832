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
from sgns.errors import FormatError
from sgns.meta_file import CORPUS, kind_of, read_meta
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
            f"got {type(source).__name__}"
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


def _expand(
    source: str | os.PathLike[str],
    hint: str = "a string names files - pass texts as a list of strings",
) -> list[str]:
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
        raise FileNotFoundError(f"no {what} '{shown}'; {hint}")
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


def total_bytes(files: list[str] | None) -> int | None:
    """Return the size of the text in all files; None if only reading it will tell."""
    if files is None or not all(map(_is_plain, files)):
        return None
    return sum(Path(file).stat().st_size for file in files)


def _is_plain(file: str) -> bool:
    return (
        file != STDIN
        and Path(file).suffix not in OPENERS
        and stat.S_ISREG(Path(file).stat().st_mode)
    )


def file_chunks(files: list[str], reading: Reading) -> Iterator[Chunk]:
    """Cut files into chunks, in their order."""
    for file in files:
        if reading.tokenizer != "whitespace":
            yield from _tokenized(file, reading)
        elif _is_plain(file):
            yield from _mapped(file, reading)
        else:
            yield from _streamed(file, reading)


def _mapped(file: str, reading: Reading) -> Iterator[TextChunk]:
    """Cut one file where it lies."""
    with Path(file).open("rb") as opened:
        empty = os.fstat(opened.fileno()).st_size == 0
        whole = b"" if empty else mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    skipped = len(BOM) if whole[: len(BOM)] == BOM else 0
    data = memoryview(whole)[skipped:]
    lines = reading.document_unit == "line"
    closes = not lines or (len(data) > 0 and data[-1] != ord("\n"))
    yield from cut_text(
        data, lines=lines, closes=closes, errors=reading.errors, name=file, offset=skipped
    )


def _streamed(file: str, reading: Reading) -> Iterator[TextChunk]:
    """Cut a compressed file or a pipe."""
    lines = reading.document_unit == "line"
    last = b"\n"
    for offset, block in _blocks(file, _after_space):
        yield from cut_text(
            block, lines=lines, closes=False, errors=reading.errors, name=file, offset=offset
        )
        last = block[-1:]
    if not lines or last != b"\n":
        yield TextChunk(b"", 0, 0, lines, True, reading.errors, file)


def _tokenized(file: str, reading: Reading) -> Iterator[Chunk]:
    """Cut a file whose tokens are found in Python."""
    if reading.document_unit == "file":
        blocks = list(_blocks(file, _after_line))
        offset = blocks[0][0] if blocks else 0
        text = _decode(b"".join(block for _, block in blocks), reading, file, offset)
        yield from document_chunks([text], reading)
        return
    for offset, block in _blocks(file, _after_line):
        text = _decode(block, reading, file, offset)
        if reading.tokenizer == "words":
            closes = not text.endswith("\n")
            yield from cut_text(spaced_words(text), lines=True, closes=closes, errors="trust")
        else:
            lines = text.split("\n")
            yield from document_chunks(lines[:-1] if text.endswith("\n") else lines, reading)


def _decode(data: bytes, reading: Reading, file: str, offset: int) -> str:
    try:
        return data.decode("utf-8", reading.errors)
    except UnicodeDecodeError as error:
        raise invalid_utf8(file, offset + error.start, data[error.start]) from None


def invalid_utf8(file: str, position: int, byte: int) -> FormatError:
    """Return the error for a byte that is not UTF-8."""
    return FormatError(
        f"'{file}' is not UTF-8: byte 0x{byte:02x} at offset {position:,}; "
        "pass errors='replace' or errors='ignore' to go on"
    )


def _blocks(file: str, cut: Callable[[bytes], int]) -> Iterator[tuple[int, bytes]]:
    """Read a file in blocks that end where `cut` says, or at its end; with their offsets."""
    with _open(file) as opened:
        start = _read(opened, len(BOM), file)
        offset, held = (len(start), []) if start == BOM else (0, [start])
        while block := _read(opened, chunks.CHUNK_BYTES, file):
            end = cut(block)
            if end:
                whole = b"".join((*held, block[:end]))
                yield offset, whole
                offset += len(whole)
                held = []
            held.append(block[end:])  # without an end, a long word or line goes on
        whole = b"".join(held)
        if whole:
            yield offset, whole


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
