"""Noise words: exact draws from a proposal that the batches of training change nothing of."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sgns import Vocabulary, _core

COUNTS = np.array([50_000, 9_000, 9_000, 700, 650, 300, 44, 10, 9, 8, 5, 5, 1, 1, 1])
N_DRAWS = 320_000


def draw(probability, key, n, proposal=None):
    draws = np.full(n, 2**32 - 1, dtype=np.uint32)
    if proposal is not None:
        proposal = np.asarray(proposal, dtype=float)
    _core.Noise(np.asarray(probability, dtype=float), proposal).draw(key, draws)
    return draws


def assert_drawn_from(draws, probability):
    """Chi-square with cells of 5 and more expected; a true sampler fails once in 10^6 seeds."""
    probability = np.asarray(probability)
    observed = np.bincount(draws, minlength=len(probability))
    assert len(observed) == len(probability)
    assert not observed[probability == 0].any()
    expected = probability * len(draws)
    big = expected >= 5
    cells = np.append(expected[big], expected[~big].sum())
    found = np.append(observed[big], observed[~big].sum())
    found, cells = found[cells > 0], cells[cells > 0]
    if len(cells) > 1:
        assert stats.chisquare(found, cells * found.sum() / cells.sum()).pvalue > 1e-6


@pytest.mark.parametrize("ns_exponent", [0.75, 0, 1, -0.5])
def test_noise_follows_the_counts_to_the_exponent(ns_exponent):
    weight = COUNTS.astype(float) ** ns_exponent
    weight /= weight.sum()
    vocabulary = Vocabulary([f"w{i}" for i in range(len(COUNTS))], COUNTS)
    of_package = vocabulary.noise_distribution(len(COUNTS), ns_exponent)
    np.testing.assert_allclose(of_package, weight, rtol=1e-12)
    assert_drawn_from(draw(of_package, 11, N_DRAWS), weight)


@pytest.mark.parametrize("seed", range(5))
def test_draws_are_from_the_proposal(seed):
    generator = np.random.default_rng(seed)
    n = [2, 3, 40, 257, 5000][seed]
    probability, proposal = generator.dirichlet(np.full(n, 0.3), size=2)
    proposal[n // 2] = 0
    proposal /= proposal.sum()
    assert_drawn_from(draw(probability, seed, N_DRAWS, proposal), proposal)
    # What the words weigh is no matter of drawing them; nor is the unit of the proposal.
    same = draw(proposal[::-1].copy(), seed, 1000, proposal)
    assert (same == draw(proposal, seed, 1000)).all()
    assert (same == draw(proposal, seed, 1000, proposal * 1024)).all()


def test_neighbouring_draws_are_independent():
    weight = np.array([0.4, 0.25, 0.2, 0.1, 0.05])
    draws = draw(weight, 5, 2 * N_DRAWS).astype(int)
    for gap in (1, 2, 32):  # noise is drawn 32 words at a time
        assert_drawn_from(draws[:-gap] * 5 + draws[gap:], np.outer(weight, weight).ravel())


@pytest.mark.parametrize("n", [1, 2, 7, 1000, 2**20 + 1])
def test_words_of_equal_weight_are_drawn_by_the_high_bits_of_the_stream(n):
    draws = draw(np.full(n, 1 / n), 77, 500)
    expected = [(_core.random_at(77, 1 + i) >> 32) * n >> 32 for i in range(500)]
    assert draws.tolist() == expected


def test_noise_of_one_word_and_of_one_heavy_word():
    assert (draw([3.0], 1, 100) == 0).all()
    weight = np.full(1000, 1e-12)
    weight[500] = 1
    assert (draw(weight, 1, 10_000) == 500).all()


def test_noise_of_many_words_reaches_all_of_them():
    n = 100_000
    draws = draw(np.ones(n), 3, 5 * n)
    # A word is missed with probability e^-5, independently enough: 674 +- 26, room for 8 of those.
    missed = n - len(np.unique(draws))
    assert abs(missed - n * np.exp(-5)) < 8 * np.sqrt(n * np.exp(-5))


def test_noise_follows_from_the_key_alone():
    weight = COUNTS / COUNTS.sum()
    first, again, other = (draw(weight, key, 1000) for key in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert (draw(weight, 1, 500) == first[:500]).all()


def test_noise_refuses_to_be_empty_or_of_two_sizes():
    for probability, proposal in [(np.zeros(0), None), (np.ones(3), np.ones(2))]:
        with pytest.raises(ValueError, match="probability, proposal: expected one number for each"):
            _core.Noise(probability, proposal)
