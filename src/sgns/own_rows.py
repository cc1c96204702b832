"""Which rows each thread trains copies of, and how they are brought together.

Threads that write the same rows in turn wait for each other's caches, so the rows of frequent words
are trained on copies (`kernels/own_rows.h`). A copy is exchanged in turn with the shared row, which
the copies of other threads have moved meanwhile. By how much it moves that row is the rule of
`sgns.merge_rule`, with the threads as the shards and what a thread trains between two exchanges of
a row as the round.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sgns import _core
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.merge_rule import MergeRule
from sgns.weights import Weights

# Found by experiment: see docs/design/0005-training-step.md.
# What the copies of rows of W_c take, at most: they are to stay in a core's second cache.
MOST_BYTES = 1 << 19
# Rows of W_t are met once where those of W_c are met several times.
CONTEXTS_PER_WORD = 10
# Pairs of all threads together for each row that one of them exchanges; exchanging costs a thread
# the time of some pairs, so it does not do so more often than this.
PAIRS_PER_EXCHANGE = 192
LEAST_PAIRS_PER_EXCHANGE = 12


def give_own_rows(
    plan: _core.Plan, corpus: Corpus, config: TrainingConfig, weights: Weights, threads: int
) -> None:
    """Let several threads train copies of the rows of frequent words.

    One thread needs none, and rows that are frozen can be read by all.
    """
    if threads == 1 or config.freeze == "words":
        return
    # Copying at the beginning of a job is to cost less than the job.
    tokens = max(corpus.n_tokens // plan.n_jobs, 1)
    n_contexts = min(MOST_BYTES // weights.contexts[0].nbytes, tokens, len(weights.contexts))
    n_contexts = max(n_contexts, 1)
    n_words = n_contexts // CONTEXTS_PER_WORD if config.has_word_targets else 0
    every = max(PAIRS_PER_EXCHANGE // threads, LEAST_PAIRS_PER_EXCHANGE)
    rule = MergeRule(corpus, config, len(weights.words))
    step = config.alpha * every * (n_words + n_contexts)

    def factors(name: str, n: int) -> NDArray[np.float32]:
        return rule.factors(name, np.arange(n), np.full(n, threads), step)

    plan.give_own_rows(factors("words", n_words), factors("contexts", n_contexts), every)
