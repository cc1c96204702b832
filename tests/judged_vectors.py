"""Vectors that several tests of evaluation judge."""

from types import SimpleNamespace

import numpy as np
import pytest


def vectors_of(keys, vectors):
    return SimpleNamespace(
        vectors=np.asarray(vectors, dtype=np.float32),
        index_to_key=list(keys),
        key_to_index={key: row for row, key in enumerate(keys)},
    )


def random_vectors(n=400, dim=24, seed=5):
    """Words of mixed case, some of them in two spellings, with vectors of all lengths."""
    generator = np.random.default_rng(seed)
    keys = [f"Word{i}" if i % 3 else f"word{i}" for i in range(n)]
    for i in range(5, n, 17):  # a second, rarer spelling of an earlier word
        keys[i] = keys[i - 3].swapcase()
    vectors = generator.normal(size=(n, dim)) * generator.uniform(0.1, 9.0, size=(n, 1))
    return vectors_of(keys, vectors)


def as_gensim(kv):
    gensim = pytest.importorskip("gensim.models")
    twin = gensim.KeyedVectors(kv.vectors.shape[1])
    twin.add_vectors(kv.index_to_key, kv.vectors.copy())
    return twin
