"""Vectors that tests of queries ask, and how answers are compared."""

import numpy as np

N, DIM = 300, 24
KEYS = [f"key{i}" for i in range(N)]
A, B, C, D = "key3", "key50", "key141", "key299"
TOLERANCE = 2e-6
vector = np.random.default_rng(8).standard_normal(DIM).astype(np.float32)


def random_matrix():
    return (np.random.default_rng(7).standard_normal((N, DIM)) * 3).astype(np.float32)


def same_neighbours(found, expected):
    assert [key for key, _ in found] == [key for key, _ in expected]
    np.testing.assert_allclose(
        [similarity for _, similarity in found],
        [similarity for _, similarity in expected],
        atol=TOLERANCE,
    )
    assert all(type(similarity) is float for _, similarity in found)
