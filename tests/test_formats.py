"""Folders of arrays, and the files of word2vec, gensim, fastText and GloVe."""

import gzip
import json
import mmap as mmap_module
import os
import struct
import tracemalloc
import warnings

import numpy as np
import pytest

from sgns.array_files import load_array
from sgns.errors import FormatError
from sgns.formats import load_vectors, load_word2vec_format, save_vectors, save_word2vec_format
from sgns.keyed_vectors import KeyedVectors
from sgns.string_array import StringArray
from sgns.word2vec_write import LONGEST_KEY

N, DIM = 200, 13
AWKWARD = ["", "a b", "line\nline", "tab\t", "nul\0", "día", "日本", "😀", "\ud800", "\u2028", " "]
# Both signs of zero, the smallest and largest magnitudes, and what is no number.
SPECIAL = [0.0, -0.0, 1e-45, -1e-38, 3.4028235e38, np.inf, -np.inf, np.nan, 1 / 3, 0.1, 1e22, 7, -5]


@pytest.fixture(scope="module")
def matrix():
    numbers = np.random.default_rng(5).standard_normal((N, DIM)).astype(np.float32)
    numbers[7] = SPECIAL
    return numbers


@pytest.fixture(scope="module")
def keys():
    return [
        "día",
        "日本",
        "😀",
        "</s>",
        "no\u00a0break",
        "nul\0",
        *[f"word{i}" for i in range(6, N)],
    ]


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


# --- folders -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [False, True])
def test_folder_keeps_everything(tmp_path, matrix, mmap):
    counts = np.arange(len(AWKWARD))[::-1] * 2**33
    KeyedVectors(AWKWARD, matrix[: len(AWKWARD)], counts=counts).save(tmp_path / "deep" / "v")
    found = KeyedVectors.load(tmp_path / "deep" / "v", mmap=mmap)
    same(found, AWKWARD, matrix[: len(AWKWARD)])
    np.testing.assert_array_equal(found.counts, counts)
    assert found.get_index("line\nline") == 2
    assert is_mapped(found.vectors) == mmap
    assert names(tmp_path / "deep") == ["v"]
    assert names(tmp_path / "deep" / "v") == [
        "counts.npy",
        "keys.bytes.npy",
        "keys.offsets.npy",
        "meta.json",
        "vectors.npy",
    ]


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("keys", [[5, -3, 2**40], range(3), range(7, 10)])
def test_folder_of_integer_keys(tmp_path, matrix, keys, mmap):
    KeyedVectors(keys, matrix[:3]).save(tmp_path / "v")
    found = KeyedVectors.load(tmp_path / "v", mmap=mmap)
    same(found, keys, matrix[:3])
    assert found.counts is None
    assert isinstance(found.stored_keys, range) == (keys == range(3))


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("n", [0, 1])
def test_small_folders(tmp_path, n, mmap):
    matrix = np.ones((n, 3), np.float32)
    KeyedVectors(["a"] * n, matrix, counts=np.ones(n, int)).save(tmp_path / "v")
    same(KeyedVectors.load(tmp_path / "v", mmap=mmap), ["a"] * n, matrix)


@pytest.mark.parametrize("layout", ["padded", "transposed", "half", "mapped"])
def test_folder_from_every_kind_of_matrix(tmp_path, keys, matrix, layout):
    if layout == "padded":
        wide = np.zeros((N, 16), np.float32)
        wide[:, :DIM] = matrix
        kept = wide[:, :DIM]
    elif layout == "transposed":
        kept = np.asfortranarray(matrix)
    elif layout == "half":
        with np.errstate(over="ignore"):
            kept = matrix = matrix.astype(np.float16)
    else:
        np.save(tmp_path / "m.npy", matrix)
        kept = np.load(tmp_path / "m.npy", mmap_mode="r")
    save_vectors(KeyedVectors(keys, kept), tmp_path / "v")
    same(load_vectors(tmp_path / "v", mmap=True), keys, matrix)
    assert (tmp_path / "v" / "vectors.npy").stat().st_size == 128 + matrix.nbytes


def test_folder_is_replaced_only_when_asked(tmp_path, vectors, matrix):
    vectors.save(tmp_path / "v")
    other = KeyedVectors(["x"], matrix[:1])
    with pytest.raises(FileExistsError, match="overwrite=True"):
        other.save(tmp_path / "v")
    other.save(tmp_path / "v", overwrite=True)
    assert KeyedVectors.load(tmp_path / "v").index_to_key == ["x"]
    mapped = KeyedVectors.load(tmp_path / "v", mmap=True)
    mapped.save(tmp_path / "v", overwrite=True)
    same(KeyedVectors.load(tmp_path / "v"), ["x"], matrix[:1])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("irreplaceable")
    with pytest.raises(FileExistsError, match="no folder of vectors"):
        other.save(tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "irreplaceable"
    assert names(tmp_path) == ["mine", "v"]


def test_failed_save_leaves_nothing(tmp_path, vectors, monkeypatch):
    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr("sgns.vector_folder.save_strings", fail)
    with pytest.raises(OSError, match="disk full"):
        vectors.save(tmp_path / "v")
    assert names(tmp_path) == []


def damage_meta(**changes):
    def damage(folder):
        meta = json.loads((folder / "meta.json").read_text())
        (folder / "meta.json").write_text(json.dumps(meta | changes))

    return damage


def put(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def cut(name, length):
    return lambda folder: os.truncate(folder / name, length)


def append(name):
    def damage(folder):
        with (folder / name).open("ab") as file:
            file.write(b"more")

    return damage


def array(name, values):
    return lambda folder: np.save(folder / name, values)


def claim(name, shape, dtype="<f4"):
    """An array file whose header promises more than there is."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return put(name, b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode())


DAMAGES = [
    (lambda folder: (folder / "meta.json").unlink(), "is no folder of vectors: meta.json"),
    (put("meta.json", b"{"), r"meta.json' is not valid JSON"),
    (put("meta.json", b"\xff\xfe"), r"meta.json' is not valid JSON"),
    (put("meta.json", b"[]"), r"expected format 'sgns.vectors', found \[\]"),
    (damage_meta(format="sgns.corpus"), "expected format 'sgns.vectors', found 'sgns.corpus'"),
    (damage_meta(version=2), "expected version 1 to 1, found 2; a newer sgns may read it"),
    (damage_meta(version="1"), "expected version 1 to 1, found '1'"),
    (damage_meta(n_keys=-1), "field 'n_keys' is damaged: -1"),
    (damage_meta(n_keys=None), "field 'n_keys' is damaged: None"),
    (damage_meta(keys="bytes"), "field 'keys' is damaged: 'bytes'"),
    (damage_meta(dtype="object"), "field 'dtype' is damaged: 'object'"),
    (damage_meta(counts=1), "field 'counts' is damaged: 1"),
    (damage_meta(n_keys=201), r"expected an array of float32 \(201, 13\), found float32 \(200, 13"),
    (damage_meta(dtype="float16"), r"expected an array of float16 \(200, 13\), found float32"),
    (damage_meta(keys="int"), r"keys.npy' is missing; expected an array of int64 \(200\)"),
    (damage_meta(counts=False, vector_size=12), r"expected an array of float32 \(200, 12\)"),
    (lambda folder: (folder / "vectors.npy").unlink(), r"vectors.npy' is missing"),
    (cut("vectors.npy", 5000), "vectors.npy' ends at byte 5,000; expected 10,528 bytes"),
    (cut("vectors.npy", 60), "vectors.npy' is not a readable .npy file"),
    (cut("vectors.npy", 0), "vectors.npy' is not a readable .npy file"),
    (append("vectors.npy"), "vectors.npy' goes on to byte 10,532; expected 10,528"),
    (put("vectors.npy", b"PK\x03\x04" * 100), "vectors.npy' is not a readable .npy file"),
    (put("vectors.npy", b"\x93NUMPY\x07\x00" * 9), "not a readable .npy file"),
    (claim("vectors.npy", (10**12, 13)), r"found float32 \(1000000000000, 13\)"),
    (claim("vectors.npy", (200, 13)), "ends at byte 128; expected 10,528"),
    (claim("vectors.npy", (-200, 13)), "expected a header of a plain array"),
    (claim("vectors.npy", (200, 13), "|O"), "expected a header of a plain array"),
    (claim("vectors.npy", (200, 13), ">f4"), "expected an array of float32"),
    (claim("keys.bytes.npy", (10**19,), "|u1"), "keys.bytes.npy'"),
    (claim("keys.bytes.npy", (10**30,), "|u1"), "keys.bytes.npy'"),
    (array("vectors.npy", np.zeros((DIM, N), "f4").T), "in Fortran order"),
    (array("counts.npy", np.zeros(N - 1, int)), r"int64 \(200\), found int64 \(199\)"),
    (array("keys.offsets.npy", np.zeros(N, int)), r"expected an array of int64 \(201\)"),
    (array("keys.offsets.npy", np.zeros(N + 1, int)), "keys.offsets.npy': expected string offsets"),
    (array("keys.offsets.npy", np.r_[0:N, 5]), "keys.offsets.npy': "),
    (array("keys.bytes.npy", np.full(10, 255, "u1")), "keys.offsets.npy': expected string offsets"),
]


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_damaged_folders(tmp_path, matrix, damage, message, mmap):
    KeyedVectors([f"w{i}" for i in range(N)], matrix, counts=np.ones(N, int)).save(tmp_path / "v")
    damage(tmp_path / "v")
    with pytest.raises(FormatError, match=message):
        load_vectors(tmp_path / "v", mmap=mmap)


def test_damaged_integer_keys(tmp_path, matrix):
    KeyedVectors([4, 5, 6], matrix[:3]).save(tmp_path / "v")
    np.save(tmp_path / "v" / "keys.npy", np.array([4, 5, 4]))
    with pytest.raises(FormatError, match=r"keys.npy': Expected different keys, got 4 in rows 0"):
        load_vectors(tmp_path / "v")


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected a folder of vectors at .*found nothing"):
        load_vectors(tmp_path / "v")
    (tmp_path / "v").write_text("")
    with pytest.raises(FileNotFoundError, match="found a file"):
        load_vectors(tmp_path / "v")


def test_mapped_opening_does_not_grow_with_the_file(tmp_path):
    n = 200_000
    KeyedVectors([f"w{i}" for i in range(n)], np.zeros((n, 50), np.float32)).save(tmp_path / "v")
    tracemalloc.start()
    try:
        load_vectors(tmp_path / "v", mmap=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The check that offsets rise looks at all of them; vectors and bytes are not touched.
    assert peak < 1 << 20


def test_arrays_of_another_shape(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6).reshape(2, 3))
    assert load_array(tmp_path / "a.npy", np.int64, (None, 3)).shape == (2, 3)
    with pytest.raises(
        FormatError, match=r"expected an array of int64 \(any\), found int64 \(2, 3"
    ):
        load_array(tmp_path / "a.npy", np.int64, (None,))


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


# --- word2vec: damaged and foreign files -------------------------------------------------------

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


def test_string_arrays_equal_sequences_of_the_same_strings():
    strings = ["a", "", "é\n", "\ud800", "😀", "b"]
    array = StringArray.from_strings(strings)
    assert array == strings
    assert strings == array
    assert array == tuple(strings)
    assert array == StringArray.from_strings(strings)
    assert StringArray.from_strings([]) == []
    for other in (strings[:-1], strings[::-1], [*strings, "c"], [1] * 6, "ab", None, 3):
        assert array != other
    assert array != StringArray.from_strings(strings[::-1])
    assert StringArray.from_strings("ab") != "ab"
    assert StringArray.from_strings(["ab", "c"]) != StringArray.from_strings(["a", "bc"])
    with pytest.raises(TypeError, match="unhashable"):
        hash(array)


def test_string_arrays_show_how_they_begin():
    assert repr(StringArray.from_strings(["a", "\n"])) == "<StringArray of 2: ['a', '\\n']>"
    many = StringArray.from_strings(map(str, range(1234)))
    assert repr(many) == "<StringArray of 1,234: ['0', '1', '2', '3', '4', ...]>"
