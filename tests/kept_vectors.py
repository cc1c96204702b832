"""Vectors that tests write to files, and how what is read is compared with them."""

import mmap as mmap_module

import numpy as np

N, DIM = 200, 13
AWKWARD = ["", "a b", "line\nline", "tab\t", "nul\0", "día", "日本", "😀", "\ud800", "\u2028", " "]
# Both signs of zero, the smallest and largest magnitudes, and what is no number.
SPECIAL = [0.0, -0.0, 1e-45, -1e-38, 3.4028235e38, np.inf, -np.inf, np.nan, 1 / 3, 0.1, 1e22, 7, -5]


def special_matrix():
    """Random numbers, and one row of special ones."""
    numbers = np.random.default_rng(5).standard_normal((N, DIM)).astype(np.float32)
    numbers[7] = SPECIAL
    return numbers


def odd_keys():
    """Keys of all kinds that word2vec's files can hold."""
    return [
        "día",
        "日本",
        "😀",
        "</s>",
        "no\u00a0break",
        "nul\0",
        *[f"word{i}" for i in range(6, N)],
    ]


def same(found, keys, matrix):
    assert list(found.index_to_key) == list(keys)
    assert found.vectors.dtype == matrix.dtype
    np.testing.assert_array_equal(found.vectors.view(np.uint8), np.array(matrix).view(np.uint8))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def is_mapped(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, mmap_module.mmap)
