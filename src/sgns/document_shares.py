"""Dividing documents among the nodes of a cluster: each share is trained where its rows of W_d are.

A share is documents that follow each other, and has about as much text as any other. No tag is in
two shares, so no row of W_d is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sgns import _core
from sgns.corpus import Corpus
from sgns.shards import Job
from sgns.tags import DocumentTags

# Several for each node, so that those of a lost one can be divided among the others.
SHARES, SHARES_PER_NODE = 64, 4
LEAST_TOKENS = 1 << 13
# A share moves to a node that then has so much less to do than the one where it was.
WORTH_MOVING = 0.9


@dataclass(frozen=True, slots=True)
class DocumentShare:
    """Documents that are trained together.

    Attributes
    ----------
    number : int
        Its place among the shares.
    start, end : int
        Its documents.
    n_tokens : int
        How much text they have.
    """

    number: int
    start: int
    end: int
    n_tokens: int

    def rows(self, corpus: Corpus) -> NDArray[np.int64]:
        """The rows of W_d that its documents have, rising."""
        tags = corpus.tags
        if tags is None:
            return np.arange(self.start, self.end)
        first, last = tags.offsets[self.start], tags.offsets[self.end]
        return np.unique(tags.ids[first:last]).astype(np.int64)

    def of(self, corpus: Corpus) -> Corpus:
        """Its documents as a corpus without copies of tokens; row i of W_d is ``rows[i]``."""
        offsets = corpus.offsets[self.start : self.end + 1]
        first, last = int(offsets[0]), int(offsets[-1])
        tokens = corpus.pieces.split(last)[0].split(first)[1]
        tags = None
        if corpus.tags is not None:
            places = corpus.tags.offsets[self.start : self.end + 1]
            rows = self.rows(corpus)
            ids = np.searchsorted(rows, corpus.tags.ids[places[0] : places[-1]])
            tags = DocumentTags(rows, ids.astype(np.uint32), places - places[0])
        arrays = replace(corpus._opened(), tokens=tokens, offsets=offsets - first, tags=tags)
        return Corpus(arrays, corpus.meta, corpus.path)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an epoch, of every share alike.

    Attributes
    ----------
    keys : tuple of int
        Random keys of the epoch.
    start, end : int
        The part.
    n : int
        What an epoch is counted in.
    alpha, alpha_end : float
        The learning rates at its beginning and end.
    """

    keys: tuple[int, int, int]
    start: int
    end: int
    n: int
    alpha: float
    alpha_end: float

    def jobs(self, n_jobs: int) -> list[Job]:
        """Those of a share that has so many jobs in an epoch."""
        slope = (self.alpha_end - self.alpha) / (self.end - self.start)

        def at(job: int) -> float:
            return self.alpha + slope * (job * self.n / n_jobs - self.start)

        first, last = self.start * n_jobs // self.n, self.end * n_jobs // self.n
        return [Job(job, at(job), at(job + 1)) for job in range(first, last)]

    def keys_of(self, share: int) -> tuple[int, int, int]:
        """Random keys of a share, apart from those of others; the order may be that of the text."""
        token, order, noise = (key and _core.derive_key(key, share) for key in self.keys)
        return token, order, noise


def document_shares(corpus: Corpus, n_nodes: int) -> list[DocumentShare]:
    """Divide the documents of a corpus.

    Parameters
    ----------
    corpus : Corpus
        What is trained.
    n_nodes : int
        For how many nodes.

    Raises
    ------
    ValueError
        There are fewer shares than nodes, as documents are few or have tags in common.
    """
    n_shares = max(SHARES, SHARES_PER_NODE * n_nodes)
    n_shares = max(min(n_shares, corpus.n_tokens // LEAST_TOKENS), n_nodes)
    borders = _borders(corpus)
    places = corpus.offsets[borders]
    wanted = corpus.n_tokens * np.arange(1, n_shares) // n_shares
    found = borders[np.minimum(np.searchsorted(places, wanted), len(borders) - 1)]
    ends = np.unique([0, *found, corpus.n_documents]).tolist()
    shares = [
        DocumentShare(i, start, end, int(corpus.offsets[end] - corpus.offsets[start]))
        for i, (start, end) in enumerate(pairwise(ends))
    ]
    if len(shares) < n_nodes:
        raise ValueError(
            f"cluster: expected documents that can be divided among {n_nodes} nodes, so that no "
            f"tag is on documents of two, got {len(shares)} such parts of {corpus!r}; sort the "
            "documents by their tags, or train on one machine"
        )
    return shares


def _borders(corpus: Corpus) -> NDArray[np.int64]:
    """Documents before which shares can begin: no tag of those before comes again."""
    tags, n = corpus.tags, corpus.n_documents
    if tags is None:
        return np.arange(n + 1)
    owner = np.repeat(np.arange(n), np.diff(tags.offsets))
    last = np.zeros(int(tags.ids.max(initial=0)) + 1, np.int64)
    np.maximum.at(last, tags.ids, owner)
    reach = np.maximum.accumulate(np.maximum.reduceat(last[tags.ids], tags.offsets[:-1]))
    return np.append(0, 1 + np.flatnonzero(reach == np.arange(n)))


def evenly(
    shares: Sequence[DocumentShare], owners: Mapping[int, str], threads: Mapping[str, int]
) -> dict[int, str]:
    """Which node trains which share: as many as can stay where they are.

    Parameters
    ----------
    shares : sequence of DocumentShare
        All of them.
    owners : dict of str
        Where they are, by their numbers; nodes that are lost are in it no more.
    threads : dict of int
        How many threads each node has.
    """
    found = dict(owners)
    load = dict.fromkeys(threads, 0.0)
    for share in shares:
        if share.number in found:
            load[found[share.number]] += share.n_tokens

    def full(node: str, more: int) -> float:
        return (load[node] + more) / threads[node]

    def emptiest(more: int) -> str:
        return min(threads, key=lambda node: full(node, more))

    for share in sorted(shares, key=lambda s: -s.n_tokens):
        if share.number not in found:
            node = emptiest(share.n_tokens)
            found[share.number] = node
            load[node] += share.n_tokens
    for share in shares:  # each moves once at the most, and only where that helps a lot
        before = found[share.number]
        node = emptiest(share.n_tokens)
        if node != before and full(node, share.n_tokens) < WORTH_MOVING * full(before, 0):
            found[share.number] = node
            load[before] -= share.n_tokens
            load[node] += share.n_tokens
    return found
