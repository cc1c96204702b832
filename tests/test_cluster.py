"""Training on a cluster: real processes of this machine, of Dask."""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
from contextlib import contextmanager

import numpy as np
import pytest

from sgns import Corpus, FormatError, Model, cluster_training
from sgns.cluster_engine import open_engine
from sgns.cluster_simulation import SimulatedNodes

distributed = pytest.importorskip("distributed")

KILLS = int(os.environ.get("SGNS_CLUSTER_KILLS", "1"))


@pytest.fixture(scope="module")
def corpus(planted, tmp_path_factory):
    """The planted corpus in a folder that processes open."""
    path = tmp_path_factory.mktemp("cluster") / "corpus"
    return Corpus.build(planted.documents, path)


@contextmanager
def two_workers():
    """Two processes of one thread each; one that is killed is replaced."""
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client():
    """A cluster for tests that leave it as it is."""
    with two_workers() as client:
        yield client


def new_model(corpus, **parameters):
    return Model(corpus, vector_size=16, sample=0, alpha=0.1, **parameters)


def test_two_processes_learn_what_is_planted(corpus, planted):
    model, shown = new_model(corpus), []
    model.train(epochs=3, workers=2, cluster="local", progress=shown.append)
    assert planted.share_of_class(model.wv) > 0.95
    assert [record.tokens for record in model.history] == [corpus.n_tokens] * 3
    assert shown[-1].tokens == 3 * corpus.n_tokens
    losses = [record.loss_per_pair for record in model.history]
    assert losses == sorted(losses, reverse=True)


def test_local_processes_leave_ctrl_c_to_the_driver_and_end_with_it():
    with open_engine("local", 1) as engine:
        [node] = engine.nodes()
        pid = engine.result(engine.submit(node, os.getpid))
        os.kill(pid, signal.SIGINT)
        assert engine.result(engine.submit(node, os.getpid)) == pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_processes_learn_what_simulated_nodes_learn(corpus, client):
    there = new_model(corpus).train(epochs=2, cluster=client)
    here = new_model(corpus).train(epochs=2, cluster=SimulatedNodes(2))
    assert np.array_equal(there.wv.vectors, here.wv.vectors)
    assert np.array_equal(there.cv.vectors, here.cv.vectors)


def test_a_corpus_without_a_path_trains_on_this_machine_only(planted, client):
    with Corpus.build(planted.documents) as nowhere:
        with pytest.raises(ValueError, match="cluster: expected a corpus in a folder"):
            new_model(nowhere).train(epochs=1, cluster=client)
        new_model(nowhere).train(epochs=1, cluster=SimulatedNodes(2))


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_worker_costs_one_round(corpus, planted, number):
    epochs, moment = 8, random.Random(number).random()

    def kill(progress):
        if pids and progress.tokens > moment * 0.9 * progress.total_tokens:
            os.kill(pids.pop(), signal.SIGKILL)

    with two_workers() as client:
        [killed, *_], pids = zip(*client.run(os.getpid).items(), strict=True)
        pids = [pids[0]]
        model = new_model(corpus).train(epochs=epochs, cluster=client, progress=kill)
        assert not pids
        assert killed not in client.nthreads()
    tokens = sum(record.tokens for record in model.history)
    assert tokens >= (epochs - 1) * corpus.n_tokens
    assert planted.share_of_class(model.wv) > 0.95


def test_a_run_goes_on_from_its_checkpoint(corpus, tmp_path, planted):
    def stop(progress):
        if progress.epoch == 2:
            raise KeyboardInterrupt

    options = {"epochs": 4, "checkpoint": tmp_path / "kept"}
    model = new_model(corpus)
    with pytest.raises(KeyboardInterrupt, match="the checkpoint is in"):
        model.train(**options, cluster=SimulatedNodes(2), progress=stop)
    assert len(model.history) == 1
    with pytest.raises(ValueError, match="cluster: expected"):
        new_model(corpus).train(**options, resume=True, workers=1)
    again = new_model(corpus).train(**options, resume=True, cluster=SimulatedNodes(3))
    assert again.history[0] == model.history[0]
    assert [record.tokens for record in again.history] == [corpus.n_tokens] * 4
    assert planted.share_of_class(again.wv) > 0.95


def test_validation_and_callbacks_as_on_one_machine(corpus):
    ends = []

    def callback(model, record):
        ends.append(float(np.abs(model.wv.vectors).max()))
        return "stop" if record.epoch == 2 else None

    model = new_model(corpus)
    model.train(epochs=4, cluster=SimulatedNodes(2), validation=0.2, callbacks=callback)
    assert len(model.history) == len(set(ends)) == 2  # each time the vectors as they were then
    assert model.history[1].validation_loss < model.history[0].validation_loss
    assert model.history[0].tokens == pytest.approx(0.8 * corpus.n_tokens, rel=0.01)


def test_the_shell_trains_on_the_cluster_that_it_is_given(corpus, tmp_path, monkeypatch, run):
    given = []

    @contextmanager
    def open_engine(cluster, workers):
        given.append((cluster, workers))
        yield SimulatedNodes(2)

    monkeypatch.setattr(cluster_training, "open_engine", open_engine)
    rows = run("train", corpus.path, tmp_path / "m", "--cluster", "head:8786", "--workers", 3,
               "--epochs", 1, "--sample", 0, "--vector-size", 8)  # fmt: skip
    assert given == [("head:8786", 3)]
    assert [row[0] for row in rows] == ["epoch", "1"]


def test_what_does_not_go_with_a_cluster_is_refused(corpus):
    with pytest.raises(ValueError, match="deterministic: expected False"):
        new_model(corpus).train(cluster=SimulatedNodes(2), deterministic=True)
    with pytest.raises(TypeError, match=r"cluster: expected .local., the address .* got int"):
        new_model(corpus).train(cluster=3)


def test_an_unreadable_shard_is_named(planted, client, tmp_path):
    corpus = Corpus.build(planted.documents, tmp_path / "corpus")
    model = new_model(corpus)
    os.truncate(tmp_path / "corpus" / "tokens.npy", 1000)
    with pytest.raises(FormatError, match=r"tokens\.npy"):
        model.train(epochs=1, cluster=client)


def test_a_removed_corpus_is_named(planted, client, tmp_path):
    corpus = Corpus.build(planted.documents, tmp_path / "corpus")
    model = new_model(corpus)
    shutil.rmtree(tmp_path / "corpus")  # still mapped here, but no node finds it
    with pytest.raises(FileNotFoundError, match="corpus"):
        model.train(epochs=1, cluster=client)


def test_another_corpus_of_the_same_name_is_refused(planted, client, tmp_path):
    corpus = Corpus.build(planted.documents, tmp_path / "corpus")
    model = new_model(corpus)
    Corpus.build(planted.documents[::-1], tmp_path / "corpus", overwrite=True)
    with pytest.raises(ValueError, match="expected the fingerprint"):
        model.train(epochs=1, cluster=client)
