"""Rounds in which nodes do not come to the end of a merge: nothing of them is lost."""

from __future__ import annotations

import time

import numpy as np
import pytest

from sgns import Model, cluster_nodes
from sgns.cluster_simulation import SimulatedNodes
from sgns.merge_schedule import MergeSchedule


class TornNodes(SimulatedNodes):
    """In one of the rounds, nodes from a number on are cut off before an exchange."""

    def __init__(self, n, number, first, exchange):
        super().__init__(n)
        self.number, self.first, self.exchange = number, first, exchange
        self.cut = False

    def together(self, calls, report):
        self.number -= 1
        if self.number:
            return super().together(calls, report)
        self.cut = True
        programs = [function(*args) for function, args in calls.values()]
        received = [None] * len(programs)
        for _ in range(self.exchange):
            given = [p.send(got) for p, got in zip(programs, received, strict=True)]
            received = [list(values) for values in zip(*given, strict=True)]
        results = {}
        for node, program, got in list(zip(calls, programs, received, strict=True))[: self.first]:
            try:
                program.send(got)
            except StopIteration as end:
                results[node] = end.value
        return results


def trained(corpus, nodes, **parameters):
    model = Model(corpus, vector_size=16, sample=0, alpha=0.1, **parameters)
    return model.train(epochs=4, cluster=nodes)


@pytest.mark.parametrize("documents", [None, "joint"])
@pytest.mark.parametrize(
    ("first", "exchange"),
    [(0, 1), (0, 2), (1, 2), (2, 2)],
    ids=["before parts came", "before a commit", "one has committed", "two have"],
)
def test_a_merge_that_breaks_off_is_made_up_for(planted_corpus, first, exchange, documents):
    whole = trained(planted_corpus, SimulatedNodes(3), documents=documents)
    nodes = TornNodes(3, 3, first, exchange)
    model = trained(planted_corpus, nodes, documents=documents)
    assert nodes.cut
    assert np.array_equal(model.wv.vectors, whole.wv.vectors)
    assert np.array_equal(model.cv.vectors, whole.cv.vectors)
    assert [r.tokens for r in model.history] == [planted_corpus.n_tokens] * 4


def test_nodes_that_never_reach_each_other_are_an_error(planted_corpus):
    class Apart(SimulatedNodes):
        def together(self, calls, report):
            return {}

    with pytest.raises(ConnectionError, match="node 0, node 1 do not reach each other"):
        trained(planted_corpus, Apart(2))


def test_weights_come_to_the_driver_when_somebody_looks(planted_corpus):
    class Watched(SimulatedNodes):
        asked = 0

        def submit(self, node, function, *args):
            self.asked += function.__name__ == "base"
            return super().submit(node, function, *args)

    nodes = Watched(2)
    before = nodes.asked
    trained(planted_corpus, nodes)
    assert nodes.asked - before <= 2


def test_replicas_are_given_before_the_clock_of_the_first_epoch(planted_corpus):
    class Slow(SimulatedNodes):
        def send(self, node, value):
            time.sleep(0.5)
            return super().send(node, value)

    began = time.perf_counter()
    model = trained(planted_corpus, Slow(2))
    whole = time.perf_counter() - began
    assert sum(record.seconds for record in model.history) <= whole - 0.5


def test_a_schedule_that_was_made_for_other_nodes_is_made_anew(planted_corpus, monkeypatch):
    made, nodes = [], SimulatedNodes(4)

    class Noted(MergeSchedule):
        def __init__(self, n_words, n_nodes):
            made.append(n_nodes)
            super().__init__(n_words, n_nodes)

    monkeypatch.setattr(cluster_nodes, "MergeSchedule", Noted)

    def lose_two(_model, record):
        if record.epoch == 2:
            nodes.lose("node 1")
            nodes.lose("node 2")

    model = Model(planted_corpus, vector_size=16, sample=0, alpha=0.1)
    model.train(epochs=4, cluster=nodes, callbacks=[lose_two])
    assert made == [4, 2]
    assert [r.tokens for r in model.history] == [planted_corpus.n_tokens] * 4
