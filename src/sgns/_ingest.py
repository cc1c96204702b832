"""From chunks of text to the arrays of a corpus: two passes, both parallel.

The first pass numbers tokens as they come, in a table of words for each worker, and writes these
provisional numbers to their place in ``tokens.npy``. Then the tables are merged and the words
ranked. The second pass replaces the provisional numbers by the ranks, block by block, in place.
Memory holds the tables and a few chunks, never the tokens.
"""

from __future__ import annotations

import io
import os
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sgns import chunks
from sgns._encode import InvalidUTF8, WordTable, hash_bytes, remap
from sgns._files import ARRAY_HEADER_BYTES, GrowingArray, array_header
from sgns._parallel import Pipeline
from sgns.chunks import Chunk, TextChunk
from sgns.corpus_files import CorpusArrays, write_words
from sgns.documents import document_chunks
from sgns.errors import invalid_utf8
from sgns.file_part import FilePart
from sgns.fingerprint import BLOCK_BYTES
from sgns.meta_file import CORPUS, write_meta
from sgns.string_array import StringArray
from sgns.tag_files import TagFiles
from sgns.tag_numbering import TagNumbering
from sgns.tag_sources import COLUMN, TagSource, are_in_column, tagged_chunks, tagged_documents
from sgns.text import Source, file_chunks, find_files, total_bytes
from sgns.token_pieces import TokenPieces
from sgns.tokenizers import Reading

TOKEN = np.dtype("<u4")
MOST_WORKERS = 64

Progress = bool | None | Callable[[int, int | None], object]

Encoded = tuple[NDArray[np.uint32], NDArray[np.int64]]
"""Tokens of a chunk, and how many of them are before the end of each of its documents."""


class Encoder:
    """Both passes over the tokens, and what they leave behind.

    Parameters
    ----------
    folder
        Where ``tokens.npy`` and ``offsets.npy`` are written.
    n_workers
        Threads that call `encode` and `write`, each with its own number.
    """

    def __init__(self, folder: Path, n_workers: int) -> None:
        self.n_workers = n_workers
        self.n_tokens = 0
        self.n_documents = 0
        self._tables = [WordTable() for _ in range(n_workers)]
        # Whose provisional numbers stand where, in the order of the file.
        self._piece_starts = array("q")
        self._piece_workers = array("l")
        path = folder / "tokens.npy"
        path.write_bytes(bytes(ARRAY_HEADER_BYTES))
        with ExitStack() as opened:
            self._offsets = opened.enter_context(
                closing(GrowingArray(folder / "offsets.npy", np.int64))
            )
            self._tokens = [
                opened.enter_context(path.open("r+b", buffering=0)) for _ in range(n_workers)
            ]
            self._offsets.append(np.zeros(1, dtype=np.int64))
            self._opened = opened.pop_all()

    def __enter__(self) -> Encoder:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def number(self, pieces: Iterable[Chunk], tick: Callable[[Chunk], None]) -> None:
        """Run the first pass: count words, write provisional numbers and document offsets."""
        Pipeline(self._encode, self._place, self._write).run(pieces, self.n_workers, tick)
        _write_at(self._tokens[0], 0, memoryview(array_header(TOKEN, self.n_tokens)))

    def rank(self) -> tuple[NDArray[np.int64], StringArray]:
        """Merge the tables; return counts and words by rank."""
        first, *others = self._tables
        mappings = [first.absorb(other) for other in others]
        self._tables = []
        ranks, counts, word_offsets, word_bytes = first.ranks()
        for mapping in mappings:
            remap(mapping, ranks)
        self._mappings = [ranks, *mappings]
        return counts, StringArray(word_bytes, word_offsets)

    def renumber(self) -> list[int]:
        """Run the second pass: put ranks in the place of numbers; return the blocks' hashes."""
        blocks = range(0, self.n_tokens, BLOCK_BYTES // TOKEN.itemsize)
        hashes: list[int] = []

        def keep(_: int, block_hash: int) -> None:
            hashes.append(block_hash)

        Pipeline(self._renumber_block, keep, lambda *_: None).run(blocks, self.n_workers)
        return hashes

    def _encode(self, worker: int, chunk: Chunk) -> Encoded:
        table = self._tables[worker]
        if not isinstance(chunk, TextChunk):
            return table.encode_tokens(chunk.data, chunk.ends, chunk.gap), chunk.document_ends
        try:
            return table.encode_text(
                chunk.data,
                chunk.begin,
                chunk.stop,
                lines=chunk.lines,
                closes=chunk.closes,
                errors=chunk.errors,
            )
        except InvalidUTF8 as error:
            position = int(error.args[0])
            raise invalid_utf8(chunk.name, chunk.offset + position, chunk.data[position]) from None

    def _place(self, worker: int, encoded: Encoded) -> tuple[int, NDArray[np.uint32]]:
        tokens, document_ends = encoded
        start = self.n_tokens
        if len(document_ends):
            self._offsets.append(document_ends + start)
            self.n_documents += len(document_ends)
        if len(tokens):
            self._piece_starts.append(start)
            self._piece_workers.append(worker)
            self.n_tokens += len(tokens)
        return start, tokens

    def _write(self, worker: int, placed: tuple[int, NDArray[np.uint32]]) -> None:
        start, tokens = placed
        if len(tokens):
            _write_tokens(self._tokens[worker], start, tokens)

    def _renumber_block(self, worker: int, start: int) -> int:
        """Renumber the tokens of one block; return its hash."""
        stop = min(start + BLOCK_BYTES // TOKEN.itemsize, self.n_tokens)
        file = self._tokens[worker]
        tokens = _read_tokens(file, start, stop - start)
        piece = bisect_right(self._piece_starts, start) - 1
        done = start
        while done < stop:
            last = piece + 1 == len(self._piece_starts)
            end = stop if last else min(stop, self._piece_starts[piece + 1])
            mapping = self._mappings[self._piece_workers[piece]]
            remap(tokens[done - start : end - start], mapping)
            done = end
            piece += 1
        _write_tokens(file, start, tokens)
        return hash_bytes(tokens.view(np.uint8).data)


def _write_tokens(file: io.FileIO, start: int, tokens: NDArray[np.uint32]) -> None:
    data = tokens.astype(TOKEN, copy=False).view(np.uint8).data
    _write_at(file, ARRAY_HEADER_BYTES + start * TOKEN.itemsize, data)


def _write_at(file: io.FileIO, position: int, data: memoryview) -> None:
    file.seek(position)
    while data:
        data = data[file.write(data) :]


def _read_tokens(file: io.FileIO, start: int, n_tokens: int) -> NDArray[np.uint32]:
    file.seek(ARRAY_HEADER_BYTES + start * TOKEN.itemsize)
    tokens = np.empty(n_tokens, dtype=TOKEN)
    rest = tokens.view(np.uint8).data
    while rest:
        n_read = file.readinto(rest)
        if not n_read:
            raise OSError(f"'{file.name}' ended while it was being written")
        rest = rest[n_read:]
    return tokens


def ingest(
    folder: Path,
    source: Source | list[FilePart],
    reading: Reading,
    *,
    n_workers: int,
    tags: TagSource | None,
    tick: Callable[[int, int | None], None],
    may_be_empty: bool = False,
) -> None:
    """Read `source` once and write the files of a corpus into `folder`.

    Parameters
    ----------
    source
        See `Corpus.build`; or parts of files.
    n_workers
        Threads at most.
    tags
        See `Corpus.build`.
    tick
        ``tick(n_bytes, total)`` is called as text is handed out: bytes of it, and of all of it
        where that is known beforehand.
    may_be_empty
        Take text without words.

    Raises
    ------
    ValueError
        There are no words, or as `Corpus.build` says.
    """
    files = _files_of(source)
    total = total_bytes(files)
    with (
        Encoder(folder, _useful_workers(n_workers, total)) as encoder,
        TagFiles(folder) as tag_files,
    ):
        pieces = _pieces(source, files, reading, tags, tag_files.numbering)
        encoder.number(pieces, lambda chunk: tick(chunk.size, total))
        if not encoder.n_tokens and not may_be_empty:
            raise no_words(source, encoder.n_documents)
        packed = tag_files.finish()
        counts, words = encoder.rank()
        hashes = encoder.renumber()
    tokens, offsets = (np.load(folder / f"{n}.npy", mmap_mode="r") for n in ("tokens", "offsets"))
    arrays = CorpusArrays(TokenPieces(tokens), offsets, counts, words, packed)
    write_words(folder, counts, words)
    meta = arrays.meta(
        fingerprint=arrays.fingerprint(hashes),
        tokenizer=reading.name,
        document_unit=reading.document_unit if files is not None else None,
    )
    write_meta(folder, CORPUS, meta)


def _pieces(
    source: Source,
    files: Sequence[str | FilePart] | None,
    reading: Reading,
    tags: TagSource | None,
    numbering: TagNumbering,
) -> Iterable[Chunk]:
    """Return the chunks of a source, whose tags are numbered as these are taken."""
    in_column = tags is not None and are_in_column(tags)
    if files is None:
        if in_column:
            raise ValueError(f"tags: '{COLUMN}' is about files of text; expected tags to pass on")
        documents = tagged_documents(cast(Iterable[Any], source), cast(Any, tags), numbering)
        return document_chunks(documents, reading)
    if in_column:
        if reading.document_unit != "line":
            raise ValueError(
                f"tags: '{COLUMN}' is about lines; expected document_unit='line', "
                f"got {reading.document_unit!r}"
            )
        return file_chunks(files, reading, numbering)
    pieces = file_chunks(files, reading)
    return pieces if tags is None else tagged_chunks(pieces, cast(Any, tags), numbering)


def _files_of(source: Source | list[FilePart]) -> Sequence[str | FilePart] | None:
    """The files or parts of files of a source, None if it is an iterable of documents."""
    if isinstance(source, list) and source and isinstance(source[0], FilePart):
        return source
    return find_files(source)


def _useful_workers(n_workers: int, total: int | None) -> int:
    """No more threads than chunks: each has a table of words, an open file and a stack."""
    n_chunks = MOST_WORKERS if total is None else -(-total // chunks.CHUNK_BYTES)
    return min(n_workers, MOST_WORKERS, max(n_chunks, 1))


def no_words(source: Source, n_documents: int) -> ValueError:
    """The error of a text without words."""
    if isinstance(source, (str, os.PathLike)):
        name = f"'{os.fspath(source)!s}'"
    else:
        name = "source" if find_files(source) else f"source ({type(source).__name__})"
    spent = isinstance(source, Iterator) and n_documents == 0
    hint = "; a generator or iterator can be read only once" if spent else ""
    return ValueError(f"{name}: expected words, got none in {n_documents:,} documents{hint}")


@contextmanager
def reading_progress(progress: Progress) -> Iterator[Callable[[int, int | None], None]]:
    """Turn bytes that were read into calls, or into a bar."""
    done = 0
    if progress is True:
        from tqdm.auto import tqdm

        with tqdm(unit="B", unit_scale=True, desc="corpus") as bar:

            def show(n_bytes: int, total: int | None) -> None:
                bar.total = total
                bar.update(n_bytes)

            yield show
        return

    def tell(n_bytes: int, total: int | None) -> None:
        nonlocal done
        done += n_bytes
        if callable(progress):
            progress(done, total)

    yield tell
