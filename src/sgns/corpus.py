"""Corpus: numbered tokens and document offsets in memory-mapped arrays, built once from text."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sgns._files import atomic_folder, open_array
from sgns._ingest import FORMAT, VERSION, ingest
from sgns.errors import FormatError
from sgns.text import Source, Tokenizer
from sgns.vocabulary import PackedStrings, Vocabulary, check_counts

REMEDY = "rebuild it with `sgns build`"
Tags = Sequence[str] | NDArray[np.int64]


class Corpus:
    """Documents as arrays of word numbers; immutable.

    Made by `Corpus.build` (from text), `Corpus.open` (what was built) or `Corpus.from_arrays`.
    A corpus is a sequence of documents: ``len(corpus)`` is their number, ``corpus[i]`` the list
    of the words of document i, and iteration gives those lists in order.

    A corpus that was built without a path lives in a temporary folder that goes away with the
    object, at `close`, or at the end of a ``with`` block.
    """

    def __init__(
        self,
        tokens: NDArray[np.uint32],
        offsets: NDArray[np.int64],
        vocabulary: Vocabulary,
        tags: Tags | None,
        meta: Mapping[str, Any],
        path: Path | None,
    ) -> None:
        self._arrays: tuple[NDArray[np.uint32], NDArray[np.int64]] | None = (tokens, offsets)
        self._vocabulary = vocabulary
        self._tags = tags
        self._meta = MappingProxyType(dict(meta))
        self._path = path
        self._folder: weakref.finalize[[str, bool], Corpus] | None = None

    @classmethod
    def build(
        cls,
        source: Source,
        path: str | os.PathLike[str] | None = None,
        *,
        tokenizer: str | Tokenizer = "whitespace",
        document_unit: str = "line",
        errors: str = "strict",
        workers: int | None = None,
        overwrite: bool = False,
        progress: bool | Any = False,
        tags: Iterable[str | int] | None = None,
    ) -> Corpus:
        """Build."""
        if path is not None:
            with atomic_folder(path, overwrite=overwrite) as folder:
                ingest(folder, source, tokenizer, document_unit, errors, workers, progress, tags)
            return cls.open(path)
        home = tempfile.mkdtemp(prefix="sgns-")
        try:
            ingest(Path(home), source, tokenizer, document_unit, errors, workers, progress, tags)
            corpus = cls.open(home)
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        corpus._path = None
        corpus._folder = weakref.finalize(corpus, shutil.rmtree, home, True)
        return corpus

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Corpus:
        """Map a corpus that `build` wrote, without reading its tokens.

        Sizes, types and ends of all arrays are checked; `verify` checks their content.

        Raises
        ------
        FileNotFoundError
            There is no such folder.
        FormatError
            The folder is no corpus, or one of a newer format, or an array is missing, truncated
            or contradicts the others.
        """
        folder = Path(path)
        owner = f"Corpus '{folder}'"
        meta = _read_meta(folder, owner)

        def array(name: str, dtype: Any, unit: str, length: int | None) -> NDArray[Any]:
            found = open_array(folder / name, dtype, unit=unit, owner=owner, remedy=REMEDY)
            if length is not None and len(found) != length:
                raise FormatError(
                    f"{owner}: {name} holds {len(found):,} {unit} where meta.json says "
                    f"{length:,}; {REMEDY}"
                )
            return found

        def strings(name: str, offsets_name: str, unit: str, number: int) -> PackedStrings:
            data = array(name, np.uint8, "bytes", None)
            offsets = array(offsets_name, np.int64, "offsets", number + 1)
            _check_ends(owner, offsets_name, offsets, len(data), f"bytes of {name}")
            return PackedStrings(data, offsets)

        n_tokens, n_documents, n_words = (
            meta[name] for name in ("n_tokens", "n_documents", "n_words")
        )
        tokens = array("tokens.npy", np.uint32, "tokens", n_tokens)
        offsets = array("offsets.npy", np.int64, "offsets", n_documents + 1)
        _check_ends(owner, "offsets.npy", offsets, n_tokens, "tokens")
        try:
            counts = check_counts(array("counts.npy", np.int64, "counts", n_words), n_words)
        except FormatError:
            raise
        except ValueError as error:
            raise FormatError(f"{owner}: counts.npy: {error}; {REMEDY}") from None
        words = strings("words.npy", "word_offsets.npy", "words", n_words)
        tags: Tags | None = None
        kind = (meta["tags"] or {}).get("kind")
        if kind == "strings":
            tags = strings("tags.npy", "tag_offsets.npy", "tags", n_documents)
        elif kind == "integers":
            tags = array("tags.npy", np.int64, "tags", n_documents)
        vocabulary = Vocabulary._packed(words, counts)
        return cls(tokens, offsets, vocabulary, tags, meta, folder)

    @classmethod
    def from_arrays(
        cls,
        tokens: ArrayLike,
        offsets: ArrayLike,
        words: Sequence[str],
        tags: Iterable[str | int] | None = None,
    ) -> Corpus:
        """Wrap token arrays that exist already, renumbering words by falling count.

        Parameters
        ----------
        tokens
            (n_tokens,) integers of any type: ``words[tokens[i]]`` is token i.
        offsets
            (n_documents + 1,) integers that begin with 0, never fall and end with n_tokens:
            document d is ``tokens[offsets[d]:offsets[d + 1]]``.
        words
            Different strings. Those that never occur are kept, with a count of 0.
        tags
            A name for each document, all strings or all integers.

        Raises
        ------
        TypeError
            An array holds no integers, or a word or tag is of the wrong type.
        ValueError
            A token is not a word's number, the offsets are not as described, a word stands
            twice, there are no tokens, or the number of tags is not that of the documents.
        """
        words = list(words)
        ids = _integers("tokens", tokens)
        ends = _integers("offsets", offsets)
        if not len(ends) or ends[0] != 0 or ends[-1] != len(ids):
            got = f"{ends[0]} and {ends[-1]}" if len(ends) else "no offsets"
            raise ValueError(f"offsets: expected to begin with 0 and end with {len(ids)}, got {got}")
        falls = np.flatnonzero(ends[1:] < ends[:-1])
        if falls.size:
            i = int(falls[0]) + 1
            raise ValueError(f"offsets must not fall: offsets[{i}] is {ends[i]} after {ends[i - 1]}")
        if not len(ids):
            raise ValueError("tokens: expected at least one token, got none")
        if int(ids.max()) >= len(words) or int(ids.min()) < 0:
            i = int(np.flatnonzero((ids < 0) | (ids >= len(words)))[0])
            raise ValueError(
                f"tokens[{i}]: expected the number of one of {len(words):,} words, got {ids[i]}"
            )
        counts = np.bincount(ids.astype(np.int64, copy=False), minlength=len(words))
        Vocabulary(words, np.zeros(len(words), dtype=np.int64))
        order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
        ranks = np.empty(len(words), dtype=np.uint32)
        ranks[order] = np.arange(len(words), dtype=np.uint32)
        vocabulary = Vocabulary([words[i] for i in order], counts[order])
        numbered = ranks[ids]
        meta = {"fingerprint": ""}
        return cls(numbered, ends.astype(np.int64), vocabulary, None, meta, None)

    @property
    def tokens(self) -> NDArray[np.uint32]:
        """(n_tokens,) word numbers of all documents, one after the other."""
        return self._open_arrays()[0]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """(n_documents + 1,) where documents begin in `tokens`, and where the last one ends."""
        return self._open_arrays()[1]

    @property
    def vocabulary(self) -> Vocabulary:
        """The words, numbered by falling count."""
        return self._vocabulary

    @property
    def tags(self) -> Tags | None:
        """A name for each document; None where the number of a document is its name."""
        return self._tags

    @property
    def meta(self) -> Mapping[str, Any]:
        """What `meta.json` says: format version, numbers, tokenizer, fingerprint."""
        return self._meta

    @property
    def path(self) -> Path | None:
        """The folder; None for a corpus in memory or in a temporary folder."""
        return self._path

    @property
    def fingerprint(self) -> str:
        """A checksum of tokens, offsets, words and tags: equal for equal content."""
        return str(self._meta["fingerprint"])

    @property
    def n_tokens(self) -> int:
        """Number of tokens in all documents."""
        return len(self.tokens)

    @property
    def n_documents(self) -> int:
        """Number of documents, empty ones included."""
        return len(self.offsets) - 1

    def __len__(self) -> int:
        return self.n_documents

    def __getitem__(self, index: int) -> list[str]:
        i = range(self.n_documents)[index]
        words = self._vocabulary.words
        return [words[t] for t in self.tokens[self.offsets[i] : self.offsets[i + 1]].tolist()]

    def __iter__(self) -> Iterator[list[str]]:
        return (self[i] for i in range(self.n_documents))

    def __repr__(self) -> str:
        if self._arrays is None:
            return "<Corpus: closed>"
        where = f" in '{self._path}'" if self._path else ""
        return (
            f"<Corpus: {self.n_tokens:,} tokens, {self.n_documents:,} documents, "
            f"{len(self._vocabulary):,} words{where}>"
        )

    def close(self) -> None:
        """Let go of the arrays; a temporary corpus goes away."""
        self._arrays = None
        if self._folder is not None:
            self._folder()

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_arrays(self) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        if self._arrays is None:
            raise ValueError("this corpus is closed")
        return self._arrays


def _integers(name: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise TypeError(
            f"{name}: expected a one-dimensional array of integers, "
            f"got {array.dtype} of shape {array.shape}"
        )
    return array if array.dtype.kind in "iu" else array.astype(np.int64)


def _read_meta(folder: Path, owner: str) -> dict[str, Any]:
    """Read meta.json and check everything that the rest of opening relies on."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        error = FormatError if folder.exists() else FileNotFoundError
        raise error(f"{owner} {what}; build one with `sgns build`")
    try:
        meta = json.loads((folder / "meta.json").read_bytes())
    except FileNotFoundError:
        raise FormatError(f"{owner}: meta.json is missing; this folder is no corpus") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{owner}: meta.json is not JSON ({error}); {REMEDY}") from None
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise FormatError(f"{owner}: meta.json does not describe a corpus; {REMEDY}")
    version = meta.get("version")
    if not isinstance(version, int) or version < 1:
        raise FormatError(f"{owner}: meta.json has the format version {version!r}; {REMEDY}")
    if version > VERSION:
        raise FormatError(
            f"{owner} has format version {version}, this program reads up to {VERSION}; "
            "upgrade sgns, or rebuild the corpus with `sgns build`"
        )
    for name in ("n_tokens", "n_documents", "n_words"):
        number = meta.get(name)
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise FormatError(f"{owner}: meta.json: expected a number in {name}, got {number!r}")
    tags = meta.setdefault("tags", None)
    kinds = ("strings", "integers")
    if tags is not None and not (isinstance(tags, dict) and tags.get("kind") in kinds):
        raise FormatError(f"{owner}: meta.json: unknown kind of tags {tags!r}; {REMEDY}")
    if not isinstance(meta.get("fingerprint"), str):
        raise FormatError(f"{owner}: meta.json has no fingerprint; {REMEDY}")
    return meta


def _check_ends(owner: str, name: str, offsets: NDArray[np.int64], end: int, of: str) -> None:
    if offsets[0] != 0 or offsets[-1] != end:
        raise FormatError(
            f"{owner}: {name} runs from {offsets[0]:,} to {offsets[-1]:,}, "
            f"expected 0 to {end:,}, the number of {of}; {REMEDY}"
        )
