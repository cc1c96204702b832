"""Checkpoints of another run, and damaged ones, are refused and named."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from corpora import corpus_of, model_of, small_corpus
from sgns import Corpus, FormatError


@pytest.fixture(scope="module")
def corpus():
    """Five jobs an epoch."""
    return corpus_of([10_000] * 4)


@pytest.fixture
def kept(tmp_path, corpus):
    """A finished run of two epochs, in the folder `c`."""
    model_of(corpus).train(2, 1, checkpoint=tmp_path / "c")
    return tmp_path / "c"


def test_a_checkpoint_is_not_replaced_unasked(kept, corpus):
    with pytest.raises(FileExistsError, match=r"holds the checkpoint of a run; pass resume=True"):
        model_of(corpus).train(2, 1, checkpoint=kept)
    assert [path.name for path in kept.iterdir()] == ["checkpoint-00000001"]


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"vector_size": 9}, {}, "vector_size: expected 8, .* got 9"),
        ({"alpha": 0.03}, {}, "alpha: expected 0.025, .* got 0.03"),
        ({"window": "document"}, {}, "window: expected 5, .* got 'document'"),
        ({}, {"epochs": 3}, "epochs: expected 2, .* got 3"),
        ({}, {"shuffle": False}, "shuffle: expected True, .* got False"),
    ],
)
def test_a_difference_is_refused_and_named(kept, corpus, changes, options, message):
    model = model_of(corpus, **changes)
    before = model.weights.words.copy()
    with pytest.raises(ValueError, match=rf"checkpoint '.*checkpoint-00000001': {message}"):
        model.train(**({"epochs": 2, "workers": 1, "checkpoint": kept, "resume": True} | options))
    assert (model.weights.words == before).all()
    assert model.history == ()


def test_another_corpus_is_refused(kept, corpus):
    tokens = corpus.tokens.copy()
    tokens[17] = (tokens[17] + 1) % 30
    other = Corpus.from_arrays(tokens, corpus.offsets, corpus.vocabulary.words)
    message = f"corpus: expected the fingerprint '{corpus.fingerprint}'.*got '{other.fingerprint}'"
    with pytest.raises(ValueError, match=message):
        model_of(other).train(2, 1, checkpoint=kept, resume=True)


def test_a_model_of_another_past_is_refused(kept, corpus):
    model = model_of(corpus).train(1, 1, shuffle=False)
    with pytest.raises(ValueError, match="trained for 1 epochs that are not the first ones of the"):
        model.train(2, 1, checkpoint=kept, resume=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"position": {}}, "is damaged"),
        ({"position": None}, "is damaged"),
        ({"call": 3}, "is damaged"),
        ({"finished": "no"}, "is damaged"),
        ({"job": -1}, "job: expected a number of 0 or more, found -1"),
        ({"job": True}, "job: expected a number of 0 or more, found True"),
        ({"job": 6}, "no run of 2 epochs of 5 jobs comes to epoch 2, job 6"),
        ({"epoch": 3}, "no run of 2 epochs of 5 jobs comes to epoch 3, job 0"),
    ],
)
def test_a_damaged_checkpoint_is_named(kept, corpus, changes, message):
    file = kept / "checkpoint-00000001" / "training.json"
    values = json.loads(file.read_text(encoding="ascii"))
    for name, value in changes.items():
        (values if name in values else values["position"])[name] = value
    file.write_text(json.dumps(values), encoding="ascii")
    with pytest.raises(FormatError, match=rf"checkpoint '.*00000001': .*{message}"):
        model_of(corpus).train(2, 1, checkpoint=kept, resume=True)
    file.unlink()
    with pytest.raises(FormatError, match=r"00000001': training.json: No such file"):
        model_of(corpus).train(2, 1, checkpoint=kept, resume=True)


def test_weights_that_are_no_numbers_are_damage(kept, corpus):
    file = kept / "checkpoint-00000001" / "contexts.npy"
    with file.open("r+b") as opened:
        opened.seek(-4, os.SEEK_END)
        opened.write(np.float32(np.nan).tobytes())
    with pytest.raises(FormatError, match=r"00000001': there are weights that are no numbers"):
        model_of(corpus).train(2, 1, checkpoint=kept, resume=True)


@pytest.mark.parametrize(
    ("every", "error"),
    [
        (0, ValueError),
        (-5, ValueError),
        ("often", ValueError),
        ("5", ValueError),
        ("0s", ValueError),
        ("-1s", ValueError),
        (True, TypeError),
        (1.5, TypeError),
        (None, TypeError),
    ],
)
def test_times_that_are_none_are_refused(tmp_path, every, error):
    with pytest.raises(error, match=r'checkpoint_every: expected "epoch", a time such as .* got'):
        model_of(small_corpus()).train(1, 1, checkpoint=tmp_path / "c", checkpoint_every=every)


def test_resuming_asks_for_a_checkpoint(tmp_path):
    with pytest.raises(ValueError, match="resume: expected a path as checkpoint=, got none"):
        model_of(small_corpus()).train(1, 1, resume=True)
    with pytest.raises(TypeError, match="checkpoint: expected a path or None, got True"):
        model_of(small_corpus()).train(1, 1, checkpoint=True)
    with pytest.raises(TypeError, match="resume: expected True or False, got 1"):
        model_of(small_corpus()).train(1, 1, checkpoint=tmp_path / "c", resume=1)
