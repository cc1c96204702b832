"""Tokens in several arrays read like one array."""

from __future__ import annotations

import numpy as np
import pytest

from sgns.token_pieces import TokenPieces

LENGTHS = [0, 3, 0, 0, 4, 1, 0]


@pytest.fixture
def whole():
    return np.arange(10, 18, dtype=np.uint32)


@pytest.fixture
def pieces(whole):
    ends = np.cumsum(LENGTHS)
    return TokenPieces(*(whole[e - n : e] for e, n in zip(ends, LENGTHS, strict=True)))


def test_slices_are_those_of_the_whole(whole, pieces):
    assert len(pieces) == 8
    assert pieces.nbytes == 32
    assert pieces.starts.tolist() == [0, 0, 3, 3, 3, 7, 8, 8]
    for start in (*range(-9, 10), None):
        for stop in (*range(-9, 10), None):
            found = pieces[start:stop]
            assert found.dtype == np.uint32
            assert found.tolist() == whole[start:stop].tolist()


def test_a_slice_within_a_piece_is_no_copy(whole, pieces):
    assert np.shares_memory(pieces[3:7], whole)
    assert not np.shares_memory(pieces[2:4], whole)


def test_other_steps_are_refused(pieces):
    with pytest.raises(ValueError, match="got a step of 2"):
        pieces[::2]


@pytest.mark.parametrize("place", range(9))
def test_both_sides_of_a_cut_are_views(whole, pieces, place):
    before, after = pieces.split(place)
    assert before[:].tolist() == whole[:place].tolist()
    assert after[:].tolist() == whole[place:].tolist()
    assert all(np.shares_memory(array, whole) for array in (*before.arrays, *after.arrays))
