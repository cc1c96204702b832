"""`sgns train` end to end on a small text."""

import dataclasses
import functools
import inspect
import json
import shutil

import numpy as np
import pytest

from sgns import cli
from sgns._signature_options import described_parameters
from sgns.arguments import COMMANDS, command_parser
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.keyed_vectors import KeyedVectors
from sgns.model import Model
from shell import SMALL


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
