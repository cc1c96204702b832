"""Whole jobs of the core: against the oracle, against finite differences, against brute force."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from oracle import Oracle, Walk, loss_of
from sgns import _core
from sgns.weights import Weights

INSTRUCTION_SETS = _core.available_kernels()
SIZES = [1, 7, 16, 17, 33, 97, 100, 300]
N_WORDS = 40
# Documents longer and shorter than blocks, empty ones at the start, in the middle and at the end.
LENGTHS = (0, 0, 41, 1, 0, 3, 2, 17, 0, 0, 0, 1, 90, 30, 7, 7, 7, 25, 0)


def settings(*, kernel="scalar", size=16, sharing=0, lengths=LENGTHS, seed=0, **changes):
    """Arguments of `Plan` and of `Oracle` but for the weights."""
    generator = np.random.default_rng(seed)
    offsets = np.cumsum([0, *lengths])
    share = 1 / np.arange(2, N_WORDS + 7)
    tokens = generator.choice(N_WORDS + 5, size=offsets[-1], p=share / share.sum())
    keep = np.minimum(0.3 + np.arange(N_WORDS) / 30, 1)
    negative = changes.pop("negative", 3)
    draw = 0 if sharing == 0 else 11
    arguments = {
        "tokens": tokens.astype(np.uint32),  # 5 of the words are too rare to train
        "offsets": offsets.astype(np.int64),
        "keep": np.minimum(keep * 2.0**32, 2.0**32 - 1).astype(np.uint32),
        "noise": _core.Noise(share[:N_WORDS] ** 0.75, max(draw, 1)),
        "kernel": kernel,
        "vector_size": size,
        "n_vocabulary": N_WORDS + 5,
        "window": 5,
        "shrink_windows": True,
        "negative": negative,
        "lanes": max(sharing, 1),
        "draw": draw,
        "loss_every": 1,
        "block": 6,
        "blocks_per_job": 24,
    }
    return arguments | changes


def random_weights(size, seed=1):
    """Scores of these have a standard deviation of about 2, so some are past 6."""
    generator = np.random.default_rng(seed)
    scale = np.sqrt(2) / size**0.25
    rows = scale * generator.standard_normal((2, N_WORDS, size))
    return Weights.of(*rows.astype(np.float32))


def rates(arguments):
    """Learning rates at the start and the end of a job, large, but not so large as to diverge."""
    return (0.01, 0.002) if arguments["window"] == 0 else (0.1, 0.02)


def train_all(arguments, weights, shuffle=True):
    """Every job of an epoch in turn by one worker; returns the tallies."""
    plan = _core.Plan(**arguments, words=weights.words, contexts=weights.contexts)
    plan.start_epoch(11, 22 if shuffle else 0, 33)
    worker = _core.Worker(plan)
    return [worker.train_job(job, *rates(arguments)) for job in range(plan.n_jobs)]


@cache
def oracle_of(**changes):
    """The oracle after the epoch of `train_all`, with its tallies."""
    arguments = settings(**changes)
    weights = random_weights(arguments["vector_size"])
    oracle = Oracle(**arguments, words=weights.word_vectors, contexts=weights.context_vectors)
    oracle.start_epoch(11, 22, 33)
    tallies = [oracle.train_job(job, *rates(arguments)) for job in range(oracle.n_jobs)]
    return oracle, tallies


@cache
def seed_away_from_table_borders(**changes):
    """A corpus on which no score is near the border of two entries of the table of the sigmoid.

    There float32 may fall on the other side than float64, and the results part.
    """
    for seed in range(200):
        if not oracle_of(kernel="blas", seed=seed, **changes)[0].step.near_table_border:
            return seed
    raise AssertionError("no such corpus")


def assert_trained_as_by_oracle(kernel, **changes):
    oracle, expected = oracle_of(kernel="blas" if kernel == "blas" else "scalar", **changes)
    arguments = settings(kernel=kernel, **changes)
    weights = random_weights(arguments["vector_size"])
    before = random_weights(arguments["vector_size"])
    tallies = train_all(arguments, weights)
    # A row is updated some thousand times at the most: each rounds numbers below 4 to within
    # 2^-23, and roundings add up like a random walk; three times that, for how errors feed back.
    room = 2.0**-23 * np.sqrt(1000) * 3
    for found, exact, start in [
        (weights.word_vectors, oracle.words, before.word_vectors),
        (weights.context_vectors, oracle.contexts, before.context_vectors),
    ]:
        assert np.abs(exact).max() < 4
        assert np.abs(exact - start).max() > 1000 * room
        np.testing.assert_allclose(found, exact, rtol=0, atol=room)
    assert not weights.words[:, weights.vector_size :].any()
    assert not weights.contexts[:, weights.vector_size :].any()
    for found, exact in zip(tallies, expected, strict=True):
        assert found["loss"] == pytest.approx(exact["loss"], rel=2e-5)
        assert found | {"loss": 0} == exact | {"loss": 0}
    return oracle


# ---- the same as the oracle ---------------------------------------------------------------------


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


@pytest.mark.parametrize("sharing", [0, 4])
def test_more_contexts_than_one_call_takes_equal_the_oracle(sharing):
    # 90 words in a document, all kept, all contexts of each other, with noise for each pair.
    keep = np.full(N_WORDS, 2**32 - 1, dtype=np.uint32)
    assert _core.MAX_ROWS < 89
    changes = {"lengths": (95, 4), "window": 0, "negative": 2, "size": 9, "sharing": sharing}
    arguments = settings(**changes) | {"keep": keep}
    weights = random_weights(9)
    oracle = Oracle(**arguments, words=weights.word_vectors, contexts=weights.context_vectors)
    oracle.start_epoch(11, 0, 33)
    expected = [oracle.train_job(job, *rates(arguments)) for job in range(oracle.n_jobs)]
    tallies = train_all(arguments, weights, shuffle=False)
    np.testing.assert_allclose(weights.word_vectors, oracle.words, atol=2e-5)
    np.testing.assert_allclose(weights.context_vectors, oracle.contexts, atol=2e-5)
    assert sum(t["loss"] for t in tallies) == pytest.approx(sum(t["loss"] for t in expected))


def test_scores_past_six_were_among_those_compared():
    assert oracle_of(size=100, sharing=0)[0].step.largest_score > 6
    assert oracle_of(size=100, sharing=16)[0].step.largest_score > 6


@pytest.mark.parametrize("sharing", [0, 2])
def test_loss_is_summed_over_one_step_in_so_many(sharing):
    for loss_every in (0, 3, 7):
        oracle = assert_trained_as_by_oracle("scalar", sharing=sharing, loss_every=loss_every)
        assert oracle.loss_every == loss_every


# ---- gradients ----------------------------------------------------------------------------------


def single_step(contexts, sharing, negative=3, size=6):
    """Train the centre of one document alone; returns weights before and after, and the noise.

    With blocks of one token a job is one target. The keys are such that all noise words differ
    from each other and from the contexts: then the step is the gradient, exactly.
    """
    centre = len(contexts) // 2
    tokens = np.array([*contexts[:centre], 0, *contexts[centre:]], dtype=np.uint32)
    arguments = settings(sharing=sharing, negative=negative, size=size) | {
        "tokens": tokens,
        "offsets": np.array([0, len(tokens)]),
        "keep": np.full(N_WORDS, 2**32 - 1, dtype=np.uint32),
        "window": len(tokens),
        "shrink_windows": False,
        "block": 1,
        "blocks_per_job": 1,
    }
    n_noise = arguments["draw"] or negative * len(contexts)
    noise = np.zeros(n_noise, dtype=np.uint32)
    for key in range(100_000):
        arguments["noise"].draw(_core.derive_key(key, centre), noise)
        if len({*noise.tolist(), *contexts}) == n_noise + len(contexts):
            break
    else:
        raise AssertionError("no key gives noise words that all differ")
    weights, before = random_weights(size, seed=3), random_weights(size, seed=3)
    plan = _core.Plan(**arguments, words=weights.words, contexts=weights.contexts)
    plan.start_epoch(1, 0, key)
    tally = _core.Worker(plan).train_job(centre, 0.5, 0.5)
    return before, weights, noise.tolist(), tally


def finite_differences(function, x, epsilon=1e-5):
    """Central differences of a function of an array: errors are of the order of epsilon^2."""
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        x[index] += epsilon
        above = function(x)
        x[index] -= 2 * epsilon
        below = function(x)
        x[index] += epsilon
        gradient[index] = (above - below) / (2 * epsilon)
    return gradient


@pytest.mark.parametrize(
    ("contexts", "sharing"),
    [([7], 0), ([7], 1), ([7, 21, 13, 30], 1), ([7, 21, 13], 0), ([12, 39, 38, 37, 36], 16)],
)
def test_a_step_is_alpha_times_the_gradient_of_the_loss(contexts, sharing):
    negative = 3 if len(contexts) < 3 or sharing else 2
    before, after, noise, tally = single_step(contexts, sharing, negative)
    rows = [*contexts, *noise]
    # Shared noise words stand for `negative` of each pair, divided among them.
    weight = negative * len(contexts) / len(noise)
    n = len(contexts)

    def loss(x):  # h above, rows of W_c below
        return loss_of(x[0], x[1 : n + 1], x[n + 1 :], [weight] * len(noise))

    x = np.vstack([before.word_vectors[:1], before.context_vectors[rows]]).astype(float)
    gradient = finite_differences(loss, x)
    assert tally["loss"] == pytest.approx(loss(x), rel=1e-5)
    moved = np.vstack(
        [
            after.word_vectors[:1] - before.word_vectors[:1],
            after.context_vectors[rows] - before.context_vectors[rows],
        ]
    )
    assert np.abs(gradient).max() > 0.1
    np.testing.assert_allclose(moved, -0.5 * gradient, atol=2e-6)
    untouched = [word for word in range(N_WORDS) if word not in rows]
    assert (after.context_vectors[untouched] == before.context_vectors[untouched]).all()
    assert (after.word_vectors[1:] == before.word_vectors[1:]).all()
    assert tally["targets"] == 1
    assert tally["pairs"] == len(contexts)


# ---- pairs --------------------------------------------------------------------------------------


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
        "noise": _core.Noise(only_last, max(arguments["draw"], 1)),
        "vector_size": n,
        "negative": 1,
    }
    weights = Weights.of(np.eye(n, dtype=np.float32), np.zeros((n, n), dtype=np.float32))
    plan = _core.Plan(**arguments, words=weights.words, contexts=weights.contexts)
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
                shared = {"draw": 11} if lanes > 1 else {}
                found, tallies = pair_counts(arguments | cut | shared, order_key)
                assert (found == expected).all()
                assert sum(tally["pairs"] for tally in tallies) == expected.sum()
                assert sum(tally["tokens"] for tally in tallies) == len(arguments["tokens"])


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


# ---- plans --------------------------------------------------------------------------------------


def test_ids_past_the_vocabulary_are_counted_and_never_trained():
    arguments = settings() | {"n_vocabulary": N_WORDS}
    arguments["tokens"][::7] = 2**32 - 1
    weights = random_weights(16)
    damaged = sum(tally["damaged"] for tally in train_all(arguments, weights))
    assert damaged == (arguments["tokens"] >= N_WORDS).sum()
    assert np.isfinite(weights.words).all()


def test_a_stopped_plan_trains_nothing_more():
    arguments, weights = settings(), random_weights(16)
    plan = _core.Plan(**arguments, words=weights.words, contexts=weights.contexts)
    plan.start_epoch(1, 2, 3)
    plan.stop()
    tally = _core.Worker(plan).train_job(0, 0.1, 0.1)
    assert tally["targets"] == 0
    assert (weights.words == random_weights(16).words).all()


def test_a_worker_lives_on_when_its_plan_and_arrays_are_let_go():
    weights, expected = random_weights(16), random_weights(16)
    train_all(settings(), expected)
    words = weights.words
    plan = _core.Plan(**settings(), words=weights.words, contexts=weights.contexts)
    plan.start_epoch(11, 22, 33)
    worker, n_jobs = _core.Worker(plan), plan.n_jobs
    del plan, weights
    for job in range(n_jobs):
        worker.train_job(job, *rates(settings()))
    assert (words == expected.words).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lanes": 0}, "out of range"),
        ({"lanes": 65}, "out of range"),
        ({"draw": 65}, "out of range"),
        ({"draw": -1}, "out of range"),
        ({"block": 0}, "out of range"),
        ({"blocks_per_job": 0}, "out of range"),
        ({"negative": 0}, "out of range"),
        ({"window": -1}, "out of range"),
        ({"kernel": "blas", "draw": 4}, "kernel 'blas' has no shared noise"),
        ({"kernel": "mmx"}, "instruction set"),
        ({"vector_size": 17}, "expected rows of 17 floats or more"),
        ({"keep": np.zeros(3, dtype=np.uint32)}, "expected one row for each word"),
        ({"tokens": np.zeros(0, dtype=np.uint32)}, "at least one token and one document"),
        ({"offsets": np.zeros(1, dtype=np.int64)}, "at least one token and one document"),
        ({"visits": np.zeros(3, dtype=np.int32)}, "expected one count for each token"),
    ],
)
def test_a_plan_refuses_what_would_lead_it_astray(changes, message):
    weights = random_weights(16)
    with pytest.raises(ValueError, match=message):
        _core.Plan(**(settings() | changes), words=weights.words, contexts=weights.contexts)


def test_a_worker_refuses_a_job_that_there_is_not():
    weights = random_weights(16)
    plan = _core.Plan(**settings(), words=weights.words, contexts=weights.contexts)
    for job in (-1, plan.n_jobs):
        with pytest.raises(ValueError, match=f"expected 0 to {plan.n_jobs - 1}, got {job}"):
            _core.Worker(plan).train_job(job, 0.1, 0.1)
