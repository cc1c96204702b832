"""Corpus: numbered tokens and document offsets in memory-mapped arrays, built once from text."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any, SupportsIndex, cast, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sgns import tokenizers
from sgns._encode import WordTable, remap
from sgns._files import atomic_folder, write_array
from sgns._ingest import Progress, ingest, reading_progress
from sgns.cores import count_workers
from sgns.corpus_files import (
    CorpusArrays,
    Tags,
    open_arrays,
    pack_tags,
    verify_arrays,
    write_small_arrays,
)
from sgns.meta_file import CORPUS, check_target, write_meta
from sgns.string_array import StringArray
from sgns.text import Source
from sgns.tokenizers import Reading, Tokenizer
from sgns.vocabulary import Vocabulary


class Corpus:
    """Documents as arrays of word numbers; immutable.

    Made by `Corpus.build` (from text), `Corpus.open` (what was built) or `Corpus.from_arrays`.
    A corpus is a sequence of documents: ``len(corpus)`` is their number, ``corpus[i]`` the list
    of the words of document i, ``corpus[i:j]`` a list of such lists, and iteration gives them in
    order.

    A corpus that was built without a path lives in a temporary folder that goes away with the
    object, at `close`, or at the end of a ``with`` block.
    """

    def __init__(self, arrays: CorpusArrays, meta: Mapping[str, Any], path: Path | None) -> None:
        self._arrays: CorpusArrays | None = arrays
        self._meta = MappingProxyType(dict(meta))
        self._path = path
        self._vocabulary = Vocabulary._packed(arrays.words, arrays.counts)
        self._folder: weakref.finalize[..., Corpus] | None = None

    @classmethod
    def build(
        cls,
        source: Source,
        path: str | os.PathLike[str] | None = None,
        *,
        tokenizer: str | Tokenizer = tokenizers.DEFAULT,
        document_unit: str = "line",
        errors: str = "strict",
        workers: int | None = None,
        overwrite: bool = False,
        progress: Progress = False,
        tags: Iterable[str | int] | None = None,
    ) -> Corpus:
        """Read text once and write it as numbered tokens.

        Parameters
        ----------
        source
            A path, a list of paths, a glob pattern, a folder (all files in it, recursively and
            sorted), ``"-"`` for standard input; files may be compressed (.gz, .bz2, .xz). Or an
            iterable of documents, which is consumed once: strings, lists of tokens, or objects
            with `words` and `tags`, such as gensim's TaggedDocument. A string always names files;
            a list is a list of paths if it holds a path object, if its first item names an
            existing file, or if no item has white space and one looks like a path.
        path
            The folder to write, which appears only when it is complete. None: a temporary one
            that goes away with the object.
        tokenizer
            ``"whitespace"`` splits at ASCII white space, as ``bytes.split`` does. ``"words"``
            takes the lower-cased runs of letters, marks, digits and inner apostrophes. Or a
            function from a text to its tokens. Documents that are lists of tokens stay as they
            are.
        document_unit
            What a document of a file is: a ``"line"``, which ends with a line feed, or the
            ``"file"``. Empty lines are empty documents. In an iterable each item is a document.
        errors
            What malformed UTF-8 in files is: ``"strict"`` an error, ``"replace"`` U+FFFD,
            ``"ignore"`` left out. A byte order mark at the beginning of a file is dropped.
        workers
            Threads at most; None for one per core. Short texts take fewer, and no text takes
            more than 64. The corpus does not depend on it.
        overwrite
            Replace the corpus at `path`.
        progress
            True shows a bar; a callable is called with the bytes read so far and the bytes of
            all text, or None where that is not known.
        tags
            A name for each document: all strings or all integers.

        Raises
        ------
        FileNotFoundError
            Nothing has the name `source`.
        FileExistsError
            `path` exists, and `overwrite` is false or it is no corpus.
        FormatError
            A file is not UTF-8, or a compressed one is damaged.
        TypeError
            A document or token is no string, which the message names by number; or a parameter
            is of the wrong type.
        ValueError
            There are no words at all, or a parameter is out of its range.
        OverflowError
            There are more than 2^32 - 1 different words.

        Examples
        --------
        >>> with Corpus.build(["to be or not to be", "", ["new york", "is"]]) as corpus:
        ...     len(corpus), corpus[2], corpus.vocabulary.words[:2]
        (3, ['new york', 'is'], ['be', 'to'])
        """
        reading = Reading(tokenizer, document_unit, errors)
        n_workers = count_workers(workers)
        if path is not None:
            check_target(Path(path), CORPUS, overwrite=overwrite)
        with ExitStack() as stack:
            tick = stack.enter_context(reading_progress(progress))
            if path is not None:
                folder = stack.enter_context(atomic_folder(path, overwrite=overwrite))
            else:
                folder = Path(tempfile.mkdtemp(prefix="sgns-"))
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
            ingest(folder, source, reading, n_workers=n_workers, tags=tags, tick=tick)
            if path is None:
                corpus = cls.open(folder)
                corpus._path = None
                corpus._folder = weakref.finalize(corpus, shutil.rmtree, folder, True)
                stack.pop_all()
                return corpus
        return cls.open(cast(Path, path))

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
        arrays, meta = open_arrays(Path(path))
        return cls(arrays, meta, Path(path))

    @classmethod
    def from_arrays(
        cls,
        tokens: ArrayLike,
        offsets: ArrayLike,
        words: Sequence[str],
        tags: Iterable[str | int] | None = None,
    ) -> Corpus:
        """Make a corpus of token arrays that exist already, renumbering words by falling count.

        The arrays are copied, and those of the corpus are read-only.

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
        table = WordTable()
        texts = _unique_words(words, table)
        ids = _integers("tokens", tokens)
        ends = _integers("offsets", offsets)
        _check_offsets(ends, len(ids))
        if not len(ids):
            raise ValueError("tokens: expected at least one token, got none")
        if int(ids.max()) >= len(texts) or int(ids.min()) < 0:
            i = int(np.flatnonzero((ids < 0) | (ids >= len(texts)))[0])
            raise ValueError(
                f"tokens[{i}]: expected the number of one of {len(texts):,} words, got {ids[i]}"
            )
        numbered = ids.astype(np.uint32)
        table.count(np.bincount(numbered, minlength=len(texts)).astype(np.int64, copy=False))
        ranks, counts, word_offsets, word_bytes = table.ranks()
        remap(numbered, ranks)
        arrays = CorpusArrays(
            numbered,
            ends.astype(np.int64),
            counts,
            StringArray(word_bytes, word_offsets),
            pack_tags(tags, len(ends) - 1),
        )
        for array in (arrays.tokens, arrays.offsets):
            array.flags.writeable = False
        fingerprint = arrays.fingerprint()
        meta = arrays.meta(fingerprint=fingerprint, tokenizer=None, document_unit=None)
        return cls(arrays, meta, None)

    @property
    def tokens(self) -> NDArray[np.uint32]:
        """(n_tokens,) word numbers of all documents, one after the other."""
        return self._opened().tokens

    @property
    def offsets(self) -> NDArray[np.int64]:
        """(n_documents + 1,) where documents begin in `tokens`, and where the last one ends."""
        return self._opened().offsets

    @property
    def vocabulary(self) -> Vocabulary:
        """The words, numbered by falling count."""
        return self._vocabulary

    @property
    def tags(self) -> Tags | None:
        """A name for each document; None where the number of a document is its name."""
        return self._opened().tags

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

    @overload
    def __getitem__(self, index: SupportsIndex) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[str]]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> list[str] | list[list[str]]:
        if isinstance(index, slice):
            return [self[i] for i in range(self.n_documents)[index]]
        try:
            i = range(self.n_documents)[index]
        except IndexError:
            raise IndexError(
                f"expected the number of one of {self.n_documents:,} documents, got {index}"
            ) from None
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

    def verify(self) -> None:
        """Read everything and check it: numbers of words, rising offsets, the fingerprint.

        Raises
        ------
        FormatError
            Something does not hold; the message names the file and the place.
        """
        owner = f"Corpus '{self._path}'" if self._path else "Corpus"
        verify_arrays(self._opened(), self.fingerprint, owner)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the corpus to a folder that `Corpus.open` opens.

        Raises
        ------
        FileExistsError
            `path` exists, and `overwrite` is false or it is no corpus.
        """
        arrays = self._opened()
        check_target(Path(path), CORPUS, overwrite=overwrite)
        with atomic_folder(path, overwrite=overwrite) as folder:
            write_array(folder / "tokens.npy", arrays.tokens)
            write_array(folder / "offsets.npy", arrays.offsets)
            write_small_arrays(folder, arrays)
            write_meta(folder, CORPUS, self._meta)

    def close(self) -> None:
        """Let go of the arrays; a temporary corpus goes away."""
        self._arrays = None
        if self._folder is not None:
            self._folder()

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _opened(self) -> CorpusArrays:
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


def _check_offsets(offsets: NDArray[Any], n_tokens: int) -> None:
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != n_tokens:
        got = f"{offsets[0]} and {offsets[-1]}" if len(offsets) else "no offsets"
        raise ValueError(f"offsets: expected to begin with 0 and end with {n_tokens}, got {got}")
    falls = np.flatnonzero(offsets[1:] < offsets[:-1])
    if falls.size:
        i = int(falls[0]) + 1
        raise ValueError(
            f"offsets must not fall: offsets[{i}] is {offsets[i]} after {offsets[i - 1]}"
        )


def _unique_words(words: Sequence[str], table: WordTable) -> StringArray:
    """Enter words into an empty table, which numbers them as they come."""
    for i, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(f"words[{i}]: expected a string, got {type(word).__name__}")
    texts = StringArray.from_strings(words)
    numbers = table.encode_tokens(texts.data.data, texts.offsets[1:], 0)
    if len(table) != len(texts):
        i = int(np.flatnonzero(numbers != np.arange(len(texts)))[0])
        raise ValueError(f"word {words[i]!r} stands twice: at {numbers[i]} and at {i}")
    table.count(np.full(len(texts), -1, dtype=np.int64))
    return texts
