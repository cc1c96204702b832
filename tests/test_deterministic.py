"""Deterministic training: the same bits whatever the number of threads, their load and timing."""

from __future__ import annotations

import random
import threading
import time

import numpy as np
import pytest

from corpora import corpus_of, model_of, small_corpus
from sgns import Corpus, Model, _rows
from sgns.merge_rule import CURVATURE, MergeRule
from sgns.sharded_run import SHARDS, count_shards
from sgns.shards import Job, Replica, train_shard

N_TOKENS = 300_000  # 37 jobs of 8,192 tokens: 19 rounds of two shards


@pytest.fixture(scope="module")
def corpus():
    return corpus_of([N_TOKENS // 30] * 30, n_words=300)


def trained(corpus, workers, epochs=2, **changes):
    options = {"deterministic": True} | changes.pop("options", {})
    return model_of(corpus, **changes).train(epochs, workers, **options)


def bits(model):
    matrices = model.weights.matrices().values()
    losses = [record.loss_per_pair for record in model.history]
    return [matrix.tobytes() for matrix in matrices], losses


# ---- the same bits ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"negative_sharing": 0, "options": {"shuffle": False}},
        {"kernel": "blas", "vector_size": 17},
        {"documents": "joint"},
        {"documents": "concat"},
    ],
    ids=str,
)
def test_any_number_of_workers_gives_the_same_bits(corpus, changes):
    epochs = 1 if changes else 2
    expected = bits(trained(corpus, 1, epochs, **changes))
    for workers in (2, 3, 5):
        assert bits(trained(corpus, workers, epochs, **changes)) == expected


def test_load_and_timing_change_nothing(corpus, monkeypatch):
    import sgns.sharded_run

    expected = bits(trained(corpus, 2, 1))
    delays, stop = random.Random(7), threading.Event()

    def held_up(replica, jobs, **options):
        time.sleep(delays.random() * 0.01)
        return train_shard(replica, jobs, **options)

    def busy():
        numbers = np.ones(1 << 20)
        while not stop.is_set():
            np.sqrt(numbers, out=numbers)  # leaves the interpreter to others

    monkeypatch.setattr(sgns.sharded_run, "train_shard", held_up)
    load = [threading.Thread(target=busy) for _ in range(2)]
    for thread in load:
        thread.start()
    try:
        for workers in (2, 3):
            assert bits(trained(corpus, workers, 1)) == expected
    finally:
        stop.set()
        for thread in load:
            thread.join()


def test_a_small_corpus_is_trained_as_by_one_worker():
    corpus = corpus_of([5000] * 10)
    assert count_shards(corpus) == 1
    expected = bits(trained(corpus, 1, options={"deterministic": False}))
    assert bits(trained(corpus, 3)) == expected


def test_shards_follow_from_the_size_of_the_corpus(corpus):
    assert count_shards(small_corpus()) == 1
    assert count_shards(corpus) == 2
    assert count_shards(corpus_of([600_000])) == SHARDS


@pytest.mark.parametrize("every", [1, 50_000, "epoch"])
def test_a_run_resumed_at_any_round_by_other_workers_ends_with_the_same_bits(
    tmp_path, corpus, every
):
    expected = bits(trained(corpus, 1))
    options = {"checkpoint": tmp_path / "c", "checkpoint_every": every, "resume": True}
    left = [1, 3, 6, 2, 12, 1, 4]

    def stop(progress):
        if progress.tokens >= goal:
            raise KeyboardInterrupt

    goal = 0
    for workers, rounds in zip((1, 2, 3, 5, 2, 1, 4), left, strict=True):
        goal += rounds * 8192 * 2
        with pytest.raises(KeyboardInterrupt, match="the checkpoint is in"):
            trained(corpus, workers, options=options | {"progress": stop})
    assert bits(trained(corpus, 2, options=options)) == expected


def test_every_token_is_visited_once_an_epoch(corpus):
    record = trained(corpus, 3).history[1]
    assert record.tokens == N_TOKENS
    other = trained(corpus, 3, options={"deterministic": False}).history[1]
    assert (record.targets, record.pairs) == (other.targets, other.pairs)


# ---- as good ------------------------------------------------------------------------------------


def test_what_is_learnt_is_as_good(planted):
    """Classes of words are told apart as by one worker, though shards go ahead on their own."""
    with Corpus.build(planted.documents * 32) as corpus:
        assert count_shards(corpus) == SHARDS
        share = {}
        for deterministic in (False, True):
            model = model_of(corpus, vector_size=16, sample=0.0, seed=3)
            model.train(1, 1, deterministic=deterministic)
            share[deterministic] = planted.share_of_class(model.wv)
            assert np.isfinite(model.weights.words).all()
    assert share[True] > 0.95
    assert share[True] > share[False] - 0.02


# ---- shards -------------------------------------------------------------------------------------


@pytest.fixture
def replica(corpus):
    model = model_of(corpus)
    made = Replica.of(corpus, model.config, model.weights)
    made.plan.start_epoch(1, 2, 3)
    return made


def test_a_shard_tells_what_it_has_changed_and_leaves_its_weights_alone(corpus, replica):
    before = {name: matrix.copy() for name, matrix in replica.base.matrices().items()}
    change = train_shard(replica, [Job(0, 0.05, 0.05), Job(5, 0.05, 0.01)])
    assert sum(tally["tokens"] for tally in change.tallies) == 2 * 8192
    # The same by a worker of its own.
    model = model_of(corpus)
    other = Replica.of(corpus, model.config, model.weights)
    other.plan.start_epoch(1, 2, 3)
    for job, rates in ((0, (0.05, 0.05)), (5, (0.05, 0.01))):
        other._worker.train_job(job, *rates)
    for name, matrix in other.weights.matrices().items():
        rows = change.rows[name]
        changed = np.flatnonzero((matrix != before[name]).any(axis=1))
        assert (rows.ids == changed).all()
        assert len(changed) > 0
        assert (rows.deltas == (matrix - before[name])[changed]).all()
        assert (replica.base.matrices()[name] == before[name]).all()
        assert (replica.weights.matrices()[name] == before[name]).all()
    again = train_shard(replica, [Job(0, 0.05, 0.05), Job(5, 0.05, 0.01)])
    assert (again.rows["words"].deltas == change.rows["words"].deltas).all()


def test_a_shard_that_leaves_what_it_has_changed_in_the_copy_tells_of_the_same(replica):
    taken = train_shard(replica, [Job(0, 0.05, 0.05)])
    left = train_shard(replica, [Job(0, 0.05, 0.05)], stays=lambda: True).rows
    assert [len(rows.ids) for rows in replica.leave_changes().values()] == [0, 0]
    for name, copy in replica.weights.matrices().items():
        assert left[name].deltas is None
        assert left[name].copy is copy
        assert (left[name].ids == taken.rows[name].ids).all()
        base = replica.base.matrices()[name]
        assert ((copy - base)[left[name].ids] == taken.rows[name].deltas).all()


def test_only_rows_that_were_met_are_told_of(replica):
    assert [len(rows.ids) for rows in replica.take_changes().values()] == [0, 0]
    assert [len(rows.ids) for rows in replica.leave_changes().values()] == [0, 0]


def test_frozen_words_are_not_told_of():
    texts = [["a", "b", "c"] * 5, ["b", "c", "d"] * 5]
    corpus = Corpus.build(texts)
    model = Model(corpus, documents="dbow", freeze="words", min_count=1, sample=0)
    replica = Replica.of(corpus, model.config, model.weights)
    replica.plan.start_epoch(1, 2, 3)
    change = train_shard(replica, [Job(0, 0.05, 0.05)])
    assert list(change.rows) == ["documents"]
    assert change.rows["documents"].ids.tolist() == [0, 1]


def test_changes_are_added_in_the_order_of_the_shards_and_copies_get_the_sum():
    rng = np.random.default_rng(3)
    base = rng.normal(size=(50, 16)).astype(np.float32)
    copies = [base.copy() for _ in range(3)]
    ids = np.sort(rng.choice(50, 40, replace=False))
    factors = rng.uniform(0.2, 1, len(ids)).astype(np.float32)
    factors[:20] = 1  # so that a fused multiplication rounds no differently
    changes, expected = [], base.copy()
    for trained in (None, None, *copies[:2]):  # the last two stay in the copies
        some = np.sort(rng.choice(ids, 25, replace=False))
        deltas = rng.normal(size=(25, 16)).astype(np.float32)
        if trained is None:
            changes.append((some, deltas, None))
        else:
            trained[some] += deltas
            changes.append((some, None, trained))
            deltas = trained[some] - base[some]
        expected[some] += factors[np.searchsorted(ids, some), None] * deltas
    _rows.merge_changes(base, copies, changes, ids, factors)
    assert (base[ids[:20]] == expected[ids[:20]]).all()
    np.testing.assert_allclose(base, expected, rtol=0, atol=1e-6)
    assert all((copy == base).all() for copy in copies)


# ---- the rule of merging ------------------------------------------------------------------------


def test_rare_rows_are_moved_by_the_sum_and_frequent_ones_by_the_mean(corpus):
    rule = MergeRule(corpus, model_of(corpus).config, 300)
    ids = np.arange(300)
    for shards in (1, 2, 4):
        k = np.full(300, shards, np.uint8)
        for name in ("words", "contexts"):
            np.testing.assert_allclose(rule.factors(name, ids, k, 0.0), 1, rtol=1e-6)
            np.testing.assert_allclose(rule.factors(name, ids, k, 1e9), 1 / shards, rtol=1e-6)
            some = rule.factors(name, ids, k, 100.0)
            assert (some >= np.float32(1 / shards)).all()
            assert (some <= 1).all()
            assert (np.diff(some) >= -1e-6).all()  # words stand by falling count
        np.testing.assert_allclose(rule.factors("documents", ids, k, 0.0), 1 / shards)


def test_shards_move_a_row_as_far_as_one_after_the_other(corpus):
    """By the model of the rule: steps that each go a part of the way to the optimum."""
    rule = MergeRule(corpus, model_of(corpus, sample=0.0).config, 300)
    share = corpus.vocabulary.counts[7] / corpus.vocabulary.total
    pairs, alpha, k = 2000, 1e-4, 3
    meetings = pairs * share * (1 + 5)
    left = np.exp(-alpha * CURVATURE * meetings)
    factor = rule.factors("words", np.array([7]), np.array([k], np.uint8), alpha * pairs)[0]
    assert factor * k * (1 - left) == pytest.approx(1 - left**k, rel=1e-5)


# ---- the doors to C -----------------------------------------------------------------------------


def test_rows_that_are_not_there_are_refused():
    base, ids = np.zeros((3, 4), np.float32), np.array([0, 3])
    two, factors = np.zeros((2, 4), np.float32), np.ones(2, np.float32)
    for wrong in (np.array([0, 3]), np.array([-1, 0])):
        with pytest.raises(ValueError, match="ids: expected numbers of 3 rows"):
            _rows.merge_changes(base, [], [(wrong, two, None)], wrong, factors)
    ids = np.array([0, 2])
    five = np.zeros((2, 5), np.float32)
    with pytest.raises(ValueError, match="rows: expected equal widths, got 4 and 5"):
        _rows.merge_changes(base, [], [(ids, five, None)], ids, factors)
    with pytest.raises(ValueError, match="ids, factors: expected one for each row"):
        _rows.merge_changes(base, [], [(ids, two, None)], ids, factors[:1])
    with pytest.raises(ValueError, match="changes: expected as many rows as numbers"):
        _rows.merge_changes(base, [], [(ids[:1], two, None)], ids, factors)
    with pytest.raises(ValueError, match="changes: expected rising numbers that are in ids"):
        _rows.merge_changes(base, [], [(ids, two, None)], ids[:1], factors[:1])
    with pytest.raises(ValueError, match="changes: expected rising numbers that are in ids"):
        _rows.merge_changes(base, [], [(ids, two, None)], ids[:0], factors[:0])
    for copies, copy in (([two], base), ([], two)):
        with pytest.raises(ValueError, match="base, copies: expected as many rows of each"):
            _rows.merge_changes(base, copies, [(ids, None, copy)], ids, factors)
    marks = np.ones(3, np.uint8)
    with pytest.raises(ValueError, match="ids, deltas: expected room for 3 rows"):
        _rows.take_changes(marks, base, base.copy(), ids, two)
    with pytest.raises(ValueError, match="marks, base, copy: expected as many rows of each"):
        _rows.take_changes(marks[:2], base, base.copy(), ids, two)
