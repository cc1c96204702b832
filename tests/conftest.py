"""Shared by several test files: corpora with a known answer, and how commands are run."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass

import hypothesis
import numpy as np
import pytest

from sgns import Corpus, Model, cli
from shell import SMALL

# The same examples in every run, and none kept: the folder of the tests may be read-only.
hypothesis.settings.register_profile("same", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("same")
# What starts tests in the background lets them, and the processes that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None):
    signal.signal(signal.SIGINT, signal.default_int_handler)

N_CLASSES, WORDS_PER_CLASS = 8, 10


@dataclass(frozen=True)
class Planted:
    """Documents whose words all come from one class, so that neighbours are known."""

    documents: list[list[str]]
    class_of: dict[str, int]

    def share_of_class(self, wv, topn=5):
        """The share of each word's nearest neighbours that are of its own class."""
        hits = [
            self.class_of[neighbour] == self.class_of[word]
            for word in wv.index_to_key
            for neighbour, _ in wv.most_similar(word, topn=topn)
        ]
        return sum(hits) / len(hits)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no picture to the next test: pyplot keeps them, and some tests count them."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def planted():
    """80 words in 8 classes, 1,600 documents of 12 words of one class each."""
    generator = np.random.default_rng(20)
    classes = generator.integers(N_CLASSES, size=1600)
    members = generator.integers(WORDS_PER_CLASS, size=(1600, 12))
    documents = [
        [f"class{c}word{w}" for w in row]
        for c, row in zip(classes.tolist(), members.tolist(), strict=True)
    ]
    names = [(f"class{c}word{w}", c) for c in range(N_CLASSES) for w in range(WORDS_PER_CLASS)]
    return Planted(documents, dict(names))


@pytest.fixture(scope="session")
def planted_corpus(planted):
    """The same documents as a corpus, 19,200 tokens: three jobs of an epoch."""
    with Corpus.build(planted.documents) as corpus:
        yield corpus


@pytest.fixture
def run(capsys):
    """Return a function that runs a command and returns its rows of columns."""

    def run_command(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert code == 0, err
        return [line.split("\t") for line in out.splitlines()]

    return run_command


@pytest.fixture
def fail(capsys):
    """Return a function that runs a command that must fail, and returns the one line it says."""

    def run_command(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert err.startswith("sgns: error: ")
        return err.removeprefix("sgns: error: ").rstrip("\n")

    return run_command


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with a text, its corpus, a model and the model's vectors."""
    folder = tmp_path_factory.mktemp("cli")
    lines = ["red green blue red", "One two, three", "cat dog cow"] * 100
    (folder / "text").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert cli.main(["build", str(folder / "text"), str(folder / "corpus"), "--quiet"]) == 0
    train = ["train", str(folder / "corpus"), str(folder / "model"), "--epochs", "2", "--quiet"]
    assert cli.main([*train, *SMALL]) == 0
    Model.load(folder / "model").wv.save(folder / "vectors")
    assert cli.main(["export", str(folder / "model"), str(folder / "vectors.txt")]) == 0
    return folder


@pytest.fixture
def built(tmp_path):
    """Return the folder of a corpus of three documents, one of them empty."""
    path = tmp_path / "x.corpus"
    Corpus.build(["b a a", "", "c d\u00e9 a"], path, workers=1, tags=["x", "y", "é"]).close()
    return path
