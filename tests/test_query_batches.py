"""Many queries at once: the answers of one at a time, within little memory."""

import tracemalloc

import numpy as np
import pytest

from queried_vectors import (
    KEYS,
    TOLERANCE,
    A,
    B,
    C,
    D,
    N,
    random_matrix,
    same_neighbours,
    vector,
)
from sgns import nearest
from sgns.keyed_vectors import KeyedVectors
from sgns.nearest import nearest_rows, unit_rows


@pytest.fixture(scope="module")
def matrix():
    return random_matrix()


def test_batch_of_every_kind_of_query(matrix):
    vectors = KeyedVectors(KEYS, matrix)
    queries = [A, 17, vector, [A, B], [A, (B, -1.0), C], [(vector, 2.0), D], (A, B)]
    for topn in (1, 10, N, 2 * N):
        batch = vectors.most_similar_batch(queries, topn)
        for query, found in zip(queries, batch, strict=True):
            same_neighbours(found, vectors.most_similar(query, topn=topn))


def test_batch_as_arrays(matrix):
    vectors = KeyedVectors(KEYS, matrix)
    rows, scores = vectors.most_similar_batch(KEYS, topn=5, as_arrays=True)
    assert rows.shape == scores.shape == (N, 5)
    assert rows.dtype == np.int64
    assert scores.dtype == np.float32
    for row, key in enumerate(KEYS):
        assert [KEYS[i] for i in rows[row]] == [
            name for name, _ in vectors.most_similar(key, topn=5)
        ]
    rows, scores = vectors.most_similar_batch(matrix[:4], topn=3, as_arrays=True)
    assert rows[:, 0].tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(scores[:, 0], 1, atol=1e-6)


def test_batch_fills_up_missing_places(matrix):
    vectors = KeyedVectors(KEYS[:3], matrix[:3])
    rows, scores = vectors.most_similar_batch([KEYS[0], [KEYS[1], KEYS[2]]], topn=4, as_arrays=True)
    assert sorted(rows[0].tolist()) == [-1, 1, 2]
    assert rows[1].tolist() == [0, -1, -1]
    assert np.isneginf(scores[rows == -1]).all()
    assert np.isfinite(scores[rows >= 0]).all()


@pytest.mark.parametrize("restricted", [None, 7])
def test_batch_allocates_no_more_columns_than_keys(matrix, restricted):
    vectors = KeyedVectors(KEYS, matrix)
    batch = vectors.most_similar_batch([A, B], 10**15, restrict_vocab=restricted, as_arrays=True)
    assert batch[0].shape == batch[1].shape == (2, restricted or N)
    named = vectors.most_similar_batch([A], np.int64(10**15), restrict_vocab=restricted)
    same_neighbours(named[0], vectors.most_similar(A, topn=N, restrict_vocab=restricted))


def test_wrong_topn(matrix):
    vectors = KeyedVectors(KEYS, matrix)
    with pytest.raises(TypeError, match=r"topn: expected an integer, got None; `most_similar`"):
        vectors.most_similar_batch([A], topn=None)
    for method in (vectors.most_similar, vectors.most_similar_cosmul, vectors.most_similar_batch):
        for wrong in (2.5, "3"):
            with pytest.raises(TypeError, match="topn: expected an integer"):
                method([A], topn=wrong)


def test_nothing_to_choose_from(matrix):
    vectors = KeyedVectors(KEYS, matrix)
    with pytest.raises(ValueError, match="at least one key to choose from"):
        vectors.most_similar_to_given(A, [])


@pytest.mark.parametrize("wrong", [1.5, object()])
def test_queries_that_are_no_keys(matrix, wrong):
    vectors = KeyedVectors(KEYS, matrix)
    with pytest.raises(TypeError, match="Expected a key"):
        vectors.most_similar(wrong)


def test_arrays_of_integers_are_keys(matrix):
    vectors = KeyedVectors(range(N), matrix)
    assert vectors.most_similar(np.array([3, 5])) == vectors.most_similar([3, 5])


@pytest.mark.parametrize("topn", [0, -3])
def test_batch_of_nothing(matrix, topn):
    vectors = KeyedVectors(KEYS, matrix)
    assert vectors.most_similar_batch([]) == []
    assert vectors.most_similar_batch([A, B], topn) == [[], []]
    assert vectors.most_similar_batch([A, B], topn, as_arrays=True)[0].shape == (2, 0)


@pytest.mark.parametrize("by_kernel", [False, True])
@pytest.mark.parametrize("order", ["rising", "falling", "equal", "random"])
@pytest.mark.parametrize("count", [1, 7, 100, 9000])
def test_nearest_rows_over_many_blocks(monkeypatch, order, count, by_kernel):
    """However the similarities are laid out over the blocks, the best are found."""
    monkeypatch.setattr(nearest, "has_wide_kernel", lambda: by_kernel)
    monkeypatch.setattr(nearest, "_is_worth_threads", lambda *_: True)
    monkeypatch.setattr(nearest, "count_workers", lambda _: 3)
    monkeypatch.setattr(nearest, "SHORTEST_BLOCK", 64)
    monkeypatch.setattr(nearest, "BLOCK_SCORES", 3 * 256)
    monkeypatch.setattr(nearest, "BATCH_QUERIES", 3)
    angles = np.linspace(0.1, 1.5, 5000)
    if order == "rising":
        angles = angles[::-1]
    elif order == "equal":
        angles = np.full(5000, 0.5)
    elif order == "random":
        # Few different values, so that there are many ties.
        angles = np.random.default_rng(3).integers(1, 20, 5000) / 15
    matrix = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    queries = unit_rows(np.array([[1, 0], [2, 0], [0, 1], [1, 1], [0, 0]], np.float32))
    norms = np.ones(5000, np.float32)
    rows, scores = nearest_rows(matrix, norms, queries, count)
    for query, found, similarity in zip(queries, rows, scores, strict=True):
        expected = matrix @ query
        truth = np.lexsort((np.arange(5000), -expected))[:count]
        np.testing.assert_allclose(similarity[: len(truth)], expected[truth], atol=TOLERANCE)
        kept = found[: len(truth)]
        assert len(set(kept.tolist())) == len(truth)
        assert (found[len(truth) :] == -1).all()
        # Rows with the very same bits are in order of row number.
        ties = similarity[: len(truth) - 1] == similarity[1 : len(truth)]
        assert (np.diff(kept)[ties] > 0).all()
    if order == "equal":
        assert rows[0, : min(count, 5000)].tolist() == list(range(min(count, 5000)))


@pytest.mark.parametrize("by_kernel", [False, True])
def test_rows_that_are_no_numbers_or_half_precision_are_searched_alike(monkeypatch, by_kernel):
    monkeypatch.setattr(nearest, "has_wide_kernel", lambda: by_kernel)
    monkeypatch.setattr(nearest, "_is_worth_threads", lambda *_: True)
    monkeypatch.setattr(nearest, "count_workers", lambda _: 3)
    monkeypatch.setattr(nearest, "SHORTEST_BLOCK", 8)
    monkeypatch.setattr(nearest, "BLOCK_SCORES", 64)  # 32 rows in the first block
    matrix = np.random.default_rng(1).standard_normal((700, 30)).astype(np.float16)
    matrix[[5, 600]] = np.nan
    matrix[7] = 0
    queries = unit_rows(matrix[[1, 650]].astype(np.float32))
    norms = nearest.row_norms(matrix)
    rows, scores = nearest_rows(matrix, norms, queries, 700, start=3, stop=690)
    expected = (matrix.astype(float) @ queries.T.astype(float)).T / nearest.divisors(norms)
    for query in range(2):
        right = np.argsort(-expected[query, 3:690], kind="stable")[:685] + 3  # two are NaN
        assert (rows[query, 685:] == -1).all()
        np.testing.assert_allclose(scores[query, :685], expected[query, right], atol=TOLERANCE)
        assert 5 not in rows[query]
        assert 600 not in rows[query]


@pytest.mark.parametrize("by_kernel", [False, True])
def test_batch_memory_is_bounded(monkeypatch, by_kernel):
    monkeypatch.setattr(nearest, "has_wide_kernel", lambda: by_kernel)
    matrix = np.random.default_rng(0).standard_normal((60_000, 8)).astype(np.float32)
    vectors = KeyedVectors(range(60_000), matrix)
    vectors.norms  # noqa: B018 - computed outside the measurement
    tracemalloc.start()
    try:
        vectors.most_similar_batch(range(1200), as_arrays=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20  # all scores at once would be 288 MB
