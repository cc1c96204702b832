"""How much one training step may take on before it is trained from scores that are out of date.

All scores of a step are taken before any of its updates. That is harmless as long as the updates
of one step hardly change each other's scores, and overshoots where the same rows meet again and
again: in vocabularies of a few words, in windows of hundreds, at high learning rates. The limits
below were found on both kinds of data; `docs/design/0005-training-step.md` has the measurements.
"""

from __future__ import annotations

from dataclasses import dataclass

from sgns.config import MAX_ROWS, TrainingConfig

# What a target may be moved by in one step, in units of a noise word's row: alpha times the pairs
# of the step times the noise words of a pair.
MOST_PER_TARGET = 2.5
# The same for the most frequent noise word, over all targets of the step.
MOST_PER_NOISE_WORD = 0.5
# And for any word of a draw, which stands for many.
MOST_PER_DRAWN_WORD = 1.0
# Where a window is a whole document, one target meets draw after draw: so many times less, lest
# threads that train it at the same time push it back and forth.
LESS_IN_DOCUMENTS = 2
# And for one noise word among those that one target meets at a time, where noise is fresh.
MOST_PER_FRESH_WORD = 0.1

# Contexts that a document takes on at a time, where it is a target by itself; and the same times
# their weight, so that such targets are at the most twice as heavy as words with usual windows.
DOCUMENT_GROUP = 8
MOST_WEIGHTED_GROUP = 12
MOST_USES = 255

MOST_PAIRS = 2**31 - 1
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class StepShape:
    """What one step of the core takes on.

    Attributes
    ----------
    lanes : int
        Targets trained in lockstep.
    draw : int
        Noise words that they share; 0 where every pair draws its own.
    pairs_at_once : int
        Contexts of a target that one step trains.
    rows_at_once : int
        Rows that a target meets between two scorings.
    group : int
        Contexts of a target that is a document; 0 where documents are none.
    document_uses : int
        Targets of a step that may move the same row of W_d.
    """

    lanes: int
    draw: int
    pairs_at_once: int
    rows_at_once: int
    group: int = 0
    document_uses: int = 1


def step_shape(config: TrainingConfig, most_frequent_noise: float) -> StepShape:
    """Return the shape that `config` asks for, made smaller where it would overshoot.

    Parameters
    ----------
    config : TrainingConfig
        The parameters.
    most_frequent_noise : float
        Probability of the most frequent noise word, in (0, 1].
    """
    heaviest = max(1.0, config.weight_of_documents)
    alpha, per_pair = config.alpha * heaviest, config.alpha * config.negative
    rows_at_once = min(
        _times(MOST_PER_TARGET, alpha), _times(MOST_PER_FRESH_WORD, alpha * most_frequent_noise)
    )
    rows_at_once = max(1, min(rows_at_once, MAX_ROWS))
    # What one pair adds to a noise word: to the most frequent one, and to one that is drawn.
    frequent, drawn = per_pair * most_frequent_noise, per_pair / config.shared_negatives
    if not config.shares_negatives or heaviest * max(per_pair, drawn) > MOST_PER_TARGET:
        most_pairs = max(1, _times(MOST_PER_TARGET, per_pair))
        return StepShape(1, 0, most_pairs, rows_at_once, _group(config, per_pair))

    pairs_at_once = min(
        _times(MOST_PER_TARGET, per_pair),
        _times(MOST_PER_NOISE_WORD, frequent),
        _times(MOST_PER_DRAWN_WORD, drawn),
    )
    pairs_at_once = max(1, pairs_at_once)
    group = min(_group(config, per_pair), pairs_at_once)
    pairs = _mean_pairs(config, pairs_at_once, group)
    lanes = min(
        _times(MOST_PER_NOISE_WORD, frequent * pairs), _times(MOST_PER_DRAWN_WORD, drawn * pairs)
    )
    if config.window == "document":
        pairs_at_once = max(1, pairs_at_once // LESS_IN_DOCUMENTS)
    return StepShape(
        lanes=max(1, min(lanes, config.negative_sharing)),
        draw=config.shared_negatives,
        pairs_at_once=pairs_at_once,
        rows_at_once=rows_at_once,
        group=group,
        document_uses=_document_uses(
            config, per_pair * (group * config.weight_of_documents or pairs)
        ),
    )


def _group(config: TrainingConfig, per_pair: float) -> int:
    """How many contexts a document takes on at a time, fewer of heavier ones; 0: it does not."""
    if not config.has_document_targets:
        return 0
    weight = config.weight_of_documents
    at_most = min(_times(MOST_WEIGHTED_GROUP, weight), _times(MOST_PER_TARGET, per_pair * weight))
    return max(1, min(DOCUMENT_GROUP, at_most))


def _document_uses(config: TrainingConfig, moved: float) -> int:
    """How many targets, each of which moves a document's row by `moved`, one step may have."""
    if config.documents is None:
        return 1
    return max(1, min(_times(MOST_PER_TARGET, moved), MOST_USES))


def _mean_pairs(config: TrainingConfig, pairs_at_once: int, group: int) -> float:
    """Contexts of a target in a long document, times their weight: over words and documents."""
    words = min(_mean_window(config), pairs_at_once)
    documents = config.weight_of_documents * group
    if group == 0:
        return words
    if not config.has_word_targets:
        return documents
    return (group * words + documents) / (group + 1)


def _mean_window(config: TrainingConfig) -> float:
    if config.window == "document":
        return float("inf")
    return float(config.window + 1 if config.shrink_windows else 2 * config.window)


def _times(limit: float, each: float) -> int:
    """How many times `each` fits into `limit`, forgiving the rounding of a quotient."""
    return int(min(limit / max(each, TINY) * (1 + 1e-13), MOST_PAIRS))
