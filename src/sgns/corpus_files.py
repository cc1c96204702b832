"""The folder of a corpus: which files it has, and that they are what they claim.

============================ ================ =====================================================
file                         type             content
============================ ================ =====================================================
``tokens.npy``               uint32 (T,)      word numbers of all documents, one after the other
``offsets.npy``              int64 (D + 1,)   document d is tokens[offsets[d]:offsets[d + 1]]
``counts.npy``               int64 (W,)       occurrences of each word, never rising
``words.bytes.npy``          uint8            the words in UTF-8, one after the other
``words.offsets.npy``        int64 (W + 1,)   word w is bytes[offsets[w]:offsets[w + 1]]
``tag_keys.bytes.npy`` and   like the words   the different tags, if they are strings
``tag_keys.offsets.npy``
``tag_keys.npy``             int64 (K,)       the different tags, if they are integers
``tag_ids.npy``              uint32 (N,)      numbers of tags, document after document
``tag_offsets.npy``          int64 (D + 1,)   document d has the tags
                                              ids[offsets[d]:offsets[d + 1]]
``meta.json``                                 format, version, sizes, tokenizer, kind of tags,
                                              fingerprint
============================ ================ =====================================================

A corpus that was built in shards has no ``tokens.npy``, but folders ``shard-00000`` and so on, each
a corpus itself, whose tokens follow each other, and an entry ``shards`` in ``meta.json``: see
`sgns.shard_files`.

``meta.json`` names no files, so nothing in it can lead out of the folder. Its entry ``tags`` says
how tags lie, null where there are none. Folders of the first kind, where ``per_document`` is
``"one"``, hold ``tags.npy`` or ``tags.bytes.npy`` and ``tags.offsets.npy`` instead, with one tag
for each document.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns._encode import hash_bytes, largest_token
from sgns._files import GrowingArray, write_array
from sgns.array_files import load_array
from sgns.corpus_meta import REMEDY, SHARDS, read_meta
from sgns.errors import FormatError
from sgns.fingerprint import BLOCK_BYTES, Fingerprint
from sgns.meta_file import CORPUS
from sgns.shard_files import open_tokens
from sgns.string_array import StringArray, load_strings
from sgns.tags import DocumentTags, open_tags
from sgns.token_pieces import TokenPieces
from sgns.vocabulary import check_counts


@dataclass(frozen=True)
class CorpusArrays:
    """The arrays of a corpus, in memory or mapped."""

    tokens: TokenPieces
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    words: StringArray
    tags: DocumentTags | None

    def fingerprint(self, token_hashes: Iterable[int] | None = None) -> str:
        """Return the checksum of the content; the hashes of the tokens' blocks may be known."""
        fingerprint = Fingerprint()
        if token_hashes is None:
            token_hashes = hash_blocks(self.tokens)
        fingerprint.add_hashes("tokens", self.tokens.nbytes, token_hashes)
        fingerprint.add("offsets", self.offsets)
        fingerprint.add("counts", self.counts)
        fingerprint.add("words.offsets", self.words.offsets)
        fingerprint.add("words.bytes", self.words.data)
        for name, array in ({} if self.tags is None else self.tags.files).items():
            fingerprint.add(name, array)
        return fingerprint.hexdigest()

    def meta(self, *, fingerprint: str, tokenizer: str | None, document_unit: str | None) -> Any:
        """Return what ``meta.json`` says."""
        return {
            "format": CORPUS.format,
            "version": CORPUS.version,
            "n_tokens": len(self.tokens),
            "n_documents": len(self.offsets) - 1,
            "n_words": len(self.counts),
            "tokenizer": tokenizer,
            "document_unit": document_unit,
            "tags": None if self.tags is None else self.tags.meta,
            "fingerprint": fingerprint,
        }


def hash_blocks(tokens: TokenPieces) -> Iterable[int]:
    """Hash tokens block by block, as a fingerprint wants them."""
    block = BLOCK_BYTES // 4
    for first in range(0, len(tokens), block):
        yield hash_bytes(np.ascontiguousarray(tokens[first : first + block]).view(np.uint8).data)


def write_words(folder: Path, counts: NDArray[np.int64], words: StringArray) -> None:
    """Write words and counts."""
    write_array(folder / "counts.npy", counts)
    write_array(folder / "words.bytes.npy", words.data)
    write_array(folder / "words.offsets.npy", words.offsets)


def write_arrays(folder: Path, arrays: CorpusArrays) -> None:
    """Write the arrays of a corpus, its tokens as one; `meta.json` is left to the caller."""
    with closing(GrowingArray(folder / "tokens.npy", np.uint32)) as tokens:
        for piece in arrays.tokens.arrays:
            tokens.append(piece)
    write_array(folder / "offsets.npy", arrays.offsets)
    write_words(folder, arrays.counts, arrays.words)
    for name, array in ({} if arrays.tags is None else arrays.tags.files).items():
        write_array(folder / f"{name}.npy", array)


def open_arrays(folder: Path) -> tuple[CorpusArrays, dict[str, Any]]:
    """Map the arrays of a corpus after checking sizes, types and ends; return them with the meta.

    Where another process replaces the folder meanwhile, the new one is opened, so that all arrays
    are of one corpus.

    Raises
    ------
    FileNotFoundError, FormatError
        See `Corpus.open`.
    """
    while True:
        before = _identity(folder)
        try:
            found = _open_once(folder)
        except (OSError, ValueError):  # a FormatError, or what the change of file led to
            if _identity(folder) == before:
                raise
        else:
            if _identity(folder) == before:
                return found


def _identity(folder: Path) -> tuple[int, ...] | None:
    """What tells a folder from another one that has taken its name; None if there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def _open_once(folder: Path) -> tuple[CorpusArrays, dict[str, Any]]:
    owner = f"Corpus '{folder}'"
    meta = read_meta(folder)

    def array(name: str, dtype: Any, length: int | None) -> NDArray[Any]:
        try:
            return load_array(folder / name, dtype, (length,), mmap=True)
        except FormatError as error:
            raise FormatError(f"{error}; {REMEDY}") from None

    def strings(name: str, number: int | None) -> StringArray:
        try:
            return load_strings(folder, name, number, mmap=True)
        except FormatError as error:
            raise FormatError(f"{error}; {REMEDY}") from None

    n_documents, n_words = meta["n_documents"], meta["n_words"]
    offsets = array("offsets.npy", np.int64, n_documents + 1)
    if SHARDS in meta:
        tokens = open_tokens(folder, meta, offsets)
    else:
        tokens = TokenPieces(array("tokens.npy", np.uint32, meta["n_tokens"]))
    if offsets[0] != 0 or offsets[-1] != len(tokens):
        raise FormatError(
            f"{owner}: offsets.npy runs from {offsets[0]:,} to {offsets[-1]:,}, "
            f"expected 0 to {len(tokens):,}, the number of tokens; {REMEDY}"
        )
    counts = array("counts.npy", np.int64, n_words)
    try:
        check_counts(counts, n_words)
    except ValueError as error:
        raise FormatError(f"{owner}: counts.npy: {error}; {REMEDY}") from None
    tags = None
    if meta["tags"] is not None:
        tags = open_tags(meta["tags"], n_documents, array, strings)
        try:
            tags.check()
        except FormatError as error:
            raise FormatError(f"{owner}: {error}; {REMEDY}") from None
    return CorpusArrays(tokens, offsets, counts, strings("words", n_words), tags), meta


def verify_arrays(arrays: CorpusArrays, fingerprint: str, owner: str) -> None:
    """Read everything: tokens below the number of words, offsets rising, the fingerprint."""
    block = 1 << 20
    for first in range(0, len(arrays.tokens), block):
        tokens = np.ascontiguousarray(arrays.tokens[first : first + block])
        if largest_token(tokens) >= len(arrays.counts):
            i = int(np.flatnonzero(tokens >= len(arrays.counts))[0])
            raise FormatError(
                f"{owner}: tokens.npy: token {first + i:,} is {tokens[i]:,}, expected the number "
                f"of one of {len(arrays.counts):,} words; {REMEDY}"
            )
    for first in range(0, len(arrays.offsets), block):
        offsets = arrays.offsets[first : first + block + 1]
        falls = np.flatnonzero(offsets[1:] < offsets[:-1])
        if falls.size:
            i = int(falls[0]) + 1
            raise FormatError(
                f"{owner}: offsets.npy: offset {first + i:,} is {offsets[i]:,} after "
                f"{offsets[i - 1]:,}, expected rising offsets; {REMEDY}"
            )
    found = arrays.fingerprint()
    if found != fingerprint:
        raise FormatError(
            f"{owner}: the content has the fingerprint {found}, meta.json says {fingerprint}; "
            f"a file has changed; {REMEDY}"
        )
