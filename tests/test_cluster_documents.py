"""Documents on a cluster: trained where they are, and what becomes of those of a lost node."""

from __future__ import annotations

import os
import random
import signal
from itertools import pairwise

import numpy as np
import pytest

from sgns import Corpus, Model
from sgns.cluster_node import NodeReplica
from sgns.cluster_simulation import SimulatedNodes
from sgns.document_shares import Stretch, document_shares, evenly
from topics import planted_topics, share_of_topic

N_DOCUMENTS = 600


@pytest.fixture(scope="module")
def topics():
    """Documents, and the topic of each."""
    return planted_topics(N_DOCUMENTS)


@pytest.fixture(scope="module")
def corpus(topics, tmp_path_factory):
    """The documents in a folder that processes open."""
    return Corpus.build(topics[0], tmp_path_factory.mktemp("documents") / "corpus")


class CountingNodes(SimulatedNodes):
    """Counts how often rows of documents leave a node."""

    travels = 0

    def submit(self, node, function, *args):
        self.travels += function is NodeReplica.document_rows
        return super().submit(node, function, *args)


def new_model(corpus, documents="dbow", **parameters):
    return Model(corpus, vector_size=16, sample=0, alpha=0.1, documents=documents, **parameters)


def share_found(model, topics):
    vectors = model.dv.vectors
    return share_of_topic(vectors, topics[1], topics[1], vectors)


@pytest.mark.parametrize("documents", ["dbow", "joint", "sum", "mean", "concat"])
def test_nodes_learn_the_topics_of_their_documents(corpus, topics, documents):
    model = new_model(corpus, documents)
    model.train(epochs=12, cluster=SimulatedNodes(3))
    assert [record.tokens for record in model.history] == [corpus.n_tokens] * 12
    assert share_found(model, topics) > 0.9


def test_rows_travel_once_at_the_end(corpus):
    nodes = CountingNodes(2)
    new_model(corpus).train(epochs=3, cluster=nodes)
    assert nodes.travels == 2  # from each node, once


def test_a_callback_and_a_checkpoint_see_the_rows_as_they_are(corpus, tmp_path):
    seen = []
    options = {"epochs": 3, "cluster": SimulatedNodes(2)}
    new_model(corpus).train(**options, callbacks=lambda m, _: seen.append(m.dv.vectors.copy()))
    assert not np.array_equal(seen[0], seen[1])
    options |= {"checkpoint": tmp_path / "kept", "checkpoint_every": "epoch"}
    kept = new_model(corpus).train(**options)
    assert np.array_equal(kept.dv.vectors, seen[-1])


def test_a_run_that_was_stopped_goes_on_with_its_rows(corpus, topics, tmp_path):
    def stop(progress):
        if progress.epoch == 6:
            raise KeyboardInterrupt

    options = {"epochs": 12, "checkpoint": tmp_path / "kept"}
    model = new_model(corpus)
    initial = model.dv.vectors.copy()
    with pytest.raises(KeyboardInterrupt, match="the checkpoint is in"):
        model.train(**options, cluster=SimulatedNodes(2), progress=stop)
    lengths = np.linalg.norm(model.dv.vectors, axis=1)
    assert (lengths > 2 * np.linalg.norm(initial, axis=1)).mean() > 0.9
    again = new_model(corpus).train(**options, resume=True, cluster=SimulatedNodes(3))
    assert share_found(again, topics) > 0.9


@pytest.mark.parametrize("documents", ["dbow", "joint", "sum"])
def test_rows_of_a_lost_node_are_trained_again_by_the_others(corpus, topics, documents):
    nodes = SimulatedNodes(3)

    def lose(progress):
        if progress.epoch == 12 and "node 1" in nodes.nodes():
            nodes.lose("node 1")

    model = new_model(corpus, documents)
    model.train(epochs=12, cluster=nodes, progress=lose)
    assert list(nodes.nodes()) == ["node 0", "node 2"]
    assert share_found(model, topics) > 0.9
    # Not one of them is left as short as it began.
    lengths = np.linalg.norm(model.dv.vectors, axis=1)
    assert lengths.min() > 0.3 * np.median(lengths)


def test_a_node_that_comes_gets_documents(corpus, topics):
    nodes, moved = CountingNodes(1), []

    def come(progress):
        if progress.epoch == 2 and len(nodes.nodes()) == 1:
            nodes.add("late")
        moved.append(nodes.travels)

    model = new_model(corpus).train(epochs=12, cluster=nodes, progress=come)
    assert nodes.travels == 3  # to the node that came, and from both at the end
    assert share_found(model, topics) > 0.9


def test_processes_learn_what_simulated_nodes_learn(corpus):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, memory_limit=0, dashboard_address="127.0.0.1:0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        there = new_model(corpus, "joint").train(epochs=2, cluster=client)
    here = new_model(corpus, "joint").train(epochs=2, cluster=SimulatedNodes(2))
    for name in ("wv", "cv", "dv"):
        assert np.array_equal(getattr(there, name).vectors, getattr(here, name).vectors)


def test_a_killed_process_loses_no_documents(corpus, topics):
    distributed = pytest.importorskip("distributed")
    moment = random.Random(1).uniform(0.3, 0.9)

    def kill(progress):
        if pids and progress.tokens > moment * progress.total_tokens:
            os.kill(pids.pop(), signal.SIGKILL)

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, memory_limit=0, dashboard_address="127.0.0.1:0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        pids = [next(iter(client.run(os.getpid).values()))]
        model = new_model(corpus).train(epochs=12, cluster=client, progress=kill)
    assert not pids
    assert share_found(model, topics) > 0.9


def test_tags_of_documents_that_follow_each_other_stay_together(topics):
    tags = [f"chapter {i // 3}" for i in range(N_DOCUMENTS)]
    with Corpus.build(topics[0], tags=tags) as corpus:
        shares = document_shares(corpus, 3)
        rows = [share.rows(corpus) for share in shares]
        assert np.array_equal(np.sort(np.concatenate(rows)), np.arange(N_DOCUMENTS // 3))
        model = new_model(corpus).train(epochs=3, cluster=SimulatedNodes(3))
    lengths = np.linalg.norm(model.dv.vectors, axis=1)
    assert lengths.min() > 0.3 * np.median(lengths)


def test_a_tag_on_documents_of_all_nodes_is_refused(topics):
    tags = [f"topic {topic}" for topic in topics[1]]
    with Corpus.build(topics[0], tags=tags) as corpus:
        with pytest.raises(ValueError, match="cluster: expected documents that can be divided"):
            new_model(corpus).train(epochs=1, cluster=SimulatedNodes(2))
        new_model(corpus).train(epochs=1, cluster=SimulatedNodes(1))


def test_shares_are_all_documents_in_their_order(corpus):
    shares = document_shares(corpus, 5)
    assert [shares[0].start, shares[-1].end] == [0, N_DOCUMENTS]
    assert all(a.end == b.start for a, b in pairwise(shares))
    assert sum(share.of(corpus).n_tokens for share in shares) == corpus.n_tokens
    assert [share.number for share in shares] == list(range(len(shares)))


def test_a_stretch_has_every_job_of_a_share_once():
    jobs = []
    for start, end in ((0, 3), (3, 4), (4, 10)):
        stretch = Stretch((1, 2, 3), start, end, 10, 1 - start / 10, 1 - end / 10)
        jobs += stretch.jobs(7)
    assert [job.number for job in jobs] == list(range(7))
    assert [job.alpha for job in jobs] == pytest.approx([1 - n / 7 for n in range(7)])
    assert stretch.keys_of(1) != stretch.keys_of(2)


def test_shares_of_a_lost_node_are_divided_and_the_rest_stays(corpus):
    shares = document_shares(corpus, 6)
    threads = {"a": 1, "b": 1, "c": 1}
    first = evenly(shares, {}, threads)
    left = {number: node for number, node in first.items() if node != "b"}
    after = evenly(shares, left, {"a": 1, "c": 1})
    assert left.items() <= after.items()
    assert {*after.values()} == {"a", "c"}
    assert evenly(shares, after, {"a": 1, "c": 1}) == after
