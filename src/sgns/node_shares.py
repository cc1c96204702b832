"""The text that a node trains: all of a corpus, or the shares of documents that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from sgns import _core
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.document_shares import DocumentShare, Stretch
from sgns.plan import BLOCKS_PER_JOB, WordDraws, make_plan, word_draws
from sgns.shards import BLOCKS_PER_EPOCH, LARGEST_BLOCK, Job
from sgns.weights import Matrix, Weights, allocate

# Jobs of a share: so many that it has some in each round.
JOBS_PER_SHARE = 64
# Rows of W_d whose lengths stand for all.
_SAMPLE = 4096


class PlannedText:
    """Text, and the buffers of the threads that train it.

    Attributes
    ----------
    plan : Plan
        Of training it.
    """

    def __init__(self, plan: _core.Plan, threads: int) -> None:
        self.plan = plan
        self._workers: list[_core.Worker | None] = [None] * threads
        self._keys: tuple[int, int, int] | None = None

    def start_epoch(self, keys: tuple[int, int, int]) -> None:
        """Set the random keys; no thread may be at work."""
        if keys != self._keys:
            self.plan.start_epoch(*keys)
            self._keys = keys

    def train(self, thread: int, job: Job) -> _core.JobTally:
        """Train a job by a thread."""
        worker = self._workers[thread]
        if worker is None:
            worker = self._workers[thread] = _core.Worker(self.plan)
        return worker.train_job(job.number, job.alpha, job.alpha_end)


def train_jobs(jobs: Sequence[tuple[PlannedText, Job]], threads: int) -> list[_core.JobTally]:
    """Train jobs, whichever thread takes which; the tallies are in their order."""
    tallies: dict[int, _core.JobTally] = {}
    counter = count()

    def work(thread: int) -> None:
        while (i := next(counter)) < len(jobs):
            text, job = jobs[i]
            tallies[i] = text.train(thread, job)

    if threads == 1:
        work(0)
    else:
        with ThreadPoolExecutor(threads, "sgns-worker") as pool:
            list(pool.map(work, range(threads)))
    return [tallies[i] for i in range(len(jobs))]


@dataclass(slots=True)
class _Share:
    share: DocumentShare
    rows: Matrix
    text: PlannedText


class NodeShares:
    """The shares of documents of a node, and their rows of W_d, which are nowhere else.

    Parameters
    ----------
    corpus : Corpus
        All that is trained.
    config : TrainingConfig
        The parameters.
    weights : Weights
        W_t and W_c of the node.
    marks : dict of uint8 arrays
        Which of their rows training changes.
    threads : int
        How many train.
    """

    def __init__(
        self,
        corpus: Corpus,
        config: TrainingConfig,
        weights: Weights,
        marks: dict[str, NDArray[np.uint8]],
        threads: int,
    ) -> None:
        self._corpus, self._config, self._weights = corpus, config, weights
        self._marks, self._threads = marks, threads
        self._draws: WordDraws = word_draws(corpus.vocabulary, config, len(weights.words))
        self._shares: dict[int, _Share] = {}

    def add(
        self, shares: Sequence[DocumentShare], rows: Sequence[Matrix], missed: Sequence[Stretch]
    ) -> None:
        """Take over shares with their rows, which have not been trained in some stretches.

        For these the rows alone are trained, from the words and contexts as they are now.
        """
        for share, given in zip(shares, rows, strict=True):
            own = allocate(len(given), self._config.vector_size)
            own[:] = given
            text = self._planned(share, own, self._config)
            self._shares[share.number] = _Share(share, own, text)
            if missed:
                still = self._planned(share, own, replace(self._config, freeze="words"))
                for stretch in missed:
                    still.start_epoch(stretch.keys_of(share.number))
                    jobs = [(still, job) for job in stretch.jobs(still.plan.n_jobs)]
                    train_jobs(jobs, self._threads)

    def rows(self, numbers: Iterable[int]) -> list[Matrix]:
        """The rows of shares."""
        return [self._shares[number].rows for number in numbers]

    def drop(self, numbers: Iterable[int]) -> None:
        """Forget shares that another node has taken over."""
        for number in numbers:
            self._shares.pop(number, None)

    def jobs(self, stretch: Stretch) -> list[tuple[PlannedText, Job]]:
        """What of the shares here is to be trained."""
        jobs = []
        for number, share in sorted(self._shares.items()):
            share.text.start_epoch(stretch.keys_of(number))
            jobs += [(share.text, job) for job in stretch.jobs(share.text.plan.n_jobs)]
        return jobs

    def squared_length(self) -> float:
        """The mean of a sample of rows."""
        n_rows = sum(len(share.rows) for share in self._shares.values())
        step = max(n_rows // _SAMPLE, 1)
        sample = [share.rows[::step] for share in self._shares.values()]
        n = sum(map(len, sample))
        return sum(float(np.einsum("ij,ij->", s, s, dtype=np.float64)) for s in sample) / max(n, 1)

    def _planned(self, share: DocumentShare, rows: Matrix, config: TrainingConfig) -> PlannedText:
        weights = replace(self._weights, documents=rows)
        plan = make_plan(
            share.of(self._corpus),
            config,
            weights,
            blocks_per_epoch=JOBS_PER_SHARE * BLOCKS_PER_JOB,
            largest_block=LARGEST_BLOCK,
            draws=self._draws,
        )
        if config.freeze != "words":
            plan.mark(**self._marks, documents=np.zeros(len(rows), np.uint8))
        return PlannedText(plan, self._threads)


def whole_text(
    corpus: Corpus,
    config: TrainingConfig,
    weights: Weights,
    marks: dict[str, NDArray[np.uint8]],
    threads: int,
) -> PlannedText:
    """All of a corpus, of which a node trains any jobs."""
    plan = make_plan(
        corpus, config, weights, blocks_per_epoch=BLOCKS_PER_EPOCH, largest_block=LARGEST_BLOCK
    )
    plan.mark(**marks)
    return PlannedText(plan, threads)
