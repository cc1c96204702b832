"""A training step is the gradient of the loss; expected noise is that of the distribution."""

from __future__ import annotations

import numpy as np
import pytest

from jobs import KEEP_ALL, N_WORDS, plan_of, random_weights, settings
from oracle import NoiseWords, loss_of
from sgns import _core
from sgns.weights import Weights

# ---- one step -----------------------------------------------------------------------------------


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
        "keep": np.full(N_WORDS, KEEP_ALL, dtype=np.uint32),
        "window": len(tokens),
        "shrink_windows": False,
        "block": 1,
        "blocks_per_job": 1,
    }
    n_noise = arguments["draw"] or negative * len(contexts)
    noise = np.zeros(n_noise, dtype=np.uint32)
    drawn_from = arguments["noise"].of_core()
    for key in range(100_000):
        drawn_from.draw(_core.derive_key(key, centre), noise)
        if len({*noise.tolist(), *contexts}) == n_noise + len(contexts):
            break
    else:
        raise AssertionError("no key gives noise words that all differ")
    # Half of what other jobs begin with: a score past 6 counts as certain, against the loss.
    start = random_weights(size, seed=3)
    weights, before = (
        Weights.of(start.word_vectors / 2, start.context_vectors / 2) for _ in range(2)
    )
    plan = plan_of(arguments, weights)
    plan.start_epoch(1, 0, key)
    tally = _core.Worker(plan).train_job(centre, 0.5, 0.5)
    counts_for = [arguments["noise"].ratio(word) for word in noise]
    return before, weights, noise.tolist(), counts_for, tally


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
    before, after, noise, counts_for, tally = single_step(contexts, sharing, negative)
    rows = [*contexts, *noise]
    # Shared noise words stand for `negative` of each pair, divided among them.
    weights = negative * len(contexts) / len(noise) * np.array(counts_for)
    assert sharing == 0 or max(counts_for) > 1.3 * min(counts_for)
    n = len(contexts)

    def loss(x):  # h above, rows of W_c below
        return loss_of(x[0], x[1 : n + 1], x[n + 1 :], weights)

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


# ---- what noise is expected ---------------------------------------------------------------------

N_DOCUMENTS = 6000
# Of ten words, number 3 is drawn and counts for nothing; number 2 counts for 4 draws.
PROBABILITY = np.array([0.3, 0.1, 0.2, 0.0, 0.1, 0.1, 0.05, 0.05, 0.09, 0.01])
PROPOSAL = np.array([0.2, 0.2, 0.05, 0.1, 0.1, 0.05, 0.1, 0.1, 0.09, 0.01])
NEGATIVE = 5


def noise_received(noise, *, draw, lanes, pairs_at_once):
    """(target, noise word) -> of how many noise words of weight 1 the target's steps were.

    All documents are the words 0, 1, 2, each a pair with each other. W_t is the identity, W_c
    begins at zero and the learning rate is tiny: then every sigma is 1/2 and W_c[c, t] is the
    number of pairs less the weights of the noise, times half of the learning rate.
    """
    n, alpha = len(PROBABILITY), 2.0**-40
    arguments = settings(sharing=1, size=n) | {
        "tokens": np.tile(np.arange(3, dtype=np.uint32), N_DOCUMENTS),
        "offsets": np.arange(N_DOCUMENTS + 1) * 3,
        "keep": np.full(n, KEEP_ALL, dtype=np.uint32),
        "noise": noise, "n_vocabulary": n, "window": 0, "negative": NEGATIVE, "lanes": lanes,
        "draw": draw, "pairs_at_once": pairs_at_once, "block": 3, "blocks_per_job": N_DOCUMENTS,
    }  # fmt: skip
    weights = Weights.of(np.eye(n, dtype=np.float32), np.zeros((n, n), dtype=np.float32))
    plan = plan_of(arguments, weights)
    plan.start_epoch(1, 0, 3)
    tally = _core.Worker(plan).train_job(0, alpha, alpha)
    assert tally["pairs"] == 6 * N_DOCUMENTS
    found = weights.context_vectors.T[:3].astype(float) / (alpha / 2)
    found[:, :3] -= N_DOCUMENTS * (1 - np.eye(3))
    received = -found
    each_loss = np.log(2) * (received.sum() + tally["pairs"])
    assert tally["loss"] == pytest.approx(each_loss, rel=1e-4)
    return received


@pytest.mark.parametrize(
    ("draw", "lanes", "pairs_at_once", "proposal"),
    [
        (0, 1, 2, None),
        (1, 1, 2, None),
        (8, 1, 2, None),
        (1, 1, 2, PROPOSAL),
        (8, 1, 2, PROPOSAL),
        (8, 1, 1, PROPOSAL),
        (64, 1, 1, PROPOSAL),
        (8, 4, 2, PROPOSAL),
        (8, 4, 1, PROPOSAL),
    ],
)
def test_expected_noise_is_that_of_the_noise_distribution(draw, lanes, pairs_at_once, proposal):
    received = noise_received(
        NoiseWords(PROBABILITY, proposal), draw=draw, lanes=lanes, pairs_at_once=pairs_at_once
    )
    n = len(PROBABILITY)
    p, q = PROBABILITY, PROBABILITY if proposal is None else PROPOSAL
    # For each target and each of its two contexts, the pairs that a noise word counts for.
    pairs = np.array(
        [
            [[word != other for word in range(n)] for other in range(3) if other != t]
            for t in range(3)
        ]
    )
    expected = N_DOCUMENTS * NEGATIVE * p * pairs.sum(axis=1)
    if draw == 0:
        variance = N_DOCUMENTS * NEGATIVE * p * (1 - p) * pairs.sum(axis=1)
    else:
        # A draw counts for p / q with probability q, in all lanes alike: they are in lockstep.
        one = np.divide(p**2, q, out=np.zeros(n), where=q > 0) - p**2
        steps = pairs.sum(axis=1) ** 2 if pairs_at_once == 2 else (pairs**2).sum(axis=1)
        variance = N_DOCUMENTS * lanes * NEGATIVE**2 / draw * one * steps
    drawn = variance > 0
    assert (received[~drawn] == 0).all()
    deviations = (received - expected)[drawn] / np.sqrt(variance[drawn])
    assert drawn.sum() == 27
    assert np.abs(deviations).max() < 5
    # They are as large as the noise is independent: about 27 normal deviates.
    assert 0.4 < np.sqrt((deviations**2).mean()) < 1.7
