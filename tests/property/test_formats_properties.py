"""Whatever is written comes back; whatever is damaged is refused and never costs much."""

import gzip
import string
import tempfile
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sgns.errors import FormatError
from sgns.formats import load_vectors, load_word2vec_format, save_word2vec_format
from sgns.keyed_vectors import KeyedVectors
from sgns.string_array import StringArray

# Lone surrogates included.
any_text = st.text(st.characters(), max_size=12)
word2vec_keys = st.text(
    st.characters(exclude_characters=" \t\n\v\f\r", exclude_categories=("Cs",)),
    min_size=1,
    max_size=12,
)
every_float32 = st.floats(width=32) | st.integers(0, 2**32 - 1).map(
    lambda bits: float(np.array(bits, np.uint32).view(np.float32))
)


@st.composite
def keyed_vectors(draw, keys):
    names = draw(st.lists(keys, unique=True, max_size=12))
    width = draw(st.integers(1, 9))
    matrix = draw(arrays(np.float32, (len(names), width), elements=every_float32))
    counts = draw(st.none() | arrays(np.int64, len(names), elements=st.integers(0, 2**62)))
    return KeyedVectors(names, matrix, counts=counts)


def same_bits(found, expected):
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.view(np.uint32), expected.view(np.uint32))


@given(st.lists(any_text))
def test_string_arrays_hold_any_strings(strings):
    array = StringArray.from_strings(strings)
    assert list(array) == strings
    assert [array[i] for i in range(len(strings))] == strings


@settings(deadline=None, max_examples=40)
@given(keyed_vectors(any_text) | keyed_vectors(st.integers(-(2**63), 2**63 - 1)), st.booleans())
def test_folders_hold_any_keys_and_numbers(vectors, mmap):
    with tempfile.TemporaryDirectory() as folder:
        vectors.save(Path(folder, "v"))
        found = load_vectors(Path(folder, "v"), mmap=mmap)
        assert list(found.index_to_key) == vectors.index_to_key
        same_bits(np.array(found.vectors), vectors.vectors)
        if vectors.counts is None:
            assert found.counts is None
        else:
            np.testing.assert_array_equal(found.counts, vectors.counts)
        del found


@settings(deadline=None, max_examples=80)
@given(keyed_vectors(word2vec_keys), st.booleans(), st.booleans(), st.booleans())
def test_word2vec_files_hold_keys_without_white_space(vectors, binary, compressed, detect):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "v.gz" if compressed else "v")
        save_word2vec_format(vectors, path, binary=binary, sort_by_count=False)
        # Empty files of both kinds look alike; anything else tells its kind.
        found = load_word2vec_format(path, binary=None if detect else binary)
        assert found.index_to_key == vectors.index_to_key
        if binary:
            same_bits(found.vectors, vectors.vectors)
        else:  # text has one "nan"
            np.testing.assert_array_equal(found.vectors, vectors.vectors)
            assert not np.any(
                (np.signbit(found.vectors) != np.signbit(vectors.vectors))
                & ~np.isnan(vectors.vectors)
            )


@settings(deadline=None, max_examples=80)
@given(any_text)
def test_keys_that_cannot_be_written_are_refused_before_a_file_appears(key):
    vectors = KeyedVectors([key], np.ones((1, 2)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "v")
        refusal = None
        try:
            save_word2vec_format(vectors, path)
        except ValueError as error:
            refusal = str(error)
        if refusal is None:
            assert load_word2vec_format(path).index_to_key == [key]
        else:
            assert repr(key) in refusal
            assert list(Path(folder).iterdir()) == []


def peak_of_reading(read):
    """Most memory that reading took; the result or a FormatError is all that may come of it."""
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            # Damage may make two keys equal.
            warnings.filterwarnings("ignore", "'.*': duplicate key", UserWarning)
            read()
    except FormatError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


@st.composite
def damaged(draw, data):
    """`data` with bytes changed, cut out, put in, or the end missing."""
    data = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        kind = draw(st.sampled_from(["change", "cut", "insert", "end"]))
        if kind == "change" and data:
            data[place] = draw(st.integers(0, 255))
        elif kind == "cut":
            del data[place : place + draw(st.integers(1, 30))]
        elif kind == "insert":
            data[place:place] = draw(
                st.binary(max_size=20)
                | st.text(string.digits + " \n-.e", max_size=20).map(str.encode)
            )
        else:
            del data[place:]
    return bytes(data)


SAMPLE = KeyedVectors(
    ["</s>", "día", "😀", *(f"word{i}" for i in range(20))],
    np.random.default_rng(0).standard_normal((23, 5)).astype(np.float32),
    counts=np.arange(23)[::-1],
)
# Beside the blocks that reading takes, of which the text block is split into numbers.
MOST_MEMORY = 8 << 20


def file_bytes(**options):
    with tempfile.TemporaryDirectory() as folder:
        save_word2vec_format(SAMPLE, Path(folder, "v"), **options)
        return Path(folder, "v").read_bytes()


@settings(deadline=None, max_examples=200)
@given(
    damaged(file_bytes()) | damaged(file_bytes(binary=True)) | st.binary(max_size=300),
    st.sampled_from([None, False, True]),
    st.sampled_from([None, 1, 10]),
    st.booleans(),
    st.booleans(),
)
def test_damaged_word2vec_files(data, binary, limit, compressed, no_header):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "v.gz" if compressed else "v")
        path.write_bytes(gzip.compress(data, 1) if compressed else data)
        options = {"binary": binary, "limit": limit}
        if no_header:
            options |= {"binary": False, "no_header": True}
        peak = peak_of_reading(lambda: load_word2vec_format(path, **options))
        assert peak < 64 * len(data) + MOST_MEMORY


@settings(deadline=None, max_examples=100)
@given(damaged(gzip.compress(file_bytes(binary=True), 1, mtime=0)))
def test_damaged_gzip_files(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "v.gz")
        path.write_bytes(data)
        assert peak_of_reading(lambda: load_word2vec_format(path)) < MOST_MEMORY


def folder_bytes():
    with tempfile.TemporaryDirectory() as folder:
        SAMPLE.save(Path(folder, "v"))
        return {path.name: path.read_bytes() for path in sorted(Path(folder, "v").iterdir())}


FOLDER = folder_bytes()


@settings(deadline=None, max_examples=150)
@given(st.data(), st.sampled_from(list(FOLDER)), st.booleans())
def test_damaged_folders(data, damaged_name, mmap):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in FOLDER.items():
            kept = data.draw(damaged(content)) if name == damaged_name else content
            Path(folder, name).write_bytes(kept)

        def read():
            found = load_vectors(folder, mmap=mmap)
            try:
                len(found.key_to_index)
            except FormatError:
                raise
            except ValueError as error:
                if "Expected different keys" not in str(error):
                    raise

        assert peak_of_reading(read) < MOST_MEMORY


@settings(deadline=None)
@given(
    arrays(
        np.float32,
        array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=30),
        elements=st.floats(-4, 4, width=32),
    ),
    st.integers(1, 40),
)
def test_batches_agree_with_single_queries(matrix, topn):
    vectors = KeyedVectors(range(100, 100 + len(matrix)), matrix)
    batch = vectors.most_similar_batch(list(range(100, 100 + len(matrix))), topn)
    for key, found in enumerate(batch, 100):
        single = vectors.most_similar(key, topn=topn)
        assert len(found) == len(single) == min(topn, len(matrix) - 1)
        np.testing.assert_allclose(
            [similarity for _, similarity in found],
            [similarity for _, similarity in single],
            atol=3e-6,
        )
        assert key not in {name for name, _ in found}
