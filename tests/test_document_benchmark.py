"""The benchmark of documents: what its classifiers say of vectors whose answer is known."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="benchmarks are not shipped")


@pytest.fixture
def quality(monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import _document_quality

    return _document_quality


def test_accuracies_are_those_of_the_right_vectors(quality):
    """Trained vectors tell the label; inferred ones tell it the other way round, or nothing."""
    generator = np.random.default_rng(0)
    lines = np.arange(1, 400, 2)
    names = generator.permutation(np.repeat(["neg", "pos"], 100))
    labels = quality.Labels(lines, names)
    trained = generator.normal(size=(400, 4)).astype(np.float32)
    trained[lines, 2] += np.where(names == "pos", 100, -100)
    sample = sorted(generator.permutation(lines)[:80].tolist())
    found = quality.accuracies(trained, -trained[sample], sample, labels, 2)
    assert found == {
        "trained": 1.0,
        "trained, of the sample": 1.0,
        "inferred, classifier of trained": 0.0,
        "inferred, classifier of inferred": 1.0,
    }
    noise = generator.normal(size=(80, 4)).astype(np.float32)
    found = quality.accuracies(noise.repeat(5, axis=0), noise, sample, labels, 2)
    assert all(0.25 < value < 0.75 for value in found.values())
    assert list(quality.accuracies(trained, trained[:0], [], labels, 2)) == ["trained"]
    assert "inferred, classifier of inferred" not in quality.accuracies(
        trained, trained[sample[:1]], sample[:1], labels, 2
    )


def test_labels_are_read_and_checked(quality, tmp_path):
    path = tmp_path / "labels.tsv"
    path.write_text("line\tsentiment\n7\tpos\n2\tneg\n")
    labels = quality.read_labels(path)
    assert (labels.lines.tolist(), labels.names.tolist()) == ([2, 7], ["neg", "pos"])
    for text, message in [
        ("1\ta\nx\tb\n", "line 2: expected a line number, a tab and a label"),
        ("1\ta\n2 b\n", "line 2: expected a line number, a tab and a label"),
        ("1\ta\n1\tb\n", "line 2: line 1 has a label already"),
        ("1\ta\n2\ta\n", "expected two labels or more, got 1"),
    ]:
        path.write_text(text)
        with pytest.raises(SystemExit, match=message):
            quality.read_labels(path)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Documents of two topics, and the labels of half of them."""
    folder = tmp_path_factory.mktemp("text")
    generator = np.random.default_rng(1)
    words = generator.integers(20, size=(200, 30))
    lines = [" ".join(f"{'ab'[i % 2]}{w}" for w in row) for i, row in enumerate(words)]
    (folder / "text.txt").write_text("\n".join(lines) + "\n")
    labels = "".join(f"{i}\t{'ab'[i % 2]}\n" for i in range(100))
    (folder / "labels.tsv").write_text("line\tlabel\n" + labels)
    return folder


def command(corpus, folder, *options):
    files = ["--corpus", corpus / "text.txt", "--labels", corpus / "labels.tsv"]
    files += ["--log", folder / "log.jsonl", "--scratch", folder]
    return [BENCHMARKS / "documents.py", *files, "--quick", *options]


def documents(*arguments):
    line = [sys.executable, *command(*arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--modes", "dbow,dm"], "--modes: expected some of dbow, .*, got 'dm'"),
        (["--programs", "fasttext"], "--programs: expected some of gensim, sgns, got 'fasttext'"),
        (["--folds", "1"], "--folds: expected 2 or more, got 1"),
        (["--folds", "60"], "--labels: expected each label 60 times or more, got one 50 times"),
        (["--also", "gensim concat"], "'gensim concat': expected one of gensim, sgns and a mode"),
        (["--also", "sgns dbow window"], "expected name=value after the mode"),
    ],
)
def test_wrong_options_are_told_before_anything_runs(
    quality, corpus, tmp_path, monkeypatch, capsys, options, message
):
    import documents as script

    monkeypatch.setattr(script, "run_child", None)
    monkeypatch.setattr(sys, "argv", [str(part) for part in command(corpus, tmp_path, *options)])
    with pytest.raises(SystemExit) as left:
        script.main()
    assert left.value.code
    assert re.search(message, f"{left.value.code}{capsys.readouterr().err}")
    assert list(tmp_path.iterdir()) == []


def test_a_report_of_every_mode(corpus, tmp_path):
    """Without gensim, which takes seconds to import; it differs by one function."""
    pytest.importorskip("sklearn")
    options = ["--programs", "sgns", "--modes", "dbow,mean", "--seeds", "1,2", "--workers", "1"]
    options += ["--epochs", "5", "--output", tmp_path / "report.md", tmp_path / "report.json"]
    options += ["--also", "sgns dbow window=2"]
    done = documents(corpus, tmp_path, *options)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.md").read_text() == done.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert [(run["name"], run["seed"]) for run in report["runs"]] == [
        ("sgns dbow", 1),
        ("sgns dbow window=2", 1),
        ("sgns dbow window=2", 2),
        ("sgns dbow", 2),
        ("sgns mean", 1),
        ("sgns mean", 2),
    ]
    for run in report["runs"]:
        assert run["tokens"] == 6000
        assert run["inferred_per_second"] > 0
        assert run["matrix_bytes"] == (2 * 40 + 200) * 16 * 4
        assert len(run["quality"]) == 4
        assert min(run["quality"].values()) > 0.9
    assert "| sgns mean " in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "log.jsonl", "report.json", "report.md",
    ]  # fmt: skip

    # A contestant that fails loses nothing, and what has been measured is not measured again.
    again = documents(corpus, tmp_path, *options, "--also", "sgns mean alpha=-1")
    assert again.returncode == 1
    assert "sgns mean alpha=-1, vector size 16, seed 2: ValueError: alpha: " in again.stdout
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 8
    found = json.loads((tmp_path / "report.json").read_text())["runs"]
    assert [run for run in found if "error" not in run] == report["runs"]
