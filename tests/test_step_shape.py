"""step_shape: what is asked for where that is safe, and the limits everywhere else."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sgns import TrainingConfig
from sgns.config import MAX_ROWS
from sgns.step_shape import (
    LESS_IN_DOCUMENTS,
    MOST_PER_DRAWN_WORD,
    MOST_PER_FRESH_WORD,
    MOST_PER_NOISE_WORD,
    MOST_PER_TARGET,
    StepShape,
    step_shape,
)

ALPHAS = [1e-9, 0.0001, 0.002, 0.025, 0.05, 0.1, 0.5, 1.0, 7.0, 1e6]
NEGATIVES = [1, 2, 5, 20, 100, 1000]
WINDOWS = [1, 2, 5, 20, 100, 1_000_000, "document"]
NOISES = [1e-12, 1e-6, 0.001, 0.01, 0.05, 0.3, 0.5, 1.0]
SLACK = 1 + 1e-12


def config_of(alpha=0.025, negative=5, shared_negatives=24, **changes):
    return TrainingConfig(
        alpha=alpha,
        min_alpha=0.0,
        negative=negative,
        shared_negatives=shared_negatives,
        **changes,
    )


def mean_pairs(config):
    """Contexts of a target in the middle of a long document, all reaches alike."""
    if config.window == "document":
        return np.inf
    if config.shrink_windows:
        return 2 * (config.window + 1) / 2
    return 2 * config.window


def test_what_is_asked_for_is_done_where_it_is_safe():
    # The defaults, in the vocabulary of a language: its most frequent word is 1 % of the noise.
    shape = step_shape(TrainingConfig(), 0.01)
    assert shape == StepShape(lanes=32, draw=32, pairs_at_once=20, rows_at_once=MAX_ROWS)
    for lanes, draw in product([1, 5, 64], [5, 11, 64]):
        config = config_of(0.001, negative_sharing=lanes, shared_negatives=draw)
        shape = step_shape(config, 0.01)
        assert (shape.lanes, shape.draw, shape.rows_at_once) == (lanes, draw, MAX_ROWS)


@pytest.mark.parametrize(
    ("changes", "noise", "expected"),
    [
        # two words: one lane, of 0.5 / (0.025 * 5 * 0.5) contexts
        ({}, 0.5, StepShape(1, 24, 8, 8)),
        # a few: 0.5 / (0.025 * 5 * 0.05 * 6 contexts) lanes
        ({}, 0.05, StepShape(13, 24, 20, 64)),
        # windows of more than 20 contexts: 1 / (0.025 * 5 / 24 * 20 contexts) lanes
        ({"window": "document"}, 0.01, StepShape(9, 24, 10, 64)),
        ({"window": 1_000_000}, 0.01, StepShape(9, 24, 20, 64)),
        # a draw of few words, each of which stands for many
        ({"shared_negatives": 1}, 0.01, StepShape(1, 1, 8, 64)),
        ({"shared_negatives": 4}, 0.01, StepShape(5, 4, 20, 64)),
        # windows that do not shrink have nearly twice the contexts
        ({"shrink_windows": False}, 0.05, StepShape(8, 24, 20, 64)),
        # a lane by itself is too much: pairs go down to 0.5 / (0.025 * 100 * 0.5)
        ({"negative": 80}, 0.5, StepShape(1, 24, 1, 8)),
        ({"negative": 20, "window": 50}, 0.5, StepShape(1, 24, 2, 8)),
        # more noise for one pair than a target may be moved by: every pair draws its own
        ({"negative": 101}, 0.01, StepShape(1, 0, 1, 64)),
        ({"alpha": 1.0}, 0.01, StepShape(1, 0, 1, 2)),
        ({"alpha": 1e6}, 0.01, StepShape(1, 0, 1, 1)),
        # never shared
        ({"negative_sharing": 0}, 0.01, StepShape(1, 0, 20, 64)),
        ({"kernel": "blas"}, 0.01, StepShape(1, 0, 20, 64)),
        ({"kernel": "blas"}, 1.0, StepShape(1, 0, 20, 4)),
    ],
    ids=str,
)
def test_steps_are_made_smaller_by_what_they_would_move(changes, noise, expected):
    assert step_shape(config_of(**changes), noise) == expected


@pytest.mark.parametrize("shrink_windows", [True, False])
@pytest.mark.parametrize("window", WINDOWS)
def test_the_limits_hold_for_all_parameters(window, shrink_windows):
    for alpha, negative, noise in product(ALPHAS, NEGATIVES, NOISES):
        config = config_of(alpha, negative, window=window, shrink_windows=shrink_windows)
        shape = step_shape(config, noise)
        assert all(type(number) is int for number in (shape.lanes, shape.pairs_at_once))
        assert 1 <= shape.rows_at_once <= MAX_ROWS
        if shape.rows_at_once > 1:
            assert alpha * shape.rows_at_once <= MOST_PER_TARGET * SLACK
            assert alpha * noise * shape.rows_at_once <= MOST_PER_FRESH_WORD * SLACK
        moved = alpha * negative * shape.pairs_at_once
        assert shape.pairs_at_once == 1 or moved <= MOST_PER_TARGET * SLACK
        if shape.draw == 0:
            assert alpha * negative > MOST_PER_TARGET
            assert shape.lanes == 1
            continue
        assert shape.draw == config.shared_negatives
        assert 1 <= shape.lanes <= config.negative_sharing
        assert 1 <= shape.pairs_at_once <= 2**31 - 1
        # All lanes together; a single one where that is cut into pieces.
        pairs = min(mean_pairs(config), shape.pairs_at_once)
        moved = alpha * negative * noise * pairs * shape.lanes
        if (shape.lanes, shape.pairs_at_once) != (1, 1):
            assert moved <= MOST_PER_NOISE_WORD * SLACK
            assert moved / noise / shape.draw <= MOST_PER_DRAWN_WORD * SLACK


@pytest.mark.parametrize("window", [5, "document"])
def test_no_limit_is_lower_than_it_must_be(window):
    for alpha, negative, noise in product(ALPHAS, NEGATIVES, NOISES):
        config = config_of(alpha, negative, window=window)
        shape = step_shape(config, noise)
        rows = shape.rows_at_once + 1
        assert (
            shape.rows_at_once == MAX_ROWS
            or alpha * rows > MOST_PER_TARGET / SLACK
            or alpha * noise * rows > MOST_PER_FRESH_WORD / SLACK
        )
        if shape.draw and shape.lanes < config.negative_sharing and shape.pairs_at_once < 2**31 - 1:
            pairs = min(mean_pairs(config), shape.pairs_at_once)
            if window == "document":
                pairs = (pairs + 1) * LESS_IN_DOCUMENTS
            moved = alpha * negative * pairs * (shape.lanes + 1)
            assert (
                moved * noise > MOST_PER_NOISE_WORD / SLACK
                or moved / shape.draw > MOST_PER_DRAWN_WORD / SLACK
            )


def test_a_higher_rate_or_more_noise_never_makes_a_step_larger():
    for window, negative in product([1, 5, 20], NEGATIVES):
        shapes = [
            [step_shape(config_of(alpha, negative, window=window), noise) for noise in NOISES]
            for alpha in ALPHAS
        ]
        size = np.array(
            [[[s.draw, s.pairs_at_once, s.rows_at_once] for s in row] for row in shapes]
        )
        assert (np.diff(size, axis=1) <= 0).all()
        assert (np.diff(size, axis=0) <= 0).all()


@pytest.mark.parametrize("sharing", [0, 16])
def test_the_smallest_learning_rate_has_a_shape(sharing):
    config = config_of(5e-324, negative_sharing=sharing)
    for noise in (1e-9, 0.1, 1.0):
        assert step_shape(config, noise).rows_at_once == MAX_ROWS
        assert step_shape(config, noise).lanes == max(sharing, 1)


# ---- documents ----------------------------------------------------------------------------------


def test_documents_take_their_words_in_groups_and_share_a_step_where_that_is_safe():
    dbow, even, joint, mean = (
        step_shape(TrainingConfig(**changes, shared_negatives=24), 0.01)
        for changes in (
            {"documents": "dbow"},
            {"documents": "joint", "document_weight": 1.0},
            {"documents": "joint", "document_weight": 3.0},
            {"documents": "mean"},
        )
    )
    # 1 / (0.025 * 5 noise words / 24 drawn * 8 contexts) lanes; 2.5 / (0.025 * 5 * 8) uses
    assert (dbow.lanes, dbow.draw, dbow.group, dbow.document_uses) == (24, 24, 8, 2)
    # (8 * 6 + 8) / 9 contexts a target
    assert (even.lanes, even.draw, even.group, even.document_uses) == (30, 24, 8, 2)
    # (4 * 6 + 3 * 4) / 5; 2.5 / (0.025 * 5 * 3 * 4) uses
    assert (joint.lanes, joint.draw, joint.group, joint.document_uses) == (26, 24, 4, 1)
    assert (mean.lanes, mean.draw, mean.group, mean.document_uses) == (32, 24, 0, 3)
    assert all(shape.pairs_at_once == 20 for shape in (dbow, even, joint, mean))


@pytest.mark.parametrize("mode", ["dbow", "joint", "sum", "mean", "concat"])
def test_the_limits_hold_for_documents_and_their_weights(mode):
    weights = [0.01, 1.0, 30.0, 1000.0] if mode == "joint" else [3.0]
    for alpha, negative, noise, weight in product(ALPHAS, NEGATIVES, NOISES, weights):
        config = config_of(alpha, negative, documents=mode, document_weight=weight)
        shape = step_shape(config, noise)
        weight_of_documents = weight if mode == "joint" else 1.0
        heaviest = max(weight_of_documents, 1.0)
        assert 1 <= shape.document_uses <= 255
        assert (shape.group > 0) == (mode in ("dbow", "joint"))
        words = min(mean_pairs(config), shape.pairs_at_once)
        moved = alpha * negative * (shape.group * weight_of_documents or words)
        assert moved <= MOST_PER_TARGET * SLACK or max(shape.group, 1) == 1
        if shape.document_uses > 1:
            assert moved * shape.document_uses <= MOST_PER_TARGET * SLACK
        if shape.pairs_at_once > 1:
            assert alpha * negative * shape.pairs_at_once <= MOST_PER_TARGET * SLACK
        if shape.rows_at_once > 1:
            assert alpha * heaviest * shape.rows_at_once <= MOST_PER_TARGET * SLACK
        # Noise words, over the targets that lanes have on average.
        documents = weight_of_documents * shape.group
        mean = {"dbow": documents, "joint": (shape.group * words + documents) / (shape.group + 1)}
        pairs = mean.get(mode, words)
        if shape.draw and shape.lanes > 1:
            assert alpha * negative * noise * pairs * shape.lanes <= MOST_PER_NOISE_WORD * SLACK
            drawn = alpha * negative / shape.draw * pairs * shape.lanes
            assert drawn <= MOST_PER_DRAWN_WORD * SLACK
