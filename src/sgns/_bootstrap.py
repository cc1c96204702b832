"""Correlations and accuracies with percentile bootstrap intervals."""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

CONFIDENCE = 0.95
_BATCH = 1 << 20  # numbers resampled at once, which bounds the memory


class Correlation(NamedTuple):
    """A correlation.

    Attributes
    ----------
    statistic : float
        The coefficient, -1 to 1; NaN for constant numbers.
    pvalue : float
        Two-sided, 0 to 1.
    """

    statistic: float
    pvalue: float


class Interval(NamedTuple):
    """A 95 % interval.

    Attributes
    ----------
    low, high : float
        Its ends; NaN where there is none.
    """

    low: float
    high: float

    def __format__(self, specification: str) -> str:
        return f"[{self.low:{specification}}, {self.high:{specification}}]"


NO_INTERVAL = Interval(math.nan, math.nan)


def correlate(
    gold: Float64, model: Float64, bootstrap: int, seed: int
) -> tuple[Correlation, Correlation, Interval, Interval]:
    """Return Pearson, Spearman, and the interval of each, of two arrays of shape (n,).

    Constant arrays have the correlation NaN.
    """
    from scipy import stats  # here, since it takes longer to import than all of sgns

    check_bootstrap(bootstrap)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        warnings.simplefilter("ignore", stats.NearConstantInputWarning)
        pearson = stats.pearsonr(gold, model)
        spearman = stats.spearmanr(gold, model)
    intervals = (NO_INTERVAL, NO_INTERVAL)
    if bootstrap:
        intervals = _correlation_intervals(gold, model, bootstrap, seed)
    return (
        Correlation(float(pearson.statistic), float(pearson.pvalue)),
        Correlation(float(spearman.statistic), float(spearman.pvalue)),
        *intervals,
    )


def accuracy_interval(
    correct: int, answered: int, bootstrap: int, resamples: np.random.Generator
) -> Interval:
    """Return the interval of correct / answered.

    Drawing `answered` questions with replacement and counting the correct ones is one binomial
    draw, so nothing has to be resampled.
    """
    check_bootstrap(bootstrap)
    if bootstrap == 0 or answered == 0:
        return NO_INTERVAL
    drawn = resamples.binomial(answered, correct / answered, size=bootstrap)
    return _percentiles(drawn / answered)


def check_bootstrap(bootstrap: int) -> None:
    """Raise ValueError unless `bootstrap` is a count."""
    if bootstrap < 0:
        raise ValueError(f"bootstrap: expected 0 or more resamples, got {bootstrap}")


def _correlation_intervals(
    gold: Float64, model: Float64, bootstrap: int, seed: int
) -> tuple[Interval, Interval]:
    from scipy.stats import rankdata

    resamples = np.random.default_rng(seed)
    size = len(gold)
    batch = max(1, _BATCH // size)
    pearson: list[Float64] = []
    spearman: list[Float64] = []
    for start in range(0, bootstrap, batch):
        chosen = resamples.integers(size, size=(min(batch, bootstrap - start), size))
        left, right = gold[chosen], model[chosen]
        pearson.append(_pearson_rows(left, right))
        spearman.append(_pearson_rows(rankdata(left, axis=1), rankdata(right, axis=1)))
    return _percentiles(np.concatenate(pearson)), _percentiles(np.concatenate(spearman))


def _pearson_rows(left: Float64, right: Float64) -> Float64:
    """Correlate row by row two arrays of shape (resamples, n); NaN where a row is constant."""
    left = left - left.mean(axis=1, keepdims=True)
    right = right - right.mean(axis=1, keepdims=True)
    product = np.einsum("ij,ij->i", left, right)
    scale = np.sqrt(np.einsum("ij,ij->i", left, left) * np.einsum("ij,ij->i", right, right))
    correlation: Float64 = np.divide(
        product, scale, out=np.full_like(product, np.nan), where=scale > 0.0
    )
    return correlation


def _percentiles(values: Float64) -> Interval:
    values = values[~np.isnan(values)]
    if values.size == 0:
        return NO_INTERVAL
    tail = 100.0 * (1.0 - CONFIDENCE) / 2.0
    low, high = np.percentile(values, [tail, 100.0 - tail])
    return Interval(float(low), float(high))
