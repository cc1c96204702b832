"""Every query equals gensim's on the same vectors, on every kind of matrix."""

import warnings

import numpy as np
import pytest

from queried_vectors import (
    DIM,
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
from sgns.nearest import best, row_norms


@pytest.fixture(scope="module")
def matrix():
    return random_matrix()


@pytest.fixture(scope="module")
def theirs(matrix):
    vectors = pytest.importorskip("gensim.models").KeyedVectors(DIM)
    vectors.add_vectors(KEYS, matrix)
    return vectors


@pytest.fixture(
    params=["plain", "padded", "mapped", "transposed", pytest.param("batch", id="batched")]
)
def ours(request, matrix, tmp_path):
    """The same vectors kept in different ways."""
    if request.param == "padded":
        wide = np.full((N, 32), np.nan, np.float32)
        wide[:, :DIM] = matrix
        return KeyedVectors(KEYS, wide[:, :DIM])
    if request.param == "mapped":
        np.save(tmp_path / "vectors.npy", matrix)
        return KeyedVectors(KEYS, np.load(tmp_path / "vectors.npy", mmap_mode="r"))
    if request.param == "transposed":
        return KeyedVectors(KEYS, np.asfortranarray(matrix))
    if request.param == "batch":
        return Batched(KEYS, matrix)
    return KeyedVectors(KEYS, matrix)


class Batched(KeyedVectors):
    """Answers `most_similar` by a batch of two queries, where that can be asked."""

    def most_similar(self, positive=None, negative=None, topn=10, clip_start=0, **rest):
        if negative is not None or topn is None or clip_start or rest.get("clip_end"):
            return super().most_similar(positive, negative, topn, clip_start, **rest)
        return self.most_similar_batch(
            [B, positive], topn, restrict_vocab=rest.get("restrict_vocab")
        )[1]


@pytest.mark.parametrize(
    ("positive", "negative", "options"),
    [
        (A, None, {}),
        ([A], None, {"topn": 1}),
        ([A, B], [C], {}),
        ([A, B], C, {"topn": 25}),
        (A, B, {}),
        (None, [A], {}),
        ([(A, 2.0), (B, 0.5)], [(C, -0.25)], {}),
        ([(A, 1.0), (B, -1.0)], None, {}),
        ([[A, 0.3], B], None, {}),
        (vector, None, {}),
        ([vector, A], [vector[::-1].copy()], {}),
        ([(vector, 0.5), A], None, {}),
        (np.stack([vector, vector + 1]), None, {}),
        ([3, B], None, {}),
        ([np.int64(3)], None, {}),
        ([A, A], None, {}),
        (A, None, {"topn": N}),
        (A, None, {"topn": 10 * N}),
        (A, None, {"topn": 0}),
        (A, None, {"topn": -1}),
        (A, None, {"topn": None}),
        ([A, B], [C], {"topn": None}),
        (A, None, {"restrict_vocab": 20}),
        (A, None, {"restrict_vocab": 2}),
        (A, None, {"restrict_vocab": 10 * N}),
        (D, None, {"restrict_vocab": 50}),
        (A, None, {"clip_start": 100, "clip_end": 160}),
        (C, None, {"clip_start": 100, "clip_end": 160, "topn": 60}),
        (C, None, {"clip_start": 100}),
        (C, None, {"clip_start": 100, "clip_end": 200, "restrict_vocab": 30}),
        (C, None, {"clip_start": 100, "clip_end": 160, "topn": None}),
    ],
)
def test_most_similar(ours, theirs, positive, negative, options):
    found = ours.most_similar(positive, negative, **options)
    expected = theirs.most_similar(positive, negative, **options)
    if options.get("topn", 10) is None:
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    else:
        same_neighbours(found, expected)


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`:DeprecationWarning")
@pytest.mark.parametrize(
    ("positive", "negative", "options"),
    [
        (A, None, {}),
        ([A, B], [C], {"topn": 25}),
        ([A, B], C, {}),
        ([A, vector], None, {}),
        (A, None, {"topn": 0}),
        (A, B, {"topn": None}),
    ],
)
def test_most_similar_cosmul(ours, theirs, positive, negative, options):
    found = ours.most_similar_cosmul(positive, negative, **options)
    expected = theirs.most_similar_cosmul(positive, negative, **options)
    if options.get("topn", 10) is None:
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    else:
        assert [key for key, _ in found] == [key for key, _ in expected]
        np.testing.assert_allclose(
            [score for _, score in found], [score for _, score in expected], rtol=1e-5
        )


def test_cosmul_keeps_to_restrict_vocab(ours):
    found = ours.most_similar_cosmul([A, D], restrict_vocab=10, topn=N)
    assert {key for key, _ in found} == set(KEYS[:10]) - {A}


def test_similar_by_key_word_and_vector(ours, theirs):
    same_neighbours(ours.similar_by_key(A, 5), theirs.similar_by_key(A, 5))
    same_neighbours(ours.similar_by_word(A, 5, 40), theirs.similar_by_word(A, 5, 40))
    same_neighbours(ours.similar_by_vector(vector), theirs.similar_by_vector(vector))
    same_neighbours(ours.similar_by_vector(list(vector), 3), theirs.similar_by_vector(vector, 3))
    assert ours.similar_by_vector(ours[A], topn=1)[0][0] == A
    np.testing.assert_allclose(
        ours.similar_by_key(A, topn=None), theirs.similar_by_key(A, topn=None), atol=TOLERANCE
    )


def test_similarity_and_distance(ours, theirs):
    assert ours.similarity(A, B) == pytest.approx(theirs.similarity(A, B), abs=TOLERANCE)
    assert ours.similarity(A, A) == pytest.approx(1)
    assert ours.distance(A, B) == pytest.approx(theirs.distance(A, B), abs=TOLERANCE)
    assert type(ours.similarity(A, B)) is float


def test_distances(ours, theirs):
    for asked in ((A,), (vector,), (A, [B, C, A]), (vector, (B, C)), (A, None), (A, [7])):
        found = ours.distances(*asked)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, theirs.distances(*asked), atol=TOLERANCE)


def test_n_similarity(ours, theirs):
    for first, second in (([A, B], [C]), ([A], [A]), ([A, "unknown"], [B, C])):
        assert ours.n_similarity(first, second) == pytest.approx(
            theirs.n_similarity(first, second), abs=TOLERANCE
        )
    assert ours.n_similarity(["unknown"], [A]) == 0 == theirs.n_similarity(["unknown"], [A])


def test_cosine_similarities(ours, theirs, matrix):
    found = ours.cosine_similarities(vector, matrix)
    np.testing.assert_allclose(found, theirs.cosine_similarities(vector, matrix), atol=TOLERANCE)


def test_doesnt_match_and_centrality(ours, theirs):
    for words in ([A, B, C, D], KEYS[:40], [A]):
        assert ours.doesnt_match(words) == theirs.doesnt_match(words)
        for use_norm in (True, False):
            found = ours.rank_by_centrality(words, use_norm)
            expected = theirs.rank_by_centrality(words, use_norm)
            assert [word for _, word in found] == [word for _, word in expected]
            np.testing.assert_allclose(
                [score for score, _ in found], [score for score, _ in expected], atol=1e-5
            )
    with pytest.warns(UserWarning, match=r"unknown keys are left out: \['unknown'\]"):
        assert ours.doesnt_match([A, B, "unknown"]) in (A, B)
    with (
        pytest.raises(ValueError, match="at least one known key"),
        pytest.warns(UserWarning, match="unknown"),
    ):
        ours.doesnt_match(["unknown"])


def test_ranks(ours, theirs):
    for first, second in ((A, B), (B, A), (C, D), (A, A)):
        assert ours.closer_than(first, second) == theirs.closer_than(first, second)
        assert ours.words_closer_than(first, second) == theirs.closer_than(first, second)
        assert ours.rank(first, second) == theirs.rank(first, second)
    assert ours.rank(A, ours.most_similar(A, topn=1)[0][0]) == 1


def test_most_similar_to_given_and_relative_similarity(ours, theirs):
    assert ours.most_similar_to_given(A, [B, C, D]) == theirs.most_similar_to_given(A, [B, C, D])
    for topn in (1, 10):
        assert ours.relative_cosine_similarity(A, B, topn) == pytest.approx(
            theirs.relative_cosine_similarity(A, B, topn), rel=1e-5
        )
    with pytest.raises(ValueError, match="topn >= 1"):
        ours.relative_cosine_similarity(A, B, topn=0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pre_normalize": False},
        {"post_normalize": True},
        {"weights": [1.0, -2.0, 0.5]},
        {"weights": np.array([0.0, 0.0, 0.0]), "post_normalize": True},
        {"weights": np.array([1, 2, 3]), "pre_normalize": False, "post_normalize": True},
    ],
)
def test_mean_vector(ours, theirs, options):
    for keys in ([A, B, C], [A, vector, 5], [A, "unknown", B]):
        found = ours.get_mean_vector(keys, **options)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, theirs.get_mean_vector(keys, **options), atol=1e-5)


def test_bad_queries(ours):
    for call, error, message in [
        (lambda: ours.most_similar("unknown"), KeyError, "Key 'unknown' not present"),
        (lambda: ours.most_similar([A, ("unknown", 2)]), KeyError, "Key 'unknown' not present"),
        (lambda: ours.most_similar([A, None]), TypeError, "Expected a key, a vector or"),
        (lambda: ours.most_similar(vector[:5]), ValueError, r"shape \(24,\), got \(5,\)"),
        (lambda: KeyedVectors.most_similar(ours), ValueError, "at least one key or vector"),
        (lambda: ours.most_similar([]), ValueError, "at least one key or vector"),
        (lambda: ours.most_similar(A, restrict_vocab=0), ValueError, "got 0 to 0"),
        (lambda: ours.most_similar(A, clip_start=-1), ValueError, "got -1 to None"),
        (lambda: ours.most_similar(A, clip_start=9, clip_end=8), ValueError, "got 9 to 8"),
        (lambda: ours.most_similar_cosmul(None, A), ValueError, "at least one positive"),
        (lambda: ours.most_similar_batch("key3"), TypeError, "single query 'key3'"),
        (lambda: ours.most_similar_batch(vector), TypeError, "Expected a sequence of queries"),
        (lambda: ours.most_similar_batch([A, "unknown"]), KeyError, "'unknown' not present"),
        (lambda: ours.most_similar_batch([[A], []]), ValueError, "at least one key or vector"),
        (lambda: ours.similarity(A, "unknown"), KeyError, "Key 'unknown' not present"),
        (lambda: ours.distances(A, ["unknown"]), KeyError, "Key 'unknown' not present"),
        (lambda: ours.distances(vector[:5]), ValueError, r"got \(5,\)"),
        (lambda: ours.rank(A, "unknown"), KeyError, "Key 'unknown' not present"),
        (lambda: ours.n_similarity([], [A]), ValueError, "got none"),
        (lambda: ours.get_mean_vector([]), ValueError, "got none"),
        (lambda: ours.get_mean_vector([A], [1, 2]), ValueError, r"1 keys, got shape \(2,\)"),
        (
            lambda: ours.get_mean_vector(["unknown"], ignore_missing=False),
            KeyError,
            "'unknown' not present",
        ),
    ]:
        with pytest.raises(error, match=message):
            call()


# --- awkward numbers ---------------------------------------------------------------------------


def test_ties_are_in_order_of_rows():
    vectors = KeyedVectors(list("abcdef"), np.array([[1, 0], [0, 1]] * 3, np.float32))
    assert [key for key, _ in vectors.most_similar("a")] == ["c", "e", "b", "d", "f"]
    assert [key for key, _ in vectors.most_similar("a", topn=3)] == ["c", "e", "b"]
    assert [key for key, _ in vectors.most_similar_batch(["d"], topn=3)[0]] == ["b", "f", "a"]


def test_zero_vectors_never_give_nan():
    vectors = KeyedVectors(["zero", "a", "b"], np.array([[0, 0], [1, 2], [3, 4]], np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert vectors.most_similar("zero") == [("a", 0.0), ("b", 0.0)]
        assert vectors.most_similar("a")[-1] == ("zero", 0.0)
        assert vectors.most_similar_batch(["zero"]) == [[("a", 0.0), ("b", 0.0)]]
        assert vectors.most_similar_batch(["a"])[0][-1] == ("zero", 0.0)
        assert vectors.similarity("zero", "a") == 0
        assert vectors.similarity("zero", "zero") == 0
        assert vectors.n_similarity(["zero"], ["a"]) == 0
        assert vectors.distances("zero").tolist() == [1, 1, 1]
        assert vectors.distances("a", ["zero"]).tolist() == [1]
        assert vectors.cosine_similarities(np.zeros(2), vectors.vectors).tolist() == [0, 0, 0]
        assert vectors.get_vector("zero", norm=True).tolist() == [0, 0]
        assert vectors.get_normed_vectors()[0].tolist() == [0, 0]
        assert np.isfinite(vectors.most_similar_cosmul("zero", "a", topn=None)).all()
        assert vectors.doesnt_match(["zero", "a", "b"]) == "zero"


def test_opposite_vectors_have_a_mean_of_zeros():
    vectors = KeyedVectors(["a", "b", "c"], np.array([[1, 1], [-1, -1], [1, 0]], np.float32))
    assert vectors.most_similar(["a", "b"]) == [("c", 0.0)]


def test_numbers_that_are_not_finite_come_last():
    numbers = np.array([[1, 1], [np.nan, 1], [np.inf, 1], [1, 0.5], [-1, 1]], np.float32)
    vectors = KeyedVectors(["a", "nan", "inf", "b", "c"], numbers)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = vectors.most_similar("a")
        assert [key for key, _ in found[:2]] == ["b", "c"]
        assert {key for key, _ in found[2:]} == {"nan", "inf"}
        assert [key for key, _ in vectors.most_similar_batch(["a"])[0]] == ["b", "c"]
        assert vectors.most_similar_batch(["nan"]) == [[]]


def test_extreme_magnitudes():
    numbers = np.array([[1e30, 1e30], [1e-30, 1e-30], [1e-30, 0], [3, 3]], np.float32)
    vectors = KeyedVectors(list("abcd"), numbers)
    np.testing.assert_allclose(
        vectors.norms, np.linalg.norm(numbers.astype("f8"), axis=1), rtol=1e-6
    )
    assert vectors.similarity("a", "b") == pytest.approx(1)
    np.testing.assert_allclose(
        [similarity for _, similarity in vectors.most_similar("a")], [1, 1, 0.5**0.5], rtol=1e-6
    )


def test_half_precision(matrix):
    half = KeyedVectors(KEYS, matrix.astype(np.float16))
    full = KeyedVectors(KEYS, matrix.astype(np.float16).astype(np.float32))
    same_neighbours(half.most_similar([A, B], C), full.most_similar([A, B], C))
    same_neighbours(half.most_similar_batch([A, B])[1], full.most_similar(B))
    np.testing.assert_array_equal(half.norms, full.norms)
    np.testing.assert_array_equal(half.get_normed_vectors(), full.get_normed_vectors())
    np.testing.assert_allclose(half.distances(A), full.distances(A), atol=TOLERANCE)


@pytest.mark.parametrize("count", [0, 1, 5, 6, 50])
def test_best(count):
    scores = np.array([1, np.nan, 3, 3, -np.inf, np.inf], np.float32)
    assert best(scores, count).tolist() == [5, 2, 3, 0, 4, 1][:count]


def test_row_norms_in_blocks(monkeypatch):
    monkeypatch.setattr(nearest, "BLOCK_NUMBERS", 70)
    numbers = np.random.default_rng(2).standard_normal((101, 7))
    np.testing.assert_allclose(
        row_norms(numbers.astype(np.float32)), np.linalg.norm(numbers, axis=1), rtol=1e-6
    )
