"""Records of epochs, as they are compared."""

from dataclasses import replace

import pytest

from sgns import EpochRecord

RECORD = EpochRecord(
    epoch=1, loss_per_pair=2.5, loss_per_target=9.0, loss_pairs=7, pairs=8, targets=2, tokens=3,
    seconds=0.5, words_per_second=6.0, alpha=0.1, validation_loss=float("nan"),
)  # fmt: skip


def test_a_loss_that_was_not_measured_makes_no_difference():
    same = replace(RECORD, validation_loss=float("nan"), document_loss_per_pair=float("nan"))
    assert same == RECORD
    assert hash(same) == hash(RECORD)
    assert {same, RECORD} == {RECORD}


@pytest.mark.parametrize(
    "change", [{"epoch": 2}, {"alpha": 0.2}, {"validation_loss": 2.0}, {"loss_per_pair": 2.4}]
)
def test_everything_else_does(change):
    assert replace(RECORD, **change) != RECORD
    assert RECORD != "a record"
