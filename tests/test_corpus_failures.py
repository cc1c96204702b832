"""Builds that fail, are interrupted, or have little memory."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import sgns._ingest
from corpus_texts import awkward_text, content, reference
from sanitizers import judges_memory
from sgns import chunks
from sgns.corpus import Corpus


class TestFailure:
    """Nothing is left behind, no thread goes on, and the caller hears of it."""

    @pytest.fixture
    def source(self, tmp_path, monkeypatch):
        monkeypatch.setattr(chunks, "CHUNK_BYTES", 64)
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a").write_text(awkward_text(), encoding="utf-8")
        return tmp_path / "in" / "a"

    def check(self, source, error, match):
        n_threads = threading.active_count()
        folder = source.parent.parent / "out"
        for workers in (1, 3):
            with pytest.raises(error, match=match):
                Corpus.build(source, folder / "x.corpus", workers=workers)
            assert not folder.exists()
            assert threading.active_count() == n_threads

    @pytest.mark.parametrize("step", ["_encode", "_place", "_write", "_renumber_block", "rank"])
    def test_errors_in_every_step(self, source, monkeypatch, step):
        calls = []
        work = getattr(sgns._ingest.Encoder, step)

        def fail(self, *arguments):
            calls.append(step)
            if len(calls) % 7 == 0 or step in ("_renumber_block", "rank"):
                raise MemoryError("planted")
            return work(self, *arguments)

        monkeypatch.setattr(sgns._ingest.Encoder, step, fail)
        self.check(source, MemoryError, "planted")

    @pytest.mark.parametrize("after", [0, 3000])
    def test_a_full_disk(self, source, monkeypatch, after):
        class FullDisk(io.FileIO):
            written = 0

            def write(self, data):
                FullDisk.written += len(data)
                if FullDisk.written > after:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return super().write(data)

        open_path = Path.open

        def open_full(self, mode="r", *arguments, **options):
            if self.name == "tokens.npy" and mode == "r+b" and "buffering" in options:
                return FullDisk(self, mode)
            return open_path(self, mode, *arguments, **options)

        monkeypatch.setattr(Path, "open", open_full)
        self.check(source, OSError, "No space left")

    def test_short_writes_go_on(self, source, monkeypatch):
        class Dribble(io.FileIO):
            def write(self, data):
                return super().write(data[: max(1, len(data) // 2)])

            def readinto(self, data):
                return super().readinto(memoryview(data)[: max(1, len(data) // 3)])

        open_path = Path.open

        def open_slow(self, mode="r", *arguments, **options):
            if self.name == "tokens.npy" and mode == "r+b" and "buffering" in options:
                return Dribble(self, mode)
            return open_path(self, mode, *arguments, **options)

        monkeypatch.setattr(Path, "open", open_slow)
        text = source.read_text(encoding="utf-8")
        with Corpus.build(source, workers=2) as corpus:
            corpus.verify()
            assert content(corpus) == reference(text.split("\n")[:-1])


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise")
def test_an_interrupt_stops_within_a_second(tmp_path):
    """A build of an endless source; Ctrl-C must end it, its threads and its folder."""
    program = """
import itertools, signal, sys, threading, time
from sgns.corpus import Corpus

heard = []
def hear(*_):
    heard.append(time.process_time())
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, hear)

def documents():
    for i in itertools.count():
        if i == 10_000:
            print("running", flush=True)
        yield f"word{i % 1000} " * 20

try:
    Corpus.build(documents(), sys.argv[1], workers=2)
except KeyboardInterrupt:
    # Of the time that this process had; how much others leave to it is not judged.
    waited = time.process_time() - heard[0]
    print("interrupted", waited < 1, threading.active_count(), flush=True)
"""
    target = tmp_path / "x.corpus"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(target)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted True 1\n"
        assert process.wait() == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs resource limits")
@judges_memory
def test_memory_does_not_grow_with_the_text(tmp_path):
    """A text of 60 MB in a process that may allocate little more than the interpreter needs."""
    text = tmp_path / "a"
    line = " ".join(f"word{i}" for i in range(2000)).encode() + b"\n"
    with text.open("wb") as file:
        for _ in range(4000):
            file.write(line)
    program = """
import resource, sys
from sgns.corpus import Corpus
from sgns.corpus_meta import is_corpus
used = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize()
limit = used + (64 << 20)
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
with Corpus.build(sys.argv[1], workers=2) as corpus:
    print(corpus.n_tokens, len(corpus.vocabulary))
"""
    if not Path("/proc/self/statm").exists():
        pytest.skip("the system does not tell how much memory is in use")
    done = subprocess.run(
        [sys.executable, "-c", program, str(text)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("8000000 2000\n", "")
