"""Documents in the shell."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sgns import KeyedVectors, Model
from sgns.cli import main
from topics import planted_topics


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A text with tags, and a model of it."""
    monkeypatch.chdir(tmp_path)
    documents = planted_topics(60)[0]
    lines = [f"doc-{i}\t{' '.join(words)}\n" for i, words in enumerate(documents)]
    (tmp_path / "text.tsv").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "new.txt").write_text("\n".join(map(" ".join, documents[:5])), encoding="utf-8")
    return tmp_path


def run(*arguments):
    return main([str(argument) for argument in arguments])


def train(mode, out="model", *options, tags=True):
    options = ["--sample", "0", "--min-count", "1", "--vector-size", "8", "--quiet", *options]
    if tags:
        options.append("--tags")
    assert run("train", "text.tsv", out, "--documents", mode, "--epochs", "3", *options) == 0


def rows(capsys):
    return [line.split("\t") for line in capsys.readouterr().out.splitlines()]


def test_training_tells_both_losses(folder, capsys):
    train("joint")
    head, *records = rows(capsys)
    assert head[:3] == ["epoch", "loss_per_pair", "document_loss_per_pair"]
    assert len(records) == 3
    assert all(float(loss) > 0 for record in records for loss in record[1:3])
    train("mean", "other")
    assert "document_loss_per_pair" not in rows(capsys)[0]


def test_documents_nearest_to_documents_and_words(folder, capsys):
    train("joint")
    model = Model.load("model")
    capsys.readouterr()
    assert run("similar", "model", "--document", "doc-3", "doc-4", "--topn", "2") == 0
    found = rows(capsys)
    expected = [key for tag in ("doc-3", "doc-4") for key, _ in model.dv.most_similar(tag, topn=2)]
    assert [row[0] for row in found] == ["doc-3", "doc-3", "doc-4", "doc-4"]
    assert [row[1] for row in found] == expected
    word = model.vocabulary[0]
    assert run("similar", "model", word, "--among", "documents", "--topn", "3", "--json") == 0
    [answer] = json.loads(capsys.readouterr().out)
    expected = model.dv.similar_by_vector(model.wv[word], topn=3)
    assert answer["word"] == word
    assert [found["document"] for found in answer["similar"]] == [key for key, _ in expected]
    assert run("similar", "model", "--document", "doc-3", "--among", "words", "--topn", "1") == 0
    assert rows(capsys)[0][1] == model.wv.similar_by_vector(model.dv["doc-3"], topn=1)[0][0]


def test_words_of_dbow_are_context_vectors_and_documents_may_be_numbers(folder, capsys):
    train("dbow", tags=False)
    model = Model.load("model")
    capsys.readouterr()
    assert run("similar", "model", "--document", "7", "--among", "words", "--topn", "1") == 0
    assert rows(capsys)[0][1] == model.cv.similar_by_vector(model.dv[7], topn=1)[0][0]
    assert run("similar", "model", model.vocabulary[0], "--topn", "1") == 0
    assert rows(capsys)[0][1] == model.cv.most_similar(model.vocabulary[0], topn=1)[0][0]
    assert run("similar", "model", "--document", "seven") == 2
    assert "expected the number of a document, got 'seven'" in capsys.readouterr().err


ERRORS = [
    (["similar", "model"], "expected either words or --document, got both or neither"),
    (["similar", "model", "w1", "--document", "a"], "expected either words or --document"),
    (["similar", "model", "--document", "nowhere"], "'nowhere'"),
    (["similar", "concat", "w1", "--among", "documents"], "not in one space"),
    (
        ["similar", "words", "--document", "a"],
        "no document vectors; train one with --documents",
    ),
    (["infer", "words", "new.txt", "-o", "new.npy"], "no document vectors"),
    (
        ["train", "text.tsv", "x", "--document-storage", "f"],
        "--document-storage: expected with",
    ),
    (
        ["train", "text.tsv", "x", "--documents", "dbow", "--document-storage", "new.txt"],
        "exists",
    ),
    (["train", "text.tsv", "words", "--resume", "--start", "model"], "--start: with --resume"),
    (["train", "text.tsv", "x", "--documents", "dm"], "documents"),
]


def test_errors_are_one_line(folder, capsys):
    train("joint")
    train("concat", "concat")
    assert run("train", "text.tsv", "words", "--min-count", "1", "--sample", "0", "--quiet") == 0
    capsys.readouterr()
    for arguments, message in ERRORS:
        try:
            code = run(*arguments)
        except SystemExit as left:
            code = left.code
        error = capsys.readouterr().err
        assert code == 2
        assert message in error
        assert error.count("\n") == 1


def test_inference_from_text_and_corpus(folder, capsys):
    train("joint")
    model = Model.load("model")
    expected = model.infer(planted_topics(60)[0][:5], epochs=4)
    for source in ("new.txt", "new.corpus"):
        if source.endswith("corpus"):
            assert run("build", "new.txt", "new.corpus", "--quiet") == 0
        options = ["--epochs", "4", "--workers", "1", "--quiet", "--force"]
        assert run("infer", "model", source, "-o", "new.npy", *options) == 0
        assert (np.load("new.npy") == expected).all()
    capsys.readouterr()
    assert run("infer", "model", "new.txt", "-o", "new.npy") == 2
    assert "'new.npy' exists; pass --force" in capsys.readouterr().err


def test_documents_are_exported(folder, capsys):
    train("dbow")
    assert run("export", "model", "documents.txt", "--documents") == 0
    found = KeyedVectors.load_word2vec_format("documents.txt")
    model = Model.load("model")
    assert list(found.index_to_key) == list(model.dv.index_to_key)
    np.testing.assert_allclose(found.vectors, model.dv.vectors, rtol=1e-6)
    capsys.readouterr()
    assert run("info", "model", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["document_vectors"] == 60
    assert facts["documents"] == "dbow"
    assert facts["document_loss_per_pair"] > 0


def test_training_begins_from_other_vectors_and_in_a_file(folder):
    train("joint", "first")
    first = Model.load("first")
    storage = ["--document-storage", "documents.npy"]
    train("dbow", "second", "--start", "first", "--freeze", "words", *storage)
    second = Model.load("second")
    assert (second.weights.context_vectors == first.weights.context_vectors).all()
    assert (np.load("documents.npy")[:, :8] == second.dv.vectors).all()
    further = ["--resume", "--document-storage", "more.npy", "--epochs", "1", "--quiet", "--tags"]
    assert run("train", "text.tsv", "second", *further) == 0
    assert len(Model.load("second").history) == len(second.history) + 1
    assert (np.load("more.npy")[:, :8] == Model.load("second").dv.vectors).all()
    first.wv.save("vectors")
    train("joint", "third", "--start", "vectors")
    assert Model.load("third").config.freeze is None
