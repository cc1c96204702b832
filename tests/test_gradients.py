"""A training step is the gradient of the loss; expected noise is that of the distribution."""

from __future__ import annotations

import numpy as np
import pytest

from jobs import (
    DOCUMENT_MODES,
    KEEP_ALL,
    N_WORDS,
    document_settings,
    document_weights,
    plan_of,
    random_weights,
    settings,
)
from oracle_step import NoiseWords, loss_of
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


# ---- one step with documents --------------------------------------------------------------------


def input_of(mode, word, documents):
    """h of a target word with the rows of its document; of a target that is one, its row."""
    if word is None:
        return documents[0]
    return {
        "joint": lambda: word,
        "sum": lambda: word + documents.sum(axis=0),
        "mean": lambda: (word + documents.sum(axis=0)) / (1 + len(documents)),
        "concat": lambda: np.concatenate([word, documents.sum(axis=0)]),
    }[mode]()


def document_step(mode, sharing, n_tags, size=6):
    """Train a document of five words, the last target alone; returns what `single_step` does.

    With blocks of one token a job has one word, which is a target of its window, or a context of
    its document, or with "joint" first the one and then, in another step, the other. The noise of
    fresh draws follows the contexts; that of both steps of "joint" differs from all contexts.
    """
    tokens, place, negative = np.array([7, 21, 0, 13, 30], dtype=np.uint32), 2, 2
    arguments = document_settings(
        mode, sharing=sharing, size=size, negative=negative, window=5, shrink_windows=False,
        block=1, blocks_per_job=1, tokens=tokens, offsets=np.array([0, 5]),
        keep=np.full(N_WORDS, KEEP_ALL, dtype=np.uint32), document_uses=1,
        draw=4 if sharing else 0,
    )  # fmt: skip
    arguments |= {
        "tags": np.arange(n_tags, dtype=np.uint32), "tag_offsets": np.array([0, n_tags])
    }  # fmt: skip
    words = [] if mode == "dbow" else [(0, [7, 21, 13, 30], tuple(range(n_tags)))]
    documents = [(None, [0], (tag,)) for tag in range(n_tags)] if arguments.get("group") else []
    targets = words + documents
    counts = [arguments["draw"] or negative * len(contexts) for _, contexts, _ in targets]
    noise, drawn_from = np.zeros(sum(counts), dtype=np.uint32), arguments["noise"].of_core()
    for key in range(200_000):
        drawn_from.draw(_core.derive_key(key, place), noise)
        steps = np.split(noise, np.cumsum(counts)[:-1])
        if all(
            len({*step.tolist(), *contexts}) == len(step) + len(contexts)
            for step, (_, contexts, _) in zip(steps, targets, strict=True)
        ):
            break
    else:
        raise AssertionError("no key gives noise words that all differ")
    weights, before = document_weights(arguments, seed=3), document_weights(arguments, seed=3)
    for matrix in (*weights.matrices().values(), *before.matrices().values()):
        np.multiply(matrix, 0.5, out=matrix)
    plan = plan_of(arguments, weights)
    plan.start_epoch(1, 0, key)
    alpha = 1e-4 if len(targets) > 1 else 0.5  # so that steps do not change each other
    tally = _core.Worker(plan).train_job(place, alpha, alpha)
    moved = {
        name: (matrix - before.without_padding()[name]) / alpha
        for name, matrix in weights.without_padding().items()
    }
    return arguments, before, moved, list(zip(targets, steps, strict=True)), tally


@pytest.mark.parametrize("n_tags", [1, 3])
@pytest.mark.parametrize("sharing", [0, 1])
@pytest.mark.parametrize("mode", list(DOCUMENT_MODES))
def test_a_step_with_documents_is_alpha_times_the_gradient_of_the_loss(mode, sharing, n_tags):
    arguments, before, moved, steps, tally = document_step(mode, sharing, n_tags)
    start = {name: m.astype(float) for name, m in before.without_padding().items()}
    losses = {}

    def loss(weights):
        total = 0.0
        losses.update(loss=0.0, document_loss=0.0)
        for (word, contexts, tags), noise in steps:
            rows = weights["documents"][list(tags)]
            h = input_of(mode, None if word is None else weights["words"][word], rows)
            counts_for = np.array([arguments["noise"].ratio(drawn) for drawn in noise])
            share = arguments["negative"] * len(contexts) / len(noise) * counts_for
            one = loss_of(h, weights["contexts"][contexts], weights["contexts"][noise], share)
            losses["document_loss" if word is None else "loss"] += one
            total += one * (arguments.get("document_weight", 1) if word is None else 1)
        return total

    loss(start)
    for name, expected in losses.items():
        assert tally[name] == pytest.approx(expected, rel=1e-4)
    for name, matrix in start.items():
        gradient = finite_differences(lambda x, name=name: loss(start | {name: x}), matrix)
        tolerance = 2e-5 if len(steps) == 1 else 5e-3 * max(np.abs(gradient).max(), 0.1)
        np.testing.assert_allclose(moved[name], -gradient, atol=tolerance)
        untrained = name == "words" and mode == "dbow"
        assert (np.abs(gradient).max() > 0.05) != untrained
    pairs = 4 if mode != "dbow" else 0
    assert tally["pairs"] == pairs
    assert tally["document_pairs"] == (n_tags if arguments.get("group") else 0)


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
