"""The plan of training: corpus, parameters and weights in the shape that the core takes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sgns import _core
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.errors import FormatError
from sgns.instruction_set import instruction_set
from sgns.step_shape import step_shape
from sgns.weights import Weights

# Blocks are small enough that lanes which walk them are on unrelated text, and large enough that
# reading a corpus from disk in their order is no random access.
BLOCKS_PER_EPOCH = 1 << 14
SMALLEST_BLOCK, LARGEST_BLOCK = 1 << 6, 1 << 14
BLOCKS_PER_JOB = 128
# How far the proposal of shared noise words goes from the noise distribution (0) to the text's own
# distribution (1), and how many plain draws one of them may count for.
PROPOSAL_EXPONENT = 0.7
LARGEST_NOISE_WEIGHT = 8.0
# The loss of one step in so many is summed, every step where the corpus is small.
LOSS_EVERY = 64
TOKENS_PER_LOSS_STEP = 1 << 17
# Pieces in which the offsets of a corpus are checked.
_OFFSETS_AT_ONCE = 1 << 20


def make_plan(
    corpus: Corpus,
    config: TrainingConfig,
    weights: Weights,
    visits: NDArray[np.int32] | None = None,
) -> _core.Plan:
    """Everything the threads share, for the core.

    `visits`, int32 (n_tokens,), counts how often each token is a target.

    Raises
    ------
    FormatError
        The offsets of the corpus do not rise.
    """
    check_offsets(corpus)
    n_words = len(weights.words)
    vocabulary = corpus.vocabulary
    keep = vocabulary.keep_probability(n_words, config.sample)
    noise = vocabulary.noise_distribution(n_words, config.ns_exponent)
    shape = step_shape(config, float(noise.max()))
    proposal = _proposal(noise, keep * vocabulary.counts[:n_words]) if shape.draw else None
    block = min(max(corpus.n_tokens // BLOCKS_PER_EPOCH, SMALLEST_BLOCK), LARGEST_BLOCK)
    return _core.Plan(
        tokens=corpus.tokens,
        offsets=corpus.offsets,
        keep=np.minimum(keep * 2.0**32, 2.0**32 - 1).astype(np.uint32),
        noise=_core.Noise(noise, proposal),
        words=weights.words,
        contexts=weights.contexts,
        kernel="blas" if config.kernel == "blas" else instruction_set(),
        vector_size=weights.vector_size,
        n_vocabulary=len(vocabulary),
        window=0 if config.window == "document" else config.window,
        shrink_windows=config.shrink_windows,
        negative=config.negative,
        lanes=shape.lanes,
        draw=shape.draw,
        pairs_at_once=shape.pairs_at_once,
        rows_at_once=shape.rows_at_once,
        loss_every=min(max(corpus.n_tokens // TOKENS_PER_LOSS_STEP, 1), LOSS_EVERY),
        block=block,
        blocks_per_job=BLOCKS_PER_JOB,
        visits=visits,
    )


def _proposal(noise: NDArray[np.float64], kept: NDArray[np.float64]) -> NDArray[np.float64]:
    """What shared noise words are drawn from: between the noise distribution and the text's own.

    A noise word moves a target by sigma(score), which is larger the more often the word occurs for
    its share of the noise, so words that do are drawn more often and weigh less: importance
    sampling, with the same expectation and less variance.
    """
    proposal = noise ** (1 - PROPOSAL_EXPONENT) * (kept / kept.sum()) ** PROPOSAL_EXPONENT
    # Every noise word must be drawn now and then: none may weigh more than this many.
    proposal = np.maximum(proposal / proposal.sum(), noise / LARGEST_NOISE_WEIGHT)
    result: NDArray[np.float64] = proposal / proposal.sum()
    return result


def check_offsets(corpus: Corpus) -> None:
    """Refuse offsets that would lead the core outside the tokens."""
    offsets = corpus.offsets
    for start in range(0, len(offsets) - 1, _OFFSETS_AT_ONCE):
        piece = offsets[start : start + _OFFSETS_AT_ONCE + 1]
        if (np.diff(piece) < 0).any():
            place = start + int(np.argmax(np.diff(piece) < 0))
            raise FormatError(
                f"{corpus!r}: document {place:,} ends before it starts in offsets.npy; rebuild it"
            )
    if offsets[0] != 0 or offsets[-1] != corpus.n_tokens:
        raise FormatError(
            f"{corpus!r}: offsets.npy goes from {offsets[0]:,} to {offsets[-1]:,}, expected 0 to "
            f"{corpus.n_tokens:,}; rebuild it"
        )
