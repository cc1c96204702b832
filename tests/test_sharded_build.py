"""Builds by several workers: whose they are, and what happens when one of them fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import sgns.sharded_build
from sgns import Corpus, FormatError, ShardedCorpus, _shard_tasks

TEXTS = [f"the text of file {i}\n" * (20 + i) for i in range(6)]


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for number, text in enumerate(TEXTS):
        (folder / f"{number}.txt").write_text(text)
    return folder


@pytest.fixture
def threads():
    with ThreadPoolExecutor(2) as executor:
        yield executor


def left(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir())


# ---- what runs the tasks ------------------------------------------------------------------------


def test_processes_of_this_machine(tmp_path, texts):
    done = []
    with (
        Corpus.build(texts) as one,
        Corpus.build(
            texts,
            tmp_path / "x",
            cluster="local",
            workers=2,
            progress=lambda *where: done.append(where),
        ) as many,
    ):
        assert many.n_shards == 2
        assert many.fingerprint == one.fingerprint
        assert list(many) == list(one)
    size = sum(map(len, TEXTS))
    assert len(done) == 2
    assert done[-1] == (size, size)


def test_an_executor_says_how_many_shards(tmp_path, texts, threads):
    with Corpus.build(texts, tmp_path / "x", cluster=threads) as corpus:
        assert corpus.n_shards == 2
    with Corpus.build(texts, tmp_path / "x", cluster=threads, shards=5, overwrite=True) as corpus:
        assert corpus.n_shards == 5
        corpus.verify()


class Plain(Executor):
    """Runs a task at once, and knows nothing of workers."""

    def submit(self, fn, /, *args, **kwargs):
        with ThreadPoolExecutor(1) as executor:
            return executor.submit(fn, *args, **kwargs)


def test_an_executor_that_does_not_say_needs_a_number(tmp_path, texts):
    with pytest.raises(ValueError, match="shards: expected their number"):
        Corpus.build(texts, tmp_path / "x", cluster=Plain())
    Corpus.build(texts, tmp_path / "x", cluster=Plain(), shards=3).verify()


def killed_once(text):
    """Split a text, by a worker that is killed at the first one that says so."""
    name, _, words = text.partition("\t")
    if words and not Path(name).exists():
        Path(name).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return words.split() or ["plain"]


def test_dask_builds_again_what_a_killed_worker_had(tmp_path):
    distributed = pytest.importorskip("distributed")
    (tmp_path / "texts").mkdir()
    for number in range(4):
        death = tmp_path / ("death" if number == 2 else "texts")  # the latter exists
        (tmp_path / "texts" / f"{number}.txt").write_text(f"{death}\tthe words of {number}\n" * 3)
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        for number, where in enumerate([client, cluster, cluster.scheduler_address]):
            path = tmp_path / f"x{number}"
            with Corpus.build(
                tmp_path / "texts", path, tokenizer=killed_once, cluster=where, shards=4
            ) as corpus:
                assert len(corpus) == 12
                assert corpus.n_shards == 4
                corpus.verify()
            shards = [f"shard-{i:05d}" for i in range(4)]
            assert sorted(p.name for p in path.iterdir() if p.is_dir()) == shards
    assert left(tmp_path) == ["death", "texts", "x0", "x1", "x2"]


def test_other_things_run_no_tasks(tmp_path, texts):
    with pytest.raises(TypeError, match=r"cluster: expected .local., the address .* got int"):
        Corpus.build(texts, tmp_path / "x", cluster=3)
    assert left(tmp_path) == ["texts"]


# ---- what workers cannot read -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (["a b", "c d"], {}, "source: expected files, which workers can open, got list"),
        ("-", {}, "source: expected files, which workers can open, got standard input"),
        (None, {"tags": ["x"] * 135}, "tags: expected None or 'column' where workers read"),
        (None, {"tags": np.arange(135)}, "tags: expected None or 'column' where workers read"),
        (None, {"tags": "row"}, "tags: expected 'column' or an iterable .* got 'row'"),
        (None, {"shards": 0}, "shards: expected an integer of 1 or more, got 0"),
        (None, {"path": None}, "path: expected a folder that all workers of the cluster reach"),
        (None, {"cluster": None, "shards": 2}, "shards: expected with cluster only"),
        (
            None,
            {"path": "s3://bucket/x"},
            "path: expected a folder, got the address 's3://bucket/x'",
        ),
    ],
)
def test_what_only_this_process_has_is_refused(tmp_path, texts, threads, source, options, message):
    arguments = {"source": source or texts, "path": tmp_path / "x", "cluster": threads, **options}
    with pytest.raises(ValueError, match=message):
        Corpus.build(**arguments)
    assert left(tmp_path) == ["texts"]


MANY = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from sgns import Corpus
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
text, path = sys.argv[1:]
with ThreadPoolExecutor(1) as worker:
    corpus = Corpus.build(text, path, tags="column", cluster=worker, shards=70)
corpus.verify()
print(corpus.n_shards)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits open files as POSIX does")
def test_each_shard_keeps_one_file_open(tmp_path):
    (tmp_path / "text").write_text("".join(f"tag{i % 9}\tword{i}\n" for i in range(200)))
    command = [sys.executable, "-c", MANY, tmp_path / "text", tmp_path / "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("70\n", "")


# ---- from the shell -----------------------------------------------------------------------------


def test_the_shell_builds_and_trains_in_shards(tmp_path, texts, run):
    facts = run("build", texts, tmp_path / "x", "--cluster", "local", "--shards", 3, "--workers", 1)
    assert ["shards", "3"] in facts
    assert run("info", tmp_path / "x") == facts
    with Corpus.build(texts) as one:
        assert ["fingerprint", one.fingerprint] in facts
    run("train", tmp_path / "x", tmp_path / "model", "--min-count", 1, "--vector-size", 4)
    assert left(tmp_path) == ["model", "texts", "x"]


def test_the_shell_says_what_is_wrong_with_a_cluster(tmp_path, texts, fail):
    said = fail("build", texts, tmp_path / "x", "--shards", 2)
    assert said == "--shards: expected with cluster only, got 2"
    said = fail("build", "-", tmp_path / "x", "--cluster", "local")
    assert said == "source: expected files, which workers can open, got standard input"
    assert left(tmp_path) == ["texts"]


# ---- failures -----------------------------------------------------------------------------------


def test_the_first_file_that_cannot_be_read_is_named(tmp_path, texts, threads):
    (texts / "2.txt").write_bytes(b"ole\xe9")
    (texts / "4.txt.gz").write_bytes(b"no gzip")
    (texts / "5.txt").write_bytes(b"ole\xe9")
    Corpus.build(["the old one"], tmp_path / "x").close()
    for shards in (2, 7):
        with pytest.raises(FormatError, match=r"2\.txt' is not UTF-8: byte 0xe9 at offset 3"):
            Corpus.build(texts, tmp_path / "x", cluster=threads, shards=shards, overwrite=True)
    (texts / "2.txt").unlink()
    with pytest.raises((FormatError, OSError), match=r"4\.txt\.gz"):
        Corpus.build(texts, tmp_path / "x", cluster=threads, shards=7, overwrite=True)
    assert left(tmp_path) == ["texts", "x"]
    assert list(Corpus.open(tmp_path / "x")) == [["the", "old", "one"]]


def test_no_words_in_all_files_are_an_error_and_in_one_are_not(tmp_path, threads):
    for name in "ab":
        (tmp_path / name).write_text("\n\n")
    with pytest.raises(ValueError, match="source: expected words, got none in 4 documents"):
        Corpus.build([tmp_path / "a", tmp_path / "b"], tmp_path / "x", cluster=threads, shards=2)
    assert left(tmp_path) == ["a", "b"]
    (tmp_path / "b").write_text("word word")
    names = [tmp_path / "a", tmp_path / "b"]
    with Corpus.build(names, tmp_path / "x", cluster=threads, shards=2) as corpus:
        corpus.verify()
        assert list(corpus) == [[], [], ["word", "word"]]


def deadly(text):
    """A tokenizer whose process is killed."""
    if "file 4" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    return text.split()


@pytest.mark.skipif(os.name != "posix", reason="kills by a signal")
def test_a_killed_process_fails_the_build_and_leaves_nothing(tmp_path, texts):
    with pytest.raises(RuntimeError, match="cluster: a worker process died before its task"):
        Corpus.build(texts, tmp_path / "x", tokenizer=deadly, cluster="local", workers=2)
    assert left(tmp_path) == ["texts"]


def test_ctrl_c_ends_the_tasks_that_run(tmp_path, texts, threads, monkeypatch):
    """A task looks whether it is still wanted, for engines cancel only what has not begun."""
    ended = []

    def endless(folder, number, *arguments):
        if number == 0:
            return
        deadline = time.monotonic() + 30
        while not (Path(folder) / _shard_tasks.STOP).exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        with pytest.raises(InterruptedError, match="the build has ended"):
            _shard_tasks.read_shard(folder, number, *arguments)
        ended.append(number)

    def interrupted(done, total):
        raise KeyboardInterrupt

    monkeypatch.setattr(sgns.sharded_build, "read_shard", endless)
    with pytest.raises(KeyboardInterrupt):
        Corpus.build(texts, tmp_path / "x", cluster=threads, shards=4, progress=interrupted)
    assert sorted(ended) == [1, 2, 3]
    assert left(tmp_path) == ["texts"]


def test_a_folder_is_replaced_by_its_kind_in_shards_or_not(tmp_path, texts, threads):
    path = tmp_path / "x"
    for cluster in (None, threads, threads, None):
        Corpus.build(texts, path, cluster=cluster, overwrite=True).close()
        with Corpus.open(path) as corpus:
            assert isinstance(corpus, ShardedCorpus) == (cluster is not None)
            corpus.verify()
    with pytest.raises(FileExistsError, match="pass overwrite=True"):
        Corpus.build(texts, path, cluster=threads)


# ---- tasks that are run again -------------------------------------------------------------------


def test_a_task_that_is_run_again_changes_nothing(tmp_path, texts, threads, monkeypatch):
    """An engine that lost sight of a worker gives its task to another one; both may finish."""

    def twice(task):
        def run(*arguments):
            task(*arguments)
            return task(*arguments)

        return run

    for name in ("read_shard", "number_shard"):
        monkeypatch.setattr(sgns.sharded_build, name, twice(getattr(_shard_tasks, name)))
    with (
        Corpus.build(texts) as one,
        Corpus.build(texts, tmp_path / "x", cluster=threads, shards=3) as many,
    ):
        assert many.fingerprint == one.fingerprint
        many.verify()
    assert len(left(tmp_path / "x")) == 8  # three shards and five files


def test_what_a_killed_task_left_is_removed(tmp_path, texts, threads, monkeypatch):
    def interrupted(folder, number, *arguments):
        (Path(folder) / f".read-{number:05d}.abc").mkdir()
        (Path(folder) / "read-77777").mkdir(exist_ok=True)  # of a second run that came too late
        _shard_tasks.read_shard(folder, number, *arguments)

    monkeypatch.setattr(sgns.sharded_build, "read_shard", interrupted)
    Corpus.build(texts, tmp_path / "x", cluster=threads).close()
    folders = sorted(path.name for path in (tmp_path / "x").iterdir() if path.is_dir())
    assert folders == ["shard-00000", "shard-00001"]
    assert len(left(tmp_path / "x")) == 7
