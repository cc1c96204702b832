"""A held-out loss, patience, and callbacks."""

from __future__ import annotations

import math

import numpy as np
import pytest

from corpora import corpus_of, model_of, small_corpus
from sgns import Corpus, Model
from sgns.callbacks import is_out_of_patience
from sgns.held_out import HeldOut


@pytest.fixture(scope="module")
def corpus():
    return corpus_of([400] * 100)


# ---- the held-out loss --------------------------------------------------------------------------


def test_the_loss_of_held_out_text_changes_nothing_and_is_recorded(corpus):
    model = model_of(corpus).train(3, 1, validation=0.1)
    losses = [record.validation_loss for record in model.history]
    assert all(math.isfinite(loss) for loss in losses)
    assert len(set(losses)) == 3
    held_out = HeldOut(corpus, 0.1, model.vocabulary)
    before = {name: matrix.copy() for name, matrix in model.weights.matrices().items()}
    for workers in (1, 3):
        assert held_out.loss(model.config, model.weights, workers=workers, epoch=3) == losses[2]
    for name, matrix in model.weights.matrices().items():
        assert matrix.tobytes() == before[name].tobytes()
    assert math.isnan(model_of(corpus).train(1, 1).history[0].validation_loss)


@pytest.mark.parametrize("kernel", ["fused", "blas"])
def test_the_held_out_loss_of_knowing_nothing_is_log_2_for_every_word(corpus, kernel):
    model = model_of(corpus, kernel=kernel, sample=0.0)  # contexts are zero
    noise = corpus.vocabulary.noise_distribution(30, 0.75)
    same = float(noise @ (corpus.vocabulary.counts / corpus.vocabulary.total))
    loss = HeldOut(corpus, 0.5, model.vocabulary).loss(
        model.config, model.weights, workers=2, epoch=1
    )
    assert loss == pytest.approx(math.log(2) * (1 + 5 * (1 - same)), rel=0.01)


def test_held_out_documents_are_the_last_ones_and_are_not_trained(corpus):
    held_out = HeldOut(corpus, 0.25, corpus.vocabulary)
    assert held_out.trained.n_documents == 75
    assert (held_out.trained.tokens == corpus.tokens[:30_000]).all()
    assert held_out._text.n_documents == 25
    assert (held_out._text.tokens == corpus.tokens[30_000:]).all()
    assert (held_out._text.offsets == np.arange(26) * 400).all()
    model = model_of(corpus).train(1, 1, validation=0.25)
    assert model.history[0].tokens == 30_000
    assert model.corpus is corpus


@pytest.mark.parametrize(
    ("lengths", "fraction", "trained"),
    [
        ([1000], 0.1, [900]),  # one long document is cut
        ([100, 0, 0, 900], 0.9, [100]),
        ([500, 10, 490], 0.492, [500, 10]),  # the nearest border
        ([2, 998], 0.999, [2]),
        ([5, 5], 0.001, [5, 4]),
    ],
)
def test_the_cut_is_at_the_border_of_documents_where_one_is_near(lengths, fraction, trained):
    corpus = corpus_of(lengths)
    held_out = HeldOut(corpus, fraction, corpus.vocabulary)
    found = np.diff(held_out.trained.offsets)
    assert found[found > 0].tolist() == trained
    both = np.concatenate([held_out.trained.tokens, held_out._text.tokens])
    assert (both == corpus.tokens).all()
    assert held_out._text.offsets[0] == 0
    assert held_out._text.offsets[-1] == held_out._text.n_tokens


def test_another_corpus_is_read_in_the_words_of_the_model(corpus):
    words = corpus.vocabulary.words
    documents = [["unknown", words[5], words[2], words[0]], ["unknown"], [words[1], words[2]]]
    with Corpus.build(documents * 30) as other:
        held_out = HeldOut(corpus, other, corpus.vocabulary)
        assert held_out.trained is corpus
        assert held_out._text.tokens.tolist() == [5, 2, 0, 1, 2] * 30
        assert held_out._text.offsets[:4].tolist() == [0, 3, 3, 5]
        model = model_of(corpus).train(2, 1, validation=other)
        assert all(math.isfinite(record.validation_loss) for record in model.history)
        assert model.history[0].tokens == corpus.n_tokens


def test_the_held_out_loss_tells_learning_from_learning_by_heart(planted):
    """Classes that were planted are in the held-out text too; words drawn by chance are not."""
    with Corpus.build(planted.documents * 4) as corpus:
        model = model_of(corpus, sample=0.0, alpha=0.05).train(3, 1, validation=0.2)
        losses = [record.validation_loss for record in model.history]
        assert losses[2] < losses[0] < math.log(2) * 6


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"validation": 0}, ValueError, "validation: expected a Corpus, a number between 0 and 1"),
        ({"validation": 1.0}, ValueError, "validation: expected .*, got 1.0"),
        ({"validation": math.nan}, ValueError, "validation: expected .*, got nan"),
        ({"validation": "0.1"}, TypeError, "validation: expected .*, got str"),
        ({"validation": True}, TypeError, "validation: expected .*, got bool"),
        ({"patience": 2}, ValueError, "patience: expected a fraction or a Corpus as validation="),
        ({"patience": 0, "validation": 0.1}, ValueError, "patience: expected an integer of 1 or"),
        ({"patience": 1.5, "validation": 0.1}, TypeError, "patience: expected an integer of 1 or"),
        ({"callbacks": 3}, TypeError, r"callbacks\[0\]: expected a function .*, got int"),
        ({"callbacks": [print, 3]}, TypeError, r"callbacks\[1\]: expected a function .*, got int"),
    ],
)
def test_wrong_arguments_are_named(options, error, message):
    with pytest.raises(error, match=message):
        model_of(small_corpus()).train(1, 1, **options)


def test_text_without_pairs_has_no_held_out_loss(corpus):
    for word, message in (
        (corpus.vocabulary.words[0], "expected text in which known words stand beside each other"),
        ("strange", "expected a Corpus with words of the model, got none"),
    ):
        other = Corpus.from_arrays([0], [0, 1], [word])
        with pytest.raises(ValueError, match=f"validation: {message}"):
            model_of(corpus).train(1, 1, validation=other)


def test_documents_cannot_be_held_out(corpus):
    with pytest.raises(ValueError, match="validation: expected None with documents='joint'"):
        model_of(corpus, documents="joint").train(1, 1, validation=0.1)


# ---- patience -----------------------------------------------------------------------------------


def test_patience_ends_when_the_loss_has_not_fallen():
    falling, rising = [3.0, 2.0, 1.0], [3.0, 2.0, 2.5, 2.4]
    assert not is_out_of_patience(falling, 1)
    assert is_out_of_patience(rising[:3], 1)
    assert not is_out_of_patience(rising[:3], 2)
    assert is_out_of_patience(rising, 2)
    assert not is_out_of_patience(rising, None)
    assert not is_out_of_patience([], 1)
    assert is_out_of_patience([2.0, 2.0], 1)


def test_training_ends_early_and_a_resumed_run_too(tmp_path):
    """What is learnt by heart from random words is no help elsewhere: the loss rises."""
    corpus = corpus_of([100] * 20)
    options = {"validation": 0.3, "patience": 2, "checkpoint": tmp_path / "c", "resume": True}
    changes = {"sample": 0.0, "alpha": 0.2, "min_alpha": 0.2}
    model = model_of(corpus, **changes).train(200, 1, **options)
    n = len(model.history)
    assert 3 <= n < 200
    losses = [record.validation_loss for record in model.history]
    assert min(losses) == losses[-3]
    again = model_of(corpus, **changes).train(200, 1, **options)
    assert again.history == model.history
    assert (again.weights.words == model.weights.words).all()
    with pytest.raises(ValueError, match=r"patience: expected 2, .* got 3"):
        model_of(corpus, **changes).train(200, 1, **options | {"patience": 3})
    with pytest.raises(ValueError, match=r"validation: expected 0\.3, .* got 0\.2"):
        model_of(corpus, **changes).train(200, 1, **options | {"validation": 0.2})


# ---- callbacks ----------------------------------------------------------------------------------


class Watcher:
    """A callback that is an object."""

    def __init__(self):
        self.seen = []

    def on_epoch_end(self, model, record):
        self.seen.append((record.epoch, len(model.history), model.wv.vectors.copy()))


def test_callbacks_see_the_model_after_each_epoch(corpus):
    watcher, losses = Watcher(), []

    def note(model, record):
        losses.append(record.loss_per_pair)

    model = model_of(corpus).train(3, 2, callbacks=[watcher, note])
    assert [(epoch, n) for epoch, n, _ in watcher.seen] == [(1, 1), (2, 2), (3, 3)]
    assert losses == [record.loss_per_pair for record in model.history]
    assert (watcher.seen[2][2] == model.wv.vectors).all()
    assert (watcher.seen[1][2] != model.wv.vectors).any()
    model.train(1, 1, callbacks=watcher)
    assert watcher.seen[3][:2] == (4, 4)


@pytest.mark.parametrize("deterministic", [False, True])
def test_a_callback_may_stop_training(tmp_path, corpus, deterministic):
    def stop(model, record):
        return "stop" if record.epoch == 2 else None

    options = {"checkpoint": tmp_path / "c", "resume": True, "deterministic": deterministic}
    model = model_of(corpus).train(9, 1, callbacks=[stop, Watcher()], **options)
    assert [record.epoch for record in model.history] == [1, 2]
    again = model_of(corpus).train(9, 1, **options)  # that run has ended
    assert (again.weights.words == model.weights.words).all()
    assert len(again.history) == 2


def test_an_error_in_a_callback_reaches_the_caller_with_a_note(tmp_path, corpus):
    def fail(model, record):
        if record.epoch == 2:
            raise RuntimeError("no network")

    model = model_of(corpus)
    options = {"checkpoint": tmp_path / "c", "checkpoint_every": "epoch"}
    with pytest.raises(RuntimeError, match="no network") as caught:
        model.train(3, 2, callbacks=fail, **options)
    assert "fail after epoch 2; the model keeps what it has learnt" in caught.value.__notes__[0]
    assert len(model.history) == 2
    assert len(model.wv.most_similar("w1", topn=3)) == 3
    kept = Model.load(tmp_path / "c" / "checkpoint-00000001")
    assert len(kept.history) == 1
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["checkpoint-00000001"]
    assert len(model.train(1, 1).history) == 3


def test_held_out_text_without_pairs_is_refused_before_training():
    corpus = corpus_of([10, 1])
    model = model_of(corpus, sample=0)
    before = model.weights.words.copy()
    with pytest.raises(ValueError, match="got 1 known words that make no pair"):
        model.train(1, 1, validation=1 / 11)
    assert (model.weights.words == before).all()
    assert model.history == ()
