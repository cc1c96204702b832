"""One epoch on a cluster: rounds in which all nodes train some jobs, and merge what has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sgns.cluster_nodes import ClusterNodes
from sgns.document_shares import Stretch
from sgns.epoch_run import EpochRun
from sgns.merge_schedule import jobs_of_round
from sgns.shards import Job


class _AbandonedError(Exception):
    """Training is to end at once."""


@dataclass(slots=True, kw_only=True)
class ClusterRun(EpochRun):
    """The rounds of one epoch, or of what is left of one.

    The weights are those of `jobs_done` jobs when `run` has returned before the epoch was over;
    else they are on the nodes, for the next epoch, and `ClusterNodes.bring_back` brings them here.
    Ctrl-C lets the round come to its end, and a second one does not: the weights are then as they
    were when they were last brought back.
    """

    nodes: ClusterNodes
    keys: tuple[int, int, int]

    def _work(self, is_time: Callable[[int], bool]) -> None:
        """Train round after round; in a thread of its own, which Ctrl-C does not come to."""
        if self._pauses or self._stopped:
            return
        try:
            self._next_job = -1  # from here on the weights are those of no place
            while not self.is_over and not self._pauses:
                if self.jobs_done > self._began_at and is_time(self.tally.tokens):
                    break
                self._round()
            if self._pauses or not self.is_over:
                self.nodes.bring_back(self._go_on)
            self._next_job = self.jobs_done
        except BaseException as error:  # handed over to the thread that waits
            self.failure = error

    def _round(self) -> None:
        self.nodes.welcome(self._go_on)
        n = jobs_of_round(self.plan.n_jobs, self.nodes.n_nodes, self.nodes.n_threads)
        end = min(self.jobs_done + n, self.plan.n_jobs)
        at = self.schedule.at
        jobs = [
            Job(number, at(self.epoch, number), at(self.epoch, number + 1))
            for number in range(self.jobs_done, end)
        ]
        alpha = jobs[0].alpha
        tokens = self.corpus.n_tokens * len(jobs) / self.plan.n_jobs
        stretch = Stretch(
            self.keys, self.jobs_done, end, self.plan.n_jobs, alpha, jobs[-1].alpha_end
        )
        is_last = end == self.plan.n_jobs
        for tally in self.nodes.train(
            stretch, jobs, alpha * tokens, self._go_on, merges_all=is_last
        ):
            self._check(tally, alpha)
            self.tally.add(tally)
        self.jobs_done = end

    def _go_on(self) -> None:
        """Called now and then while waiting for nodes."""
        if self._stopped:
            raise _AbandonedError
