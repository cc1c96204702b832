"""ShardedCorpus: a corpus whose tokens lie in shards, each a corpus of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns.corpus import Corpus
from sgns.corpus_files import CorpusArrays
from sgns.corpus_meta import REMEDY, SHARDS
from sgns.errors import FormatError
from sgns.shard_files import shard_name


class ShardedCorpus(Corpus):
    """A corpus that was built in shards by several workers; immutable.

    Made by `Corpus.build` with ``cluster``, and by `Corpus.open` of what that wrote. It is a
    `Corpus` in every way, equal in content and `fingerprint` to the one that one machine builds of
    the same text, and trains to the same bits. Each shard, some of the documents in their order, is
    a corpus too, in the numbers and counts of the whole vocabulary: what one machine of many trains
    on.
    """

    def __init__(self, arrays: CorpusArrays, meta: Mapping[str, Any], path: Path) -> None:
        super().__init__(arrays, meta, path)
        self._place = path
        sizes = [shard["n_documents"] for shard in meta[SHARDS]]
        self._document_starts = np.cumsum([0, *sizes], dtype=np.int64)
        self._document_starts.flags.writeable = False
        self._whole: NDArray[np.uint32] | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> ShardedCorpus:
        """Map a corpus that lies in shards; see `Corpus.open`.

        Raises
        ------
        FileNotFoundError
            There is no such folder.
        FormatError
            The folder is no corpus, or one that does not lie in shards; or a shard is missing,
            damaged, or not the one that the corpus was built with, which the message names.
        """
        corpus = Corpus.open(path)
        if not isinstance(corpus, ShardedCorpus):
            raise FormatError(f"expected a corpus in shards at '{path}', found one without")
        return corpus

    @property
    def tokens(self) -> NDArray[np.uint32]:
        """(n_tokens,) word numbers of all documents; a copy in memory, made when first asked for.

        `pieces` has them as they lie, and ``pieces[i:j]`` copies no more than it has to.
        """
        if self._whole is None:
            self._whole = self.pieces[:]
            self._whole.flags.writeable = False
        return self._whole

    @property
    def n_shards(self) -> int:
        """Number of shards."""
        return len(self._meta[SHARDS])

    @property
    def document_starts(self) -> NDArray[np.int64]:
        """(n_shards + 1,) shard i holds the documents from ``document_starts[i]`` on."""
        return self._document_starts

    def shard_path(self, number: int) -> Path:
        """Return the folder of a shard.

        Parameters
        ----------
        number : int
            Of the shard; negative ones count from the end.

        Returns
        -------
        Path
            The folder of a corpus.
        """
        return self._place / shard_name(range(self.n_shards)[number])

    def shard(self, number: int) -> Corpus:
        """Open a shard: its documents, with the words, numbers and counts of the whole corpus.

        Parameters
        ----------
        number : int
            Of the shard; negative ones count from the end.

        Returns
        -------
        Corpus
            Its tags are its own, numbered by their first appearance in it.

        Raises
        ------
        FormatError
            It is damaged.
        """
        return Corpus.open(self.shard_path(number))

    def verify(self) -> None:
        """Read everything and check it, each shard by itself too; see `Corpus.verify`.

        Raises
        ------
        FormatError
            Something does not hold; the message names the file and the place.
        """
        super().verify()
        for number in range(self.n_shards):
            with self.shard(number) as shard:
                shard.verify()
                if shard.vocabulary != self.vocabulary:
                    raise FormatError(f"{shard!r}: its words are not those of {self!r}; {REMEDY}")

    def close(self) -> None:
        """Let go of the arrays; a temporary corpus goes away."""
        self._whole = None
        super().close()
