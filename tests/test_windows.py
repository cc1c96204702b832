"""Which target meets which contexts: read off the weights, against brute force."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from jobs import N_WORDS, plan_of, random_weights, settings, train_all
from oracle_step import NoiseWords
from oracle_walk import Walk
from sgns import _core
from sgns.weights import Weights


def pair_counts(arguments, order_key):
    """How often each (target, context) was trained, as a matrix, read off the weights.

    W_t is the identity and W_c zero, every score is nearly 0 and the learning rate tiny: then
    W_c[c, t] is half of it for every pair. The noise is a word that the corpus does not have.
    """
    n = len(arguments["keep"])
    alpha = 2.0**-20
    only_last = np.zeros(n)
    only_last[-1] = 1
    arguments = arguments | {
        "noise": NoiseWords(only_last),
        "vector_size": n,
        "negative": 1,
    }
    weights = Weights.of(np.eye(n, dtype=np.float32), np.zeros((n, n), dtype=np.float32))
    plan = plan_of(arguments, weights)
    plan.start_epoch(11, order_key, 33)
    worker = _core.Worker(plan)
    tallies = [worker.train_job(job, alpha, alpha) for job in range(plan.n_jobs)]
    counts = weights.context_vectors.T.astype(float) / (alpha / 2)
    counts[:, -1] = 0  # the noise
    assert np.abs(counts - np.round(counts)).max() < 0.01
    return np.round(counts).astype(int), tallies


def brute_force_pairs(arguments):
    """Counter of (target, context), from the keep decisions and window reaches alone."""
    walk = Walk(
        **{
            name: arguments[name]
            for name in ("tokens", "offsets", "keep", "window", "shrink_windows", "block")
        }
    )
    walk.token_key = 11
    pairs = Counter()
    for start, end in pairwise(walk.offsets):
        kept = [place for place in range(start, end) if walk.kept(place)]
        for i, place in enumerate(kept):
            for j, other in enumerate(kept):
                near = walk.window == 0 or abs(i - j) <= walk.reach(place)
                if i != j and near:
                    pairs[walk.tokens[place], walk.tokens[other]] += 1
    return pairs


@pytest.mark.parametrize("shrink_windows", [False, True])
@pytest.mark.parametrize("window", [1, 4, 0])
def test_windows_end_with_documents_and_not_with_blocks(window, shrink_windows):
    arguments = settings(window=window, shrink_windows=shrink_windows)
    arguments["keep"] = np.append(arguments["keep"], np.uint32(0))  # the noise
    arguments["tokens"] = np.where(
        arguments["tokens"] == N_WORDS, N_WORDS + 1, arguments["tokens"]
    ).astype(np.uint32)
    expected = np.zeros((N_WORDS + 1, N_WORDS + 1), dtype=int)
    for (target, context), count in brute_force_pairs(arguments).items():
        expected[target, context] = count
    assert expected.sum() > 100
    for block, blocks_per_job in [(1, 1), (1, 50), (5, 7), (64, 2), (10**6, 1)]:
        for lanes in (1, 3, 16):
            for order_key in (0, 22):
                cut = {"block": block, "blocks_per_job": blocks_per_job, "lanes": lanes}
                shared = {"draw": 11, "pairs_at_once": 3} if lanes > 1 else {}
                found, tallies = pair_counts(arguments | cut | shared, order_key)
                assert (found == expected).all()
                assert sum(tally["pairs"] for tally in tallies) == expected.sum()
                assert sum(tally["tokens"] for tally in tallies) == len(arguments["tokens"])


@pytest.mark.parametrize("pairs_at_once", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("draw", [0, 11])
def test_pieces_of_a_target_hold_each_of_its_pairs_once(draw, pairs_at_once):
    arguments = settings(window=0, draw=draw, pairs_at_once=pairs_at_once, lanes=1 + draw // 4)
    arguments["keep"] = np.append(arguments["keep"], np.uint32(0))  # the noise
    arguments["tokens"] = np.minimum(arguments["tokens"], N_WORDS - 1)
    expected = np.zeros((N_WORDS + 1, N_WORDS + 1), dtype=int)
    for (target, context), count in brute_force_pairs(arguments).items():
        expected[target, context] = count
    found, tallies = pair_counts(arguments, 22)
    assert (found == expected).all()
    assert sum(tally["pairs"] for tally in tallies) == expected.sum()
    # A target is one target, however many pieces it is trained in.
    whole = pair_counts(arguments | {"pairs_at_once": 2**31 - 1}, 22)[1]
    assert [tally["targets"] for tally in tallies] == [tally["targets"] for tally in whole]
    assert [t["sampled_targets"] for t in tallies] == [t["targets"] for t in tallies]
    assert [t["sampled_pairs"] for t in tallies] == [t["pairs"] for t in tallies]


def test_keep_and_reach_are_what_the_settings_say():
    # One document of one word; all windows full but at the ends, so pairs count the reaches.
    n, window = 50_000, 4
    arguments = settings() | {
        "tokens": np.zeros(n, dtype=np.uint32),
        "offsets": np.array([0, n]),
        "keep": np.full(N_WORDS, 2**30, dtype=np.uint32),  # a quarter
        "window": window,
        "block": 1000,
        "vector_size": 1,
        "lanes": 1,
    }
    tallies = train_all(arguments, random_weights(1))
    targets = sum(tally["targets"] for tally in tallies)
    pairs = sum(tally["pairs"] for tally in tallies)
    # Binomial; 5 standard deviations.
    assert abs(targets - n / 4) < 5 * np.sqrt(n * 3 / 16)
    # A reach is even on 1 .. 4: mean 2.5, variance 1.25; pairs are twice the sum of reaches.
    assert abs(pairs - 2 * 2.5 * targets) < 5 * 2 * np.sqrt(1.25 * targets) + 2 * window**2
