"""Files of word2vec, gensim, fastText and GloVe: what is written and read."""

import numpy as np
import pytest

from kept_vectors import DIM, N, names, odd_keys, same, special_matrix
from sgns.errors import FormatError
from sgns.formats import load_word2vec_format, save_word2vec_format
from sgns.keyed_vectors import KeyedVectors
from sgns.word2vec_write import LONGEST_KEY


@pytest.fixture(scope="module")
def matrix():
    return special_matrix()


@pytest.fixture(scope="module")
def keys():
    return odd_keys()


@pytest.fixture
def vectors(keys, matrix):
    return KeyedVectors(keys, matrix)


@pytest.fixture(scope="module")
def gensim_vectors():
    return pytest.importorskip("gensim.models").KeyedVectors


@pytest.fixture(scope="module")
def theirs(gensim_vectors, keys, matrix):
    kept = gensim_vectors(DIM)
    kept.add_vectors(keys, matrix)
    return kept


# --- word2vec: with gensim ---------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("binary", [False, True])
def test_gensim_reads_ours(gensim_vectors, tmp_path, vectors, keys, matrix, binary, suffix):
    path = tmp_path / f"v{suffix}"
    vectors.save_word2vec_format(path, binary=binary)
    found = gensim_vectors.load_word2vec_format(str(path), binary=binary)
    same(found, keys, matrix)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == bool(suffix)


@pytest.mark.parametrize("detect", [False, True])
@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("binary", [False, True])
def test_we_read_gensims(tmp_path, theirs, keys, matrix, binary, suffix, detect):
    path = tmp_path / f"v{suffix}"
    theirs.save_word2vec_format(str(path), binary=binary)
    same(load_word2vec_format(path, binary=None if detect else binary), keys, matrix)


def test_binary_files_are_gensims_byte_for_byte(gensim_vectors, tmp_path, keys, matrix):
    counts = np.random.default_rng(0).integers(1, 20, N)
    theirs = gensim_vectors(DIM)
    theirs.add_vectors(keys, matrix)
    for key, count in zip(keys, counts.tolist(), strict=True):
        theirs.set_vecattr(key, "count", count)
    theirs.save_word2vec_format(
        str(tmp_path / "g"), binary=True, fvocab=str(tmp_path / "gv"), prefix="*"
    )
    KeyedVectors(keys, matrix, counts=counts).save_word2vec_format(
        tmp_path / "s", binary=True, fvocab=tmp_path / "sv", prefix="*"
    )
    assert (tmp_path / "g").read_bytes() == (tmp_path / "s").read_bytes()
    assert (tmp_path / "gv").read_bytes() == (tmp_path / "sv").read_bytes()
    found = load_word2vec_format(tmp_path / "g", fvocab=tmp_path / "gv")
    assert sorted(found.counts.tolist(), reverse=True) == found.counts.tolist()
    assert found.get_vecattr("*word9", "count") == counts[9]


# gensim opens such a file twice and closes it once.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_gensim_reads_our_text_without_header(gensim_vectors, tmp_path, vectors, keys, matrix):
    vectors.save_word2vec_format(tmp_path / "v", write_header=False)
    same(
        gensim_vectors.load_word2vec_format(str(tmp_path / "v"), no_header=True),
        keys,
        matrix,
    )
    same(load_word2vec_format(tmp_path / "v", no_header=True), keys, matrix)
    same(load_word2vec_format(tmp_path / "v", no_header=True, limit=9), keys[:9], matrix[:9])
    same(load_word2vec_format(tmp_path / "v", no_header=True, limit=9**9), keys, matrix)


# --- word2vec: the C programs ------------------------------------------------------------------


def c_binary(keys, matrix):
    """What `fprintf("%s ")`, `fwrite` of every float and `fprintf("\\n")` write."""
    records = [
        key.encode() + b" " + row.tobytes() + b"\n" for key, row in zip(keys, matrix, strict=True)
    ]
    return b"%d %d\n" % matrix.shape + b"".join(records)


def test_c_binary(tmp_path, keys, matrix):
    (tmp_path / "v").write_bytes(c_binary(keys, matrix))
    same(load_word2vec_format(tmp_path / "v"), keys, matrix)
    same(load_word2vec_format(tmp_path / "v", limit=3), keys[:3], matrix[:3])


def test_c_text_and_fasttext(tmp_path):
    expected = np.array([[0.25, -1.5], [3e-5, 100]], np.float32)
    for text in (
        "2 2\na 0.250000 -1.500000 \nb 0.000030 100.000000 \n",
        "2 2\na 0.25 -1.5\nb 3e-5 1E+2",
        "2 2\r\na 0.25 -1.5\r\nb 3e-5 1e2\r\n\r\n",
        "  2\t2 \na   0.25  -1.5\nb 3e-5\t100\n",
    ):
        (tmp_path / "v").write_text(text, newline="")
        same(load_word2vec_format(tmp_path / "v"), ["a", "b"], expected)


def read_as_distance_c(data, binary):
    """Read like the C programs: a key ends at white space, `%f` skips it before a number."""
    first, _, rest = data.partition(b"\n")
    n, dim = map(int, first.split())
    found = {}
    for _ in range(n):
        rest = rest.lstrip(b" \t\n\v\f\r")
        key, _, rest = rest.partition(b" ")
        if binary:
            found[key.decode()] = np.frombuffer(rest[: 4 * dim], "<f4")
            rest = rest[4 * dim :]
        else:
            fields = rest.split(None, dim)
            found[key.decode()] = np.array(fields[:dim], np.float64).astype(np.float32)
            rest = fields[dim] if len(fields) > dim else b""
    return found


@pytest.mark.parametrize("binary", [False, True])
def test_c_programs_read_ours(tmp_path, binary):
    # A first byte that is white space must not be taken for part of a number.
    matrix = np.array([[0.1, np.float32(1e-45)], [-2, 3.4e38], [1, 5]], np.float32)
    KeyedVectors(["a", "bé", "c"], matrix).save_word2vec_format(tmp_path / "v", binary=binary)
    found = read_as_distance_c((tmp_path / "v").read_bytes(), binary)
    assert list(found) == ["a", "bé", "c"]
    np.testing.assert_array_equal(np.stack(list(found.values())), matrix)


# --- word2vec: options -------------------------------------------------------------------------


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("limit", [1, 17, N, 10 * N])
def test_limit(tmp_path, vectors, keys, matrix, binary, limit):
    vectors.save_word2vec_format(tmp_path / "v", binary=binary)
    same(load_word2vec_format(tmp_path / "v", limit=limit), keys[:limit], matrix[:limit])


@pytest.mark.parametrize("binary", [False, True])
def test_half_precision(tmp_path, vectors, keys, matrix, binary):
    vectors.save_word2vec_format(tmp_path / "v", binary=binary)
    found = load_word2vec_format(tmp_path / "v", datatype=np.float16)
    with np.errstate(over="ignore"):
        same(found, keys, matrix.astype(np.float16))
    found.save_word2vec_format(tmp_path / "h", binary=binary)
    same(load_word2vec_format(tmp_path / "h", datatype="float16"), keys, found.vectors)


@pytest.mark.parametrize("binary", [False, True])
def test_no_words(tmp_path, binary):
    KeyedVectors([], np.zeros((0, 5), np.float32)).save_word2vec_format(
        tmp_path / "v", binary=binary
    )
    for limit in (None, 3):
        found = load_word2vec_format(tmp_path / "v", binary=binary, limit=limit)
        assert found.vectors.shape == (0, 5)


def test_integer_keys_become_strings(tmp_path, matrix):
    KeyedVectors(range(3), matrix[:3]).save_word2vec_format(tmp_path / "v")
    assert load_word2vec_format(tmp_path / "v").index_to_key == ["0", "1", "2"]


def test_most_frequent_first(tmp_path, matrix):
    vectors = KeyedVectors(list("abcd"), matrix[:4], counts=[1, 9, 5, 9])
    vectors.save_word2vec_format(tmp_path / "v", fvocab=tmp_path / "counts.gz")
    found = load_word2vec_format(tmp_path / "v", fvocab=tmp_path / "counts.gz")
    assert found.index_to_key == ["b", "d", "c", "a"]
    assert found.counts.tolist() == [9, 9, 5, 1]
    np.testing.assert_array_equal(found["a"], matrix[0])
    vectors.save_word2vec_format(tmp_path / "v", sort_by_count=False)
    assert load_word2vec_format(tmp_path / "v").index_to_key == list("abcd")


def test_encodings(tmp_path):
    (tmp_path / "v").write_bytes("2 1\nd\xeda 1\nx 2\n".encode("latin-1"))
    assert load_word2vec_format(tmp_path / "v", encoding="latin-1").index_to_key == ["día", "x"]
    with pytest.raises(FormatError, match=r"v', word 1: expected a key in utf8, found b'd.xeda'"):
        load_word2vec_format(tmp_path / "v")
    replaced = load_word2vec_format(tmp_path / "v", unicode_errors="replace")
    assert replaced.index_to_key == ["d\ufffda", "x"]


@pytest.mark.parametrize("binary", [False, True])
def test_duplicates_are_left_out_with_a_warning(tmp_path, matrix, binary):
    KeyedVectors(list("abcdef"), matrix[:6]).save_word2vec_format(tmp_path / "v", binary=binary)
    data = (tmp_path / "v").read_bytes()
    record = data.index(b"d ")
    (tmp_path / "v").write_bytes(data[:record] + b"b" + data[record + 1 :])
    with pytest.warns(UserWarning, match=r"duplicate key 'b' \(words 2 and 4\); the first") as seen:
        found = load_word2vec_format(tmp_path / "v", binary=binary)
    assert seen[0].filename == __file__
    same(found, list("abcef"), matrix[[0, 1, 2, 4, 5]])


def test_many_duplicates_are_one_warning(tmp_path):
    (tmp_path / "v").write_text("5 1\na 1\na 2\nb 3\nb 4\na 5\n")
    with pytest.warns(UserWarning, match=r"'a' \(words 1 and 2\) and 2 more") as seen:
        found = load_word2vec_format(tmp_path / "v")
    assert len(seen) == 1
    assert found.vectors.ravel().tolist() == [1, 3]


def test_same_bytes_every_time(tmp_path, vectors):
    vectors.save_word2vec_format(tmp_path / "a.gz")
    vectors.save_word2vec_format(tmp_path / "b.gz")
    data = (tmp_path / "a.gz").read_bytes()
    assert data == (tmp_path / "b.gz").read_bytes()
    assert data[3:8] == bytes(5)  # neither a name nor the time


@pytest.mark.parametrize("binary", [False, True])
def test_records_across_blocks(tmp_path, monkeypatch, keys, matrix, binary):
    """Wherever a block of the file ends, nothing is lost."""
    monkeypatch.setattr("sgns.word2vec_read.LONGEST_KEY", 20)
    monkeypatch.setattr("sgns.word2vec_read.LONGEST_NUMBER", 17)
    KeyedVectors(keys, matrix).save_word2vec_format(tmp_path / "v", binary=binary)
    for length in (1, 97, 1000):
        monkeypatch.setattr("sgns.byte_blocks.PIECE", length)
        monkeypatch.setattr("sgns.word2vec_read.BINARY_BLOCK", length)
        monkeypatch.setattr("sgns.word2vec_read.TEXT_BLOCK", length)
        same(load_word2vec_format(tmp_path / "v", binary=binary), keys, matrix)


def test_long_keys(tmp_path):
    keys = ["x" * LONGEST_KEY, "é" * (LONGEST_KEY // 2), "short"]
    for binary in (False, True):
        KeyedVectors(keys, np.ones((3, 2))).save_word2vec_format(tmp_path / "v", binary=binary)
        assert load_word2vec_format(tmp_path / "v").index_to_key == keys


# --- word2vec: what cannot be written ----------------------------------------------------------


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["ok", "a b"], "Expected keys without white space, got 'a b' in row 1"),
        (["ok", "a\n"], r"without white space, got 'a\\n' in row 1"),
        (["a\tb", "ok"], r"without white space, got 'a\\tb' in row 0"),
        (["ok", ""], "Expected keys that are not empty, got '' in row 1"),
        (["", "a b"], "that are not empty, got '' in row 0"),
        (["ok", "\ud800"], r"Expected keys that UTF-8 can encode, got '\\ud800' in row 1"),
        (["ok", "é" * LONGEST_KEY], "at most 65,536 bytes, got 131,072 in row 1"),
    ],
)
def test_keys_that_the_format_cannot_hold(tmp_path, keys, message, binary):
    (tmp_path / "v").write_text("kept")
    with pytest.raises(ValueError, match=message):
        KeyedVectors(keys, np.zeros((2, 2))).save_word2vec_format(tmp_path / "v", binary=binary)
    assert (tmp_path / "v").read_text() == "kept"
    assert names(tmp_path) == ["v"]


def test_options_that_contradict_each_other(tmp_path, vectors):
    with pytest.raises(ValueError, match="the format needs a header"):
        save_word2vec_format(vectors, tmp_path / "v", binary=True, write_header=False)
    with pytest.raises(ValueError, match="Expected vectors with counts to write fvocab"):
        save_word2vec_format(vectors, tmp_path / "v", fvocab=tmp_path / "c")
    assert names(tmp_path) == []
    save_word2vec_format(vectors, tmp_path / "v")
    with pytest.raises(ValueError, match="text file with no_header=True"):
        load_word2vec_format(tmp_path / "v", binary=True, no_header=True)
    with pytest.raises(ValueError, match="limit to be None or at least 1, got 0"):
        load_word2vec_format(tmp_path / "v", limit=0)
    with pytest.raises(ValueError, match="datatype float32 or float16, got float64"):
        load_word2vec_format(tmp_path / "v", datatype=np.float64)
