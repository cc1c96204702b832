"""How far a row is moved where several shards have changed it, each without knowing of the others.

Let a row meet others n times in each of k shards, at the learning rate alpha. Near its optimum, a
meeting takes it alpha * CURVATURE of the way there, so a shard leaves p = (1 - alpha * CURVATURE)^n
of the way, and the shards one after the other would leave p^k: they move the row by 1 - p^k, of
which the sum of what each alone does, k (1 - p), is too much. So the row is moved by

    (1 - p^k) / (k (1 - p))

of the sum: all of it for rare words (n small), one kth, the mean, for frequent ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sgns.config import TrainingConfig
from sgns.corpus import Corpus

# Found by experiment: see docs/design/0007-checkpoints-and-determinism.md.
CURVATURE = 0.1


class MergeRule:
    """The rule for the words of a corpus.

    Rows of other matrices than W_t and W_c are moved by the mean: a document is seldom in two
    shards at a time.
    """

    def __init__(self, corpus: Corpus, config: TrainingConfig, n_words: int) -> None:
        kept = corpus.vocabulary.keep_probability(n_words, config.sample)
        share = kept * corpus.vocabulary.counts[:n_words]
        share /= share.sum()
        noise = corpus.vocabulary.noise_distribution(n_words, config.ns_exponent)
        # How often a pair lets a row meet another one.
        self._meetings = {
            "words": share * (1 + config.negative),
            "contexts": share + noise * config.negative,
        }

    def meetings(self, name: str) -> NDArray[np.float64]:
        """How often a (target, context) pair lets each row of W_t or W_c meet another one."""
        return self._meetings[name]

    def factors(
        self,
        name: str,
        ids: NDArray[np.int64],
        shards: NDArray[np.integer],
        step: float | NDArray[np.float64],
        curvature: float = CURVATURE,
    ) -> NDArray[np.float32]:
        """What to multiply the sums of the changes of some rows by.

        Parameters
        ----------
        name : str
            The matrix.
        ids : int64 array (n,)
            Its rows.
        shards : integer array (n,)
            How many shards have met each of them, 1 or more.
        step : float, or float64 array (n,)
            (target, context) pairs that a shard has trained, times the learning rate; for each row
            where these differ.
        curvature : float
            The part of the way that a meeting takes a row at a learning rate of 1.

        Returns
        -------
        float32 array (n,)
            Numbers from ``1 / shards`` to 1.
        """
        k = shards.astype(np.float64)
        if name not in self._meetings:
            return (1 / k).astype(np.float32)
        # -log p, large enough that 1 - p is not 0 and the quotient is still 1
        way = np.maximum(self._meetings[name][ids] * (step * curvature), 1e-9)
        return (np.expm1(-k * way) / (k * np.expm1(-way))).astype(np.float32)
