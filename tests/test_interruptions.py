"""Training that does not come to its end: Ctrl-C, failing threads, damaged corpora."""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from corpora import corpus_of, model_of, small_corpus
from sgns import Corpus, FormatError, _core
from sgns.errors import DivergedError

# ---- progress, interrupts, failures -------------------------------------------------------------


def worker_threads():
    return [thread.name for thread in threading.enumerate() if "sgns" in thread.name]


def endless_corpus():
    """A document whose every two words are pairs: jobs of seconds."""
    return corpus_of([20_000])


def assert_usable(model):
    assert worker_threads() == []
    assert np.isfinite(model.wv.vectors).all()
    assert len(model.wv.most_similar("w1", topn=3)) == 3
    n = len(model.history)
    # the same words in the same order, in a corpus that takes no time
    words = model.vocabulary.words
    tokens = np.repeat(np.arange(len(words)), np.arange(len(words), 0, -1))
    model.train(1, 1, corpus=Corpus.from_arrays(tokens, [0, len(tokens)], words))
    assert len(model.history) == n + 1


@pytest.mark.parametrize("sharing", [0, 16])
def test_ctrl_c_stops_within_a_second_and_leaves_a_usable_model(sharing):
    model = model_of(endless_corpus(), window="document", sample=0.0, negative_sharing=sharing)
    before = model.weights.words.copy()
    began = []

    def interrupt(progress):
        began.append(time.process_time())
        _thread.interrupt_main()

    with pytest.raises(KeyboardInterrupt):
        model.train(1000, 2, progress=interrupt)
    # Of the time that this process had; how much of a second others leave to it is not judged.
    assert time.process_time() - began[0] < 1
    assert model.history == ()
    assert (model.weights.words != before).any()
    assert_usable(model)


def test_epochs_that_ended_before_ctrl_c_stay_in_the_history():
    model = model_of(small_corpus())

    def interrupt(progress):
        if progress.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.train(1000, 2, progress=interrupt)
    assert [record.epoch for record in model.history] == [1, 2]
    assert_usable(model)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_signal_from_outside_ends_a_training_process_like_ctrl_c():
    code = """
import numpy as np, signal, time
from sgns import Corpus, Model
tokens = np.random.default_rng(1).integers(50, size=20_000)
corpus = Corpus.from_arrays(tokens, [0, 20_000], [str(i) for i in range(50)])
model = Model(corpus, window="document", sample=0.0, min_count=1, negative_sharing=0)
told, heard = [], []
def hear(*_):
    heard.append(time.process_time())
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, hear)
def tell(progress):
    told.append(progress)
    if len(told) == 1:
        print("training", flush=True)
try:
    model.train(10**6, 2, progress=tell)
except KeyboardInterrupt:
    waited = time.process_time() - heard[0]
    print("interrupted", waited < 1, bool(np.isfinite(model.wv.vectors).all()), flush=True)
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        try:
            assert process.stdout.readline() == "training\n"
            os.kill(process.pid, signal.SIGINT)
            printed = process.communicate()  # ends by itself, or never: no limit but the test's
        finally:
            process.kill()
    assert (*printed, process.returncode) == ("interrupted True True\n", "", 0)


def test_an_error_of_the_progress_callable_reaches_the_caller():
    model = model_of(small_corpus())

    def fail(progress):
        raise RuntimeError("no display")

    with pytest.raises(RuntimeError, match="no display"):
        model.train(1, 2, progress=fail)
    assert_usable(model)


@pytest.mark.parametrize("error", [RuntimeError("broken worker"), MemoryError(), SystemExit(3)])
def test_an_error_in_a_worker_reaches_the_caller(monkeypatch, error):
    worker = _core.Worker

    class Failing:
        def __init__(self, plan):
            self.worker = worker(plan)

        def train_job(self, job, *arguments):
            if job == 3:
                raise error
            return self.worker.train_job(job, *arguments)

    corpus = corpus_of([40_000])
    model = model_of(corpus)
    with monkeypatch.context() as patch:
        patch.setattr(_core, "Worker", Failing)
        with pytest.raises(type(error)) as caught:
            model.train(2, 2)
    assert caught.value is error
    assert model.history == ()
    assert_usable(model)


def test_a_worker_that_cannot_be_made_is_an_error(monkeypatch):
    def refuse(plan):
        raise MemoryError("no room for buffers")

    model = model_of(small_corpus())
    with monkeypatch.context() as patch:
        patch.setattr(_core, "Worker", refuse)
        with pytest.raises(MemoryError, match="no room for buffers"):
            model.train(1, 2)
    assert_usable(model)


def test_a_thread_that_cannot_be_started_leaves_none_behind(monkeypatch):
    start = threading.Thread.start
    started = []

    def fail_at_the_second(thread):
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    model = model_of(corpus_of([40_000]))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail_at_the_second)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            model.train(1, 2)
    assert not started[0].is_alive()
    assert_usable(model)


def test_a_model_that_is_being_trained_is_not_trained_at_once_by_another_call():
    """Neither would know how far it has come."""
    model = model_of(small_corpus())

    def again(model, record):
        model.train(1, 1)

    with pytest.raises(RuntimeError, match="train: this model is being trained"):
        model.train(3, 1, callbacks=again)
    assert [record.epoch for record in model.history] == [1]
    assert_usable(model)


def test_training_leaves_no_threads_behind():
    model_of(small_corpus()).train(2, 5)
    assert worker_threads() == []


# ---- divergence ---------------------------------------------------------------------------------


@pytest.mark.parametrize("n_workers", [1, 2])
@pytest.mark.parametrize("changes", [{}, {"negative_sharing": 0}, {"kernel": "blas"}], ids=str)
def test_training_that_diverges_is_an_error_that_says_when(changes, n_workers):
    corpus = small_corpus()
    model = model_of(corpus, alpha=1e5, sample=0.0, **changes)
    with pytest.raises(
        DivergedError, match=r"epoch 1\b.*learning rate|learning rate.*epoch 1\b"
    ) as e:
        model.train(3, n_workers)
    assert isinstance(e.value, ArithmeticError)
    assert "100000" in str(e.value).replace(",", "") or "1e+05" in str(e.value)
    assert worker_threads() == []
    assert all(np.isfinite(record.loss_per_pair) for record in model.history)


def test_an_epoch_that_diverges_after_good_ones_is_named():
    model = model_of(small_corpus(), sample=0.0).train(2, 1)
    model.weights.words[5, 0] = np.nan  # as a learning rate just too high leaves it
    with pytest.raises(DivergedError, match=r"epoch 3\b"):
        model.train(1, 1)
    assert [record.epoch for record in model.history] == [1, 2]


def test_ctrl_c_does_not_hide_that_training_diverged():
    model = model_of(small_corpus()).train(1, 1)

    def interrupt(progress):
        model.weights.words[5, 0] = np.nan
        raise KeyboardInterrupt

    with pytest.raises(DivergedError, match=r"epoch 2 at a learning rate of 0\.0"):
        model.train(3, 1, progress=interrupt)


@pytest.mark.filterwarnings("ignore:the 500 documents have one word")
def test_words_without_pairs_do_not_diverge():
    model = model_of(corpus_of([1] * 500)).train(2, 1)
    assert len(model.history) == 2


# ---- damage -------------------------------------------------------------------------------------


def damaged(tmp_path, array, place, value):
    """A corpus folder in whose array one number is wrong."""
    path = tmp_path / "corpus"
    corpus = small_corpus()
    corpus.save(path)
    numbers = np.load(path / f"{array}.npy", mmap_mode="r+")
    numbers[place] = value
    numbers.flush()
    del numbers
    return path


@pytest.mark.parametrize("value", [30, 31, 2**32 - 1])
@pytest.mark.parametrize("n_workers", [1, 2])
def test_token_ids_past_the_vocabulary_are_an_error(tmp_path, value, n_workers):
    corpus = Corpus.open(damaged(tmp_path, "tokens", 1000, value))
    message = r"corpus'.*: 1 of [0-9,]+ tokens have an id past its vocabulary of 30 words, or"
    model = model_of(corpus)
    with pytest.raises(FormatError, match=message):
        model.train(2, n_workers)
    assert model.history == ()
    assert_usable(model)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (2, 10**15, "document 2 ends before it starts in offsets.npy; rebuild it"),
        (2, -5, "document 1 ends before it starts in offsets.npy; rebuild it"),
        (3, 0, "document 2 ends before it starts"),
    ],
)
def test_offsets_that_do_not_rise_are_an_error(tmp_path, place, value, message):
    corpus = Corpus.open(damaged(tmp_path, "offsets", place, value))
    with pytest.raises(FormatError, match=message):
        model_of(corpus).train(1, 1)


def test_offsets_are_checked_across_the_pieces_they_are_read_in(tmp_path, monkeypatch):
    import sgns.plan

    monkeypatch.setattr(sgns.plan, "_OFFSETS_AT_ONCE", 2)
    for place in range(2, 7):
        corpus = Corpus.open(damaged(tmp_path / str(place), "offsets", place, -1))
        with pytest.raises(FormatError, match=f"document {place - 1} ends before it starts"):
            model_of(corpus).train(1, 1)
    model_of(small_corpus()).train(1, 1)


def test_a_closed_corpus_is_an_error():
    corpus = small_corpus()
    model = model_of(corpus)
    corpus.close()
    with pytest.raises(ValueError, match="this corpus is closed"):
        model.train(1, 1)
