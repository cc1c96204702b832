"""Checkpoints: a run that is resumed ends as one that was never stopped."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from corpora import corpus_of, model_of
from sgns import Model, _core
from sgns.errors import DivergedError

N_TOKENS = 40_000  # 625 blocks of 64 tokens: five jobs an epoch


class KilledError(Exception):
    """Stands for the end of a process, between any two jobs."""


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch):
    """Nothing here is about the loss of power."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="module")
def corpus():
    return corpus_of([N_TOKENS // 4] * 4)


@pytest.fixture
def killed_at(monkeypatch):
    """A function that lets training end abruptly when so many jobs are done."""
    worker = _core.Worker
    left = []

    class Mortal:
        def __init__(self, plan):
            self.worker = worker(plan)

        def train_job(self, *arguments):
            if left:
                left[0] -= 1
                if left[0] < 0:
                    raise KilledError
            return self.worker.train_job(*arguments)

    monkeypatch.setattr(_core, "Worker", Mortal)

    def set_jobs(jobs):
        left[:] = [] if jobs is None else [jobs]

    return set_jobs


def same(one, other):
    """Whether two models hold the same bits and have counted the same."""
    for name, matrix in one.weights.matrices().items():
        if matrix.tobytes() != other.weights.matrices()[name].tobytes():
            return False
    return measured(one) == measured(other)


def measured(model):
    """Records without their times."""
    return [
        (r.epoch, r.loss_per_pair, r.loss_pairs, r.pairs, r.targets, r.tokens, r.alpha)
        for r in model.history
    ]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# ---- the same bits ------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("every", ["epoch", 1, 20_000, "0.001s"])
@pytest.mark.parametrize("jobs", [0, 1, 4, 5, 7, 14])
def test_a_resumed_run_ends_with_the_bits_of_one_that_was_not_stopped(
    tmp_path, corpus, killed_at, shuffle, every, jobs
):
    whole = model_of(corpus, seed=4).train(3, 1, shuffle=shuffle)
    options = {"shuffle": shuffle, "checkpoint": tmp_path / "c", "checkpoint_every": every}
    killed_at(jobs)
    with pytest.raises(KilledError):
        model_of(corpus, seed=4).train(3, 1, **options)
    kept = names(tmp_path / "c") if (tmp_path / "c").exists() else []
    assert len(kept) == (jobs >= {"epoch": 5, 1: 1, 20_000: 2, "0.001s": 1}[every])
    killed_at(None)
    resumed = model_of(corpus, seed=4).train(3, 1, resume=True, **options)
    assert same(resumed, whole)


def test_a_run_may_be_stopped_and_resumed_after_every_job(tmp_path, corpus, killed_at):
    whole = model_of(corpus).train(2, 1)
    options = {"checkpoint": tmp_path / "c", "checkpoint_every": 1, "resume": True}
    for _ in range(9):
        killed_at(1)
        with pytest.raises(KilledError):
            model_of(corpus).train(2, 1, **options)
    killed_at(None)
    assert same(model_of(corpus).train(2, 1, **options), whole)


def test_writing_checkpoints_changes_nothing(tmp_path, corpus):
    whole = model_of(corpus).train(2, 1)
    assert same(model_of(corpus).train(2, 1, checkpoint=tmp_path / "c", checkpoint_every=1), whole)


def test_a_checkpoint_of_several_threads_is_of_whole_jobs(tmp_path, corpus, monkeypatch):
    """Every token of an epoch is visited once, whatever happened in between."""
    from sgns.checkpoint import Checkpoints
    from sgns.interval import Interval

    states, write, asked = [], Checkpoints.write, []

    def watched(self, fill, state):
        assert [t.name for t in threading.enumerate() if t.name.startswith("sgns-worker")] == []
        states.append(state)
        asked.clear()
        return write(self, fill, state)

    def over_when_three_jobs_are_taken(self, tokens):
        asked.append(tokens)
        return len(asked) > 2

    monkeypatch.setattr(Checkpoints, "write", watched)
    monkeypatch.setattr(Interval, "is_over", over_when_three_jobs_are_taken)
    whole = model_of(corpus).train(2, 1)
    model = model_of(corpus).train(2, 3, checkpoint=tmp_path / "c")
    assert [m[3:] for m in measured(model)] == [m[3:] for m in measured(whole)]
    assert (0, 3) in {(state.position.epoch, state.position.job) for state in states}
    for state in states:
        at = state.position
        assert at.tally.tokens == min(at.job * 128 * 64, N_TOKENS)


def test_a_finished_run_is_not_trained_again(tmp_path, corpus):
    options = {"checkpoint": tmp_path / "c", "resume": True}
    model = model_of(corpus).train(2, 1, **options)
    assert names(tmp_path / "c") == ["checkpoint-00000001"]
    assert same(model_of(corpus).train(2, 1, **options), model)
    before = model.weights.words.copy()
    assert (model.train(2, 1, **options).weights.words == before).all()
    assert len(model.history) == 2


def test_a_finished_model_trains_further_with_a_schedule_of_its_own(tmp_path, corpus, killed_at):
    whole = model_of(corpus).train(2, 1).train(2, 1)
    assert [r.alpha for r in whole.history] == pytest.approx([0.01255, 0.0001] * 2)
    model_of(corpus).train(2, 1).save(tmp_path / "model")
    options = {"corpus": corpus, "checkpoint": tmp_path / "c", "checkpoint_every": 1}
    killed_at(7)
    with pytest.raises(KilledError):
        Model.load(tmp_path / "model").train(2, 1, **options)
    killed_at(None)
    resumed = Model.load(tmp_path / "model").train(2, 1, resume=True, **options)
    assert same(resumed, whole)


def test_a_model_goes_on_in_the_process_it_was_stopped_in(tmp_path, corpus, killed_at):
    whole = model_of(corpus).train(3, 1)
    options = {"checkpoint": tmp_path / "c", "checkpoint_every": 1, "resume": True}
    model = model_of(corpus)
    killed_at(8)
    with pytest.raises(KilledError):
        model.train(3, 1, **options)
    assert len(model.history) == 1
    killed_at(None)
    assert same(model.train(3, 1, **options), whole)


def test_a_checkpoint_is_a_model_folder(tmp_path, corpus):
    model = model_of(corpus).train(1, 1, checkpoint=tmp_path / "c")
    assert same(Model.load(tmp_path / "c" / "checkpoint-00000001"), model)


# ---- what is on disk ----------------------------------------------------------------------------


def test_one_checkpoint_is_kept_and_two_are_there_while_one_is_written(
    tmp_path, corpus, monkeypatch
):
    import sgns.model_training

    folder, seen = tmp_path / "c", []
    write = sgns.model_training.write_model

    def watched(model, place):
        write(model, place)
        seen.append([name for name in names(folder) if name != "lock"])

    monkeypatch.setattr(sgns.model_training, "write_model", watched)
    model_of(corpus).train(3, 1, checkpoint=folder, checkpoint_every="epoch")
    assert [len(on_disk) for on_disk in seen] == [1, 2, 2]
    assert names(folder) == ["checkpoint-00000003"]


def test_a_run_that_kept_nothing_leaves_nothing(tmp_path, corpus, killed_at):
    killed_at(0)
    with pytest.raises(KilledError):
        model_of(corpus).train(1, 1, checkpoint=tmp_path / "c")
    assert names(tmp_path) == []


def test_what_killed_runs_left_goes_away(tmp_path, corpus):
    folder = tmp_path / "c"
    model_of(corpus).train(1, 1, checkpoint=folder)
    (folder / "lock").touch()
    for left in (".checkpoint-00000002.x7f", ".checkpoint-00000000.old"):
        (folder / left).mkdir()
        (folder / left / "words.npy").touch()
    model_of(corpus).train(1, 1, checkpoint=folder, resume=True)
    assert names(folder) == ["checkpoint-00000001"]


def test_a_folder_of_other_things_is_refused(tmp_path, corpus):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "thesis.tex").touch()
    with pytest.raises(FileExistsError, match=r"found 'thesis.tex' in it.*c'"):
        model_of(corpus).train(1, 1, checkpoint=tmp_path / "c")
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="file"):
        model_of(corpus).train(1, 1, checkpoint=tmp_path / "file")
    assert names(tmp_path / "c") == ["thesis.tex"]


def test_a_folder_in_use_is_refused(tmp_path, corpus):
    refused = []

    def second(progress):
        if not refused:
            with pytest.raises(BlockingIOError, match=r"another run.*c'") as error:
                model_of(corpus).train(1, 1, checkpoint=tmp_path / "c", resume=True)
            refused.append(error.value)

    model = model_of(corpus).train(2, 1, checkpoint=tmp_path / "c", progress=second)
    assert refused
    assert len(model.history) == 2
    assert names(tmp_path / "c") == ["checkpoint-00000001"]


# ---- Ctrl-C and divergence ----------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 3])
def test_ctrl_c_keeps_whole_jobs_and_says_where(tmp_path, corpus, workers):
    whole = model_of(corpus).train(3, 1)
    told = []

    def interrupt(progress):
        told.append(progress)
        if progress.epoch == 2:
            raise KeyboardInterrupt

    options = {"checkpoint": tmp_path / "c", "resume": True}
    with pytest.raises(KeyboardInterrupt, match=r"the checkpoint is in '.*c', from which"):
        model_of(corpus).train(3, workers, progress=interrupt, **options)
    assert names(tmp_path / "c") == ["checkpoint-00000001"]
    resumed = model_of(corpus).train(3, 1, **options)
    assert [m[3:] for m in measured(resumed)] == [m[3:] for m in measured(whole)]
    if workers == 1:
        assert same(resumed, whole)


def test_a_second_ctrl_c_stops_at_once(tmp_path, monkeypatch):
    import sgns.epoch_run

    corpus = corpus_of([20_000])  # every two words are pairs: jobs of seconds
    wait, interrupts = sgns.epoch_run.wait_until_ended, []

    def impatient(threads):
        interrupts.append(threads)
        if len(interrupts) == 1:
            raise KeyboardInterrupt
        wait(threads)

    def interrupt(progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(sgns.epoch_run, "wait_until_ended", impatient)
    with pytest.raises(KeyboardInterrupt, match="stopped in the middle of a job"):
        model_of(corpus, window="document", sample=0.0).train(
            9, 2, progress=interrupt, checkpoint=tmp_path / "c"
        )
    assert len(interrupts) == 2
    assert not [t for t in threading.enumerate() if t.name.startswith("sgns-worker")]
    assert names(tmp_path) == []


def test_the_last_good_checkpoint_stays_when_training_diverges(tmp_path, corpus):
    options = {"checkpoint": tmp_path / "c", "checkpoint_every": "epoch"}
    model = model_of(corpus)

    def spoil(progress):
        if progress.epoch == 2:
            model.weights.contexts[0, 0] = np.nan

    with pytest.raises(DivergedError, match=r"epoch 2 at a learning rate of 0\.0"):
        model.train(3, 1, progress=spoil, **options)
    assert names(tmp_path / "c") == ["checkpoint-00000001"]
    kept = Model.load(tmp_path / "c" / "checkpoint-00000001")
    assert np.isfinite(kept.weights.words).all()
    assert same(model_of(corpus).train(3, 1, resume=True, **options), model_of(corpus).train(3, 1))


def test_no_checkpoint_is_written_of_weights_that_are_no_numbers(tmp_path, corpus, monkeypatch):
    """The loss of a job is that before its last updates."""
    worker = _core.Worker
    model = model_of(corpus)

    class Spoiling:
        def __init__(self, plan):
            self.worker = worker(plan)

        def train_job(self, job, *arguments):
            tally = self.worker.train_job(job, *arguments)
            if job == 3:
                model.weights.words[2, 1] = np.inf
            return tally

    monkeypatch.setattr(_core, "Worker", Spoiling)
    with pytest.raises(DivergedError, match=r"epoch 1 at a learning rate .* no finite numbers"):
        model.train(1, 1, checkpoint=tmp_path / "c", checkpoint_every=1)
    assert names(tmp_path / "c") == ["checkpoint-00000003"]
