"""Builds that are killed, run out of disk, or find the world changed leave what was there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sgns._files
import sgns.corpus_files
from sgns import Corpus, FormatError, KeyedVectors, Model, chunks

FIRST, SECOND = "the old text\n" * 50, "a newer and longer text\n" * 20_000
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs tools of Linux")


def words_of(path):
    with Corpus.open(path) as corpus:
        corpus.verify()
        return sorted(corpus.vocabulary.words)


KILLS = int(os.environ.get("SGNS_KILLS", "50"))
OLD, NEW = sorted(set(FIRST.split())), sorted(set(SECOND.split()))


# ---- killed ---------------------------------------------------------------------------------

KILLER = """
import os, random, signal, sys, time
from sgns import Corpus
text, target, kills = sys.argv[1], sys.argv[2], int(sys.argv[3])

def build():
    Corpus.build(text, target, workers=2, overwrite=True)

def in_child(task):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            task()
            status = 0
        finally:
            os._exit(status)
    return child

began = time.perf_counter()
assert os.waitpid(in_child(build), 0)[1] == 0
longest, moments, killed, done = time.perf_counter() - began, random.Random(5), 0, 0
while killed < kills:
    began = time.perf_counter()
    child = in_child(build)
    time.sleep(moments.uniform(0, longest))
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        killed += 1
        longest *= 1.02  # until builds come to their end
    else:
        assert status == 0
        done += 1
        longest = 1.1 * (time.perf_counter() - began)
    with Corpus.open(target) as corpus:
        corpus.verify()
        print(*sorted(corpus.vocabulary.words))
print(done)
"""


@posix
def test_a_build_killed_at_any_moment_leaves_a_whole_corpus(tmp_path):
    """The children are forked after the import, as those of a server are."""
    text, target = tmp_path / "text", tmp_path / "x.corpus"
    text.write_text(SECOND)
    command = [sys.executable, "-W", "ignore", "-c", KILLER, text, target, str(KILLS)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    *found, done = ended.stdout.splitlines()
    assert int(done) >= 1  # so moments came from all of a build
    assert found == [" ".join(NEW)] * (KILLS + int(done))
    left = {path.name for path in tmp_path.iterdir()} - {"text", "x.corpus"}
    assert all(name.startswith(".x.corpus.") for name in left)  # beside it, hidden


def test_a_replaced_folder_has_its_name_at_every_moment(tmp_path, monkeypatch):
    """Between two renames a killed process would leave nothing at the name."""
    if not exchanges(tmp_path):
        pytest.skip("the system cannot exchange two names")
    target = tmp_path / "x.corpus"
    Corpus.build([FIRST], target).close()
    replace = Path.replace

    def watched(path, other):
        assert Path(other) != target, "the name was free before"
        return replace(path, other)

    monkeypatch.setattr(Path, "replace", watched)
    Corpus.build([SECOND], target, overwrite=True).close()
    assert words_of(target) == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["x.corpus"]


def exchanges(folder):
    for name in "ab":
        (folder / name).mkdir()
    try:
        return sgns._files._exchanged(folder / "a", folder / "b")
    finally:
        for name in "ab":
            (folder / name).rmdir()


# ---- a full disk ----------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one megabyte, mounted where the machine lets us."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if (
        not shutil.which("mount")
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("file systems cannot be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@linux
def test_a_full_disk_leaves_the_old_files_and_nothing_else(tmp_path, small_disk):
    text = tmp_path / "text"
    text.write_text(SECOND * 4)
    target = small_disk / "x.corpus"
    Corpus.build([FIRST], target).close()
    with pytest.raises(OSError, match="No space left on device"):
        Corpus.build(text, target, workers=2, overwrite=True)
    assert words_of(target) == OLD
    assert [path.name for path in small_disk.iterdir()] == ["x.corpus"]

    vectors = KeyedVectors(range(9), np.ones((9, 4), np.float32))
    large = KeyedVectors(range(9000), np.ones((9000, 100), np.float32))
    vectors.save(small_disk / "vectors")
    vectors.save_word2vec_format(small_disk / "v.bin", binary=True)
    with pytest.raises(OSError, match=r"No space left on device|written"):
        large.save(small_disk / "vectors", overwrite=True)
    with pytest.raises(OSError, match="No space left on device"):
        large.save_word2vec_format(small_disk / "v.bin", binary=True)
    assert len(KeyedVectors.load(small_disk / "vectors")) == 9
    assert len(KeyedVectors.load_word2vec_format(small_disk / "v.bin")) == 9
    assert sorted(path.name for path in small_disk.iterdir()) == ["v.bin", "vectors", "x.corpus"]


@linux
def test_a_full_disk_leaves_the_old_model(tmp_path, small_disk):
    with Corpus.build([FIRST]) as corpus:
        small = Model(corpus, vector_size=4, min_count=1, sample=0.0).train(1, 1)
        large = Model(corpus, vector_size=60_000, min_count=1)
        small.save(small_disk / "x.model")
        with pytest.raises(OSError, match=r"No space left on device|written"):
            large.save(small_disk / "x.model")
    assert Model.load(small_disk / "x.model").wv.vectors.shape == (3, 4)
    assert [path.name for path in small_disk.iterdir()] == ["x.model"]


# ---- the world changes ----------------------------------------------------------------------


@pytest.mark.parametrize("change", ["truncate", "append", "overwrite"])
def test_a_source_that_changes_while_it_is_read_is_an_error(tmp_path, monkeypatch, change):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1 << 14)
    text = tmp_path / "text"
    text.write_text(SECOND)
    size = text.stat().st_size
    changed = []

    def meddle(n_bytes, total):
        if changed:
            return
        changed.append(n_bytes)
        if change == "truncate":
            os.truncate(text, size - 100)
        elif change == "append":
            with text.open("a") as file:
                file.write("more\n")
        else:
            with text.open("r+") as file:
                file.write("other")
        os.utime(text, ns=(1, 1))  # whatever the clock of the file system can tell

    with pytest.raises(FormatError, match=r"text' was changed while it was read: it had 480,000"):
        Corpus.build(text, tmp_path / "x.corpus", workers=2, progress=meddle)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text"]


def test_an_error_of_a_tokenizer_reaches_the_caller_and_keeps_the_old_corpus(tmp_path):
    Corpus.build([FIRST], tmp_path / "x.corpus").close()

    def fail(text):
        raise KeyError("no such language")

    (tmp_path / "text").write_text(SECOND)
    with pytest.raises(KeyError, match="no such language"):
        Corpus.build(tmp_path / "text", tmp_path / "x.corpus", tokenizer=fail, overwrite=True)
    assert words_of(tmp_path / "x.corpus") == OLD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text", "x.corpus"]


def test_what_is_at_the_target_is_looked_at_again_before_it_is_replaced(tmp_path):
    """A build may take hours, and something of value may have come to its place meanwhile."""
    target = tmp_path / "x.corpus"
    Corpus.build([FIRST], target).close()

    def documents():
        yield SECOND
        shutil.rmtree(target)
        target.mkdir()
        (target / "thesis.txt").write_text("years of work")

    with pytest.raises(FileExistsError, match="exists and is no corpus folder; it is kept"):
        Corpus.build(documents(), target, overwrite=True)
    assert (target / "thesis.txt").read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["x.corpus"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is mapped")
def test_a_corpus_folder_removed_while_mapped_can_still_be_trained(tmp_path):
    Corpus.build([FIRST, SECOND], tmp_path / "x.corpus").close()
    with Corpus.open(tmp_path / "x.corpus") as corpus:
        shutil.rmtree(tmp_path / "x.corpus")
        corpus.verify()
        model = Model(corpus, vector_size=4, min_count=1, sample=0.0).train(1, 2)
    assert np.isfinite(model.wv.vectors).all()
    with pytest.raises(FileNotFoundError, match=r"x\.corpus"):
        Corpus.open(tmp_path / "x.corpus")


TWO = """
import sys, time
from pathlib import Path
from sgns import Corpus
text, target, start = sys.argv[1], sys.argv[2], Path(sys.argv[3])
while not start.exists():
    time.sleep(0.001)
for _ in range(15):
    Corpus.build(text, target, workers=2, overwrite=True).close()
"""


def test_two_processes_that_build_one_path_leave_one_whole_corpus(tmp_path):
    for name, text in (("first", FIRST), ("second", FIRST + "more words\n")):
        (tmp_path / name).write_text(text)
    target, start = tmp_path / "out" / "x.corpus", tmp_path / "start"
    target.parent.mkdir()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TWO, tmp_path / name, target, start], stderr=subprocess.PIPE
        )
        for name in ("first", "second")
    ]
    start.touch()
    errors = [process.communicate()[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    assert words_of(target) in (OLD, sorted({*OLD, "more", "words"}))
    assert [path.name for path in target.parent.iterdir()] == ["x.corpus"]


def test_a_corpus_replaced_while_it_is_opened_is_never_half_of_each(tmp_path, monkeypatch):
    target = tmp_path / "x.corpus"
    Corpus.build(["a b c"] * 3, target).close()
    load, replaced = sgns.corpus_files.load_array, []

    def replace_first(path, *arguments, **options):
        if not replaced and Path(path).name == "counts.npy":
            replaced.append(path)
            Corpus.build(["d d e f"] * 2, tmp_path / "y.corpus").close()
            shutil.rmtree(target)
            (tmp_path / "y.corpus").rename(target)
        return load(path, *arguments, **options)

    monkeypatch.setattr(sgns.corpus_files, "load_array", replace_first)
    with Corpus.open(target) as corpus:
        corpus.verify()
        assert list(corpus) == [["d", "d", "e", "f"]] * 2
    assert replaced


WITHOUT_RIGHTS = """
import os
from sgns import Corpus
Corpus.build(["a b c"], "first").close()  # imports all that is needed, while everything is readable
os.chmod(".", 0o555)
if os.geteuid() == 0:  # who may write everywhere
    try:
        os.setuid(65534)
    except OSError:
        pass
if os.access(".", os.W_OK):
    raise SystemExit("may write everywhere")
try:
    Corpus.build(["a b c"], "x.corpus")
except PermissionError as error:
    print(error.filename, os.listdir("."))
"""


@posix
def test_a_folder_that_may_not_be_written_to_is_named(tmp_path):
    """By a user who may not, whoever runs the tests and wherever Python itself may be read."""
    command = [sys.executable, "-c", WITHOUT_RIGHTS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    tmp_path.chmod(0o755)
    if "may write everywhere" in done.stderr:
        pytest.skip("root without the right to become another user")
    assert (done.stdout, done.stderr) == ("x.corpus ['first']\n", "")
