"""Changes of rows in half the bytes: taken, merged, taken over."""

from __future__ import annotations

import numpy as np
import pytest

from sgns import _rows
from sgns.half_rows import HalfRows, MergedMatrix, Threads

N_ROWS, STRIDE = 20_000, 16


def halves(x):
    """Numbers as bfloat16: the upper half of their bits, rounded to even."""
    bits = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def floats(half):
    return (half.astype(np.uint32) << 16).view(np.float32)


@pytest.fixture
def matrices():
    generator = np.random.default_rng(5)
    base = generator.normal(size=(N_ROWS, STRIDE)).astype(np.float32)
    return base, base.copy(), generator


@pytest.mark.parametrize("threads", [1, 3])
def test_what_was_changed_is_taken(matrices, threads):
    base, copy, generator = matrices
    matrix = MergedMatrix(base, copy, Threads(threads))
    changed = np.sort(generator.permutation(N_ROWS)[:15_000])
    copy[changed] += generator.normal(size=(len(changed), STRIDE)).astype(np.float32)
    matrix.marks[changed] = 1
    due = changed[changed < 18_000]
    taken = matrix.take(18_000)
    assert np.array_equal(taken.ids, due)
    assert np.array_equal(taken.deltas, halves(copy[due] - base[due]))
    assert np.allclose(floats(taken.deltas), copy[due] - base[due], rtol=2**-8)
    assert np.array_equal(np.flatnonzero(matrix.marks), changed[changed >= 18_000])


@pytest.mark.parametrize("threads", [1, 3])
def test_changes_are_added_up_by_their_factors(matrices, threads):
    base, copy, generator = matrices
    matrix = MergedMatrix(base, copy, Threads(threads))
    start, end = 2_000, 19_000
    changes, sums = [], np.zeros((N_ROWS, STRIDE), np.float32)
    counts = np.zeros(N_ROWS, int)
    for n in (9_000, 0, 14_000):
        ids = np.sort(start + generator.permutation(end - start)[:n])
        deltas = halves(generator.normal(size=(n, STRIDE)))
        changes.append(HalfRows(ids, deltas))
        sums[ids] += floats(deltas)
        counts[ids] += 1
    merged = matrix.merge(changes, start, end, lambda ids, n: (ids / n).astype(np.float32))
    ids = np.flatnonzero(counts)
    assert np.array_equal(merged.ids, ids)
    factors = (ids / counts[ids]).astype(np.float32)
    assert np.array_equal(merged.deltas, halves(factors[:, None] * sums[ids]))
    before = base.copy()
    matrix.add(merged)
    before[ids] += floats(merged.deltas)
    assert np.array_equal(base, before)
    assert np.array_equal(copy[ids], base[ids])


def test_room_is_used_again(matrices):
    base, copy, _ = matrices
    matrix = MergedMatrix(base, copy, Threads(1))
    matrix.marks[:100] = 1
    first = matrix.take(N_ROWS)
    matrix.marks[:120] = 1
    assert np.shares_memory(matrix.take(N_ROWS).deltas, first.deltas)


def test_rows_that_do_not_fit_are_refused():
    ids, deltas = np.arange(3), np.zeros((3, 16), np.uint16)
    base = np.zeros((4, 16), np.float32)
    with pytest.raises(ValueError, match="expected room for 4 rows"):
        _rows.take_half_rows(np.ones(4, np.uint8), base, base, 0, 4, ids, deltas)
    with pytest.raises(ValueError, match="first and end"):
        _rows.take_half_rows(np.ones(4, np.uint8), base, base, 0, 5, ids, deltas)
    with pytest.raises(ValueError, match="numbers of 4 rows"):
        _rows.add_half_rows(base, base.copy(), ids + 2, deltas)
    with pytest.raises(ValueError, match="equal widths"):
        _rows.add_half_rows(base, base.copy(), ids, np.zeros((3, 32), np.uint16))
    factors = np.ones(2, np.float32)
    with pytest.raises(ValueError, match="rising numbers that are in ids"):
        _rows.merge_half_rows([ids], [deltas], ids[1:], factors, deltas[1:].copy())
    with pytest.raises(ValueError, match="rising numbers that are in ids"):
        _rows.merge_half_rows([ids], [deltas], ids[:0], factors[:0], deltas[:0].copy())
