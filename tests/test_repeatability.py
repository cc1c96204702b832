"""The same seed gives the same bits; another seed, epoch, order or thread gives other ones."""

from __future__ import annotations

import numpy as np
import pytest

from corpora import corpus_of, model_of, small_corpus
from sanitizers import UNDER_TSAN
from sgns import Model, TrainingConfig, _kernels
from sgns.instruction_set import instruction_set
from sgns.training import Training
from sgns.weights import Weights

INSTRUCTION_SETS = _kernels.available_kernels()
# Of the loss of several threads. A sanitizer holds them up for so long that it differs by 3 %.
TOLERANCE = 0.05 if UNDER_TSAN else 0.02


def weights_after(corpus, epochs=1, workers=1, shuffle=True, **changes):
    model = model_of(corpus, **changes).train(epochs, workers, shuffle=shuffle)
    return model.weights.words.copy()


@pytest.mark.parametrize("kernel", ["fused", "blas"])
@pytest.mark.parametrize("negative_sharing", [0, 16])
def test_one_worker_gives_the_same_bits_for_the_same_seed(kernel, negative_sharing):
    corpus = corpus_of([3000, 9000, 40])
    changes = {"kernel": kernel, "negative_sharing": negative_sharing, "seed": 5}
    first, again = (weights_after(corpus, 2, **changes) for _ in range(2))
    assert (first == again).all()
    other = weights_after(corpus, 2, **(changes | {"seed": 6}))
    assert (first[:, :8] != other[:, :8]).mean() > 0.99


def test_seeds_past_32_bits_differ():
    corpus = small_corpus()
    found = [weights_after(corpus, seed=seed) for seed in (1, 2**32 + 1, 2**64 - 1)]
    assert (found[0] != found[1]).any()
    assert (found[0] != found[2]).any()


def test_a_seed_starts_other_weights_and_other_walks():
    corpus = small_corpus()
    config = {"vector_size": 8, "min_count": 1}
    started = Model(corpus, **config, seed=1).weights.words
    assert (started != Model(corpus, **config, seed=2).weights.words).any()
    walked = []
    for seed in (1, 2):
        weights = Weights.initial(len(corpus.vocabulary), 8, 1)
        config = TrainingConfig(vector_size=8, seed=seed)
        Training(
            corpus=corpus,
            config=config,
            weights=weights,
            history=[],
            epochs=1,
            epochs_before=0,
            workers=1,
        ).run()
        walked.append(weights.words)
    assert (walked[0] != walked[1]).any()


def test_training_again_goes_on_with_other_numbers():
    corpus = small_corpus()
    flat = {"alpha": 0.05, "min_alpha": 0.05}
    twice = model_of(corpus, **flat).train(1, 1).train(1, 1)
    at_once = model_of(corpus, **flat).train(2, 1)
    assert (twice.weights.words == at_once.weights.words).all()
    assert [record.epoch for record in twice.history] == [1, 2]
    assert twice.history[0].pairs != twice.history[1].pairs


def test_shuffling_changes_the_order_and_nothing_else():
    corpus = corpus_of([64] * 300)
    shuffled, kept = (model_of(corpus).train(1, 1, shuffle=shuffle) for shuffle in (True, False))
    assert (shuffled.weights.words != kept.weights.words).any()
    assert shuffled.history[0].pairs == kept.history[0].pairs
    assert shuffled.history[0].targets == kept.history[0].targets


@pytest.mark.parametrize("n_workers", [2, 5])
def test_workers_share_the_work_and_change_none_of_it(n_workers):
    corpus = corpus_of([5000] * 10)
    alone, together = (model_of(corpus).train(2, workers) for workers in (1, n_workers))
    for one, many in zip(alone.history, together.history, strict=True):
        for name in ("epoch", "pairs", "targets", "tokens", "loss_pairs", "alpha"):
            assert getattr(one, name) == getattr(many, name), name
        # Weights differ by the order of updates alone; the mean loss over 10^5 pairs hardly.
        assert many.loss_per_pair == pytest.approx(one.loss_per_pair, rel=TOLERANCE)


@pytest.mark.parametrize("name", INSTRUCTION_SETS)
def test_an_instruction_set_can_be_forced_and_trains_the_same(monkeypatch, name):
    corpus = small_corpus()
    best = model_of(corpus).train(1, 1)
    monkeypatch.setenv("SGNS_ISA", name)
    assert instruction_set() == name
    forced = model_of(corpus).train(1, 1)
    assert forced.history[0].pairs == best.history[0].pairs
    np.testing.assert_allclose(forced.weights.words, best.weights.words, atol=1e-5)


def test_the_best_instruction_set_is_the_default(monkeypatch):
    for value in (None, ""):
        if value is None:
            monkeypatch.delenv("SGNS_ISA", raising=False)
        else:
            monkeypatch.setenv("SGNS_ISA", value)
        assert instruction_set() == INSTRUCTION_SETS[-1]


def test_an_instruction_set_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("SGNS_ISA", "mmx")
    message = f"SGNS_ISA: expected one of {', '.join(INSTRUCTION_SETS)}, got 'mmx'"
    with pytest.raises(ValueError, match=message):
        model_of(small_corpus()).train(1, 1)
