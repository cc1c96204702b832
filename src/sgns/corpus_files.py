"""The folder of a corpus: which files it has, and that they are what they claim.

============================ ================ =====================================================
file                         type             content
============================ ================ =====================================================
``tokens.npy``               uint32 (T,)      word numbers of all documents, one after the other
``offsets.npy``              int64 (D + 1,)   document d is tokens[offsets[d]:offsets[d + 1]]
``counts.npy``               int64 (W,)       occurrences of each word, never rising
``words.bytes.npy``          uint8            the words in UTF-8, one after the other
``words.offsets.npy``        int64 (W + 1,)   word w is bytes[offsets[w]:offsets[w + 1]]
``tags.bytes.npy`` and       like the words   tags that are strings, one for each document
``tags.offsets.npy``
``tags.npy``                 int64 (D,)       tags that are integers, one for each document
``meta.json``                                 format, version, sizes, tokenizer, kind of tags,
                                              fingerprint
============================ ================ =====================================================

``meta.json`` names no files, so nothing in it can lead out of the folder. Its entry ``tags`` says
how tags lie: a later version can add another ``per_document`` than ``"one"`` with arrays of its
own, and programs that do not know it refuse the folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns._encode import largest_token
from sgns._files import write_array
from sgns.array_files import load_array
from sgns.errors import FormatError
from sgns.fingerprint import Fingerprint
from sgns.meta_file import CORPUS, kind_of
from sgns.meta_file import read_meta as read_meta_file
from sgns.string_array import StringArray, load_strings
from sgns.vocabulary import check_counts

REMEDY = "rebuild it with `sgns build`"

Tags = StringArray | NDArray[np.int64]


@dataclass(frozen=True)
class CorpusArrays:
    """The arrays of a corpus, in memory or mapped."""

    tokens: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    words: StringArray
    tags: Tags | None

    def fingerprint(self, token_hashes: Iterable[int] | None = None) -> str:
        """Return the checksum of the content; the hashes of the tokens' blocks may be known."""
        fingerprint = Fingerprint()
        if token_hashes is None:
            fingerprint.add("tokens", self.tokens)
        else:
            fingerprint.add_hashes("tokens", self.tokens.nbytes, token_hashes)
        fingerprint.add("offsets", self.offsets)
        fingerprint.add("counts", self.counts)
        for name, strings in (("words", self.words), ("tags", self.tags)):
            if isinstance(strings, StringArray):
                fingerprint.add(f"{name}.offsets", strings.offsets)
                fingerprint.add(f"{name}.bytes", strings.data)
            elif strings is not None:
                fingerprint.add(name, strings)
        return fingerprint.hexdigest()

    def meta(self, *, fingerprint: str, tokenizer: str | None, document_unit: str | None) -> Any:
        """Return what ``meta.json`` says."""
        kind = "strings" if isinstance(self.tags, StringArray) else "integers"
        return {
            "format": CORPUS.format,
            "version": CORPUS.version,
            "n_tokens": len(self.tokens),
            "n_documents": len(self.offsets) - 1,
            "n_words": len(self.counts),
            "tokenizer": tokenizer,
            "document_unit": document_unit,
            "tags": None if self.tags is None else {"kind": kind, "per_document": "one"},
            "fingerprint": fingerprint,
        }


def pack_tags(tags: Iterable[Any] | None, n_documents: int) -> Tags | None:
    """Return tags as an array: all strings or all integers, one for each document.

    Raises
    ------
    TypeError
        A tag is neither string nor integer, or not of the same kind as the first.
    ValueError
        There are more or fewer tags than documents, or an integer does not fit into int64.
    """
    if tags is None:
        return None
    if isinstance(tags, (str, bytes)) or not isinstance(tags, Iterable):
        raise TypeError(f"tags: expected an iterable of names, got {type(tags).__name__}")
    found = list(tags)
    if len(found) != n_documents:
        raise ValueError(f"tags: expected {n_documents:,}, one a document, got {len(found):,}")
    kind: Any = str if found and isinstance(found[0], str) else (int, np.integer)
    for i, tag in enumerate(found):
        if not isinstance(tag, kind) or isinstance(tag, bool):
            expected = "a string" if kind is str else "an integer"
            raise TypeError(f"tags[{i}]: expected {expected}, got {type(tag).__name__}")
    if kind is str:
        return StringArray.from_strings(found)
    try:
        return np.array(found, dtype=np.int64)
    except OverflowError:
        i = next(i for i, tag in enumerate(found) if not -(2**63) <= int(tag) < 2**63)
        raise ValueError(f"tags[{i}]: expected a 64-bit integer, got {found[i]}") from None


def write_small_arrays(folder: Path, arrays: CorpusArrays) -> None:
    """Write everything but tokens and offsets."""
    write_array(folder / "counts.npy", arrays.counts)
    _write_strings(folder, "words", arrays.words)
    if isinstance(arrays.tags, StringArray):
        _write_strings(folder, "tags", arrays.tags)
    elif arrays.tags is not None:
        write_array(folder / "tags.npy", arrays.tags)


def _write_strings(folder: Path, name: str, strings: StringArray) -> None:
    write_array(folder / f"{name}.bytes.npy", strings.data)
    write_array(folder / f"{name}.offsets.npy", strings.offsets)


def open_arrays(folder: Path) -> tuple[CorpusArrays, dict[str, Any]]:
    """Map the arrays of a corpus after checking sizes, types and ends; return them with the meta.

    Raises
    ------
    FileNotFoundError, FormatError
        See `Corpus.open`.
    """
    owner = f"Corpus '{folder}'"
    meta = read_meta(folder)

    def array(name: str, dtype: Any, length: int | None) -> NDArray[Any]:
        try:
            return load_array(folder / name, dtype, (length,), mmap=True)
        except FormatError as error:
            raise FormatError(f"{error}; {REMEDY}") from None

    def strings(name: str, number: int) -> StringArray:
        try:
            return load_strings(folder, name, number, mmap=True)
        except FormatError as error:
            raise FormatError(f"{error}; {REMEDY}") from None

    n_documents, n_words = meta["n_documents"], meta["n_words"]
    tokens = array("tokens.npy", np.uint32, meta["n_tokens"])
    offsets = array("offsets.npy", np.int64, n_documents + 1)
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
    tags: Tags | None = None
    if meta["tags"] is not None:
        one = meta["tags"]["kind"] == "strings"
        tags = strings("tags", n_documents) if one else array("tags.npy", np.int64, n_documents)
    return CorpusArrays(tokens, offsets, counts, strings("words", n_words), tags), meta


def is_corpus(path: object) -> bool:
    """Whether `path` is that of a folder whose ``meta.json`` says it is a corpus."""
    return isinstance(path, (str, os.PathLike)) and kind_of(Path(os.fsdecode(path))) is CORPUS


def read_meta(folder: Path) -> dict[str, Any]:
    """Read ``meta.json`` and check everything that the rest of opening relies on."""
    owner = f"Corpus '{folder}'"
    meta = read_meta_file(folder, CORPUS)
    for name in ("n_tokens", "n_documents", "n_words"):
        if not _is_number(meta.get(name)):
            raise FormatError(
                f"{owner}: meta.json: {name}: expected a number, got {meta.get(name)!r}; {REMEDY}"
            )
    _check_entries(meta, owner)
    return meta


def _check_entries(meta: dict[str, Any], owner: str) -> None:
    tags = meta.setdefault("tags", None)
    known = [{"kind": kind, "per_document": "one"} for kind in ("strings", "integers")]
    if tags is not None and tags not in known:
        raise FormatError(
            f"{owner}: meta.json: tags: expected strings or integers, one a document, "
            f"got {tags!r}; {REMEDY}"
        )
    if not isinstance(meta.get("fingerprint"), str):
        raise FormatError(
            f"{owner}: meta.json: fingerprint: expected a string, "
            f"got {meta.get('fingerprint')!r}; {REMEDY}"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


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
