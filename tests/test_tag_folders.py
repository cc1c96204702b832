"""Tags on disk: folders alike for any number of workers, read back, without room, from a shell."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sanitizers import judges_memory
from sgns import chunks, cli
from sgns._files import write_array
from sgns.corpus import Corpus
from sgns.fingerprint import Fingerprint
from sgns.string_array import save_strings


def test_the_folder_is_bit_for_bit_the_same_for_any_number_of_workers(tmp_path, monkeypatch):
    lines = [f"t{i * i % 37}\tword{i % 11} word{i % 5}\n" for i in range(300)]
    path = tmp_path / "a.tsv"
    path.write_text("".join(lines), encoding="utf-8", newline="")
    expected = None
    for number, (workers, size) in enumerate([(1, 1 << 20), (1, 100), (3, 100), (2, 77)]):
        monkeypatch.setattr(chunks, "CHUNK_BYTES", size)
        folder = tmp_path / str(number)
        Corpus.build(path, folder, workers=workers, tags="column").close()
        found = {file.name: file.read_bytes() for file in folder.iterdir()}
        expected = expected or found
        assert found == expected
    tags, texts = zip(*(line.rstrip("\n").split("\t") for line in lines), strict=True)
    with Corpus.build(texts, tags=tags) as corpus:
        assert corpus.fingerprint == json.loads(expected["meta.json"])["fingerprint"]


def test_round_trip_through_folders(tmp_path):
    for number, tags in enumerate([[["x", "y"], "x"], [[1, 10**15], 1]]):
        built = Corpus.build(["a b", "c"], tmp_path / f"built {number}", tags=tags)
        built.save(tmp_path / f"saved {number}")
        saved = Corpus.open(tmp_path / f"saved {number}")
        kept = Corpus.from_arrays([0, 1, 2], [0, 2, 3], ["a", "b", "c"], tags)
        for corpus in (built, saved, kept):
            corpus.verify()
            assert list(corpus.tags) == [tags[0], [tags[1]]]
            assert corpus.fingerprint == built.fingerprint
            assert not corpus.tags.ids.flags.writeable
            assert not corpus.tags.offsets.flags.writeable
        assert isinstance(saved.tags.ids, np.memmap)


@pytest.mark.parametrize("tags", [["x", "y", "x"], [5, 10**15, 5]])
def test_folders_of_the_first_kind_still_open(tmp_path, tags):
    """One tag a document, repeated where documents share it, as sgns 0.1.0 wrote them."""
    folder = tmp_path / "old"
    Corpus.build(["b a a", "c", "a"], folder).close()
    meta = json.loads((folder / "meta.json").read_text())
    fingerprint = Fingerprint()
    for name in ("tokens", "offsets", "counts", "words.offsets", "words.bytes"):
        fingerprint.add(name, np.load(folder / f"{name}.npy"))
    if isinstance(tags[0], str):
        save_strings(folder, "tags", tags)
        for name in ("tags.offsets", "tags.bytes"):
            fingerprint.add(name, np.load(folder / f"{name}.npy"))
    else:
        write_array(folder / "tags.npy", np.array(tags))
        fingerprint.add("tags", np.array(tags))
    kind = "strings" if isinstance(tags[0], str) else "integers"
    meta["tags"] = {"kind": kind, "per_document": "one"}
    meta["fingerprint"] = fingerprint.hexdigest()
    (folder / "meta.json").write_text(json.dumps(meta))
    with Corpus.open(folder) as corpus:
        corpus.verify()
        assert list(corpus.tags) == [[tag] for tag in tags]
        assert list(corpus.tags.keys) == tags[:2]
        assert corpus.tags.ids.tolist() == [0, 1, 0]
        corpus.save(tmp_path / "again")
    with Corpus.open(tmp_path / "again") as corpus:
        corpus.verify()
        assert list(corpus.tags) == [[tag] for tag in tags]
        assert dict(corpus.meta) == meta


@pytest.mark.parametrize("name", ["tag_ids.npy", "tag_offsets.npy", "tag_keys.bytes.npy"])
@pytest.mark.parametrize("after", [0, 200])
def test_a_full_disk(tmp_path, monkeypatch, name, after):
    class FullDisk(io.FileIO):
        def write(self, data):
            if self.tell() + len(data) > after:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    open_path = Path.open

    def open_full(self, mode="r", *arguments, **options):
        if self.name == name and mode == "wb":
            return io.BufferedWriter(FullDisk(self, mode))
        return open_path(self, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_full)
    tags = [f"tag {i % 100}" for i in range(500)]
    with pytest.raises(OSError, match="No space left"):
        Corpus.build(["a"] * 500, tmp_path / "out", tags=tags, workers=2)
    assert list(tmp_path.iterdir()) == []


class TestShell:
    def test_build_and_info(self, tmp_path, capsys):
        (tmp_path / "a.tsv").write_bytes(b"x\ta b\ny\tb\nx\ta\n")
        out = tmp_path / "out"
        assert cli.main(["build", str(tmp_path / "a.tsv"), str(out), "--tags"]) == 0
        assert "tags\t2\n" in capsys.readouterr().out
        with Corpus.open(out) as corpus:
            assert list(corpus.tags) == [["x"], ["y"], ["x"]]
        assert cli.main(["info", str(out), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["tags"] == 2
        command = ["train", str(out), str(tmp_path / "model"), "--tags"]
        assert cli.main(command) == 2
        assert "--tags is about text, and" in capsys.readouterr().err

    def test_a_missing_tag_is_one_line(self, tmp_path, capsys):
        (tmp_path / "a.tsv").write_bytes(b"x\ta b\nb\n")
        assert cli.main(["build", str(tmp_path / "a.tsv"), str(tmp_path / "out"), "--tags"]) == 2
        error = capsys.readouterr().err
        assert error.endswith("line 2: expected a tag, a tab and a text, found no tab\n")
        assert [path.name for path in tmp_path.iterdir()] == ["a.tsv"]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="tells how much memory is used")
@judges_memory
def test_memory_is_that_of_the_different_tags():
    """Four million tags that repeat, in a process that may allocate little beside the start."""
    program = """
import itertools, resource
from sgns.corpus import Corpus
used = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize()
limit = used + (40 << 20)
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
tags = list(range(10**15, 10**15 + 1000)) * 20
texts, tags = itertools.repeat("a", 200), itertools.repeat(tags, 200)
with Corpus.build(texts, workers=1, tags=tags) as corpus:
    print(len(corpus.tags.ids), len(corpus.tags.keys))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("4000000 1000\n", "")
