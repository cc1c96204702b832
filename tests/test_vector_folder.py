"""Folders of arrays that hold vectors."""

import json
import os
import struct
import tracemalloc

import numpy as np
import pytest

from kept_vectors import AWKWARD, DIM, N, is_mapped, names, odd_keys, same, special_matrix
from sgns.array_files import load_array
from sgns.errors import FormatError
from sgns.formats import load_vectors, save_vectors
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
    told = r"found a file; KeyedVectors\.load_word2vec_format reads files"
    with pytest.raises(FileNotFoundError, match=told):
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
