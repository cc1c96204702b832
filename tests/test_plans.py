"""Plans and workers: what they refuse, when they stop, what they keep alive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jobs import (
    DOCUMENT_MODES,
    N_WORDS,
    document_settings,
    document_weights,
    plan_of,
    random_weights,
    rates,
    settings,
    train_all,
)
from oracle_step import NoiseWords
from sgns import _core


def test_ids_past_the_vocabulary_are_counted_and_never_trained():
    arguments = settings() | {"n_vocabulary": N_WORDS}
    arguments["tokens"][::7] = 2**32 - 1
    weights = random_weights(16)
    damaged = sum(tally["damaged"] for tally in train_all(arguments, weights))
    assert damaged == (arguments["tokens"] >= N_WORDS).sum()
    assert np.isfinite(weights.words).all()


WILD = (0, -1, 50, 10**12, -(2**63), 2**63 - 1)


def damage_of(arguments, array, change, pieces=None):
    """Tokens in no document once an array changes behind the plan, as files that are cut may."""
    weights, numbers = document_weights(arguments), arguments[array].copy()
    plan = plan_of(arguments | {array: numbers}, weights, pieces)
    plan.start_epoch(11, 22, 33)
    change(numbers)
    worker = _core.Worker(plan)
    tallies = [worker.train_job(job, 0.01, 0.002) for job in range(plan.n_jobs)]
    assert sum(tally["tokens"] for tally in tallies) == len(arguments["tokens"])
    assert np.isfinite(weights.words).all()
    return sum(tally["damaged"] for tally in tallies)


@pytest.mark.parametrize("place", [1, 8, 15])
@pytest.mark.parametrize("wild", WILD)
@pytest.mark.parametrize("in_pieces", [False, True])
def test_offsets_that_change_behind_the_plan_lead_nowhere(place, wild, in_pieces):
    arguments = document_settings("joint", sharing=4)
    tokens, offsets = arguments["tokens"], arguments["offsets"]
    pieces = tuple(np.split(tokens, offsets[[7, 14]])) if in_pieces else None

    def change(numbers):
        numbers[place:] = wild

    damaged = damage_of(arguments, "offsets", change, pieces)
    reached = max(min(wild, offsets[-1]), 0)  # the places below it are still in a document
    assert len(tokens) - max(reached, offsets[place - 1]) <= damaged <= len(tokens)
    assert damaged or reached == offsets[-1]


@pytest.mark.parametrize("mode", DOCUMENT_MODES)
@pytest.mark.parametrize("array", ["tags", "tag_offsets"])
@pytest.mark.parametrize("wild", WILD)
def test_tags_that_change_behind_the_plan_lead_nowhere(mode, array, wild):
    def change(numbers):
        numbers[len(numbers) // 2 :] = wild if array == "tag_offsets" else wild % 2**32

    assert damage_of(document_settings(mode, tagged=True, sharing=4), array, change) == 0


def test_a_stopped_plan_trains_nothing_more():
    arguments, weights = settings(), random_weights(16)
    plan = plan_of(arguments, weights)
    plan.start_epoch(1, 2, 3)
    plan.stop()
    tally = _core.Worker(plan).train_job(0, 0.1, 0.1)
    assert tally["targets"] == 0
    assert (weights.words == random_weights(16).words).all()


def test_a_worker_lives_on_when_its_plan_and_arrays_are_let_go():
    weights, expected = random_weights(16), random_weights(16)
    train_all(settings(), expected)
    words = weights.words
    plan = plan_of(settings(), weights)
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
        ({"pairs_at_once": 0}, "out of range"),
        ({"rows_at_once": 0}, "out of range"),
        ({"rows_at_once": 65}, "out of range"),
        ({"loss_every": -1}, "out of range"),
        ({"block": 0}, "out of range"),
        ({"blocks_per_job": 0}, "out of range"),
        ({"negative": 0}, "out of range"),
        ({"window": -1}, "out of range"),
        ({"kernel": "blas", "draw": 4}, "kernel 'blas' has no shared noise"),
        ({"kernel": "mmx"}, "instruction set"),
        ({"vector_size": 17}, "expected rows of 17 floats or more"),
        ({"keep": np.zeros(3, dtype=np.uint32)}, "expected one row for each word"),
        ({"noise": NoiseWords(np.ones(N_WORDS + 1))}, "expected one row for each word"),
        ({"tokens": np.zeros(0, dtype=np.uint32)}, "at least one token and one document"),
        ({"offsets": np.zeros(1, dtype=np.int64)}, "at least one token and one document"),
        ({"visits": np.zeros(3, dtype=np.int32)}, "expected one count for each token"),
    ],
)
def test_a_plan_refuses_what_would_lead_it_astray(changes, message):
    weights = random_weights(16)
    with pytest.raises(ValueError, match=message):
        plan_of(settings() | changes, weights)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"join": "product"}, "join: expected one of word, sum, mean, concat, got 'product'"),
        ({"group": -1}, "group, document_weight, document_uses or word_targets out of range"),
        ({"document_weight": 0.0}, "out of range"),
        ({"document_uses": 0}, "out of range"),
        ({"document_uses": 256}, "out of range"),
        ({"word_targets": False, "group": 0}, "out of range"),
        ({"group": 0}, "documents: expected with, and only with, something that trains them"),
        ({"tag_offsets": None}, "tags, tag_offsets: expected both or neither"),
        ({"tags": None}, "tags, tag_offsets: expected both or neither"),
        ({"tag_offsets": np.zeros(3, dtype=np.int64)}, "tag_offsets: expected 20, got 3"),
        ({"tags": None, "tag_offsets": None}, "documents: expected 19 rows, got 9"),
    ],
)
def test_a_plan_of_documents_refuses_what_would_lead_it_astray(changes, message):
    arguments = document_settings("joint", tagged=True)
    weights = document_weights(arguments)
    with pytest.raises(ValueError, match=message):
        plan_of(arguments | changes, weights)


def test_documents_are_as_wide_as_words():
    arguments = document_settings("joint", size=16)
    weights = replace(document_weights(arguments), documents=np.zeros((19, 32), np.float32))
    with pytest.raises(ValueError, match="documents: expected rows of 16 floats"):
        plan_of(arguments, weights)


def test_marks_are_one_for_each_row():
    arguments = document_settings("joint")
    plan = plan_of(arguments, document_weights(arguments))
    marks = {
        "words": np.zeros(N_WORDS, np.uint8),
        "contexts": np.zeros(N_WORDS, np.uint8),
        "documents": np.zeros(19, np.uint8),
    }
    plan.mark(**marks)
    for name in ("words", "contexts"):
        with pytest.raises(ValueError, match="words, contexts: expected one mark for each word"):
            plan.mark(**(marks | {name: marks[name][1:]}))
    for wrong in (None, marks["documents"][1:]):
        with pytest.raises(ValueError, match="documents: expected 19 marks"):
            plan.mark(**(marks | {"documents": wrong}))


def test_a_worker_refuses_a_job_that_there_is_not():
    weights = random_weights(16)
    plan = plan_of(settings(), weights)
    for job in (-1, plan.n_jobs):
        with pytest.raises(ValueError, match=f"expected 0 to {plan.n_jobs - 1}, got {job}"):
            _core.Worker(plan).train_job(job, 0.1, 0.1)
