"""Training does not overshoot where steps on the same rows add up."""

from __future__ import annotations

import numpy as np
import pytest

from corpora import corpus_of, model_of


def assert_learns(n_words, documents, parameters):
    """Words are drawn independently, so there is nothing to learn but how frequent they are.

    At first every score is zero: that may cost a pair no more than knowing nothing, and less once
    the frequencies are known.
    """
    n, length = documents
    corpus = corpus_of([length] * n, n_words=n_words)
    model = model_of(corpus, sample=0, **parameters).train(2, 1)
    assert np.isfinite(model.wv.vectors).all()
    knowing_nothing = (1 + parameters["negative"]) * np.log(2)
    assert all(record.loss_per_pair < knowing_nothing for record in model.history)


@pytest.mark.parametrize(
    ("n_words", "documents", "changes"),
    [
        (500, (30, 100), {"window": "document"}),
        (500, (3, 500), {"window": "document"}),
        (500, (1, 2000), {"window": 100, "shrink_windows": False}),
        (500, (20, 100), {"negative": 100}),
        (30, (1, 20_000), {"window": 20}),
        (100, (1, 20_000), {"alpha": 0.1}),
        (10, (1, 20_000), {"negative": 20}),
        (3, (1, 20_000), {}),
        (2, (1, 20_000), {}),
        (2, (1, 10_000), {"window": 50}),
        (5, (2000, 5), {"window": "document", "negative": 20}),
        (50, (1, 20_000), {"ns_exponent": 3.0}),
        (50, (1, 20_000), {"ns_exponent": -3.0}),
    ],
    ids=str,
)
@pytest.mark.parametrize("sharing", [0, 1, 32])
def test_training_does_not_diverge(n_words, documents, changes, sharing):
    # Many pairs, many noise words or few words to share them: steps on a row add up.
    assert_learns(n_words, documents, {"negative": 5, "negative_sharing": sharing} | changes)


@pytest.mark.parametrize(
    ("n_words", "documents", "changes"),
    [
        (1000, (1, 20_000), {"shared_negatives": 1}),
        (1000, (1, 20_000), {"shared_negatives": 2, "alpha": 0.1}),
        (50, (1, 20_000), {"shared_negatives": 1, "window": 40}),
        (500, (3, 500), {"shared_negatives": 3, "window": "document"}),
    ],
    ids=str,
)
def test_few_noise_words_that_stand_for_many_do_not_make_it_diverge(n_words, documents, changes):
    assert_learns(n_words, documents, {"negative": 5} | changes)


@pytest.mark.parametrize(
    ("documents", "changes"),
    [
        ((4, 400), {"window": "document", "alpha": 0.05, "negative_sharing": 0}),
        ((4, 400), {"window": "document", "alpha": 0.05, "negative": 60}),
        ((4, 400), {"window": "document", "negative": 20, "negative_sharing": 0}),
        ((1, 8000), {"window": 20, "alpha": 0.1, "negative": 60}),
    ],
    ids=str,
)
def test_fresh_noise_for_many_pairs_does_not_make_it_diverge(documents, changes):
    assert_learns(400, documents, {"negative": 5} | changes)
