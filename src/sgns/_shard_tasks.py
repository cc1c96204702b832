"""What a worker does to build one shard, in two tasks that other processes and machines can run.

A task is given names of folders and files, numbers and settings, and may be run again when it was
cut short: what it writes takes its name when it is whole, and what it reads it leaves as it is.

`read_shard` numbers the words of a shard's files by themselves. When all shards have been read, the
calling process merges their vocabularies (`sgns.sharded_build`), and `number_shard` puts the
numbers of the whole in the place of the shard's own.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sgns._encode import hash_bytes, remap
from sgns._files import GrowingArray, default_mode
from sgns._ingest import ingest
from sgns.array_files import load_array
from sgns.corpus_files import CorpusArrays, open_arrays
from sgns.file_part import FilePart
from sgns.fingerprint import BLOCK_BYTES
from sgns.meta_file import CORPUS, write_meta
from sgns.shard_files import shard_name
from sgns.string_array import load_strings
from sgns.token_pieces import TokenPieces
from sgns.tokenizers import Reading

READ = "read-"
RANKS = "ranks.npy"
"""In the folder of a shard that was read: uint32, the number in the whole of each of its words."""
STOP = "stop"
"""A file beside the shards that ends their tasks."""
VOCABULARY = ("counts.npy", "words.bytes.npy", "words.offsets.npy")
BLOCK = BLOCK_BYTES // 4


def read_name(number: int) -> str:
    """Name of the folder of a shard in the numbers of its own words."""
    return f"{READ}{number:05d}"


def read_shard(
    folder: str,
    number: int,
    parts: list[FilePart],
    reading: Reading,
    tags: Literal["column"] | None,
) -> None:
    """Read parts of files and write them as a corpus by itself, beside the others of `folder`."""
    outer = Path(folder)

    def tick(_: int, __: int | None) -> None:
        _refuse_stop(outer)

    _refuse_stop(outer)
    with _appearing(outer / read_name(number)) as place:
        ingest(place, parts, reading, n_workers=1, tags=tags, tick=tick, may_be_empty=True)


@dataclass(frozen=True, slots=True)
class NumberedShard:
    """What is to be known of a shard to describe the whole.

    Attributes
    ----------
    n_tokens, n_documents : int
        Its sizes.
    fingerprint : str
        Its own.
    head, tail : bytes
        Its tokens before and after the blocks that the whole is hashed in; all of them are `head`
        if the first block ends after them.
    hashes : list of int
        Of the blocks between.
    """

    n_tokens: int
    n_documents: int
    fingerprint: str
    head: bytes
    hashes: list[int]
    tail: bytes


def number_shard(folder: str, number: int, first_token: int) -> NumberedShard:
    """Write a shard that was read in the numbers of the whole vocabulary.

    Parameters
    ----------
    folder
        Has the shard, with `RANKS`, and the files of the whole vocabulary.
    first_token
        How many tokens the shards before it have.
    """
    outer = Path(folder)
    source = outer / read_name(number)
    _refuse_stop(outer)
    read, meta = open_arrays(source)
    ranks = load_array(source / RANKS, np.uint32, (None,))
    cut = -first_token % BLOCK
    head, hashes, tail = b"", [], b""
    with _appearing(outer / shard_name(number)) as place:
        with closing(GrowingArray(place / "tokens.npy", np.uint32)) as written:
            for start, stop in _spans(len(read.tokens), cut):
                _refuse_stop(outer)
                tokens = np.array(read.tokens[start:stop])
                remap(tokens, ranks)
                written.append(tokens)
                data = tokens.astype("<u4", copy=False).tobytes()
                if start < cut:
                    head = data
                elif stop - start == BLOCK:
                    hashes.append(hash_bytes(data))
                else:
                    tail = data
        shutil.copyfile(source / "offsets.npy", place / "offsets.npy")
        for name in {} if read.tags is None else read.tags.files:
            shutil.copyfile(source / f"{name}.npy", place / f"{name}.npy")
        for name in VOCABULARY:
            shutil.copyfile(outer / name, place / name)
        fingerprint = _describe(place, read, meta)
    n_documents = len(read.offsets) - 1
    return NumberedShard(len(read.tokens), n_documents, fingerprint, head, hashes, tail)


def _describe(place: Path, read: CorpusArrays, meta: Mapping[str, Any]) -> str:
    """Write ``meta.json`` of a shard; return its fingerprint. No file stays mapped."""
    arrays = CorpusArrays(
        TokenPieces(load_array(place / "tokens.npy", np.uint32, (None,), mmap=True)),
        read.offsets,
        load_array(place / "counts.npy", np.int64, (None,), mmap=True),
        load_strings(place, "words", mmap=True),
        read.tags,
    )
    fingerprint = arrays.fingerprint()
    entries = arrays.meta(
        fingerprint=fingerprint,
        tokenizer=meta["tokenizer"],
        document_unit=meta["document_unit"],
    )
    write_meta(place, CORPUS, entries)
    return fingerprint


def _spans(n_tokens: int, cut: int) -> Iterator[tuple[int, int]]:
    """Yield where the tokens before `cut` begin and end, and then each block."""
    if cut and n_tokens:
        yield 0, min(cut, n_tokens)
    for start in range(cut, n_tokens, BLOCK):
        yield start, min(start + BLOCK, n_tokens)


def _refuse_stop(folder: Path) -> None:
    """End a task whose result nobody waits for."""
    if (folder / STOP).exists() or not folder.exists():
        raise InterruptedError(f"'{folder}': the build has ended")


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """Fill a folder that takes its name when it is whole, unless another run of the task has."""
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield temporary
        temporary.chmod(default_mode(folder=True))
        try:
            temporary.rename(target)
        except OSError:  # ENOTEMPTY or EEXIST, as systems have it
            if not target.exists():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
