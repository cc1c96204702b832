"""Files of word2vec that are damaged, foreign, or lie about their size."""

import gzip
import struct
import tracemalloc
import warnings

import numpy as np
import pytest

from kept_vectors import odd_keys, same, special_matrix
from sgns.errors import FormatError
from sgns.formats import load_word2vec_format
from sgns.keyed_vectors import KeyedVectors


@pytest.fixture(scope="module")
def matrix():
    return special_matrix()


@pytest.fixture(scope="module")
def keys():
    return odd_keys()


@pytest.fixture
def vectors(keys, matrix):
    return KeyedVectors(keys, matrix)


TWO = struct.pack("<2f", 1.5, -2.5)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("data", "binary", "message"),
    [
        (b"", None, r"line 1: expected the number of words and their dimension, found b''"),
        (b"hello world\n", None, "line 1: expected the number of words .* found b'hello world'"),
        (b"the 0.1 0.2\n", None, "for text without a header pass no_header=True"),
        (b"2 2", None, "line 1: expected the number of words"),
        (b"-2 2\n", None, "line 1: expected the number of words"),
        (b"2 0\na\nb\n", None, "line 1: expected a dimension from 1 to 2,147,483,647, found 0"),
        (b"1 2147483648\n", None, "found 2,147,483,648"),
        (b"2 2 2\na 1 2\n", None, "line 1: expected the number of words"),
        (b"2 2\na 1 2\nb 1\n", None, "line 3: expected a key and 2 numbers, found 1 after b'b'"),
        (
            b"2 2\na 1 2\nb 1 2 3\n",
            None,
            "line 3: expected a key and 2 numbers, found 3 after b'b'",
        ),
        (b"2 2\na 1 2\n\nb 1 2\n", None, "line 3: expected a key and 2 numbers, found 0 after b''"),
        (b"2 2\na 1 2\nb 1 x\n", None, "line 3: expected a number, found b'x'"),
        (
            b"2 2\na 1 2\nb 1 2\nc 1 2\n",
            None,
            "expected the end after the 2 words .* byte 16: b'c 1",
        ),
        (b"2 2\na " + TWO + b"\nb " + TWO + b"\nc", None, "more at byte 26: b'c'; pass limit=2"),
        (
            b"2 2\na " + TWO + b"b " + TWO[:7] + b"",
            True,
            "(word 2 of 2, byte 14|21 follow|only 19)",
        ),
        (b"1 2\n" + b"x" * 200_000, True, "word 1 of 1, byte 4: expected a key of at most 65,536"),
        (b"1 2\n" + b"x" * 2_000_000, False, "line 2: expected a line of at most 65,664 bytes"),
    ],
)
def test_damaged_files(tmp_path, data, binary, message, suffix):
    path = tmp_path / f"v{suffix}"
    path.write_bytes(gzip.compress(data) if suffix else data)
    with pytest.raises(FormatError, match=message) as caught:
        load_word2vec_format(path, binary=binary)
    assert f"'{path}'" in str(caught.value)


def test_extra_words_are_read_past_with_limit(tmp_path):
    (tmp_path / "v").write_text("2 1\na 1\nb 2\nc 3\n")
    assert load_word2vec_format(tmp_path / "v", limit=1).index_to_key == ["a"]


@pytest.mark.parametrize("binary", [False, True])
def test_truncated_files(tmp_path, vectors, binary):
    vectors.save_word2vec_format(tmp_path / "v", binary=binary)
    data = (tmp_path / "v").read_bytes()
    for length in range(0, len(data) - 1, 997):
        (tmp_path / "v").write_bytes(data[:length])
        with pytest.raises(FormatError, match=r"line \d|word \d"):
            load_word2vec_format(tmp_path / "v", binary=binary)
        (tmp_path / "v.gz").write_bytes(gzip.compress(data[:length]))
        with pytest.raises(FormatError, match=r"line \d|word \d"):
            load_word2vec_format(tmp_path / "v.gz", binary=binary)


def test_text_that_ends_early_says_where(tmp_path):
    (tmp_path / "v").write_text("3 1\nlongword 1.000000\nb 2\n")
    with pytest.raises(FormatError, match="ends after line 3 and 2 words; expected 3"):
        load_word2vec_format(tmp_path / "v")


@pytest.mark.parametrize("damage", ["cut", "flip", "not gzip"])
def test_damaged_gzip(tmp_path, vectors, damage):
    vectors.save_word2vec_format(tmp_path / "v.gz", binary=True)
    data = bytearray((tmp_path / "v.gz").read_bytes())
    if damage == "cut":
        del data[len(data) // 2 :]
    elif damage == "flip":
        data[len(data) // 2] ^= 255
    else:
        data = b"2 1\na 1\nb 2\n"
    (tmp_path / "v.gz").write_bytes(data)
    with pytest.raises(FormatError, match=r"v.gz': damaged gzip data after [\d,]+ decompressed"):
        load_word2vec_format(tmp_path / "v.gz")


def test_gzip_without_its_suffix(tmp_path, vectors):
    vectors.save_word2vec_format(tmp_path / "v.gz")
    (tmp_path / "v.gz").rename(tmp_path / "v")
    with pytest.raises(FormatError, match=r"gzip data without the suffix \.gz"):
        load_word2vec_format(tmp_path / "v")


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("binary", [False, True, None])
@pytest.mark.parametrize(
    "header", [b"1000000000000 100\n", b"1 2147483647\n", b"9999999999999999999 2147483647\n"]
)
def test_impossible_sizes_are_refused_before_memory_is_taken(tmp_path, header, binary, suffix):
    data = header + b"word 0.5 0.5 \n" * 100
    path = tmp_path / f"v{suffix}"
    path.write_bytes(gzip.compress(data) if suffix else data)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            load_word2vec_format(path, binary=binary)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_word2vec_format(tmp_path / "v")


@pytest.mark.parametrize("line", ["a", "a x", "a -1", "a 1.5", "a " + "9" * 30])
def test_damaged_counts(tmp_path, line):
    (tmp_path / "v").write_text("2 1\na 1\nb 2\n")
    (tmp_path / "c").write_text(f"b 3\n{line}\n")
    with pytest.raises(FormatError, match="c', line 2: expected a key and its count, found b'a"):
        load_word2vec_format(tmp_path / "v", fvocab=tmp_path / "c")


def test_counts_that_lack_a_key(tmp_path):
    (tmp_path / "v").write_text("2 1\na 1\nb 2\n")
    (tmp_path / "c").write_text("b 3\n")
    with pytest.warns(UserWarning, match="lacks 1 keys, the first is 'a'; their count is 0"):
        found = load_word2vec_format(tmp_path / "v", fvocab=tmp_path / "c")
    assert found.counts.tolist() == [0, 3]


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 16, 100])
def test_the_kind_of_file_is_found_out(tmp_path, dim):
    rng = np.random.default_rng(dim)
    for scale in (1e-30, 1, 1e30):
        matrix = (rng.standard_normal((20, dim)) * scale).astype(np.float32)
        vectors = KeyedVectors([f"w{i}" for i in range(20)], matrix)
        for binary in (False, True):
            vectors.save_word2vec_format(tmp_path / "v", binary=binary)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                same(load_word2vec_format(tmp_path / "v"), vectors.index_to_key, matrix)
