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
# And for one noise word among those that one target meets at a time, where noise is fresh.
MOST_PER_FRESH_WORD = 0.1

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
    """

    lanes: int
    draw: int
    pairs_at_once: int
    rows_at_once: int


def step_shape(config: TrainingConfig, most_frequent_noise: float) -> StepShape:
    """Return the shape that `config` asks for, made smaller where it would overshoot.

    Parameters
    ----------
    config : TrainingConfig
        The parameters.
    most_frequent_noise : float
        Probability of the most frequent noise word, in (0, 1].
    """
    alpha, per_pair = config.alpha, config.alpha * config.negative
    rows_at_once = min(
        _times(MOST_PER_TARGET, alpha), _times(MOST_PER_FRESH_WORD, alpha * most_frequent_noise)
    )
    # What one pair adds to a noise word: to the most frequent one, and to one that is drawn.
    frequent, drawn = per_pair * most_frequent_noise, per_pair / config.shared_negatives
    pairs_at_once = _times(MOST_PER_TARGET, per_pair)
    if not config.shares_negatives or max(per_pair, drawn) > MOST_PER_TARGET:
        return StepShape(1, 0, max(1, pairs_at_once), max(1, min(rows_at_once, MAX_ROWS)))

    pairs_at_once = min(
        pairs_at_once, _times(MOST_PER_NOISE_WORD, frequent), _times(MOST_PER_DRAWN_WORD, drawn)
    )
    pairs = min(_mean_pairs(config), max(1, pairs_at_once))
    lanes = min(
        _times(MOST_PER_NOISE_WORD, frequent * pairs), _times(MOST_PER_DRAWN_WORD, drawn * pairs)
    )
    return StepShape(
        lanes=max(1, min(lanes, config.negative_sharing)),
        draw=config.shared_negatives,
        pairs_at_once=max(1, pairs_at_once),
        rows_at_once=max(1, min(rows_at_once, MAX_ROWS)),
    )


def _mean_pairs(config: TrainingConfig) -> float:
    """Contexts of a target in a long document."""
    if config.window == "document":
        return float("inf")
    return float(config.window + 1 if config.shrink_windows else 2 * config.window)


def _times(limit: float, each: float) -> int:
    """How many times `each` fits into `limit`, forgiving the rounding of a quotient."""
    return int(min(limit / max(each, TINY) * (1 + 1e-13), MOST_PAIRS))
