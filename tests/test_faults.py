"""Training and saving that are killed, have no room, or are in each other's way."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import sgns._files
from corpora import corpus_of, model_of
from sgns import Corpus, FormatError, Model, _core

KILLS = int(os.environ.get("SGNS_KILLS", "50"))
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks and signals of POSIX")


@pytest.fixture(scope="module")
def corpus():
    return corpus_of([10_000] * 4)


@pytest.fixture
def _quick_disk(monkeypatch):
    """A killed process loses nothing that was not synced; only a machine without power does."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def bits(model):
    return {name: matrix.tobytes() for name, matrix in model.weights.matrices().items()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def child(function):
    """A process of its own that runs a function; killed at the end of the block if need be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of BLAS do not matter here
        pid = os.fork()
    if pid == 0:
        code = 1
        try:
            function()
            code = 0
        finally:
            os._exit(code)
    ended = []

    def wait(number=None):
        """Send a signal, wait for the end; returns the exit code or minus the signal."""
        if not ended:
            if number is not None:
                os.kill(pid, number)
            ended.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        return ended[0]

    try:
        yield wait
    finally:
        wait(signal.SIGKILL)


# ---- killed -------------------------------------------------------------------------------------


@needs_fork
@pytest.mark.usefixtures("_quick_disk")
@pytest.mark.parametrize(
    ("deterministic", "workers", "share"), [(False, 1, 1.0), (True, 2, 0.5)], ids=["one", "shards"]
)
def test_training_killed_at_any_moment_goes_on_to_the_same_bits(
    tmp_path, deterministic, workers, share
):
    corpus = corpus_of([30_000] * 10 if deterministic else [10_000] * 4)
    seed = random.Random(11)
    options = {"deterministic": deterministic, "checkpoint_every": 1, "resume": True}
    whole = bits(model_of(corpus).train(3, 1, deterministic=deterministic))
    longest, kills, finished = 0.05, 0, 0

    def train():
        model_of(corpus).train(3, workers, checkpoint=tmp_path / "c", **options)

    while kills < KILLS * share:
        began = time.perf_counter()
        with child(train) as wait:
            time.sleep(seed.uniform(0, longest))
            code = wait(signal.SIGKILL)
        if code == 0:
            longest = (time.perf_counter() - began) * 1.2
        else:
            assert code == -signal.SIGKILL
            kills += 1
        kept = sorted((tmp_path / "c").glob("checkpoint-*")) if (tmp_path / "c").exists() else []
        if kept:
            assert all(
                np.isfinite(m).all() for m in Model.load(kept[-1]).weights.matrices().values()
            )
        if code == 0 or kills % 8 == 7:
            done = model_of(corpus).train(3, workers, checkpoint=tmp_path / "c", **options)
            assert bits(done) == whole
            assert names(tmp_path) == ["c"]
            assert len(names(tmp_path / "c")) == 1
            shutil.rmtree(tmp_path / "c")
            finished += 1
    assert finished >= 2


@needs_fork
@pytest.mark.usefixtures("_quick_disk")
def test_documents_on_disk_go_on_from_the_checkpoint_of_a_killed_run(tmp_path):
    corpus, storage = corpus_of([400] * 200), tmp_path / "documents.bin"
    options = {"checkpoint": tmp_path / "c", "checkpoint_every": 1, "resume": True}

    def made(**changes):
        return model_of(corpus, documents="joint", **changes)

    def train():
        made(document_storage=storage).train(12, 1, **options)

    with child(train) as wait:
        while not list(tmp_path.glob("c/checkpoint-*")):
            time.sleep(0.01)
        assert wait(signal.SIGKILL) == -signal.SIGKILL
    with pytest.raises(FileExistsError, match=r"was killed, remove it: checkpoints .* vectors"):
        made(document_storage=storage)
    storage.unlink()
    with pytest.raises(ValueError, match="seed: expected"):  # there is something to go on from
        made(seed=7).train(12, 1, **options)
    again = made(document_storage=storage).train(12, 1, **options)
    assert bits(again) == bits(made().train(12, 1))


@needs_fork
@pytest.mark.usefixtures("_quick_disk")
def test_saving_killed_at_any_moment_leaves_the_old_model_or_the_new_one(tmp_path, corpus):
    path, seed = tmp_path / "model", random.Random(12)
    models = [model_of(corpus, seed=number) for number in (1, 2)]
    expected = [bits(model) for model in models]
    models[0].save(path)

    def save():
        while True:
            for model in models:
                model.save(path)

    for _ in range(KILLS):
        with child(save) as wait:
            time.sleep(seed.uniform(0, 0.03))
            assert wait(signal.SIGKILL) == -signal.SIGKILL
        # Where names cannot be exchanged in one step, the old one may be aside for a moment.
        found = path if path.exists() else next(tmp_path.glob(".model.old.*/old"))
        assert bits(Model.load(found)) in expected
        for left in set(tmp_path.iterdir()) - {path}:
            if found.is_relative_to(left):
                found.replace(path)
            shutil.rmtree(left)


# ---- no room ------------------------------------------------------------------------------------


def test_a_write_that_fails_leaves_the_checkpoint_before(tmp_path, corpus, monkeypatch):
    """At every single step of writing one."""
    options = {"checkpoint_every": "epoch", "resume": True}
    whole = bits(model_of(corpus).train(2, 1))
    model_of(corpus).train(
        2, 1, checkpoint=tmp_path / "first", callbacks=lambda *_: "stop", **options
    )
    # The run is not over for those that go on from here.
    [kept] = (tmp_path / "first").iterdir()
    state = (kept / "training.json").read_text(encoding="ascii")
    (kept / "training.json").write_text(
        state.replace('"finished": true', '"finished": false'), encoding="ascii"
    )
    left = []

    def failing(function):
        def step(*arguments, **options):
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return function(*arguments, **options)

        return step

    monkeypatch.setattr(sgns._files, "write_npy", failing(sgns._files.write_npy))
    monkeypatch.setattr(os, "fsync", failing(os.fsync))
    monkeypatch.setattr(tempfile, "mkdtemp", failing(tempfile.mkdtemp))
    for name in ("write_text", "replace"):
        monkeypatch.setattr(Path, name, failing(getattr(Path, name)))
    steps = 0
    while True:
        steps += 1
        folder = tmp_path / str(steps)
        left[:] = [10**9]
        shutil.copytree(tmp_path / "first", folder)
        before = {file.name: file.read_bytes() for file in (folder / kept.name).iterdir()}
        model = model_of(corpus)
        left[:] = [steps]
        failure = None
        try:
            model.train(2, 1, checkpoint=folder, **options)
        except OSError as error:
            failure = error.errno
        if failure is None:
            break
        assert failure == errno.ENOSPC
        left[:] = [10**9]
        assert len(model.history) == 2  # what was learnt is still there
        assert names(folder)[-1] in (kept.name, "checkpoint-00000002")
        if names(folder) == [kept.name]:
            now = {file.name: file.read_bytes() for file in (folder / kept.name).iterdir()}
            assert now == before
        assert bits(model_of(corpus).train(2, 1, checkpoint=folder, **options)) == whole
        assert len(names(folder)) == 1
    assert steps > 10


@contextmanager
def small_disk(folder, options):
    """A file system of its own, for those who may mount one."""
    mount = shutil.which("mount")
    if sys.platform != "linux" or os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small disk, and only on Linux is it done here")
    folder.mkdir()
    command = [mount, "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this system does not let root mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_named_and_leaves_the_checkpoint_before(tmp_path):
    corpus = corpus_of([10_000] * 4, n_words=200)
    with small_disk(tmp_path / "disk", "size=512k") as disk:
        options = {"checkpoint": disk / "c", "checkpoint_every": "epoch"}
        model = model_of(corpus, vector_size=64)  # 100 KB a checkpoint

        def fill_up(model, record):
            if record.epoch == 2:
                free = shutil.disk_usage(disk).free
                (disk / "other").write_bytes(bytes(free - 20_000))

        with pytest.raises(OSError, match=r"(?i)no space left|requested and \d+ written"):
            model.train(3, 2, callbacks=fill_up, **options)
        assert len(model.history) == 2
        assert names(disk / "c") == ["checkpoint-00000001"]
        assert len(Model.load(disk / "c" / "checkpoint-00000001").history) == 1
        (disk / "other").unlink()
        resumed = model_of(corpus, vector_size=64).train(3, 2, resume=True, **options)
        assert len(resumed.history) == 3


def test_a_folder_that_cannot_be_written_to_is_named_before_training(tmp_path, corpus):
    with small_disk(tmp_path / "disk", "size=64k,ro") as disk:
        model = model_of(corpus)
        before = bits(model)
        with pytest.raises(OSError, match=r"Read-only file system.*c'"):
            model.train(1, 1, checkpoint=disk / "c")
        assert bits(model) == before
        assert model.history == ()


# ---- in each other's way ------------------------------------------------------------------------


@needs_fork
def test_two_processes_do_not_train_to_the_same_checkpoint(tmp_path, corpus):
    began, say = os.pipe()

    def train():
        model_of(corpus).train(
            10**6, 1, checkpoint=tmp_path / "c", progress=lambda _: os.write(say, b"x")
        )

    with child(train) as wait:
        assert os.read(began, 1) == b"x"
        with pytest.raises(BlockingIOError, match=r"in use by another run.*c'"):
            model_of(corpus).train(1, 1, checkpoint=tmp_path / "c", resume=True)
        assert wait(signal.SIGKILL) == -signal.SIGKILL
    os.close(began)
    os.close(say)
    # The lock went with the process that held it.
    assert len(model_of(corpus).train(1, 1, checkpoint=tmp_path / "c").history) == 1
    assert names(tmp_path / "c") == ["checkpoint-00000001"]


def test_an_error_in_a_worker_leaves_the_last_checkpoint_and_no_lock(tmp_path, corpus, monkeypatch):
    worker = _core.Worker

    class Failing:
        def __init__(self, plan):
            self.worker = worker(plan)

        def train_job(self, job, *arguments):
            if job == 3:
                raise MemoryError("no room")
            return self.worker.train_job(job, *arguments)

    options = {"checkpoint": tmp_path / "c", "checkpoint_every": 1}
    with monkeypatch.context() as patch:
        patch.setattr(_core, "Worker", Failing)
        with pytest.raises(MemoryError, match="no room"):
            model_of(corpus).train(2, 1, **options)
    assert names(tmp_path / "c") == ["checkpoint-00000003"]
    assert not [t for t in threading.enumerate() if t.name.startswith("sgns-worker")]
    resumed = model_of(corpus).train(2, 1, resume=True, **options)
    assert bits(resumed) == bits(model_of(corpus).train(2, 1))


@pytest.mark.skipif(sys.platform == "win32", reason="what is mapped cannot be removed there")
def test_a_corpus_that_is_removed_while_it_is_mapped_is_trained_to_the_end(tmp_path, corpus):
    corpus.save(tmp_path / "corpus")
    opened = Corpus.open(tmp_path / "corpus")
    model = model_of(opened)
    shutil.rmtree(tmp_path / "corpus")
    model.train(2, 2, checkpoint=tmp_path / "c")
    assert [record.tokens for record in model.history] == [corpus.n_tokens] * 2
    assert len(model_of(corpus).train(2, 2, checkpoint=tmp_path / "c", resume=True).history) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="what is mapped cannot be cut there")
@pytest.mark.parametrize("file", ["tokens.npy", "offsets.npy"])
@pytest.mark.parametrize("deterministic", [False, True])
def test_a_corpus_that_is_cut_short_while_it_is_mapped_is_an_error(
    tmp_path, monkeypatch, file, deterministic
):
    corpus_of([30_000] * 10 if deterministic else [10_000] * 4).save(tmp_path / "corpus")
    size = (tmp_path / "corpus" / file).stat().st_size
    began = []

    def cut(progress):
        if not began:
            os.truncate(tmp_path / "corpus" / file, size - 8)
        began.append(progress.epoch)

    opened = Corpus.open(tmp_path / "corpus")
    model = model_of(opened)
    told = rf"{file}' was cut short while it was read: it had {size:,} bytes and has {size - 8:,}"
    with pytest.raises(FormatError, match=told):
        model.train(1000, 2, progress=cut, deterministic=deterministic)
    assert began[-1] < 1000
    assert not [t for t in threading.enumerate() if t.name.startswith("sgns-worker")]
    with pytest.raises(FormatError, match=told):
        model.train(1, 1)


@needs_fork
def test_a_fork_of_a_process_that_has_trained_trains_the_same(corpus):
    expected = bits(model_of(corpus).train(1, 1))
    model_of(corpus).train(1, 3)

    def train():
        assert bits(model_of(corpus).train(1, 1)) == expected
        assert len(model_of(corpus).train(1, 3).history) == 1

    with child(train) as wait:
        assert wait() == 0


def test_far_more_workers_than_cores_do_no_harm(corpus):
    records = [model_of(corpus).train(1, workers).history[0] for workers in (1, 300)]
    assert records[0].pairs == records[1].pairs
    assert not [t for t in threading.enumerate() if t.name.startswith("sgns-worker")]
