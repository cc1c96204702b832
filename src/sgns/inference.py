"""Vectors for documents that were not trained on, from frozen weights.

Each document is trained by itself, from zeros: the loss of its vector is convex as the weights
stand still. Its random numbers follow from the seed, the epoch and places within the document, and
the noise words of a step from the seed, the epoch and the step's number, which are the same for all
documents. So its vector does not depend on what else is inferred with it, to the last bit.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from sgns import _core
from sgns.config import TrainingConfig
from sgns.inference_input import Chunk
from sgns.instruction_set import instruction_set
from sgns.plan import joined_by, word_draws
from sgns.vocabulary import Vocabulary
from sgns.weights import Matrix, Weights, allocate

# Documents in lockstep, where they share noise words.
LANES = 32
# Derives the random key of inference from the seed, apart from those of training's epochs.
_STREAM = 2**63


class Inference:
    """Weights that stand still, and how vectors are inferred from them.

    Parameters
    ----------
    config : TrainingConfig
        As the model was trained.
    vocabulary : Vocabulary
        The words of the model.
    weights : Weights
        W_t and W_c, in the layout of the kernels.
    epochs, workers, seed : int
        Passes over each document; threads; of every random number.
    alpha, min_alpha : float or None
        The learning rate of the first pass, and towards which it falls; None: those of training.

    Raises
    ------
    TypeError, ValueError
        A learning rate is out of its range.
    """

    def __init__(
        self,
        config: TrainingConfig,
        vocabulary: Vocabulary,
        weights: Weights,
        *,
        epochs: int,
        workers: int,
        seed: int,
        alpha: float | None = None,
        min_alpha: float | None = None,
    ) -> None:
        self._config = replace(
            config,
            alpha=config.alpha if alpha is None else alpha,
            min_alpha=config.min_alpha if min_alpha is None else min_alpha,
            seed=seed,
            # Words are no targets beside their documents here: their vectors stand still.
            documents="dbow" if config.has_document_targets else config.documents,
            document_weight=TrainingConfig.document_weight,  # of which "dbow" takes no notice
        )
        self._weights = weights
        self._epochs = epochs
        self._workers = workers
        self._unknown = len(vocabulary)
        self._draws = word_draws(vocabulary, self._config, len(vocabulary))
        # With fresh noise for every pair the documents cannot be in lockstep.
        self._lanes = LANES if self._draws.shape.draw else 1

    def vectors(self, chunks: Iterable[Chunk], n_documents: int | None) -> Matrix:
        """Infer a vector for every document, float32 (n_documents, vector_size).

        Warns once of documents without a known word, whose vectors are zero. `n_documents` is None
        where nobody knows; then the result is put together in the end.
        """
        size = self._weights.vector_size
        vectors = np.empty((n_documents or 0, size), dtype=np.float32)
        pieces: list[Matrix] = []
        done = n_unknown = 0
        for chunk in chunks:
            found = self._chunk(chunk)
            if n_documents is None:
                pieces.append(found)
            else:
                vectors[done : done + len(found)] = found
            done += len(found)
            known = np.append(0, np.cumsum(chunk.tokens != self._unknown))[chunk.offsets]
            n_unknown += int((np.diff(known) == 0).sum())
        if n_unknown:
            warnings.warn(
                f"{n_unknown:,} of {done:,} documents have no known word; their vectors are zero",
                stacklevel=3,
            )
        return np.concatenate([vectors, *pieces]) if pieces else vectors

    def _chunk(self, chunk: Chunk) -> Matrix:
        n, size = len(chunk.offsets) - 1, self._weights.vector_size
        rows = allocate(n, size)
        if len(chunk.tokens) == 0:
            return rows[:, :size]
        plan = self._plan(chunk, rows)
        # Documents of like lengths together: those that end early leave the others by themselves.
        by_length = np.argsort(np.diff(chunk.offsets), kind="stable")[::-1].astype(np.int64)
        split = np.split(by_length, range(self._lanes, n, self._lanes))
        n_workers = min(self._workers, len(split))
        batches, lock = iter(split), Lock()
        with ThreadPoolExecutor(n_workers) as pool:
            try:
                threads = [pool.submit(self._work, plan, batches, lock) for _ in range(n_workers)]
                for thread in threads:
                    thread.result()
            except BaseException:
                plan.stop()
                raise
        return rows[:, :size]

    def _work(self, plan: _core.Plan, batches: Iterator[NDArray[np.int64]], lock: Lock) -> None:
        worker = _core.Worker(plan)
        key = _core.derive_key(self._config.seed, _STREAM)
        while True:
            with lock:
                batch = next(batches, None)
            if batch is None:
                return
            worker.infer(batch, self._epochs, self._config.alpha, self._config.min_alpha, key)

    def _plan(self, chunk: Chunk, rows: Matrix) -> _core.Plan:
        config, shape = self._config, self._draws.shape
        return _core.Plan(
            tokens=(chunk.tokens,),
            offsets=chunk.offsets,
            keep=self._draws.keep,
            noise=self._draws.noise,
            words=self._weights.words,
            contexts=self._weights.contexts,
            documents=rows,
            # The inner loop of BLAS is here to compare training with.
            kernel=instruction_set(),
            vector_size=self._weights.vector_size,
            n_vocabulary=self._unknown + 1,
            window=0 if config.window == "document" else config.window,
            shrink_windows=config.shrink_windows,
            negative=config.negative,
            lanes=self._lanes,
            draw=shape.draw,
            pairs_at_once=shape.pairs_at_once,
            rows_at_once=shape.rows_at_once,
            loss_every=0,
            block=len(chunk.tokens),
            blocks_per_job=1,
            join=joined_by(config),
            word_targets=config.has_word_targets,
            group=shape.group,
            frozen=True,
        )
