"""Which rows are merged after which round, and what the cost model says of them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sgns.config import TrainingConfig
from sgns.curvature import PER_SQUARED_LENGTH, PER_SQUARED_LENGTH_OF_TWO, Curvature
from sgns.merge_schedule import MergeSchedule, borders, jobs_of_round

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_half_the_rows_are_merged_twice_as_often():
    schedule = MergeSchedule(1000, 8)
    assert [schedule.rows_after(number) for number in range(1, 9)] == [
        125, 250, 125, 500, 125, 250, 125, 1000,
    ]  # fmt: skip
    assert {MergeSchedule(1000, 1).rows_after(number) for number in range(1, 9)} == {1000}
    assert [MergeSchedule(1, 16).rows_after(number) for number in (1, 16)] == [1, 1]


def test_steps_count_from_the_last_merge_of_each_row():
    schedule = MergeSchedule(8, 4)
    assert schedule.is_merged
    ids = np.arange(8)
    schedule.count(1.0)
    assert schedule.steps(2).of(ids[:2]).tolist() == [1, 1]
    schedule.count(10.0)
    assert schedule.steps(4).of(ids[:4]).tolist() == [10, 10, 11, 11]
    assert not schedule.is_merged
    schedule.count(100.0)
    assert schedule.steps(8).of(ids).tolist() == [100] * 4 + [111] * 4
    assert schedule.is_merged


@pytest.mark.parametrize("n_parts", [1, 3, 16])
def test_parts_have_about_the_same_weight(n_parts):
    weight = 1 / np.arange(1.0, 5001)
    ends = borders(weight, n_parts)
    assert len(ends) == n_parts + 1
    assert (ends[0], ends[-1]) == (0, 5000)
    parts = [weight[a:b].sum() for a, b in pairwise(ends)]
    assert max(parts) - min(parts) <= 2 * weight.max()


def test_every_thread_has_as_many_jobs_in_a_round():
    assert jobs_of_round(355, 2, 2) == 88
    assert jobs_of_round(355, 3, 3) == 21
    assert jobs_of_round(355, 8, 8) == 8
    assert jobs_of_round(1, 16, 64) == 64


def test_curvature_grows_with_the_squared_length_of_what_is_met():
    class Rule:
        def meetings(self, name):
            return np.array([3.0, 1.0]) if name == "contexts" else np.array([1.0, 1.0])

    curvature = Curvature(Rule(), TrainingConfig())
    matrices = {"words": np.eye(2, dtype=np.float32), "contexts": np.zeros((2, 2), np.float32)}
    assert curvature.of("contexts", matrices, 3) == pytest.approx(PER_SQUARED_LENGTH * 3)
    assert 0 < curvature.of("words", matrices, 3) < 1e-5  # nothing is met: changes add up
    matrices["contexts"][0] = 2
    assert curvature.of("words", matrices, 3) == pytest.approx(PER_SQUARED_LENGTH * 3 * 8 * 3 / 4)
    of_two = PER_SQUARED_LENGTH_OF_TWO * 8 * 3 / 4
    assert curvature.of("words", matrices, 2) == pytest.approx(of_two)


@pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="benchmarks are not shipped")
def test_the_cost_model_moves_what_the_ruler_says(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import cluster

    node = cluster.Node(16, 1e6, 1.0, [np.ones(1 << 12)])
    for n in (1, 2, 8, 16):
        levels = n.bit_length() - 1
        changed, union = cluster.changed_rows(node, n, pairs=1e9)
        assert changed == pytest.approx((1 << 12) * (levels + 2) / 2 ** (levels + 1))
        assert union == pytest.approx(changed)
    costs = cluster.Costs(1e-6, 1e-6, 1e-6, 0.1, 0.001, 0.001, 1e9)
    small, large = (cluster.predict(node, costs, 16, tokens, 1e9) for tokens in (1e7, 1e9))
    assert small.efficiency < large.efficiency < 1
    assert small.sent == pytest.approx(large.sent, rel=0.5)
