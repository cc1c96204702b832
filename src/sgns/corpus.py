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
from sgns._ingest import Progress, ingest, reading_progress
from sgns.cores import count_workers
from sgns.corpus_files import CorpusArrays, open_arrays, verify_arrays, write_arrays
from sgns.corpus_meta import SHARDS, is_address
from sgns.errors import FormatError
from sgns.meta_file import CORPUS, kind_folder, write_meta
from sgns.packed_arrays import pack_arrays
from sgns.tag_sources import TagSource
from sgns.tags import DocumentTags
from sgns.text import Source
from sgns.token_pieces import TokenPieces
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
        self._address: str | None = None
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
        tags: TagSource | None = None,
        cluster: Any = None,
        shards: int | None = None,
    ) -> Corpus:
        """Read text once and write it as numbered tokens.

        Parameters
        ----------
        source : path, str, list of paths, or iterable of documents
            A path, a list of paths, a glob pattern, a folder (all files in it, recursively and
            sorted), ``"-"`` for standard input; files may be compressed (.gz, .bz2, .xz). Or an
            iterable of documents, which is consumed once: strings, lists of tokens, or objects
            with `words` and `tags`, such as gensim's TaggedDocument. A string always names files;
            a list is a list of paths if it holds a path object, if its first item names an
            existing file, or if no item has white space and one looks like a path.
        path : path, optional
            The folder to write, which appears only when it is complete. None: a temporary one
            that goes away with the object.
        tokenizer : "whitespace", "words" or callable
            ``"whitespace"`` splits at ASCII white space, as ``bytes.split`` does. ``"words"``
            takes the lower-cased runs of letters, marks, digits and inner apostrophes. Or a
            function from a text to its tokens. Documents that are lists of tokens stay as they
            are.
        document_unit : "line" or "file"
            What a document of a file is: a ``"line"``, which ends with a line feed, or the
            ``"file"``. Empty lines are empty documents. In an iterable each item is a document.
        errors : "strict", "replace" or "ignore"
            What malformed UTF-8 in files is: ``"strict"`` an error, ``"replace"`` U+FFFD,
            ``"ignore"`` left out. A byte order mark at the beginning of a file is dropped.
        workers : int or None
            Threads at most; None for one per core. Short texts take fewer, and no text takes
            more than 64. The corpus does not depend on it.
        overwrite : bool
            Replace the corpus at `path`.
        progress : bool or callable
            True shows a bar; a callable is called with the bytes read so far and the bytes of
            all text, or None where that is not known.
        tags : iterable, "column" or None
            The names of documents; None: those that the documents carry, or their numbers. An
            iterable, taken in step with the documents, whose items are the tags of one document
            each: a string, an integer, or a list of them. A tag may name several documents. All
            are strings or all are integers of 64 bits; 10**15 takes no more room than 1. Or
            ``"column"``: each line of text files begins with its tag, a string, and a tab.
        cluster : "local", str, client, cluster of Dask, or executor, optional
            Build in parallel, in shards: a `ShardedCorpus`, equal in content and in what is trained
            on it. ``"local"``: by `workers` processes of this machine. Or the address of a Dask
            scheduler, a client or a cluster of Dask, or any executor like those of
            `concurrent.futures`, whose workers reach the files of `source` and the folder of
            `path` by the same names as this process. `source` names files, which
            are cut where lines begin unless they are compressed or documents; `tags` are None or
            ``"column"``; a tokenizer that is a function is one that workers can import.
        shards : int, optional
            How many shards at most; None: one for each worker of `cluster`.

        Returns
        -------
        Corpus
            Opened.

        Raises
        ------
        FileNotFoundError
            Nothing has the name `source`.
        FileExistsError
            `path` exists, and `overwrite` is false or it is no corpus.
        FormatError
            A file is not UTF-8, a compressed one is damaged, or a line lacks the tag that it
            should begin with, which the message names by number.
        TypeError
            A document or token is no string, or a tag is neither string nor integer or not of
            the same kind as the first, which the message names by number; or a parameter is of
            the wrong type.
        ValueError
            There are no words at all, more or fewer tags than documents, an empty tag, or a
            parameter is out of its range.
        OverflowError
            There are more than 2^32 - 1 different words or tags.
        RuntimeError
            A process of `cluster` died, and the engine did not try again.

        Examples
        --------
        >>> with Corpus.build(["a", "b c"], tags=["x", ["y", "x"]]) as corpus:
        ...     corpus.tags[1], list(corpus.tags.keys)
        (['y', 'x'], ['x', 'y'])
        >>> with Corpus.build(["to be or not to be", "", ["new york", "is"]]) as corpus:
        ...     len(corpus), corpus[2], corpus.vocabulary.words[:2]
        (3, ['new york', 'is'], ['be', 'to'])
        """
        reading = Reading(tokenizer, document_unit, errors)
        n_workers = count_workers(workers)
        if shards is not None and cluster is None:
            raise ValueError(f"shards: expected with cluster only, got {shards!r}")
        if is_address(path):
            raise ValueError(f"path: expected a folder, got the address {path!r}")
        if path is None and cluster not in (None, "local"):
            raise ValueError("path: expected a folder that all workers of the cluster reach")
        with ExitStack() as stack:
            tick = stack.enter_context(reading_progress(progress))
            if path is not None:
                folder = stack.enter_context(kind_folder(path, CORPUS, overwrite=overwrite))
            else:
                folder = Path(tempfile.mkdtemp(prefix="sgns-"))
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
            if cluster is None:
                ingest(folder, source, reading, n_workers=n_workers, tags=tags, tick=tick)
            else:
                from sgns.sharded_build import ClusterOptions, build_shards

                options = ClusterOptions(cluster, n_workers, shards)
                build_shards(folder, source, reading, options, tags=tags, tick=tick)
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

        Parameters
        ----------
        path : path
            The folder. Or a string with an address that fsspec knows, such as
            ``"s3://bucket/reviews.corpus"``: the corpus there is copied, once, into the folder
            that the environment variable SGNS_CACHE names, or a usual one, and stays there.

        Returns
        -------
        Corpus
            Its arrays are maps of the files. A `ShardedCorpus` if it was built in shards.

        Raises
        ------
        FileNotFoundError
            There is no such folder.
        FormatError
            The folder is no corpus, or one of a newer format, or an array is missing, truncated
            or contradicts the others.
        ImportError
            An address was given, and fsspec or what it needs for it is not installed.
        """
        if is_address(path):
            from sgns.remote_corpus import local_copy

            corpus = cls.open(local_copy(cast(str, path)))
            corpus._address = cast(str, path)
            return corpus
        arrays, meta = open_arrays(Path(path))
        if SHARDS in meta:
            from sgns.sharded_corpus import ShardedCorpus

            return ShardedCorpus(arrays, meta, Path(path))
        return cls(arrays, meta, Path(path))

    @classmethod
    def from_arrays(
        cls,
        tokens: ArrayLike,
        offsets: ArrayLike,
        words: Sequence[str],
        tags: Iterable[str | int | Iterable[str] | Iterable[int]] | None = None,
    ) -> Corpus:
        """Make a corpus of token arrays that exist already, renumbering words by falling count.

        The arrays are copied, and those of the corpus are read-only.

        Parameters
        ----------
        tokens : array_like of int (n_tokens,)
            Of any type: ``words[tokens[i]]`` is token i.
        offsets : array_like of int (n_documents + 1,)
            They begin with 0, never fall and end with n_tokens: document d is
            ``tokens[offsets[d]:offsets[d + 1]]``.
        words : sequence of str
            All different. Those that never occur are kept, with a count of 0.
        tags : iterable, optional
            One item a document: a string, an integer, or a list of them.

        Returns
        -------
        Corpus
            In memory.

        Raises
        ------
        TypeError
            An array holds no integers, or a word or tag is of the wrong type.
        ValueError
            A token is not a word's number, the offsets are not as described, a word stands
            twice, there are no tokens, or the number of tags is not that of the documents.
        """
        arrays = pack_arrays(tokens, offsets, words, tags)
        fingerprint = arrays.fingerprint()
        meta = arrays.meta(fingerprint=fingerprint, tokenizer=None, document_unit=None)
        return cls(arrays, meta, None)

    @property
    def tokens(self) -> NDArray[np.uint32]:
        """(n_tokens,) word numbers of all documents, one after the other."""
        return self.pieces[:]

    @property
    def pieces(self) -> TokenPieces:
        """The same as they lie: in one array, or in one for each shard of a `ShardedCorpus`."""
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
    def tags(self) -> DocumentTags | None:
        """The names of documents; None where the number of a document is its name."""
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
    def address(self) -> str | None:
        """What `open` was given, if that was an address; `path` is then the copy."""
        return self._address

    @property
    def fingerprint(self) -> str:
        """A checksum of tokens, offsets, words and tags: equal for equal content."""
        return str(self._meta["fingerprint"])

    @property
    def n_tokens(self) -> int:
        """Number of tokens in all documents."""
        return len(self.pieces)

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
        tokens = self.pieces[self.offsets[i] : self.offsets[i + 1]].tolist()
        try:
            return [words[token] for token in tokens]
        except IndexError:
            raise FormatError(
                f"{self!r}: document {i:,} holds word {max(tokens):,}, past its vocabulary of "
                f"{len(words):,} words; rebuild it"
            ) from None

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

        Parameters
        ----------
        path : path
            The folder, which appears only when it is complete.
        overwrite : bool
            Replace the corpus at `path`.

        Raises
        ------
        FileExistsError
            `path` exists, and `overwrite` is false or it is no corpus.
        """
        arrays = self._opened()
        with kind_folder(path, CORPUS, overwrite=overwrite) as folder:
            write_arrays(folder, arrays)
            entries = {name: value for name, value in self._meta.items() if name != SHARDS}
            write_meta(folder, CORPUS, entries)

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
