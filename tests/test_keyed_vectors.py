"""Keys, rows and their look-up."""

import copy
import inspect
import operator
import pickle
import threading
import time

import numpy as np
import pytest

import sgns.keyed_matrix
from sgns import evaluation, formats
from sgns.errors import FormatError
from sgns.keyed_vectors import KeyedVectors
from sgns.spelling import COMPARED_KEYS, UnknownKeyError, nearest_spellings
from sgns.string_array import StringArray

WORDS = ["time", "year", "people", "Way", "day"]


@pytest.fixture
def matrix():
    return np.random.default_rng(1).standard_normal((5, 7)).astype(np.float32)


@pytest.fixture
def vectors(matrix):
    return KeyedVectors(WORDS, matrix, counts=[50, 40, 30, 20, 10])


def test_sizes_and_order(vectors, matrix):
    assert len(vectors) == 5
    assert vectors.vector_size == 7
    assert vectors.index_to_key == WORDS
    assert dict(vectors.key_to_index) == {word: row for row, word in enumerate(WORDS)}
    assert list(vectors) == WORDS
    assert repr(vectors) == "KeyedVectors<vector_size=7, 5 keys>"
    np.testing.assert_array_equal(vectors.vectors, matrix)


@pytest.mark.parametrize(
    "change",
    [
        lambda keys: keys.append("x"),
        lambda keys: keys.extend(["x"]),
        lambda keys: keys.insert(0, "x"),
        lambda keys: keys.remove("day"),
        lambda keys: keys.pop(),
        lambda keys: keys.clear(),
        lambda keys: keys.sort(key=str.lower),
        lambda keys: keys.reverse(),
        lambda keys: keys.__setitem__(0, "x"),
        lambda keys: keys.__delitem__(0),
        lambda keys: operator.iadd(keys, ["x"]),
        lambda keys: operator.imul(keys, 2),
    ],
)
def test_keys_handed_out_cannot_be_changed(vectors, matrix, change):
    for made in (vectors, KeyedVectors(StringArray.from_strings(WORDS), matrix)):
        with pytest.raises(TypeError, match="cannot be changed"):
            change(made.index_to_key)
        assert made.index_to_key == WORDS
        assert len(made) == 5
        assert made.get_index("day") == 4


def test_keys_handed_out_are_a_list(vectors):
    keys = vectors.index_to_key
    assert isinstance(keys, list)
    assert keys[:2] == ["time", "year"]
    assert type(keys[:2]) is list
    assert [*keys, "x"] == keys + ["x"]  # noqa: RUF005 - this is the operator under test
    for twin in (pickle.loads(pickle.dumps(keys)), copy.deepcopy(keys)):
        assert twin == WORDS
    given = list(WORDS)
    made = KeyedVectors(given, vectors.vectors)
    given.clear()
    assert made.index_to_key == WORDS


def test_what_is_no_key(vectors):
    for wrong in (1.5, None):
        with pytest.raises(TypeError, match="Expected a key"):
            vectors[wrong]
        with pytest.raises(KeyError, match="not present"):
            vectors[[wrong]]
        assert wrong not in vectors
    for wrong in (["time"], {"time"}, {}, np.zeros(7)):
        with pytest.raises(TypeError, match="Expected a key"):
            wrong in vectors  # noqa: B015 - the look-up fails
        with pytest.raises(TypeError, match="Expected a key"):
            vectors[["time", wrong]]
    assert ("time",) not in vectors
    numbered = KeyedVectors(range(5), vectors.vectors)
    assert 1.0 not in numbered
    assert 1 in numbered


@pytest.mark.parametrize(
    ("method", "function"),
    [
        ("evaluate_word_pairs", evaluation.evaluate_word_pairs),
        ("evaluate_word_analogies", evaluation.evaluate_word_analogies),
        ("save_word2vec_format", formats.save_word2vec_format),
        ("load_word2vec_format", formats.load_word2vec_format),
    ],
)
def test_methods_take_what_the_functions_behind_them_take(vectors, method, function):
    takes = list(inspect.signature(function).parameters.values())
    takes = takes[0 if method.startswith("load") else 1 :]
    assert list(inspect.signature(getattr(vectors, method)).parameters.values()) == takes


def test_look_up(vectors, matrix):
    np.testing.assert_array_equal(vectors["people"], matrix[2])
    np.testing.assert_array_equal(vectors[["day", "time"]], matrix[[4, 0]])
    np.testing.assert_array_equal(vectors[np.array([1, 3])], matrix[[1, 3]])
    np.testing.assert_array_equal(vectors[np.int64(3)], matrix[3])
    assert vectors[[]].shape == (0, 7)
    assert vectors.get_index("year") == 1
    assert vectors.get_index(3) == 3
    assert vectors.get_index("nothing", 17) == 17
    assert vectors.has_index_for("day")
    assert "day" in vectors
    assert "nothing" not in vectors
    assert 4 in vectors
    assert 5 not in vectors
    assert -1 not in vectors
    assert vectors.get_vecattr("year", "count") == 40


def test_unit_vectors(vectors, matrix):
    expected = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors.get_vector("people", norm=True), expected[2], rtol=1e-6)
    np.testing.assert_allclose(vectors.get_normed_vectors(), expected, rtol=1e-6)
    np.testing.assert_allclose(vectors.norms, np.linalg.norm(matrix, axis=1), rtol=1e-6)


def test_no_copy_of_float32_and_no_way_to_write(matrix):
    vectors = KeyedVectors(WORDS, matrix)
    assert np.shares_memory(vectors.vectors, matrix)
    assert matrix.flags.writeable
    for array in (vectors.vectors, vectors["day"], vectors.norms, vectors.get_vector("day", True)):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(TypeError):
        vectors.key_to_index["new"] = 1
    with pytest.raises(AttributeError):
        vectors.vectors = matrix


def test_padded_rows_are_not_copied():
    padded = np.arange(5 * 16, dtype=np.float32).reshape(5, 16)
    vectors = KeyedVectors(WORDS, padded[:, :7])
    assert np.shares_memory(vectors.vectors, padded)
    np.testing.assert_array_equal(vectors["year"], np.arange(16, 23))


def test_other_types_are_converted(matrix):
    assert KeyedVectors(WORDS, matrix.astype(np.float64)).vectors.dtype == np.float32
    assert KeyedVectors(["a"], [[1, 2]])["a"].dtype == np.float32
    half = KeyedVectors(WORDS, matrix.astype(np.float16))
    assert half.vectors.dtype == np.float16
    assert half["day"].dtype == np.float32


@pytest.mark.parametrize(
    ("keys", "rows", "error", "message"),
    [
        (
            ["a", "b"],
            3,
            ValueError,
            r"Expected vectors of shape \(2, dim\) for 2 keys, got \(3, 4\)",
        ),
        (["a", "b", "a"], 3, ValueError, "Expected different keys, got 'a' in rows 0 and 2"),
        ([1, 2, 1], 3, ValueError, "Expected different keys, got 1 in rows 0 and 2"),
        (["a", 1], 2, TypeError, "got str 'a' first and int 1 at position 1"),
        ([1, "a"], 2, TypeError, "got int 1 first and str 'a' at position 1"),
        ([1, True], 2, TypeError, "got int 1 first and bool True at position 1"),
        (["a", None], 2, TypeError, "got str 'a' first and NoneType None at position 1"),
        ([1.5], 1, TypeError, "got float 1.5 first and float 1.5 at position 0"),
        ("ab", 2, TypeError, "Expected a sequence of keys, got the single key 'ab'"),
    ],
)
def test_bad_keys(keys, rows, error, message):
    with pytest.raises(error, match=message):
        KeyedVectors(keys, np.zeros((rows, 4), np.float32))


@pytest.mark.parametrize("vectors", [np.zeros(2), np.zeros((2, 3, 4)), np.zeros((2, 2), "U1")])
def test_bad_vectors(vectors):
    with pytest.raises((ValueError, TypeError), match="Expected vectors of"):
        KeyedVectors(["a", "b"], vectors)


def test_complex_vectors_are_refused():
    with pytest.raises(TypeError, match="Expected vectors of real numbers, got complex128"):
        KeyedVectors(["a"], np.ones((1, 2), complex))


@pytest.mark.parametrize("counts", [[1], [1.5, 2.5], [[1, 2]]])
def test_bad_counts(counts):
    with pytest.raises(ValueError, match="Expected counts as 2 integers"):
        KeyedVectors(["a", "b"], np.zeros((2, 3)), counts=counts)


def test_missing_attributes(vectors, matrix):
    with pytest.raises(KeyError, match="no attribute 'colour'"):
        vectors.get_vecattr("day", "colour")
    with pytest.raises(KeyError, match="where counts are known"):
        KeyedVectors(WORDS, matrix).get_vecattr("day", "count")
    assert KeyedVectors(WORDS, matrix).counts is None


def test_integer_keys_are_keys_and_never_row_numbers(matrix):
    vectors = KeyedVectors([30, 20, 10, 5, 4], matrix)
    np.testing.assert_array_equal(vectors[4], matrix[4])
    np.testing.assert_array_equal(vectors[30], matrix[0])
    assert np.int32(20) in vectors
    assert 0 not in vectors
    with pytest.raises(KeyError, match="Key 0 not present"):
        vectors[0]


def test_a_range_of_keys_needs_no_dictionary(matrix):
    vectors = KeyedVectors(range(100, 105), matrix)
    np.testing.assert_array_equal(vectors[103], matrix[3])
    assert vectors.get_index(np.int64(104)) == 4
    assert 0 not in vectors
    assert "a" not in vectors
    assert vectors._index is None
    assert vectors.key_to_index[101] == 1
    assert vectors.most_similar(100, topn=1)[0][0] in range(101, 105)


def test_numpy_keys_become_python_keys(matrix):
    for keys in (np.array(WORDS), [np.str_(word) for word in WORDS]):
        assert set(map(type, KeyedVectors(keys, matrix).index_to_key)) == {str}
    for keys in (np.arange(5), list(np.arange(5))):
        assert set(map(type, KeyedVectors(keys, matrix).index_to_key)) == {int}


def test_no_keys_at_all():
    vectors = KeyedVectors([], np.zeros((0, 3), np.float32))
    assert len(vectors) == 0
    assert "a" not in vectors
    assert vectors.norms.shape == (0,)
    assert vectors.similar_by_vector(np.ones(3)) == []


def test_lazy_keys_are_decoded_when_needed(matrix):
    vectors = KeyedVectors(StringArray.from_strings(WORDS), matrix)
    assert isinstance(vectors.stored_keys, StringArray)
    assert vectors.similar_by_vector(matrix[1], topn=1)[0][0] == "year"
    assert isinstance(vectors.stored_keys, StringArray)
    assert vectors.get_index("day") == 4
    assert vectors.index_to_key == WORDS


def test_lazy_duplicates_are_found_at_the_first_look_up(matrix):
    vectors = KeyedVectors(StringArray.from_strings([*WORDS[:4], "time"]), matrix)
    with pytest.raises(ValueError, match="got 'time' in rows 0 and 4"):
        vectors.get_index("time")


def test_copies_and_pickles(vectors):
    for twin in (copy.deepcopy(vectors), pickle.loads(pickle.dumps(vectors))):
        np.testing.assert_array_equal(twin.vectors, vectors.vectors)
        assert twin.index_to_key == WORDS
        assert twin.get_vecattr("day", "count") == 10
        assert not twin.vectors.flags.writeable


def test_norms_are_computed_once_by_many_threads(vectors, monkeypatch):
    calls = []
    original = sgns.keyed_matrix.row_norms

    def slow(matrix):
        calls.append(1)
        time.sleep(0.05)
        return original(matrix)

    monkeypatch.setattr(sgns.keyed_matrix, "row_norms", slow)
    start = threading.Barrier(4)

    def ask():
        start.wait()
        vectors.most_similar("day")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


# --- spelling ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [
        ("Time", "'time'"),
        ("way", "'Way'"),
        (" day ", "'day'"),
        ("yera", "'year'"),
        ("yeer", "'year'"),
        ("peple", "'people'"),
        ("dayy", "'day' or 'Way'"),
        ("peeeople", "'people'"),
        ("Yera", "'year'"),
    ],
)
def test_nearest_spellings(vectors, asked, suggested):
    with pytest.raises(KeyError) as caught:
        vectors[asked]
    message = str(caught.value)
    assert message.startswith(
        f"Key {asked!r} not present; did you mean {suggested.split(' or ')[0]}"
    )


@pytest.mark.parametrize("asked", ["zzzzzz", "", "x" * 100_000, "\ud800", 17, None, 2.5])
def test_nothing_like_it(vectors, asked):
    with pytest.raises(KeyError) as caught:
        vectors.get_vector(asked)
    assert str(caught.value) == f"Key {asked!r} not present"


def test_unknown_key_is_the_argument_of_the_error_and_survives_pickling(vectors):
    with pytest.raises(UnknownKeyError) as caught:
        vectors["Time"]
    assert caught.value.args == ("Time",)
    assert pickle.loads(pickle.dumps(caught.value)).args == ("Time",)


def test_catching_the_error_costs_no_search(vectors, monkeypatch):
    def fail(*_):
        raise AssertionError("searched for spellings that nobody reads")

    monkeypatch.setattr(sgns.keyed_matrix, "nearest_spellings", fail)
    with pytest.raises(UnknownKeyError):
        vectors["Time"]


def test_spelling_reads_only_the_first_keys():
    read = []

    def keys():
        for number in range(1_000_000):
            read.append(number)
            yield f"word{number}"

    assert nearest_spellings("qqqqqqq", lambda _: None, keys()) == []
    assert len(read) == COMPARED_KEYS


# --- strings as arrays -------------------------------------------------------------------------


def test_string_array_gives_every_string_back():
    strings = ["", "a b", "x\ny", "nul\0nul", "día", "😀", "\ud800", "\udc00", ""]
    array = StringArray.from_strings(strings)
    assert list(array) == strings
    assert array.tolist() == strings
    assert [array[i] for i in range(len(array))] == strings
    assert array[-1] == ""
    assert array[2:5] == strings[2:5]
    assert array[::-2] == strings[::-2]
    assert array[5:2] == []
    assert "día" in array
    assert StringArray.from_strings(array) is array
    with pytest.raises(IndexError):
        array[9]


@pytest.mark.parametrize("offsets", [[], [1, 3], [0, 2], [0, 2, 1, 3], [0, 4]])
def test_string_array_refuses_bad_offsets(offsets):
    with pytest.raises(FormatError, match="offsets"):
        StringArray(np.frombuffer(b"abc", np.uint8), np.array(offsets, np.int64))


def test_string_array_names_bytes_that_are_not_utf8():
    array = StringArray(np.frombuffer(b"ab\xff", np.uint8), np.array([0, 2, 3]))
    assert array[0] == "ab"
    with pytest.raises(FormatError, match=r"string 1 \(bytes 2 to 3\) is not valid UTF-8"):
        array[1]
