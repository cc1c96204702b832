"""A call of train(): records, progress, the arguments that it refuses, what it warns of."""

from __future__ import annotations

import os
import time
from dataclasses import asdict

import numpy as np
import pytest

from corpora import corpus_of, model_of, small_corpus
from sgns import Model
from sgns.cores import count_workers

# ---- records ------------------------------------------------------------------------------------


def test_a_record_has_what_an_epoch_did():
    corpus = corpus_of([500] * 20)
    began = time.perf_counter()
    model = model_of(corpus, alpha=0.05, min_alpha=0.01).train(2, 1)
    elapsed = time.perf_counter() - began
    for number, record in enumerate(model.history, start=1):
        assert record.epoch == number
        assert record.tokens == corpus.n_tokens
        assert 0 < record.targets <= record.tokens
        assert record.targets < record.pairs <= 10 * record.targets
        assert 0 < record.seconds <= elapsed
        assert record.words_per_second == pytest.approx(record.tokens / record.seconds)
        assert type(record.loss_per_pair) is float
        assert all(type(value) in (int, float) for value in asdict(record).values())
    assert [record.alpha for record in model.history] == pytest.approx([0.03, 0.01])


@pytest.mark.filterwarnings("ignore:the .* documents have one word each")
def test_an_epoch_without_pairs_has_no_loss():
    corpus = corpus_of([1] * 500)
    model = model_of(corpus)
    before = model.weights.words.copy()
    record = model.train(1, 2).history[0]
    assert (record.pairs, record.targets, record.tokens) == (0, 0, 500)
    assert np.isnan(record.loss_per_pair)
    assert np.isnan(record.loss_per_target)
    assert (model.weights.words == before).all()


# ---- progress -----------------------------------------------------------------------------------


def test_progress_tells_of_every_epoch_up_to_its_end():
    corpus = small_corpus()
    told = []
    model_of(corpus).train(3, 2, progress=told.append)
    assert {progress.epoch for progress in told} == {1, 2, 3}
    assert all(progress.epochs == 3 for progress in told)
    assert all(progress.total_tokens == 3 * corpus.n_tokens for progress in told)
    tokens = [progress.tokens for progress in told]
    assert tokens == sorted(tokens)
    last = told[-1]
    assert last.tokens == last.total_tokens
    assert last.alpha == pytest.approx(0.0001)
    assert last.words_per_second == pytest.approx(last.tokens / last.seconds)
    assert last.loss_per_pair > 0


def test_progress_is_silent_or_shown_as_asked(capsys):
    corpus = small_corpus()
    model_of(corpus).train(1, 1, progress=False)
    model_of(corpus).train(1, 1)  # no terminal
    assert capsys.readouterr() == ("", "")
    model_of(corpus).train(2, 1, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "epoch 2/2" in err
    assert "loss" in err


# ---- arguments ----------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, -1])
def test_workers_below_one_are_refused(workers):
    with pytest.raises(ValueError, match=f"workers: expected .* 1 or more or None, got {workers}"):
        model_of(small_corpus()).train(1, workers)


@pytest.mark.parametrize("workers", [True, 1.0, "2"])
def test_workers_of_another_type_are_refused(workers):
    with pytest.raises(TypeError, match=f"workers: expected an integer .* got {workers!r}"):
        model_of(small_corpus()).train(1, workers)


def test_workers_default_to_the_cores_this_process_may_use(monkeypatch):
    if hasattr(os, "sched_getaffinity"):
        assert count_workers(None) == len(os.sched_getaffinity(0))
        monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert count_workers(None) == 1
    assert count_workers(np.int32(3)) == 3


def test_numbers_of_epochs_below_one_are_refused():
    for epochs in (0, -3):
        with pytest.raises(ValueError, match=f"epochs: .* of 1 or more, got {epochs}"):
            model_of(small_corpus()).train(epochs)
    for epochs in (True, 1.5, "5", None):
        with pytest.raises(TypeError, match="epochs: expected an integer of 1 or more, got"):
            model_of(small_corpus()).train(epochs)


def test_numbers_of_epochs_may_be_those_of_numpy():
    assert len(model_of(small_corpus()).train(np.int64(2), np.int64(1)).history) == 2


def test_documents_of_one_word_each_are_told():
    model = Model(["the", "cat", "sat"] * 20, vector_size=4, sample=0)
    told = r"the 60 documents have one word each .* pass \[words\]"
    with pytest.warns(UserWarning, match=told) as caught:
        model.train(1, 1)
    assert caught[0].filename == __file__
    Model(["the", "cat", "sat"] * 20, vector_size=4, sample=0, documents="dbow").train(1, 1)
    Model([["the", "cat", "sat"] * 20], vector_size=4, sample=0).train(1, 1)


def test_heavy_subsampling_of_a_small_corpus_is_told():
    corpus = corpus_of([400], n_words=2)
    with pytest.warns(UserWarning, match=r"sample=0\.001 keeps only \d\.\d% .*pass sample=0"):
        model_of(corpus, sample=1e-3).train(1, 1)
