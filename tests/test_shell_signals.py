"""Shell commands that are interrupted, and how training goes on afterwards."""

import functools
import shutil
import signal
import subprocess
import sys
import time

import pytest

from sgns import cli
from sgns.corpus import Corpus
from sgns.model import Model
from shell import PARAMETERS, SMALL


@pytest.fixture
def start():
    """Return a function that starts a command which hears Ctrl-C."""
    started = []

    def start_command(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "sgns", *map(str, arguments)],
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
    last = err.splitlines()[-1]
    assert last == (
        "sgns: interrupted; the model as it was when it was stopped, in epoch "
        f"{epochs + 1}, is in '{out}'"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "code", "what"), [(signal.SIGINT, 130, "interrupted"), (15, 143, "terminated")]
)
def test_a_signal_while_training_keeps_a_checkpoint(start, made, tmp_path, number, code, what):
    out, kept = tmp_path / "model", tmp_path / "kept"
    train = ["train", made / "corpus", out, "--checkpoint", kept, "--resume", *SMALL]
    process = start(*train, "--epochs", 1_000_000)
    assert process.stderr.readline().startswith("sgns: training on 1,000 words; Ctrl-C")
    while not kept.exists():
        time.sleep(0.01)
    time.sleep(1)
    process.send_signal(number)
    printed, err = process.communicate(timeout=20)
    assert (process.returncode, printed) == (code, "")
    assert err.splitlines()[-1] == (
        f"sgns: {what}; the checkpoint is in '{kept}', from which the run can be resumed"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]
    assert [path.name for path in kept.iterdir()] == ["checkpoint-00000001"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_sigterm_without_a_checkpoint_keeps_the_model(start, made, tmp_path):
    process = start("train", made / "corpus", tmp_path / "model", "--epochs", 1_000_000, *SMALL)
    process.stderr.readline()
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert err.splitlines()[-1].startswith("sgns: terminated; the model as it was when it was ")
    assert len(Model.load(tmp_path / "model").wv) > 0


def test_train_goes_on_from_a_checkpoint(run, fail, made, tmp_path):
    out, kept = tmp_path / "model", tmp_path / "kept"
    train = ["train", made / "corpus", out, "--checkpoint", kept, *PARAMETERS, "--quiet"]
    rows = run(*train, "--resume", "--epochs", 3, "--checkpoint-every", "epoch")
    assert [row[0] for row in rows] == ["epoch", "1", "2", "3"]
    assert fail(*train, "--resume").endswith(f"'{out}' exists; pass --force to replace it")
    again = run(*train, "--resume", "--epochs", 3, "--force")
    assert again == rows
    said = fail(*train, "--epochs", 3, "--force")
    assert said == (
        f"'{kept}' holds the checkpoint of a run; pass --resume to go on with it, or another path"
    )
    assert ": window: expected 5, " in fail(*train, "--resume", "--force", "--window", 3)
    assert ": epochs: expected 3, " in fail(*train, "--resume", "--force")
    said = fail(*train, "--checkpoint-every", "often")
    assert said.startswith('argument --checkpoint-every: expected "epoch", a time such as "30s"')


def test_train_measures_held_out_text_and_is_deterministic(run, fail, made, tmp_path):
    corpus = [made / "corpus", *PARAMETERS, "--quiet", "--validation", 0.2]
    losses = []
    for workers in (1, 3):
        out = tmp_path / str(workers)
        train = ["train", corpus[0], out, *corpus[1:], "--deterministic", "--workers", workers]
        rows = run(*train, "--epochs", 3, "--patience", 9)
        assert rows[0][:3] == ["epoch", "loss_per_pair", "validation_loss"]
        losses.append([row[1:3] for row in rows[1:]])
    assert losses[0] == losses[1]
    one, three = (Model.load(tmp_path / name).weights.words for name in ("1", "3"))
    assert one.tobytes() == three.tobytes()
    said = fail("train", corpus[0], tmp_path / "no", *PARAMETERS, "--quiet", "--patience", 2)
    assert said == "--patience: expected a fraction or a Corpus as validation=, got none"


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
