"""Building a corpus in shards: by tasks on workers, and by merging what they found.

1. Each worker reads its files as a corpus by itself.
2. The calling process merges the vocabularies: words are ranked by their counts in all shards, ties
   in the order of code points, as in one build, which makes them the same.
3. Each worker writes its shard in the numbers of the whole. The blocks of tokens that the checksum
   of the whole is made of are hashed on the way; those across two shards come back as bytes.
4. The calling process writes offsets, tags and ``meta.json`` of the whole.

Words and tags pass through memory here, the tokens do not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from sgns._encode import WordTable, hash_bytes, remap
from sgns._files import GrowingArray, write_array
from sgns._ingest import no_words
from sgns._shard_tasks import (
    RANKS,
    READ,
    STOP,
    NumberedShard,
    number_shard,
    read_name,
    read_shard,
)
from sgns.array_files import load_array
from sgns.config import positive_integer
from sgns.corpus_files import CorpusArrays, open_arrays, write_words
from sgns.corpus_meta import SHARDS
from sgns.executors import Executor, executor_of, run_tasks
from sgns.file_part import FilePart, divided
from sgns.fingerprint import BLOCK_BYTES
from sgns.meta_file import CORPUS, write_meta
from sgns.shard_files import shard_name
from sgns.string_array import StringArray
from sgns.tag_files import TagFiles
from sgns.tag_sources import COLUMN, are_in_column
from sgns.text import STDIN, Source, bytes_of, find_files, is_plain
from sgns.token_pieces import TokenPieces
from sgns.tokenizers import Reading

Result = TypeVar("Result")
Tick = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """Where and in how many pieces a corpus is built; see `Corpus.build`."""

    cluster: object
    workers: int
    shards: int | None

    def __post_init__(self) -> None:
        if self.shards is not None:
            positive_integer("shards", self.shards)

    def n_shards(self, n_workers: int | None) -> int:
        """How many shards to make with so many workers, None if that is not known.

        Raises
        ------
        ValueError
            Nobody knows.
        """
        if self.shards is not None:
            return self.shards
        if n_workers is None:
            raise ValueError(
                "shards: expected their number, since this executor does not say how many workers "
                "it has"
            )
        return n_workers


def build_shards(
    folder: Path,
    source: Source,
    reading: Reading,
    options: ClusterOptions,
    *,
    tags: object,
    tick: Tick,
) -> None:
    """Read files by the workers of a cluster and write a corpus in shards into `folder`.

    Parameters
    ----------
    folder
        That every worker reaches by this name.
    tick
        ``tick(n_bytes, total)`` is called when files have been read.

    Raises
    ------
    ValueError, TypeError
        `source` names no files, there are no words, or `tags` are neither None nor ``"column"``.
    FormatError, OSError
        As in `Corpus.build`, from whichever worker it was; the first shard that failed is told.
    RuntimeError
        A worker process died.
    """
    column = _checked_tags(tags)
    files = _files_of(source)

    def has_lines(file: str) -> bool:
        return reading.document_unit == "line" and is_plain(file)

    with executor_of(options.cluster, options.workers) as (executor, n_workers):
        parts = divided(files, options.n_shards(n_workers), has_lines)
        build = _Build(folder.absolute(), executor, parts)
        build.read(reading, column, tick)
        counts, words, n_documents = build.merge_words()
        if not len(words):
            raise no_words(source, n_documents)
        shards = build.number()
    _describe(folder, shards, counts, words, reading)
    _clean(folder)


class _Build:
    """The tasks of one build, and the merging between them."""

    def __init__(self, folder: Path, executor: Executor, parts: Sequence[list[FilePart]]) -> None:
        self._folder = folder
        self._executor = executor
        self._parts = parts
        self._n_tokens: list[int] = []

    def read(self, reading: Reading, column: Literal["column"] | None, tick: Tick) -> None:
        """Have each shard read."""
        sizes = [sum(map(bytes_of, parts)) for parts in self._parts]
        name = str(self._folder)
        calls = [(name, i, parts, reading, column) for i, parts in enumerate(self._parts)]
        self._run(read_shard, calls, lambda i: tick(sizes[i], sum(sizes)))

    def merge_words(self) -> tuple[NDArray[np.int64], StringArray, int]:
        """Merge the vocabularies of the shards, and leave each the numbers of the whole.

        Returns counts and words of the whole, and how many documents there are.
        """
        table = WordTable()
        mappings, n_documents = [], 0
        for number in range(len(self._parts)):
            read, _ = open_arrays(self._folder / read_name(number))
            numbers = table.encode_tokens(read.words.data.data, read.words.offsets[1:], 0)
            # Each word was counted once by being entered.
            more = np.zeros(len(table), dtype=np.int64)
            more[numbers] = read.counts - 1
            table.count(more)
            mappings.append(numbers)
            n_documents += len(read.offsets) - 1
            self._n_tokens.append(len(read.tokens))
        ranks, counts, word_offsets, word_bytes = table.ranks()
        words = StringArray(word_bytes, word_offsets)
        write_words(self._folder, counts, words)
        for number, mapping in enumerate(mappings):
            remap(mapping, ranks)
            write_array(self._folder / read_name(number) / RANKS, mapping)
        return counts, words, n_documents

    def number(self) -> list[NumberedShard]:
        """Have each shard written in the numbers of the whole."""
        starts = np.cumsum([0, *self._n_tokens]).tolist()
        calls = [(str(self._folder), i, starts[i]) for i in range(len(self._parts))]

        def clean(number: int) -> None:
            shutil.rmtree(self._folder / read_name(number))

        return self._run(number_shard, calls, clean)

    def _run(
        self,
        task: Callable[..., Result],
        calls: Sequence[tuple[Any, ...]],
        done: Callable[[int], None],
    ) -> list[Result]:
        stop = self._folder / STOP
        return run_tasks(self._executor, task, calls, done=done, stop=stop.touch)


def _files_of(source: Source) -> list[str]:
    """The absolute names of the files of a source that several processes are to read."""
    files = find_files(source)
    if files is None or STDIN in files:
        what = "standard input" if files else type(source).__name__
        raise ValueError(f"source: expected files, which workers can open, got {what}")
    return [str(Path(file).absolute()) for file in files]


def _checked_tags(tags: object) -> Literal["column"] | None:
    """Refuse tags that only the calling process has."""
    if tags is None:
        return None
    if are_in_column(tags):
        return COLUMN
    raise ValueError(
        f"tags: expected None or '{COLUMN}' where workers read the files, got {type(tags).__name__}"
    )


def _describe(
    folder: Path,
    shards: Sequence[NumberedShard],
    counts: NDArray[np.int64],
    words: StringArray,
    reading: Reading,
) -> None:
    """Write what the folder of the whole has beside its shards."""
    tokens: list[NDArray[np.uint32]] = []
    n_tokens = 0
    with (
        closing(GrowingArray(folder / "offsets.npy", np.int64)) as offsets,
        TagFiles(folder) as tag_files,
    ):
        offsets.append(np.zeros(1, dtype=np.int64))
        for number in range(len(shards)):
            # Let go of before the next one is opened, but its tokens: systems limit open files.
            shard, _ = open_arrays(folder / shard_name(number))
            offsets.append(shard.offsets[1:] + n_tokens)
            n_tokens += len(shard.tokens)
            tokens += shard.tokens.arrays
            if shard.tags is not None:
                tag_files.numbering.add_numbered(shard.tags)
        tags = tag_files.finish()
    whole = load_array(folder / "offsets.npy", np.int64, (None,), mmap=True)
    arrays = CorpusArrays(TokenPieces(*tokens), whole, counts, words, tags)
    meta = arrays.meta(
        fingerprint=arrays.fingerprint(_block_hashes(shards)),
        tokenizer=reading.name,
        document_unit=reading.document_unit,
    )
    meta[SHARDS] = [
        {
            "n_tokens": numbered.n_tokens,
            "n_documents": numbered.n_documents,
            "fingerprint": numbered.fingerprint,
        }
        for numbered in shards
    ]
    write_meta(folder, CORPUS, meta)


def _clean(folder: Path) -> None:
    """Remove what tasks left that were killed, or that an engine ran twice and still run."""
    stop = folder / STOP
    stop.touch()
    for left in (*folder.glob(".*"), *folder.glob(f"{READ}*")):
        shutil.rmtree(left, ignore_errors=True)
    stop.unlink()


def _block_hashes(shards: Sequence[NumberedShard]) -> list[int]:
    """The hashes of all blocks of tokens, also of those that lie in several shards."""
    hashes: list[int] = []
    begun = b""
    for shard in shards:
        begun += shard.head
        if len(begun) == BLOCK_BYTES:
            hashes.append(hash_bytes(begun))
            begun = b""
        if shard.hashes or shard.tail:
            hashes += shard.hashes
            begun = shard.tail
    return [*hashes, hash_bytes(begun)] if begun else hashes
