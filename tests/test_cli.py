"""Every shell command end to end on a small text, and how each tells of trouble."""

import dataclasses
import functools
import gzip
import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from typing import Literal

import numpy as np
import pytest

from sgns import cli
from sgns.arguments import COMMANDS, command_parser, converter, described_parameters
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.errors import DivergedError
from sgns.keyed_vectors import KeyedVectors
from sgns.model import Model

SGNS = [sys.executable, "-m", "sgns"]
SMALL = ["--vector-size", "8", "--min-count", "1", "--workers", "1"]
PARAMETERS = ["--vector-size", "8", "--min-count", "1"]


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


# ---- build --------------------------------------------------------------------------------------


def test_build_tells_what_it_built(run, made, tmp_path):
    facts = dict(run("build", made / "text", tmp_path / "out"))
    assert facts["words"] == "1000"
    assert facts["documents"] == "300"
    assert facts["vocabulary"] == "9"
    with Corpus.open(tmp_path / "out") as corpus:
        assert corpus[1] == ["One", "two,", "three"]


def test_build_from_several_files_with_options(run, tmp_path):
    (tmp_path / "a").write_text("A, b\nc", encoding="utf-8")
    with gzip.open(tmp_path / "b.gz", "wb") as file:
        file.write(b"D \xff e")
    options = ("--tokenizer", "words", "--document-unit", "file", "--errors", "replace")
    run("build", tmp_path / "a", tmp_path / "b.gz", tmp_path / "out", *options)
    with Corpus.open(tmp_path / "out") as corpus:
        assert list(corpus) == [["a", "b", "c"], ["d", "e"]]


def test_build_replaces_only_when_told_to(run, fail, made, tmp_path):
    (tmp_path / "other").write_text("new", encoding="utf-8")
    shutil.copytree(made / "corpus", tmp_path / "out")
    assert "exists" in fail("build", tmp_path / "other", tmp_path / "out")
    with Corpus.open(tmp_path / "out") as corpus:
        assert corpus.n_tokens == 1000
    run("build", tmp_path / "other", tmp_path / "out", "--force")
    with Corpus.open(tmp_path / "out") as corpus:
        assert corpus.n_tokens == 1


def test_build_reads_standard_input(tmp_path):
    command = [*SGNS, "build", "-", str(tmp_path / "out")]
    subprocess.run(command, input=b"piped words\n", check=True, capture_output=True)
    with Corpus.open(tmp_path / "out") as corpus:
        assert list(corpus) == [["piped", "words"]]


# ---- train --------------------------------------------------------------------------------------


def test_train_from_a_corpus_tells_every_epoch(run, made, tmp_path):
    rows = run("train", made / "corpus", tmp_path / "model", "--epochs", 3, "--quiet", *SMALL)
    assert rows[0] == ["epoch", "loss_per_pair", "words_per_second", "seconds", "alpha"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3"]
    assert all(float(row[1]) > 0 for row in rows[1:])
    assert Model.load(tmp_path / "model").wv.vector_size == 8


def test_train_from_text_reads_it_as_told(run, made, tmp_path):
    run("train", made / "text", tmp_path / "model", "--tokenizer", "words", "--quiet", *SMALL)
    wv = Model.load(tmp_path / "model").wv
    assert "two" in wv
    assert "two," not in wv


def test_train_passes_every_parameter_on(run, made, tmp_path):
    given = {
        "vector_size": 7, "window": "document", "min_count": 2, "max_final_vocab": 8,
        "sample": 0.0, "negative": 3, "ns_exponent": -0.5, "alpha": 0.05, "min_alpha": 0.01,
        "shrink_windows": False, "seed": 9, "kernel": "fused", "negative_sharing": 2,
        "shared_negatives": 4,
    }  # fmt: skip
    assert TrainingConfig(**given) != TrainingConfig()
    options = []
    for name, value in given.items():
        flag = name.replace("_", "-")
        options += [f"--no-{flag}"] if value is False else [f"--{flag}={value}"]
    run("train", made / "corpus", tmp_path / "model", "--epochs", 1, "--no-shuffle", *options)
    assert Model.load(tmp_path / "model").config == TrainingConfig(**given)


def test_train_leaves_parameters_that_are_not_given_to_the_configuration(run, made, tmp_path):
    run("train", made / "corpus", tmp_path / "model", "--epochs", 1)
    assert Model.load(tmp_path / "model").config == TrainingConfig()


def test_every_parameter_has_an_option_with_its_default(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for name, value in TrainingConfig().to_dict().items():
        assert f"--{name.replace('_', '-')}" in text
        shown = str(value).lower() if value is None or isinstance(value, bool) else value
        assert f"(default: {shown})" in text


def test_the_help_says_what_each_parameter_does():
    texts = described_parameters(inspect.getdoc(TrainingConfig))
    for name in TrainingConfig().to_dict():
        assert 20 < len(texts[name]) < 250, name
    assert texts["alpha"] != texts["min_alpha"]
    assert "start" in texts["alpha"]
    assert "end" in texts["min_alpha"]
    assert "document" in texts["window"]
    for word in ("fused", "blas", "slower"):
        assert word in texts["kernel"]
    assert "windows" in texts["negative_sharing"]
    assert "0: fresh" in texts["negative_sharing"]
    assert "serves several windows" in texts["shared_negatives"]


def test_the_help_explains_every_argument(capsys):
    """No argument stands there without a word on it."""
    for name in COMMANDS:
        parser = command_parser()
        (commands,) = (action.choices for action in parser._actions if action.choices)
        with pytest.raises(SystemExit):
            commands[name].parse_args(["--help"])
        capsys.readouterr()
        assert all(action.help for action in commands[name]._actions), name


def test_train_as_json(made, tmp_path, capsys):
    out = str(tmp_path / "model")
    assert cli.main(["train", str(made / "corpus"), out, "--epochs", "2", "--json", *SMALL]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["epoch"] for record in records] == [1, 2]
    assert {"loss_per_pair", "pairs", "tokens", "seconds"} <= set(records[0])


def test_numbers_that_json_has_not_are_null(made, tmp_path, capsys, monkeypatch):
    train = Model.train

    @functools.wraps(train)
    def train_nothing(model, **options):
        train(model, **options)
        nothing = dataclasses.replace(model.history[-1], loss_per_pair=float("nan"))
        model._history[-1] = nothing

    monkeypatch.setattr(Model, "train", train_nothing)
    out = str(tmp_path / "model")
    assert cli.main(["train", str(made / "corpus"), out, "--epochs", "1", "--json", *SMALL]) == 0
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["loss_per_pair"] is None
    KeyedVectors(list("abcd"), [[1, 0], [0, 1], [1, 1], [np.inf, 0]]).save(tmp_path / "vectors")
    assert cli.main(["analogy", str(tmp_path / "vectors"), "a", "b", "c", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert answer == {"word": "d", "cosine": None}


def test_train_does_not_begin_when_the_model_exists(fail, made, tmp_path):
    (tmp_path / "model").mkdir()
    said = fail("train", made / "corpus", tmp_path / "model")
    assert said.endswith("exists; pass --force to replace it or --resume to train it further")


@pytest.fixture
def unread(monkeypatch):
    """Make reading a text an error of its own."""

    def read(*_, **__):
        raise AssertionError("the text was read")

    monkeypatch.setattr(Corpus, "build", functools.wraps(Corpus.build)(read))


def test_train_finds_before_it_reads_that_the_model_cannot_be_saved(
    fail, made, tmp_path, unread, monkeypatch
):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear", encoding="utf-8")
    said = fail("train", made / "text", tmp_path / "mine", "--force")
    assert said == f"'{tmp_path / 'mine'}' exists and is no model; it is kept, --force or not"
    assert (tmp_path / "mine" / "letter").exists()
    said = fail("train", made / "text", tmp_path / "absent" / "model")
    assert said.endswith(f"there is no folder '{tmp_path / 'absent'}'")
    assert "there is no folder" in fail("train", made / "text", made / "text" / "model")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "some name")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    said = fail("train", made / "text", tmp_path / "model")
    assert said.startswith(f"cannot save '{tmp_path / 'model'}'")
    assert said.endswith(f"'{tmp_path}': Permission denied")


def test_train_finds_wrong_settings_before_it_reads(fail, made, tmp_path, unread, monkeypatch):
    monkeypatch.setenv("SGNS_ISA", "abacus")
    out = tmp_path / "model"
    assert fail("train", made / "text", out).startswith("SGNS_ISA: expected one of")
    shutil.copytree(made / "model", out)
    assert fail("train", made / "text", out, "--resume").startswith("SGNS_ISA: expected one of")
    said = fail("train", made / "text", tmp_path / "other", "--min-alpha", 1)
    assert said.startswith("--min-alpha: expected at most alpha")


def test_a_model_that_cannot_be_saved_after_all_goes_beside(fail, made, tmp_path, monkeypatch):
    out, beside = tmp_path / "model", tmp_path / "model.interrupted"
    save = Model.save

    def save_or_fail(model, path, **options):
        if path in broken:
            raise OSError(28, "No space left on device", str(path))
        save(model, path, **options)

    monkeypatch.setattr(Model, "save", save_or_fail)
    train = ("train", made / "corpus", out, "--quiet", "--epochs", 1, *SMALL)
    broken = {out}
    said = fail(*train)
    assert said == f"'{out}': No space left on device; the model is in '{beside}'"
    assert len(Model.load(beside).history) == 1
    broken = {out, beside}
    assert fail(*train) == f"'{out}': No space left on device"


def test_build_replaces_no_other_folder_whatever_it_is_told(fail, made, tmp_path):
    (tmp_path / "mine").mkdir()
    said = fail("build", made / "text", tmp_path / "mine", "--force")
    assert said.endswith("exists and is no corpus; it is kept, --force or not")
    assert (tmp_path / "mine").is_dir()


def test_train_replaces_a_model_when_told_to(run, made, tmp_path):
    shutil.copytree(made / "model", tmp_path / "model")
    run("train", made / "text", tmp_path / "model", "--force", "--vector-size", 5, "--min-count", 1)
    assert Model.load(tmp_path / "model").wv.vector_size == 5


def test_train_resumes(run, fail, made, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(made / "model", model)
    rows = run("train", made / "corpus", model, "--resume", "--epochs", 2, "--quiet")
    assert [row[0] for row in rows[1:]] == ["3", "4"]
    assert len(Model.load(model).history) == 4
    said = fail("train", made / "corpus", model, "--resume", "--window", 3)
    assert said == f"--window: with --resume the parameters are those of '{model}'"
    assert "absent" in fail("train", made / "corpus", tmp_path / "absent", "--resume")


# ---- similar, analogy ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model", "vectors", "vectors.txt"])
def test_similar(run, made, name):
    rows = run("similar", made / name, "red", "cat", "--topn", 3)
    assert [row[0] for row in rows] == ["red"] * 3 + ["cat"] * 3
    wv = Model.load(made / "model").wv
    for query, other, cosine in rows:
        assert float(cosine) == pytest.approx(wv.similarity(query, other), abs=1e-4)
    assert rows[0][2] >= rows[1][2] >= rows[2][2]


def test_similar_as_json(made, capsys):
    assert cli.main(["similar", str(made / "model"), "red", "--topn", "2", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["word"] == "red"
    expected = Model.load(made / "model").wv.most_similar("red", topn=2)
    got = [(near["word"], near["cosine"]) for near in answer["similar"]]
    assert [word for word, _ in got] == [word for word, _ in expected]
    assert [cosine for _, cosine in got] == pytest.approx([c for _, c in expected], abs=1e-6)


def test_analogy(run, made, capsys):
    wv = Model.load(made / "model").wv
    expected = wv.most_similar(positive=["green", "cat"], negative=["red"], topn=2)
    rows = run("analogy", made / "model", "red", "green", "cat", "--topn", 2)
    assert [row[0] for row in rows] == [word for word, _ in expected]
    assert cli.main(["analogy", str(made / "model"), "red", "green", "cat", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["word"] == expected[0][0]


# ---- export -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [["out.txt"], ["out.txt.gz"], ["out.bin", "--binary"]])
def test_export_in_the_formats_of_word2vec(run, made, tmp_path, options):
    run("export", made / "model", tmp_path / options[0], *options[1:])
    read = KeyedVectors.load_word2vec_format(tmp_path / options[0])
    wv = Model.load(made / "model").wv
    assert sorted(read.index_to_key) == sorted(wv.index_to_key)
    np.testing.assert_array_equal(read["red"], wv["red"])


def test_export_of_the_matrix(run, fail, made, tmp_path):
    out = tmp_path / "out.npy"
    run("export", made / "model", out)
    wv = Model.load(made / "model").wv
    np.testing.assert_array_equal(np.load(out, allow_pickle=False), wv.vectors)
    keys = json.loads((tmp_path / "out.npy.keys.json").read_text(encoding="utf-8"))
    assert keys == list(wv.index_to_key)
    out.unlink()
    assert "out.npy.keys.json' exists" in fail("export", made / "model", out)
    run("export", made / "model", out, "--force")
    assert out.exists()
    assert "--binary" in fail("export", made / "model", tmp_path / "b.npy", "--binary")


def test_export_replaces_only_when_told_to(run, fail, made, tmp_path):
    out = tmp_path / "out.txt"
    out.write_text("mine", encoding="utf-8")
    assert "exists" in fail("export", made / "model", out)
    assert out.read_text(encoding="utf-8") == "mine"
    run("export", made / "model", out, "--force")
    assert out.read_text(encoding="utf-8").startswith("9 8\n")


# ---- info, config, version, help ----------------------------------------------------------------


def test_info(run, made):
    corpus = dict(run("info", made / "corpus"))
    assert (corpus["kind"], corpus["words"]) == ("corpus", "1000")
    model = dict(run("info", made / "model"))
    assert (model["kind"], model["vectors"], model["epochs"]) == ("model", "9", "2")
    assert (model["vector_size"], model["window"]) == ("8", "5")
    for name in ("vectors", "vectors.txt"):
        vectors = dict(run("info", made / name))
        assert (vectors["kind"], vectors["vectors"], vectors["vector_size"]) == (
            "vectors",
            "9",
            "8",
        )


def test_info_as_json(made, capsys):
    assert cli.main(["info", str(made / "model"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["vector_size"] == 8
    assert "red" in facts["first_keys"]


def test_config_tells_version_and_instruction_set(run):
    text = "\n".join(map("\t".join, run("config")))
    assert "0." in text
    assert "instruction" in text.lower()


def test_version(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("sgns 0.")


def test_python_m_sgns():
    done = subprocess.run([*SGNS, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sgns 0.")


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help(command, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main([command, "--help"] if command else ["--help"])
    assert left.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: sgns")
    if command:
        assert f"sgns {command}" in out[out.index("\nexample") :]


def test_every_command_is_there_and_its_examples_parse():
    assert set(COMMANDS) == set(cli._COMMANDS)
    for name, (_, _, examples) in COMMANDS.items():
        for example in examples:
            words = example.rpartition("| ")[2].split()
            assert words[0] == "sgns"
            assert command_parser().parse_args(words[1:]).command == name


def test_importing_the_command_line_imports_nothing_heavy():
    code = (
        "import sys, sgns.cli as c; c.command_parser().format_help();"
        "print(*{'scipy', 'tqdm', 'sgns.demo', 'sgns.formats'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


# ---- trouble ------------------------------------------------------------------------------------


def test_wrong_arguments(fail):
    assert "COMMAND" in fail()
    assert "invalid choice: 'fly'" in fail("fly")
    assert "unrecognized arguments: --fly" in fail("info", "path", "--fly")
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


# ---- Ctrl-C -------------------------------------------------------------------------------------


# A shell may start its background jobs, and so these tests, with SIGINT ignored.
HEARING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from sgns.cli import main
sys.exit(main())
"""


@pytest.fixture
def start():
    """Return a function that starts a command which hears Ctrl-C."""
    started = []

    def start_command(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", HEARING, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield start_command
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_while_building(start, tmp_path):
    process = start("build", "-", tmp_path / "out")
    process.stdin.write("more than a pipe holds " * 50_000)  # returns when most of it was read
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == f"sgns: interrupted; nothing was written to '{tmp_path / 'out'}'"
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_while_training_keeps_the_model(start, made, tmp_path):
    out = tmp_path / "model"
    process = start("train", made / "corpus", out, "--epochs", 1_000_000, *SMALL)
    assert process.stderr.readline().startswith("sgns: training on 1,000 words; Ctrl-C")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    printed, err = process.communicate(timeout=20)
    assert (process.returncode, printed) == (130, "")
    epochs = len(Model.load(out).history)
    assert epochs > 0
    last = err.splitlines()[-1]
    assert last == (
        "sgns: interrupted; the model as it was when it was stopped, in epoch "
        f"{epochs + 1}, is in '{out}'"
    )


def test_ctrl_c_never_replaces_a_finished_model(made, tmp_path, monkeypatch, capsys):
    """The interrupted model goes beside it, and an earlier interrupted one makes room."""
    train = Model.train

    def train_and_stop(model, **options):
        train(model, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Model, "train", functools.wraps(train)(train_and_stop))
    shutil.copytree(made / "model", tmp_path / "model")
    size = ["--vector-size", "5", "--min-count", "1", "--force"]
    for _ in range(2):
        assert cli.main(["train", str(made / "corpus"), str(tmp_path / "model"), *size]) == 130
        assert f"is in '{tmp_path / 'model.interrupted'}'" in capsys.readouterr().err
    assert Model.load(tmp_path / "model").wv.vector_size == 8
    assert Model.load(tmp_path / "model.interrupted").wv.vector_size == 5


def test_ctrl_c_in_the_first_epoch_keeps_what_was_learnt(made, tmp_path, monkeypatch, capsys):
    @functools.wraps(Model.train)
    def stop(model, **options):
        model.weights.words[:] = 7
        raise KeyboardInterrupt

    monkeypatch.setattr(Model, "train", stop)
    out = tmp_path / "model"
    assert cli.main(["train", str(made / "corpus"), str(out), *SMALL]) == 130
    assert capsys.readouterr().err.endswith(
        f"the model as it was when it was stopped, in epoch 1, is in '{out}'\n"
    )
    model = Model.load(out)
    assert (model.weights.word_vectors == 7).all()
    assert len(model.history) == 0
    assert cli.main(["train", str(made / "corpus"), str(out), "--resume"]) == 130
    assert f"in epoch 1, is in '{out}.interrupted'" in capsys.readouterr().err
    shutil.rmtree(f"{out}.interrupted")
    (tmp_path / "model.interrupted").write_text("mine", encoding="utf-8")
    assert cli.main(["train", str(made / "corpus"), str(out), "--resume"]) == 130
    assert f"in epoch 1, is in '{out}.interrupted-2'" in capsys.readouterr().err
    assert (tmp_path / "model.interrupted").read_text(encoding="utf-8") == "mine"


def test_ctrl_c_while_saving_keeps_the_trained_model(made, tmp_path, monkeypatch, capsys):
    save = Model.save
    calls = []

    def interrupted_once(model, path, **options):
        calls.append(path)
        if len(calls) == 1:
            raise KeyboardInterrupt
        save(model, path, **options)

    monkeypatch.setattr(Model, "save", interrupted_once)
    out = tmp_path / "model"
    assert cli.main(["train", str(made / "corpus"), str(out), "--epochs", "2", *SMALL]) == 130
    assert f"the model as it is after epoch 2 is in '{out}'" in capsys.readouterr().err
    assert len(Model.load(out).history) == 2


def test_ctrl_c_while_reading_says_that_nothing_was_written(made, tmp_path, monkeypatch, capsys):
    @functools.wraps(Corpus.build)
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Corpus, "build", stop)
    assert cli.main(["train", str(made / "text"), str(tmp_path / "model"), *SMALL]) == 130
    assert capsys.readouterr().err.endswith(f"nothing was written to '{tmp_path / 'model'}'\n")
    assert not list(tmp_path.iterdir())


# ---- options from annotations and docstrings ----------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (int, "5", 5),
        (float, "5", 5.0),
        (int | None, "none", None),
        (int | None, "7", 7),
        (int | Literal["document"], "document", "document"),
        (int | float, "1.5", 1.5),
        (int | str, "x", "x"),
    ],
)
def test_converter(hint, text, value):
    got = converter(hint)(text)
    assert got == value
    assert type(got) is type(value)


def test_described_parameters():
    text = """One line.

    Parameters
    ----------
    first : int
        What it is. More
        about it.
    second, third : float
        Both of
        them.
    fourth

    Raises
    ------
    ValueError
        Never.
    """
    assert described_parameters(inspect.cleandoc(text)) == {
        "first": "What it is",
        "second": "Both of them",
        "third": "Both of them",
        "fourth": "",
    }
