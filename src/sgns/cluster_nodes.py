"""The nodes of a cluster as a run sees them: which there are, and a round on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns import _core
from sgns.cluster_corpus import NodeCorpus
from sgns.cluster_documents import ClusterDocuments
from sgns.cluster_engine import Engine, NodeLostError
from sgns.cluster_node import MERGED, NodeReplica, NodeRound, NodeSetup
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.document_shares import Stretch
from sgns.merge_rule import MergeRule
from sgns.merge_schedule import MergeSchedule, RowSteps, borders
from sgns.shards import Job
from sgns.weights import Weights

Report = Callable[[], object]

# How often the nodes of a round may fail to merge it, for each of them, with none of them lost.
_ATTEMPTS = 3


class ClusterNodes:
    """Replicas of weights on the nodes of a cluster, alike in what has been merged.

    Nodes that are lost are left out, and those that come are given a replica before the next round.

    Parameters
    ----------
    engine : Engine
        Where the nodes are.
    corpus : Corpus
        What is trained.
    node_corpus : NodeCorpus
        The same, as the nodes find it.
    config : TrainingConfig
        The parameters.
    weights : Weights
        What the replicas begin with; `bring_back` changes them.
    threads : int or None
        Threads of each node; None: as many as the engine says.
    """

    def __init__(
        self,
        engine: Engine,
        corpus: Corpus,
        node_corpus: NodeCorpus,
        config: TrainingConfig,
        weights: Weights,
        threads: int | None,
    ) -> None:
        self._engine, self._weights, self._threads = engine, weights, threads
        self._setup = NodeSetup(node_corpus, config, 1)
        self._rule = MergeRule(corpus, config, len(weights.words))
        self._replicas: dict[str, Any] = {}
        self._threads_of: dict[str, int] = {}
        self._commits = 0
        self._schedule: MergeSchedule | None = None
        self._is_home = True  # whether the driver has what the nodes have
        self._documents = ClusterDocuments.of(corpus, weights)
        self._alpha = config.alpha
        self._found: dict[tuple[int, int], dict[str, NDArray[np.int64]]] = {}

    @property
    def n_nodes(self) -> int:
        """Nodes that have a replica."""
        return len(self._replicas)

    @property
    def n_threads(self) -> int:
        """Threads of all nodes that have a replica."""
        return sum(self._threads_of[node] for node in self._replicas)

    def welcome(self, report: Report) -> None:
        """Give a replica to nodes that have none, and forget those that are lost.

        Raises
        ------
        RuntimeError
            All that had one are lost.
        """
        while True:
            there = self._engine.nodes()
            self._forget(self._replicas.keys() - there.keys())
            new = sorted(there.keys() - self._replicas.keys())
            if not new and not self._replicas:
                raise RuntimeError("cluster: there are no workers any more")
            is_placed = self._documents is None or self._documents.is_placed
            if not new and is_placed:
                return
            try:
                if new:
                    threads = {node: self._threads or there[node] for node in new}
                    self._give_replicas(threads, report)
                self._place_documents(report)
            except NodeLostError as error:
                self._forget(error.args)

    def train(
        self,
        stretch: Stretch,
        jobs: Sequence[Job],
        step: float,
        report: Report,
        *,
        merges_all: bool = False,
    ) -> list[_core.JobTally]:
        """Train jobs on all nodes, and merge what is due.

        Parameters
        ----------
        stretch : Stretch
            The part of the epoch.
        jobs : sequence of Job
            What it consists of, divided among the nodes by their threads; documents are trained
            where they are instead.
        step : float
            Tokens of the jobs times the learning rate.
        report : callable
            Called now and then while waiting.
        merges_all : bool
            Whether all rows are merged, whether due or not.

        Returns
        -------
        list of JobTally
            Of the jobs that came to their end, in their order.
        """
        if self._schedule is None or (
            self._schedule.is_merged and self._schedule.n_nodes != self.n_nodes
        ):
            self._schedule = MergeSchedule(len(self._weights.words), self.n_nodes)
            self._found.clear()
        self._is_home = False
        self._schedule.count(step / self.n_nodes)
        n_rows = self._schedule.rows_after(self._commits + 1)
        steps = self._schedule.steps(len(self._weights.words) if merges_all else n_rows)
        tallies = self._round(stretch, jobs, steps, report)
        if self._documents is not None:
            self._documents.trained(stretch)
        return tallies

    def bring_back(self, report: Report) -> None:
        """Merge all that is not yet merged, and copy it to the weights of the driver."""
        if self._is_home or self._schedule is None:
            return
        if not self._schedule.is_merged:
            self._round(None, [], self._schedule.steps(len(self._weights.words)), report)
        while True:
            node, replica = next(iter(self._replicas.items()))
            try:
                base = self._result(self._engine.submit(node, NodeReplica.base, replica), report)
                break
            except NodeLostError as error:
                self._forget(error.args)
        own = self._weights.matrices()
        for name, matrix in base.items():
            own[name][:] = matrix
        if self._documents is not None:
            self._bring_back_documents(self._documents, report)
        self._is_home = True

    def _bring_back_documents(self, documents: ClusterDocuments, report: Report) -> None:
        left = {share.number for share in documents.shares}
        while left:
            self.welcome(report)
            node = documents.owners[min(left)]
            numbers = [number for number in sorted(left) if documents.owners[number] == node]
            try:
                future = self._engine.submit(
                    node, NodeReplica.document_rows, self._replicas[node], numbers
                )
                rows = self._result(future, report)
            except NodeLostError as error:
                self._forget(error.args)
                continue
            documents.take(numbers, rows)
            left -= set(numbers)
        documents.missed.clear()

    def _round(
        self, stretch: Stretch | None, jobs: Sequence[Job], steps: RowSteps, report: Report
    ) -> list[_core.JobTally]:
        """Train and merge; what is left of it is merged again where nodes are lost."""
        shares, at_first = self._shares(jobs), list(self._replicas)
        task = NodeRound(self._commits, stretch, steps)
        finished: dict[str, Any] = {}
        for _ in range(_ATTEMPTS * len(at_first)):
            borders = self._borders(steps)
            calls = {}
            for i, (node, replica) in enumerate(self._replicas.items()):
                own = replace(task, jobs=shares[node], borders=borders, place=i)
                calls[node] = NodeReplica.round, (replica, own)
            try:
                finished = self._engine.together(calls, report)
            except NodeLostError as error:
                self._forget(error.args)
            if len(finished) < len(calls):
                self._forget(self._replicas.keys() - self._engine.nodes().keys())
            if finished:
                break
            task = replace(task, is_again=True)
        else:
            raise ConnectionError(f"cluster: {', '.join(self._replicas)} do not reach each other")
        self._commits += 1
        for node in self._replicas.keys() - finished.keys():
            self._catch_up(node, int(steps.ends[-1]), finished, report)
        return [tally for node in at_first for tally in finished.get(node, [])]

    def _catch_up(self, node: str, n_rows: int, finished: dict[str, Any], report: Report) -> None:
        """Give a node what others have got before one was lost."""
        while node in self._replicas:
            there = [other for other in self._replicas if other in finished]
            if not there:
                self._forget([node])  # the rows that it should have are nowhere
                return
            rows = self._engine.submit(there[0], NodeReplica.base, self._replicas[there[0]], n_rows)
            caught_up = self._engine.submit(
                node, NodeReplica.take_over, self._replicas[node], rows, self._commits
            )
            try:
                self._engine.wait([rows, caught_up], report)
                finished[node] = self._engine.result(caught_up)
                return
            except NodeLostError as error:
                self._forget(error.args)

    def _result(self, future: Any, report: Report) -> Any:
        self._engine.wait([future], report)
        return self._engine.result(future)

    def _give_replicas(self, new: dict[str, int], report: Report) -> None:
        """Start replicas on nodes, with the weights of another one, or of the driver."""
        first = next(iter(new))
        if self._replicas:
            node, replica = next(iter(self._replicas.items()))
            matrices = self._engine.submit(node, NodeReplica.base, replica)
        else:
            own = self._weights.matrices()
            matrices = self._engine.send(first, {name: own[name] for name in MERGED})
        started = {}
        for node, threads in new.items():
            setup = replace(self._setup, threads=threads, commits=self._commits)
            started[node] = self._engine.submit(node, NodeReplica, setup, matrices)
        self._engine.wait([matrices, *started.values()], report)
        self._replicas |= started
        self._threads_of |= new

    def _place_documents(self, report: Report) -> None:
        """Bring shares of documents to nodes: those of lost ones, and some to those that came."""
        if self._documents is None:
            return
        submit = self._engine.submit
        moves = self._documents.moves({node: self._threads_of[node] for node in self._replicas})
        rows, added = [], []
        for move in moves:
            if move.source is None:
                rows.append(self._engine.send(move.to, self._documents.rows(move.shares)))
                missed = tuple(self._documents.missed)
            else:
                source = self._replicas[move.source]
                rows.append(submit(move.source, NodeReplica.document_rows, source, move.numbers))
                missed = ()
            replica = self._replicas[move.to]
            args = replica, move.shares, rows[-1], missed
            added.append(submit(move.to, NodeReplica.add_shares, *args))
        self._engine.wait([*rows, *added], report)
        for move in moves:
            self._documents.moved(move)
        dropped = [
            submit(move.source, NodeReplica.drop_shares, self._replicas[move.source], move.numbers)
            for move in moves
            if move.source is not None
        ]
        if dropped:
            self._engine.wait(dropped, report)

    def _forget(self, nodes: Iterable[str]) -> None:
        for node in nodes:
            self._replicas.pop(node, None)
            if self._documents is not None:
                self._documents.lose(node)
        if not self._replicas and self._commits:
            raise RuntimeError(
                "cluster: all workers that trained are lost; with checkpoint= the run can be "
                "resumed"
            )

    def _shares(self, jobs: Sequence[Job]) -> dict[str, Sequence[Job]]:
        """Divide jobs among the nodes by their threads."""
        threads = [self._threads_of[node] for node in self._replicas]
        below = np.concatenate([[0], np.cumsum(threads)])
        ends = np.rint(below * (len(jobs) / below[-1])).astype(int).tolist()
        return {
            node: jobs[start:end]
            for node, (start, end) in zip(self._replicas, pairwise(ends), strict=True)
        }

    def _borders(self, steps: RowSteps) -> dict[str, NDArray[np.int64]]:
        """Where to cut the rows that are merged, so that about as many change in each part."""
        key = int(steps.ends[-1]), len(self._replicas)
        if key not in self._found:
            step = steps.of(np.arange(key[0])) / self._alpha
            # A pair for each token is the least, and enough to tell rare words from frequent.
            self._found[key] = {
                name: borders(-np.expm1(-self._rule.meetings(name)[: key[0]] * step), key[1])
                for name in MERGED
            }
        return self._found[key]
