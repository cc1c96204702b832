"""How strongly rows are drawn to their optimum, from the lengths of the rows that they meet.

The second derivative of the loss of a pair with respect to one of its rows is sigma (1 - sigma)
times the outer product of the other row with itself. So the part of the way that a meeting takes a
row is the learning rate times about the squared length of what it meets, spread over as many
directions as these rows fill. At the beginning of training, when rows are short, changes of several
nodes add up; later they are the same way, found several times.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sgns.config import TrainingConfig
from sgns.merge_rule import MergeRule
from sgns.weights import Matrix

# For each node: found by experiment, see docs/design/0010-cluster.md. The sum of what several have
# found overshoots further the more they are, so rows are taken for more curved. Of two nodes none
# goes past the optimum by itself, so the sum ends at most as far behind it as the row was before:
# they may be taken for less curved than they are, which leaves more of what each has learnt.
PER_SQUARED_LENGTH = 0.0025
PER_SQUARED_LENGTH_OF_TWO = 0.001
_SMALLEST = 1e-6
# Rows whose lengths stand for all.
_SAMPLE = 4096
_OTHER = {"words": "contexts", "contexts": "words"}


class Curvature:
    """The curvature of W_t and W_c, from a sample of the rows of the other one.

    Parameters
    ----------
    rule : MergeRule
        Knows how often each row is met.
    config : TrainingConfig
        Says whether contexts meet words, documents or both.
    """

    def __init__(self, rule: MergeRule, config: TrainingConfig) -> None:
        self._config = config
        self._document_length = self._document_share = 0.0
        places = (np.arange(_SAMPLE) + 0.5) / _SAMPLE
        self._sample = {}
        for name, other in _OTHER.items():
            below = np.cumsum(rule.meetings(other))
            self._sample[name] = np.searchsorted(below, places * below[-1])

    def meet_documents(self, squared_length: float, share: float) -> None:
        """Say how long rows of W_d are, and which share of the pairs has them as its input."""
        self._document_length, self._document_share = squared_length, share

    def of(self, name: str, matrices: Mapping[str, Matrix], n_nodes: int) -> float:
        """The curvature of the rows of a matrix: the part of the way at a learning rate of 1."""
        met = matrices[_OTHER[name]][self._sample[name]]
        mean = float(np.einsum("ij,ij->", met, met, dtype=np.float64)) / _SAMPLE
        if self._config.documents is not None:
            mean = self._with_documents(name, mean)
        per = PER_SQUARED_LENGTH_OF_TWO if n_nodes == 2 else PER_SQUARED_LENGTH * n_nodes
        return max(per * mean, _SMALLEST)

    def _with_documents(self, name: str, mean: float) -> float:
        """The mean of what rows meet, where inputs are made of words and documents."""
        config, length = self._config, self._document_length
        if name == "contexts":
            if config.has_document_targets:
                share = self._document_share
                return (1 - share) * mean + share * config.weight_of_documents * length
            mean += length
        if config.documents == "mean":  # of two rows, each of which is a half of the input
            return mean / 4
        return mean / 2 if config.documents == "concat" else mean
