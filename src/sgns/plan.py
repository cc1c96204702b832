"""The plan of training: corpus, parameters and weights in the shape that the core takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns import _core
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.document_rows import document_rows
from sgns.errors import FormatError
from sgns.instruction_set import instruction_set
from sgns.step_shape import StepShape, step_shape
from sgns.vocabulary import Vocabulary
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
LOSS_EVERY = 128
TOKENS_PER_LOSS_STEP = 1 << 17
# Pieces in which the offsets of a corpus are checked.
_OFFSETS_AT_ONCE = 1 << 20


def make_plan(
    corpus: Corpus,
    config: TrainingConfig,
    weights: Weights,
    visits: NDArray[np.int32] | None = None,
    *,
    blocks_per_epoch: int | None = None,
    largest_block: int | None = None,
    draws: WordDraws | None = None,
) -> _core.Plan:
    """Everything the threads share, for the core.

    `visits`, int32 (n_tokens,), counts how often each token is a target. `blocks_per_epoch` and
    `largest_block` say how small blocks are, if not as usual; `draws` are those of the vocabulary,
    where they are known.

    Raises
    ------
    FormatError
        The offsets of the corpus do not rise, or its tags are not those of W_d.
    """
    check_offsets("offsets.npy", corpus.offsets, corpus.n_tokens, repr(corpus))
    vocabulary = corpus.vocabulary
    words = word_draws(vocabulary, config, len(weights.words)) if draws is None else draws
    shape = words.shape
    size = block_size(
        corpus.n_tokens,
        BLOCKS_PER_EPOCH if blocks_per_epoch is None else blocks_per_epoch,
        LARGEST_BLOCK if largest_block is None else largest_block,
    )
    return _core.Plan(
        tokens=corpus.pieces.arrays,
        offsets=corpus.offsets,
        keep=words.keep,
        noise=words.noise,
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
        block=size,
        blocks_per_job=BLOCKS_PER_JOB,
        visits=visits,
        documents=weights.documents,
        **_tags_of(corpus, weights),
        join=joined_by(config),
        word_targets=config.has_word_targets,
        group=shape.group,
        document_weight=config.weight_of_documents,
        document_uses=shape.document_uses,
        frozen=config.freeze == "words",
    )


@dataclass(frozen=True, slots=True)
class WordDraws:
    """Which words are kept by subsampling, which are drawn as noise, and in what steps.

    Attributes
    ----------
    keep : uint32 array (n_words,)
        An occurrence is kept when 32 random bits are at most this.
    noise : _core.Noise
        The noise words.
    shape : StepShape
        What one step takes on.
    """

    keep: NDArray[np.uint32]
    noise: _core.Noise
    shape: StepShape


def word_draws(vocabulary: Vocabulary, config: TrainingConfig, n_words: int) -> WordDraws:
    """What the first `n_words` of a vocabulary are drawn by."""
    keep = vocabulary.keep_probability(n_words, config.sample)
    noise = vocabulary.noise_distribution(n_words, config.ns_exponent)
    shape = step_shape(config, float(noise.max()))
    proposal = _proposal(noise, keep * vocabulary.counts[:n_words]) if shape.draw else None
    limits = np.minimum(keep * 2.0**32, 2.0**32 - 1).astype(np.uint32)
    return WordDraws(limits, _core.Noise(noise, proposal), shape)


def joined_by(config: TrainingConfig) -> str:
    """How the core calls what the input of a target word is made of."""
    return config.documents if config.documents in ("sum", "mean", "concat") else "word"


def _tags_of(corpus: Corpus, weights: Weights) -> dict[str, Any]:
    """Which rows of W_d belong to which document, checked."""
    rows = document_rows(corpus)
    if weights.documents is None or rows.ids is None or rows.offsets is None:
        return {}
    check_offsets("offsets of the tags", rows.offsets, len(rows.ids), repr(corpus))
    for start in range(0, len(rows.ids), _OFFSETS_AT_ONCE):
        largest = int(rows.ids[start : start + _OFFSETS_AT_ONCE].max())
        if largest >= len(weights.documents):
            raise FormatError(
                f"{corpus!r}: a document has tag number {largest:,} of "
                f"{len(weights.documents):,}; rebuild it"
            )
    return {"tags": rows.ids, "tag_offsets": rows.offsets}


def block_size(n_tokens: int, blocks_per_epoch: int, largest: int) -> int:
    """Tokens in a block: so many that there are about `blocks_per_epoch`, within limits."""
    return min(max(n_tokens // blocks_per_epoch, SMALLEST_BLOCK), largest)


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


def check_offsets(name: str, offsets: NDArray[np.int64], end: int, where: str) -> None:
    """Refuse offsets that would lead the core outside of what they divide.

    Raises
    ------
    FormatError
        They do not begin with 0, fall somewhere, or do not end with `end`.
    """
    for start in range(0, len(offsets) - 1, _OFFSETS_AT_ONCE):
        piece = offsets[start : start + _OFFSETS_AT_ONCE + 1]
        if (np.diff(piece) < 0).any():
            place = start + int(np.argmax(np.diff(piece) < 0))
            raise FormatError(
                f"{where}: document {place:,} ends before it starts in {name}; rebuild it"
            )
    if offsets[0] != 0 or offsets[-1] != end:
        raise FormatError(
            f"{where}: {name} goes from {offsets[0]:,} to {offsets[-1]:,}, expected 0 to "
            f"{end:,}; rebuild it"
        )
