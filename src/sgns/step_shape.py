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
# And for one noise word among those that one target meets at a time, where noise is fresh.
MOST_PER_FRESH_WORD = 0.1


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
    rows = min(MOST_PER_TARGET / alpha, MOST_PER_FRESH_WORD / (alpha * most_frequent_noise))
    rows_at_once = _between(1, rows, MAX_ROWS)
    if not config.shares_negatives or per_pair > MOST_PER_TARGET:
        return StepShape(1, 0, 2**31 - 1, rows_at_once)

    pairs_at_once = MOST_PER_TARGET / per_pair
    pairs = min(_mean_pairs(config), pairs_at_once)
    lanes = MOST_PER_NOISE_WORD / (per_pair * most_frequent_noise * pairs)
    if lanes < 1:
        pairs_at_once = MOST_PER_NOISE_WORD / (per_pair * most_frequent_noise)
    return StepShape(
        lanes=_between(1, lanes, config.negative_sharing),
        draw=config.shared_negatives,
        pairs_at_once=_between(1, pairs_at_once, 2**31 - 1),
        rows_at_once=rows_at_once,
    )


def _mean_pairs(config: TrainingConfig) -> float:
    """Contexts of a target in a long document."""
    if config.window == "document":
        return float("inf")
    return float(config.window + 1 if config.shrink_windows else 2 * config.window)


def _between(low: int, value: float, high: int) -> int:
    return int(max(low, min(value, high)))
