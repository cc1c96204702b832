"""Copies of frequent rows in each thread: which there are, and that they change no result."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from corpora import corpus_of
from jobs import (
    DOCUMENT_MODES,
    INSTRUCTION_SETS,
    document_settings,
    document_weights,
    plan_of,
    random_weights,
    rates,
    settings,
    train_all,
)
from sgns import Corpus, Model, _core
from sgns.config import TrainingConfig
from sgns.own_rows import (
    CONTEXTS_PER_WORD,
    LEAST_PAIRS_PER_EXCHANGE,
    MOST_BYTES,
    PAIRS_PER_EXCHANGE,
    give_own_rows,
)
from sgns.weights import Weights


def factors(n):
    return np.full(n, 0.5, np.float32)


def train_with_copies(arguments, weights, n_words, n_contexts, every):
    """Train all jobs by two workers in turn, who are never at work at the same time."""
    plan = plan_of(arguments, weights)
    plan.give_own_rows(factors(n_words), factors(n_contexts), every)
    plan.start_epoch(11, 22, 33)
    workers = [_core.Worker(plan), _core.Worker(plan)]
    return [workers[job % 2].train_job(job, *rates(arguments)) for job in range(plan.n_jobs)]


def assert_same_bits(arguments, weights_of, n_words, n_contexts, every):
    plain, copied = weights_of(), weights_of()
    expected = train_all(arguments, plain)
    assert train_with_copies(arguments, copied, n_words, n_contexts, every) == expected
    for name, matrix in plain.matrices().items():
        assert (copied.matrices()[name] == matrix).all()
        assert (matrix != weights_of().matrices()[name]).any()


@pytest.mark.parametrize(("n_words", "n_contexts"), [(0, 1), (3, 10), (40, 40)])
@pytest.mark.parametrize("every", [1, 7, 10**9])
@pytest.mark.parametrize("sharing", [0, 16])
def test_one_thread_at_a_time_gives_the_bits_of_shared_rows(sharing, every, n_words, n_contexts):
    arguments = settings(sharing=sharing, kernel=INSTRUCTION_SETS[-1])
    assert_same_bits(arguments, lambda: random_weights(16), n_words, n_contexts, every)


@pytest.mark.parametrize("mode", DOCUMENT_MODES)
def test_so_it_does_with_documents(mode):
    arguments = document_settings(mode, sharing=16, tagged=True)
    n_words = 5 if mode != "dbow" else 0
    plain = document_weights(arguments)
    copied = document_weights(arguments)
    expected = train_all(arguments, plain)
    assert train_with_copies(arguments, copied, n_words, 12, 5) == expected
    for name, matrix in plain.matrices().items():
        assert (copied.matrices()[name] == matrix).all()


def test_a_job_that_is_stopped_gives_back_what_it_trained():
    arguments, weights = settings(sharing=16), random_weights(16)
    plan = plan_of(arguments, weights)
    plan.give_own_rows(factors(40), factors(40), 10**9)
    plan.start_epoch(1, 2, 3)
    plan.stop()
    assert _core.Worker(plan).train_job(0, 0.1, 0.1)["pairs"] == 0
    for name, matrix in weights.matrices().items():
        assert (matrix == random_weights(16).matrices()[name]).all()


@pytest.mark.parametrize(
    ("words", "contexts", "every"), [(41, 10, 1), (0, 41, 1), (0, 0, 1), (0, 1, 0)]
)
def test_the_plan_refuses_copies_of_rows_there_are_none_of(words, contexts, every):
    plan = plan_of(settings(), random_weights(16))
    with pytest.raises(ValueError, match="expected"):
        plan.give_own_rows(factors(words), factors(contexts), every)


# ---- which rows ---------------------------------------------------------------------------------


def given(threads, *, n_words=2_000, size=100, n_jobs=1, lengths=(100_000,), **changes):
    """What `give_own_rows` asks the plan for: factors of words and of contexts, pairs."""
    asked = []
    plan = SimpleNamespace(n_jobs=n_jobs, give_own_rows=lambda *what: asked.append(what))
    config = TrainingConfig(vector_size=size, **changes)
    weights = Weights.initial(n_words, size, 1)
    give_own_rows(plan, corpus_of(lengths, n_words), config, weights, threads)
    return asked[0] if asked else None


def test_one_thread_and_frozen_words_need_no_copies():
    assert given(1) is None
    assert given(8, documents="dbow", freeze="words") is None


def test_copies_stay_in_the_cache_and_words_have_fewer_of_them():
    for size in (10, 100, 300, 5_000):
        words, contexts, _ = given(2, size=size)
        row = Weights.initial(1, size, 1).contexts.nbytes
        assert 1 <= len(contexts) <= 2_000
        assert len(contexts) * row <= max(MOST_BYTES, row)
        assert len(contexts) in (1, 2_000) or (len(contexts) + 1) * row > MOST_BYTES
        assert len(words) == len(contexts) // CONTEXTS_PER_WORD


def test_short_jobs_copy_no_more_rows_than_they_have_tokens():
    assert len(given(2, n_jobs=1_000)[1]) == 100
    assert len(given(2, n_jobs=10**6)[1]) == 1


def test_documents_that_are_the_only_targets_need_no_rows_of_words():
    assert len(given(2, documents="dbow")[0]) == 0


def test_more_threads_exchange_more_often_and_add_less():
    every = [given(threads)[2] for threads in (2, 3, 8, 64, 1_000)]
    assert every == [PAIRS_PER_EXCHANGE // 2, 64, 24, *[LEAST_PAIRS_PER_EXCHANGE] * 2]
    for threads in (2, 8, 1_000):
        for of_rows in given(threads)[:2]:
            assert (of_rows >= np.float32(1 / threads)).all()
            assert (of_rows <= 1).all()
            assert (np.diff(of_rows[1:]) >= 0).all()  # frequent words add less
    assert (given(8)[1] < given(2)[1]).all()


def test_several_threads_train_copies_and_one_does_not(monkeypatch):
    asked = []
    monkeypatch.setattr("sgns.training.give_own_rows", lambda *what: asked.append(what[-1]))
    model = Model(corpus_of([5_000]), vector_size=8, min_count=1)
    model.train(1, 3)
    model.train(1, 1)
    model.train(1, 3, deterministic=True)
    assert asked == [3, 1]


@pytest.mark.parametrize("n_words", [3, 50, 400])
def test_small_vocabularies_are_learnt_by_many_threads_too(n_words):
    # Every word is followed by its successor, again and again.
    tokens = np.arange(200_000) % n_words
    words = [str(i) for i in range(n_words)]
    corpus = Corpus.from_arrays(tokens, [0, len(tokens)], words)
    model = Model(corpus, vector_size=16, window=1, sample=0.0, min_count=1, seed=3)
    model.train(6, 4)
    assert np.isfinite(model.wv.vectors).all()
