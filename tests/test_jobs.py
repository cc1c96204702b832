"""Whole jobs of the core give the weights, losses and counts of the oracle."""

from __future__ import annotations

import numpy as np
import pytest

from jobs import (
    INSTRUCTION_SETS,
    KEEP_ALL,
    LENGTHS,
    N_WORDS,
    oracle_of,
    random_weights,
    seed_away_from_table_borders,
    settings,
    train_all,
    train_oracle,
)
from oracle_step import NoiseWords
from sgns import _core, _kernels
from sgns.weights import Weights

SIZES = [1, 7, 16, 17, 33, 97, 100, 300]
# A row is updated some thousand times at the most: each rounds numbers below 4 to within 2^-23,
# and roundings add up like a random walk; three times that, for how errors feed back.
ROOM = 2.0**-23 * np.sqrt(1000) * 3


def assert_same(weights, before, tallies, oracle, expected):
    for found, exact, start in [
        (weights.word_vectors, oracle.words, before.word_vectors),
        (weights.context_vectors, oracle.contexts, before.context_vectors),
    ]:
        assert np.abs(exact).max() < 4
        assert np.abs(exact - start).max() > 1000 * ROOM
        np.testing.assert_allclose(found, exact, rtol=0, atol=ROOM)
    assert not weights.words[:, weights.vector_size :].any()
    assert not weights.contexts[:, weights.vector_size :].any()
    assert len(tallies) == len(expected) > 0
    for found, exact in zip(tallies, expected, strict=True):
        assert found["loss"] == pytest.approx(exact["loss"], rel=2e-5)
        assert found | {"loss": 0} == exact | {"loss": 0}


def assert_trained_as_by_oracle(kernel, **changes):
    oracle, expected = oracle_of(kernel="blas" if kernel == "blas" else "scalar", **changes)
    arguments = settings(kernel=kernel, **changes)
    weights = random_weights(arguments["vector_size"])
    before = random_weights(arguments["vector_size"])
    tallies = train_all(arguments, weights)
    assert_same(weights, before, tallies, oracle, expected)
    return oracle


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sharing", [0, 1, 2, 16])
@pytest.mark.parametrize("kernel", INSTRUCTION_SETS)
def test_fused_jobs_equal_the_oracle(kernel, sharing, size):
    assert_trained_as_by_oracle(kernel, size=size, sharing=sharing)


SHORT = (0, 9, 1, 0, 14, 2)  # few scores, so that none need be near a border of the table


@pytest.mark.parametrize("size", SIZES)
def test_blas_jobs_equal_the_oracle(size):
    changes = {"size": size, "lengths": SHORT, "negative": 2}
    seed = seed_away_from_table_borders(**changes)
    assert_trained_as_by_oracle("blas", seed=seed, **changes)


@pytest.mark.parametrize("shrink_windows", [False, True])
@pytest.mark.parametrize("window", [1, 3, 0])
@pytest.mark.parametrize("sharing", [0, 16])
def test_every_kind_of_window_equals_the_oracle(sharing, window, shrink_windows):
    for kernel in INSTRUCTION_SETS:
        assert_trained_as_by_oracle(
            kernel, size=17, sharing=sharing, window=window, shrink_windows=shrink_windows
        )


@pytest.mark.parametrize("shrink_windows", [False, True])
@pytest.mark.parametrize("window", [1, 2, 0])
def test_every_kind_of_window_equals_the_oracle_with_blas(window, shrink_windows):
    changes = {
        "lengths": (4, 5, 1, 0, 3), "negative": 1, "window": window,
        "shrink_windows": shrink_windows,
    }  # fmt: skip
    seed = seed_away_from_table_borders(**changes)
    assert_trained_as_by_oracle("blas", seed=seed, **changes)


@pytest.mark.parametrize("sharing", [0, 1, 64])
def test_the_loss_is_summed_over_one_step_in_so_many(sharing):
    for loss_every in (0, 3, 7):
        oracle = assert_trained_as_by_oracle("scalar", sharing=sharing, loss_every=loss_every)
        assert oracle.loss_every == loss_every


def test_scores_past_six_were_among_those_compared():
    assert oracle_of(size=100, sharing=0)[0].step.largest_score > 6
    assert oracle_of(size=100, sharing=16)[0].step.largest_score > 6


# ---- steps in pieces ----------------------------------------------------------------------------


@pytest.mark.parametrize("pairs_at_once", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("sharing", [0, 1, 3, 16])
def test_targets_in_pieces_equal_the_oracle(sharing, pairs_at_once):
    for kernel in (INSTRUCTION_SETS[0], INSTRUCTION_SETS[-1]):
        assert_trained_as_by_oracle(kernel, sharing=sharing, pairs_at_once=pairs_at_once)


@pytest.mark.parametrize("loss_every", [1, 3])
@pytest.mark.parametrize(("sharing", "pairs_at_once"), [(0, 40), (1, 7), (5, 13)])
def test_whole_documents_in_pieces_equal_the_oracle(sharing, pairs_at_once, loss_every):
    # Lanes have from 1 to 80 contexts, so they drop out of a step's pieces one after the other.
    assert_trained_as_by_oracle(
        INSTRUCTION_SETS[-1], sharing=sharing, pairs_at_once=pairs_at_once, window=0,
        loss_every=loss_every,
    )  # fmt: skip


@pytest.mark.parametrize("rows_at_once", [1, 2, 5, 63])
@pytest.mark.parametrize("sharing", [0, 2])
def test_any_number_of_rows_at_once_equals_the_oracle(sharing, rows_at_once):
    for kernel in (INSTRUCTION_SETS[0], INSTRUCTION_SETS[-1]):
        assert_trained_as_by_oracle(kernel, sharing=sharing, rows_at_once=rows_at_once)


def test_pieces_and_rows_at_once_are_no_matter_of_rounding():
    # The settings above give results that differ by far more than the room for rounding.
    whole = oracle_of(sharing=3)[0].contexts
    fresh = oracle_of(sharing=0)[0].contexts
    assert np.abs(oracle_of(sharing=3, pairs_at_once=3)[0].contexts - whole).max() > 100 * ROOM
    assert np.abs(oracle_of(sharing=0, rows_at_once=2)[0].contexts - fresh).max() > 100 * ROOM


@pytest.mark.parametrize("pairs_at_once", [30, 2**31 - 1])
@pytest.mark.parametrize("sharing", [0, 4])
def test_more_contexts_than_one_call_takes_equal_the_oracle(sharing, pairs_at_once):
    # 90 words in a document, all kept, all contexts of each other, with noise for each pair.
    assert _core.MAX_ROWS < 89
    arguments = settings(
        lengths=(95, 4), window=0, negative=2, size=9, sharing=sharing, pairs_at_once=pairs_at_once
    ) | {"keep": np.full(N_WORDS, KEEP_ALL, dtype=np.uint32)}
    oracle, expected = train_oracle(arguments, random_weights(9), shuffle=False)
    weights = random_weights(9)
    tallies = train_all(arguments, weights, shuffle=False)
    assert_same(weights, random_weights(9), tallies, oracle, expected)


# ---- shared noise -------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [1, 2, 47, 48, 49, 64])
def test_any_number_of_shared_noise_words_equals_the_oracle(draw):
    # Draws come in batches through a queue, so some of these take several.
    for kernel in (INSTRUCTION_SETS[0], INSTRUCTION_SETS[-1]):
        assert_trained_as_by_oracle(kernel, sharing=2, draw=draw, negative=2)


@pytest.mark.parametrize("kernel", INSTRUCTION_SETS)
def test_as_many_lanes_and_noise_words_as_there_can_be_equal_the_oracle(kernel):
    lengths = (700, 1, 300)
    found = assert_trained_as_by_oracle(
        kernel, sharing=_kernels.MAX_LANES, draw=_core.MAX_ROWS, lengths=lengths, size=17,
        negative=2, blocks_per_job=10**6,
    )  # fmt: skip
    assert found.n_jobs == 1


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_noise_words_are_drawn_again_and_again_and_joined(n):
    # Of the 2 or 3 words that are drawn, all are in the draw several times and among contexts.
    probability, proposal = np.zeros((2, N_WORDS))
    probability[:n] = [0.2, 0.5, 0.3][:n]
    proposal[:n] = [0.6, 0.1, 0.3][:n]
    noise = NoiseWords(probability / probability.sum(), proposal / proposal.sum())
    arguments = settings(sharing=4, kernel=INSTRUCTION_SETS[-1], negative=1, noise=noise)
    weights, before = random_weights(16), random_weights(16)
    tallies = train_all(arguments, weights)
    assert_same(weights, before, tallies, *train_oracle(arguments, before))


def test_noise_words_with_the_same_low_bits_are_told_apart():
    # Words are looked up among the noise by their low bits first: here many share those.
    n, step = 5000, 1024
    alike = np.concatenate([start + np.arange(0, n - start, step) for start in (0, 7, 8)])
    generator = np.random.default_rng(2)
    probability = np.zeros(n)
    probability[alike] = 1 / len(alike)
    arguments = settings(sharing=3) | {
        "tokens": generator.choice(alike, size=sum(LENGTHS)).astype(np.uint32),
        "keep": np.full(n, KEEP_ALL, dtype=np.uint32),
        "noise": NoiseWords(probability),
        "n_vocabulary": n,
        "kernel": INSTRUCTION_SETS[-1],
    }
    rows = generator.standard_normal((2, n, 16)).astype(np.float32) / 2
    weights, before = Weights.of(*rows), Weights.of(*rows)
    tallies = train_all(arguments, weights)
    assert_same(weights, before, tallies, *train_oracle(arguments, before))
