"""Where the documents of a run on a cluster are, and what becomes of those of a lost node.

The rows of a share of documents are on one node, from the beginning of a run to its end; only a
checkpoint, or a callback, which may look at them, brings a copy of them to the driver. Those of a
node that is lost begin again as they were then, on the nodes that are left, where they are trained
on all that they have missed, with words and contexts as these are now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sgns.corpus import Corpus
from sgns.document_shares import DocumentShare, Stretch, document_shares, evenly
from sgns.weights import Matrix, Weights


@dataclass(frozen=True, slots=True)
class Move:
    """Shares that a node is to get from another one, or from the driver (None)."""

    source: str | None
    to: str
    shares: list[DocumentShare]

    @property
    def numbers(self) -> list[int]:
        """Those of the shares."""
        return [share.number for share in self.shares]


class ClusterDocuments:
    """The shares of documents, and where they are.

    Attributes
    ----------
    shares : list of DocumentShare
        All of them, once there are nodes.
    owners : dict of str
        The node of each share, by its number; those that are nowhere are not in it.
    missed : list of Stretch
        What was trained since the driver had all rows.
    """

    def __init__(self, corpus: Corpus, rows: Matrix) -> None:
        self._corpus, self._rows = corpus, rows
        self.shares: list[DocumentShare] = []
        self.owners: dict[int, str] = {}
        self.missed: list[Stretch] = []

    @classmethod
    def of(cls, corpus: Corpus, weights: Weights) -> ClusterDocuments | None:
        """Those of a run; None where documents have no vectors."""
        return None if weights.documents is None else cls(corpus, weights.documents)

    @property
    def is_placed(self) -> bool:
        """Whether each share is somewhere."""
        return len(self.shares) == len(self.owners) > 0

    def moves(self, threads: Mapping[str, int]) -> list[Move]:
        """What has to move so that each of these nodes has as much to do for each of its threads.

        Raises
        ------
        ValueError
            The documents cannot be divided among so many nodes.
        """
        if not self.shares:
            self.shares = document_shares(self._corpus, len(threads))
        after = evenly(self.shares, self.owners, threads)
        moves: dict[tuple[str | None, str], list[DocumentShare]] = defaultdict(list)
        for share in self.shares:
            source, to = self.owners.get(share.number), after[share.number]
            if source != to:
                moves[source, to].append(share)
        return [Move(*ends, shares) for ends, shares in moves.items()]

    def moved(self, move: Move) -> None:
        """Note that shares are where they were to go."""
        self.owners |= dict.fromkeys(move.numbers, move.to)

    def lose(self, node: str) -> None:
        """Note that a node is lost."""
        self.owners = {number: owner for number, owner in self.owners.items() if owner != node}

    def trained(self, stretch: Stretch) -> None:
        """Note that all shares have been trained on a part of an epoch."""
        if self.missed and self.missed[-1].end == stretch.start:
            last = self.missed.pop()
            stretch = replace(stretch, start=last.start, alpha=last.alpha)
        self.missed.append(stretch)

    def rows(self, shares: Sequence[DocumentShare]) -> list[Matrix]:
        """The rows of shares as the driver has them."""
        return [self._rows[share.rows(self._corpus)] for share in shares]

    def take(self, numbers: Sequence[int], rows: Sequence[Matrix]) -> None:
        """Put the rows of shares in place of those that the driver has."""
        for number, matrix in zip(numbers, rows, strict=True):
            self._rows[self.shares[number].rows(self._corpus)] = matrix
