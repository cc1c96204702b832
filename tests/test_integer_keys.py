"""Integers as the keys of vectors: found as a dictionary would, at a tenth of its memory."""

import pickle
import tracemalloc

import numpy as np
import pytest

from sgns import Corpus, KeyedVectors, Model
from sgns.integer_keys import IntegerKeys

FAR = [7, -3, 2**63 - 1, -(2**63), 0, 12]
RISING = [-5, 0, 3, 4, 2**40]


@pytest.mark.parametrize("integers", [FAR, RISING, [4], []], ids=["any", "rising", "one", "none"])
def test_rows_are_those_of_a_dictionary(integers):
    keys, rows = (
        IntegerKeys(np.array(integers, dtype=np.int64)),
        {key: row for row, key in enumerate(integers)},
    )
    for key in [
        *integers,
        1,
        -1,
        5,
        2**63,
        -(2**63) - 1,
        "7",
        7.0,
        None,
        np.int64(7),
        np.uint64(12),
    ]:
        expected = None if isinstance(key, float) else rows.get(key)
        assert keys.row_of.get(key) == expected
        assert (key in keys) == (expected is not None)
    assert dict(keys.row_of) == rows
    assert len(keys.row_of) == len(rows)
    with pytest.raises(KeyError, match="1"):
        keys.row_of[1]


def test_it_is_a_sequence_of_python_integers():
    keys = IntegerKeys(FAR)
    assert list(keys) == keys[:] == FAR
    assert [type(key) for key in (*keys, keys[2], *keys[1:3])] == [int] * 9
    assert keys[-1] == 12
    assert keys[::-2] == FAR[::-2]
    assert keys == FAR
    assert keys == IntegerKeys(FAR)
    assert keys != FAR[:-1]
    assert keys != IntegerKeys(RISING)
    assert keys != "keys"
    assert pickle.loads(pickle.dumps(keys)) == keys
    assert np.asarray(keys).dtype == np.int64
    assert np.array(keys, dtype=float).tolist() == [float(key) for key in FAR]
    assert repr(keys).startswith("<IntegerKeys of 6: [7, -3, ")
    with pytest.raises(IndexError):
        keys[6]
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(keys)[0] = 1


@pytest.mark.parametrize("integers", [[3, 1, 2, 1, 3, 1], [1, 2, 2, 4]])
def test_duplicates_are_told_with_their_rows(integers):
    with pytest.raises(ValueError, match="Expected different keys") as caught:
        KeyedVectors(integers, np.zeros((len(integers), 2)))
    vectors = KeyedVectors(IntegerKeys(integers), np.zeros((len(integers), 2)))
    with pytest.raises(ValueError, match="Expected different keys") as later:
        vectors[1]
    assert str(later.value) == str(caught.value)


def test_vectors_with_such_keys_answer_as_those_with_a_list():
    vectors = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    listed, packed = KeyedVectors(FAR, vectors), KeyedVectors(IntegerKeys(FAR), vectors)
    assert packed.has_int_keys
    assert packed.most_similar(7, topn=3) == listed.most_similar(7, topn=3)
    assert packed.most_similar_batch([7, 12]) == listed.most_similar_batch([7, 12])
    assert dict(packed.key_to_index) == dict(listed.key_to_index)
    assert (packed[[0, -3]] == listed[[0, -3]]).all()
    assert packed.closer_than(7, 12) == listed.closer_than(7, 12)
    with pytest.raises(KeyError, match=r"Key '12' not present; did you mean 12\?"):
        packed["12"]
    with pytest.raises(KeyError, match=r"Key 'x' not present$"):
        packed["x"]


def test_tags_that_are_integers_take_the_memory_of_their_array(tmp_path):
    """A list and a dictionary would take 100 bytes a tag, as if a vector had 25 numbers more."""
    n = 50_000
    tags = [(7919 * i) % 1_000_003 - 7 for i in range(n)]
    with Corpus.build((["a", "b"] for _ in range(n)), tags=tags) as corpus:
        model = Model(corpus, documents="dbow", vector_size=4, sample=0)
        tracemalloc.start()
        try:
            assert (model.dv[tags[9]] == model.weights.documents[9, :4]).all()
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 50 * n
        assert model.tags == tags
        model.train(1, 1)
        model.save(tmp_path / "model")
        loaded = Model.load(tmp_path / "model")
        assert isinstance(loaded.tags, IntegerKeys)
        loaded.train(1, 1, corpus=corpus)
        assert loaded.dv.index_to_key == tags
