"""What a node of a cluster does: it holds a replica, trains its jobs on it, and merges some rows.

In a round (`NodeReplica.round`) every node trains jobs on its replica. What that has changed is cut
into as many parts as there are nodes, each some rows of W_t and W_c. A node gets the same part from
all of them and adds the changes; all nodes get all merged parts and take them over: the commit. So
no node moves more than any other, and only rows that changed move. After a commit the base of every
replica is the same. Rows of W_d stay where they are: see `sgns.node_shares`.

Nothing here knows of the engine: all that comes and goes are plain arrays and records.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns import _core
from sgns.cluster_corpus import NodeCorpus
from sgns.cluster_engine import NodeLostError
from sgns.config import TrainingConfig
from sgns.curvature import Curvature
from sgns.document_shares import DocumentShare, Stretch
from sgns.half_rows import HalfRows, MergedMatrix, Threads
from sgns.merge_rule import MergeRule
from sgns.merge_schedule import RowSteps
from sgns.node_shares import NodeShares, train_jobs, whole_text
from sgns.shards import Job
from sgns.weights import Matrix, Weights

# Matrices whose rows are merged.
MERGED = ("words", "contexts")


@dataclass(frozen=True, slots=True)
class NodeSetup:
    """What a node needs to know to train.

    Attributes
    ----------
    corpus : NodeCorpus
        What to train on.
    config : TrainingConfig
        The parameters.
    threads : int
        How many threads train its replica.
    commits : int
        Rounds that the weights it begins with have behind them.
    """

    corpus: NodeCorpus
    config: TrainingConfig
    threads: int
    commits: int = 0


@dataclass(frozen=True, slots=True)
class NodeRound:
    """What a node is told to do in a round.

    Attributes
    ----------
    commits : int
        Rounds that its replica has behind it.
    stretch : Stretch or None
        What part of the epoch is trained; None: nothing.
    steps : RowSteps
        What nodes have trained since the rows that are merged now were merged last.
    jobs : sequence of Job
        What of the stretch this node trains; of documents it trains the shares that it has.
    borders : dict of int64 array (n_nodes + 1,)
        Where the part of each node begins, and where the last one ends, by the name of the matrix.
    place : int
        Which part this node merges.
    is_again : bool
        Whether to merge what was to be merged before, when a node was lost.
    """

    commits: int
    stretch: Stretch | None
    steps: RowSteps
    jobs: Sequence[Job] = ()
    borders: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    place: int = 0
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What a node has changed of the rows of one part, and how much text that took."""

    rows: dict[str, HalfRows]
    tokens: int
    pairs: int
    document_pairs: int


class NodeReplica:
    """The weights of a node, and the threads that train them.

    Raises
    ------
    FormatError, OSError
        The corpus cannot be read.
    ValueError
        It is another one than the driver's.
    """

    def __init__(self, setup: NodeSetup, matrices: dict[str, Matrix]) -> None:
        corpus, config, threads = setup.corpus.open(), setup.config, setup.threads
        base = Weights(matrices["words"], matrices["contexts"], config.vector_size).copy()
        weights = base.copy()
        rows = Threads(threads)
        base_of, copy_of = base.matrices(), weights.matrices()
        self._matrices = {name: MergedMatrix(base_of[name], copy_of[name], rows) for name in MERGED}
        marks = {name: matrix.marks for name, matrix in self._matrices.items()}
        arguments = corpus, config, weights, marks, threads
        self._text = whole_text(*arguments) if config.documents is None else None
        self._shares = None if config.documents is None else NodeShares(*arguments)
        self._threads, self._commits = threads, setup.commits
        self._rule = MergeRule(corpus, config, len(base.words))
        self._curvature = Curvature(self._rule, config)
        self._tallies: list[_core.JobTally] = []
        self._changes: dict[str, HalfRows] = {}
        # Of the last round in which something was trained.
        self._counted = {"tokens": 0, "pairs": 0, "document_pairs": 0}

    def round(self, task: NodeRound) -> Generator[Sequence[Any], list[Any], list[_core.JobTally]]:
        """Train, merge a part, and take over all parts; returns what was counted.

        Raises
        ------
        NodeLostError
            The replica has not as many rounds behind it as the run: its process was started anew.
        """
        if task.commits != self._commits:
            raise NodeLostError(f"expected {task.commits} commits, found {self._commits}")
        if not task.is_again:
            self._train(task)
            ends = {name: int(task.borders[name][-1]) for name in MERGED}
            self._changes = {name: self._matrices[name].take(ends[name]) for name in MERGED}
        parts = yield self._parts(task.borders)
        merged = yield [self._merge(parts, task)] * len(parts)
        for part in merged:
            for name, rows in part.items():
                self._matrices[name].add(rows)
        self._commits += 1
        return self._tallies

    def base(self, n_rows: int | None = None) -> dict[str, Matrix]:
        """The matrices as they were after the last commit, with their padding: the first rows."""
        return {name: matrix.base[:n_rows] for name, matrix in self._matrices.items()}

    def take_over(self, rows: dict[str, Matrix], commits: int) -> list[_core.JobTally]:
        """Do as if the last commit had come, of which others have these rows."""
        for name, matrix in self._matrices.items():
            matrix.replace(rows[name])
        self._commits = commits
        return self._tallies

    def add_shares(
        self, shares: Sequence[DocumentShare], rows: Sequence[Matrix], missed: Sequence[Stretch]
    ) -> None:
        """See `NodeShares.add`."""
        assert self._shares is not None
        self._shares.add(shares, rows, missed)

    def document_rows(self, numbers: Iterable[int]) -> list[Matrix]:
        """See `NodeShares.rows`."""
        assert self._shares is not None
        return self._shares.rows(numbers)

    def drop_shares(self, numbers: Iterable[int]) -> None:
        """See `NodeShares.drop`."""
        assert self._shares is not None
        self._shares.drop(numbers)

    def _train(self, task: NodeRound) -> None:
        self._tallies = []
        if task.stretch is None:
            return
        if self._text is None:
            assert self._shares is not None
            jobs = self._shares.jobs(task.stretch)
        else:
            self._text.start_epoch(task.stretch.keys)
            jobs = [(self._text, job) for job in task.jobs]
        self._tallies = train_jobs(jobs, self._threads)
        self._counted = {
            what: sum(int(tally[what]) for tally in self._tallies)
            for what in ("tokens", "pairs", "document_pairs")
        }

    def _parts(self, borders: dict[str, NDArray[np.int64]]) -> list[Part]:
        """What has changed, cut into a part for each node."""
        return [
            Part(
                {n: self._changes[n].between(*borders[n][i : i + 2].tolist()) for n in MERGED},
                **self._counted,
            )
            for i in range(len(borders[MERGED[0]]) - 1)
        ]

    def _merge(self, parts: Sequence[Part], task: NodeRound) -> dict[str, HalfRows]:
        """Add what all nodes have changed of one part, by the rule."""
        tokens = max(sum(part.tokens for part in parts), 1)
        words = sum(part.pairs for part in parts)
        documents = sum(part.document_pairs for part in parts)
        pairs = {"words": words, "contexts": words + documents}
        length = 0.0 if self._shares is None else self._shares.squared_length()
        self._curvature.meet_documents(length, documents / max(words + documents, 1))
        merged = {}
        for name, matrix in self._matrices.items():
            curvature = self._curvature.of(name, self.base(), len(parts))
            per_token = pairs[name] / tokens

            def factors(
                ids: NDArray[np.int64],
                nodes: NDArray[np.integer],
                name: str = name,
                curvature: float = curvature,
                per_token: float = per_token,
            ) -> NDArray[np.float32]:
                step = task.steps.of(ids) * per_token
                return self._rule.factors(name, ids, nodes, step, curvature)

            start, end = task.borders[name][task.place : task.place + 2].tolist()
            changes = [part.rows[name] for part in parts]
            merged[name] = matrix.merge(changes, start, end, factors)
        return merged
