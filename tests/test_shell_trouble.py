"""How every shell command tells of trouble."""

import functools
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

from sgns import cli
from sgns.errors import DivergedError
from sgns.keyed_vectors import KeyedVectors
from sgns.model import Model
from shell import PARAMETERS, SGNS, SMALL


def test_wrong_arguments(fail):
    assert "COMMAND" in fail()
    assert "invalid choice: 'fly'" in fail("fly")
    assert "unrecognized arguments: --fly" in fail("info", "path", "--fly")
    for given, meant in [("--size", "vector-size"), ("--iter=3", "epochs"), ("--windw", "window")]:
        told = f"unrecognized arguments: {given}; did you mean --{meant}? (try `sgns train --help`)"
        assert fail("train", "a", "b", given) == told
    assert "the following arguments are required" in fail("build", "only")
    assert fail("train", "a", "b", "--window", "wide") == (
        "argument --window: expected a whole number or 'document', got 'wide' "
        "(try `sgns train --help`)"
    )
    assert "expected a whole number of 1 or more, got '1.5'" in fail(
        "train", "a", "b", "--epochs", "1.5"
    )


def test_wrong_values_of_parameters(fail, made, tmp_path):
    said = fail("train", made / "corpus", tmp_path / "model", "--vector-size", 0)
    assert said.startswith("--vector-size: expected")
    train = ("train", made / "corpus", tmp_path / "model", "--quiet", *PARAMETERS)
    assert fail(*train, "--epochs", -1).startswith("argument --epochs: expected")
    assert fail(*train, "--workers", 0).startswith("argument --workers: expected")
    assert fail("similar", made / "model", "red", "--topn", 0).startswith(
        "argument --topn: expected"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "command", ["similar {} word", "analogy {} a b c", "info {}", "export {} o"]
)
def test_a_path_that_is_not_there(fail, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    said = fail(*command.format("absent.model").split())
    assert said == "no model, corpus or file of vectors named 'absent.model'"


def test_a_text_that_is_not_there_or_holds_nothing(fail, tmp_path):
    (tmp_path / "empty").touch()
    for command in ("build", "train"):
        assert "absent" in fail(command, tmp_path / "absent", tmp_path / "out")
    assert fail("train", tmp_path / "empty", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_options_about_text_with_a_corpus(fail, made, tmp_path):
    said = fail("train", made / "corpus", tmp_path / "out", "--tokenizer", "words")
    assert said.startswith("--tokenizer is about text")


def test_a_folder_that_is_none_of_ours(fail, tmp_path):
    for text in (None, "{", "[]", '{"format": 3}', '{"format": "sgns"}', '{"format": "other"}'):
        if text is not None:
            (tmp_path / "meta.json").write_text(text, encoding="utf-8")
        assert "expected a folder with a model, a corpus or vectors" in fail("info", tmp_path)


def test_a_file_that_holds_no_vectors(fail, tmp_path):
    (tmp_path / "file").write_text("hello there\n", encoding="utf-8")
    assert str(tmp_path / "file") in fail("similar", tmp_path / "file", "word")


def test_a_corpus_where_vectors_are_expected(fail, made):
    assert fail("similar", made / "corpus", "red").endswith(
        "train a model from it with `sgns train`"
    )


def test_an_unknown_word(fail, made):
    said = fail("similar", made / "model", "gren")
    assert "gren" in said
    assert "green" in said
    assert not said.startswith(("'", '"'))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            DivergedError("training diverged in epoch 1 at a learning rate of 9; lower alpha"),
            "training diverged in epoch 1 at a learning rate of 9; lower --alpha",
        ),
        (
            TypeError("workers: expected an integer\nor None"),
            "--workers: expected an integer or none",
        ),
        (RuntimeError("can't start new thread"), "can't start new thread"),
        (FileExistsError("'x' exists; pass overwrite=True to replace it"), None),
    ],
)
def test_errors_are_one_line_in_the_words_of_the_shell(
    fail, made, tmp_path, monkeypatch, error, said
):
    @functools.wraps(Model.train)
    def train(model, **options):
        raise error

    monkeypatch.setattr(Model, "train", train)
    got = fail("train", made / "corpus", tmp_path / "model", "--quiet", *SMALL)
    assert got == (said or "'x' exists; pass --force to replace it")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written(fail, made, tmp_path):
    (tmp_path / "file").touch()
    for command in (("export", made / "model"), ("build", made / "text")):
        assert str(tmp_path / "file") in fail(*command, tmp_path / "file" / "out")


def test_words_with_tabs_and_newlines_stay_in_their_column(run, tmp_path):
    kv = KeyedVectors(["a\tb", "c\nd", "e"], np.eye(3, dtype=np.float32))
    kv.save(tmp_path / "vectors")
    rows = run("similar", tmp_path / "vectors", "e")
    assert sorted(row[1] for row in rows) == [r"a\tb", r"c\nd"]
    assert {len(row) for row in rows} == {3}


def test_characters_that_the_terminal_lacks(tmp_path):
    kv = KeyedVectors(["a", "\N{SNOWMAN}"], np.eye(2, dtype=np.float32))
    kv.save(tmp_path / "vectors")
    done = subprocess.run(
        [*SGNS, "similar", str(tmp_path / "vectors"), "a"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.stdout.split()[:2] == [b"a", b"\\u2603"]


def test_warnings_are_one_line(tmp_path, capsys, recwarn):
    (tmp_path / "twice.txt").write_text("3 2\na 1 2\na 1 2\nb 2 1\n", encoding="utf-8")
    done = subprocess.run(
        [*SGNS, "similar", str(tmp_path / "twice.txt"), "a"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.startswith("sgns: warning: ")
    assert done.stderr.count("\n") == 1


def test_warnings_of_the_library_name_no_source_line(made, tmp_path, monkeypatch, capsys):
    train = Model.train

    @functools.wraps(train)
    def train_and_warn(model, **options):
        warnings.warn("next to nothing\nwas learnt", UserWarning, stacklevel=2)
        return train(model, **options)

    monkeypatch.setattr(Model, "train", train_and_warn)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        command = ["train", str(made / "corpus"), str(tmp_path / "model"), "--quiet", *SMALL]
        assert cli.main(command) == 0
    assert capsys.readouterr().err == "sgns: warning: next to nothing was learnt\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_leaves(made, tmp_path):
    """A closed pipe ends the command quietly, whether it breaks while printing or at the end."""
    n = 20_000
    vectors = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
    KeyedVectors([f"w{i}" for i in range(n)], vectors).save(tmp_path / "vectors")
    for topn in (3, n - 1):
        process = subprocess.Popen(
            [*SGNS, "similar", str(tmp_path / "vectors"), "w0", "--topn", str(topn)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        process.stdout.close()
        with process.stderr:
            assert process.stderr.read() == b""
        assert process.wait() == 141
