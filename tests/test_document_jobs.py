"""Whole jobs with documents give the weights, losses and counts of the oracle."""

from __future__ import annotations

import numpy as np
import pytest

from jobs import (
    DOCUMENT_MODES,
    INSTRUCTION_SETS,
    document_settings,
    document_weights,
    train_all,
    train_oracle,
)
from test_jobs import ROOM, SHORT

MODES = list(DOCUMENT_MODES)


def assert_trained_as_by_oracle(arguments):
    """Train with the core and the oracle; returns the tallies and the weights after and before."""
    weights, before = document_weights(arguments), document_weights(arguments)
    tallies = train_all(arguments, weights)
    oracle, expected = train_oracle(arguments, before)
    for found, exact in [
        (weights.word_vectors, oracle.words),
        (weights.context_vectors, oracle.contexts),
        (weights.document_vectors, oracle.documents),
    ]:
        room = ROOM * max(1.0, np.abs(exact).max() / 4)  # steps that add up overshoot in some tests
        assert room < 4 * ROOM
        np.testing.assert_allclose(found, exact, rtol=0, atol=room)
    padded = weights.contexts.reshape(len(weights.contexts), weights.context_parts, -1)
    for matrix in (weights.words, weights.documents, padded):
        assert not matrix[..., weights.vector_size :].any()
    for found, exact in zip(tallies, expected, strict=True):
        losses = {}
        for name in ("loss", "document_loss"):
            assert found[name] == pytest.approx(exact[name], rel=2e-5)
            losses[name] = 0
        assert found | losses == exact | losses
    assert np.abs(oracle.documents - before.document_vectors).max() > 1000 * ROOM
    return tallies, weights, before, oracle


@pytest.mark.parametrize("size", [1, 17, 100])
@pytest.mark.parametrize("sharing", [0, 1, 16])
@pytest.mark.parametrize("mode", MODES)
def test_documents_equal_the_oracle(mode, sharing, size):
    for kernel in INSTRUCTION_SETS if size == 17 else INSTRUCTION_SETS[-1:]:
        assert_trained_as_by_oracle(
            document_settings(mode, kernel=kernel, sharing=sharing, size=size)
        )


@pytest.mark.parametrize("uses", [1, 2, 4])
@pytest.mark.parametrize("sharing", [0, 3, 16])
@pytest.mark.parametrize("mode", MODES)
def test_documents_with_several_tags_equal_the_oracle(mode, sharing, uses):
    arguments = document_settings(mode, tagged=True, sharing=sharing, document_uses=uses)
    assert_trained_as_by_oracle(arguments)


@pytest.mark.parametrize("mode", MODES)
def test_documents_equal_the_oracle_with_blas(mode):
    # Few scores, and a corpus where none is near the border of two entries of its table.
    for seed in range(200):
        arguments = document_settings(mode, kernel="blas", lengths=SHORT, negative=1, seed=seed)
        oracle, _ = train_oracle(arguments, document_weights(arguments))
        if not oracle.step.near_table_border:
            break
    assert_trained_as_by_oracle(arguments)


@pytest.mark.parametrize("window", [1, 0])
@pytest.mark.parametrize("mode", MODES)
def test_documents_and_every_kind_of_window_equal_the_oracle(mode, window):
    assert_trained_as_by_oracle(document_settings(mode, sharing=4, window=window))


@pytest.mark.parametrize("pairs_at_once", [1, 3])
@pytest.mark.parametrize("mode", MODES)
def test_documents_in_pieces_equal_the_oracle(mode, pairs_at_once):
    for sharing in (0, 5):
        arguments = document_settings(
            mode, sharing=sharing, pairs_at_once=pairs_at_once, loss_every=3, document_uses=1
        )
        assert_trained_as_by_oracle(arguments)


@pytest.mark.parametrize("group", [1, 7, 1000])
@pytest.mark.parametrize("mode", ["dbow", "joint"])
def test_any_number_of_contexts_of_a_document_equals_the_oracle(mode, group):
    tallies, *_, oracle = assert_trained_as_by_oracle(
        document_settings(mode, sharing=4, group=group)
    )
    # Each kept token is a context of its document exactly once.
    kept = sum(map(oracle.walk.kept, range(len(oracle.walk.tokens))))
    assert sum(tally["document_pairs"] for tally in tallies) == kept > 100


@pytest.mark.parametrize("tagged", [False, True])
def test_documents_meet_every_kept_token_once_for_each_of_their_tags(tagged):
    for mode in ("dbow", "joint"):
        tallies, *_, oracle = assert_trained_as_by_oracle(
            document_settings(mode, tagged=tagged, sharing=2)
        )
        expected = 0
        for document in range(len(oracle.walk.offsets) - 1):
            places = range(oracle.walk.offsets[document], oracle.walk.offsets[document + 1])
            kept = sum(map(oracle.walk.kept, places))
            expected += kept * len(oracle.walk.rows(document))
        assert sum(tally["document_pairs"] for tally in tallies) == expected > 0


@pytest.mark.parametrize("sharing", [0, 4])
@pytest.mark.parametrize("mode", MODES)
def test_frozen_words_stay_and_documents_equal_the_oracle(mode, sharing):
    for kernel in INSTRUCTION_SETS:
        arguments = document_settings(mode, sharing=sharing, frozen=True, kernel=kernel)
        _, weights, before, _ = assert_trained_as_by_oracle(arguments)
        assert (weights.words == before.words).all()
        assert (weights.contexts == before.contexts).all()


def test_words_of_dbow_stay():
    _, weights, before, _ = assert_trained_as_by_oracle(document_settings("dbow", sharing=4))
    assert (weights.words == before.words).all()
    assert (weights.contexts != before.contexts).any()


def test_a_document_of_many_tokens_moves_so_often_in_a_step():
    # All lanes are in the same document: how often its row may move changes the result.
    found = {}
    for uses in (1, 4, 16):
        arguments = document_settings("dbow", sharing=16, lengths=(300,), document_uses=uses)
        _, weights, *_ = assert_trained_as_by_oracle(arguments)
        found[uses] = weights.document_vectors.copy()
    assert np.abs(found[1] - found[4]).max() > 100 * ROOM
    assert np.abs(found[4] - found[16]).max() > 100 * ROOM
