"""Vectors for pandas, safetensors, TensorBoard and other programs, read back by these."""

import json
import struct
import subprocess
import sys
import warnings

import numpy as np
import pytest

from sgns import KeyedVectors, cli
from sgns.formats import (
    save_npy,
    save_projector,
    save_safetensors,
    save_sentence_transformers,
    to_dataframe,
)
from sgns.safetensors_file import LONGEST_HEADER

KEYS = ["film", "día", "日本", '"\\', "[UNK]"]


@pytest.fixture(params=["float32", "float16"])
def vectors(request):
    matrix = np.random.default_rng(3).standard_normal((5, 6)).astype(request.param)
    return KeyedVectors(KEYS, matrix, counts=[9, 7, 5, 5, 1])


def plain(keys, dim=2):
    matrix = np.arange(len(keys) * dim, dtype=np.float32).reshape(len(keys), dim) + 1
    return KeyedVectors(keys, matrix)


# ---- pandas -------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [KEYS, range(5), [7, 3, 2, 9, 4]], ids=["str", "range", "int"])
def test_a_dataframe_goes_there_and_back(keys):
    pytest.importorskip("pandas", reason="needs the extra [interchange]")
    vectors = plain(keys, dim=3)
    frame = vectors.to_dataframe()
    assert frame.index.name == "key"
    assert frame.shape == (5, 3)
    assert set(frame.dtypes) == {np.dtype(np.float32)}
    np.testing.assert_array_equal(frame.loc[keys[1]], vectors[keys[1]])
    back = KeyedVectors(frame.index, frame.to_numpy())
    assert list(back.index_to_key) == list(vectors.index_to_key)
    np.testing.assert_array_equal(back.vectors, vectors.vectors)


def test_a_dataframe_is_a_copy_that_may_be_changed():
    pytest.importorskip("pandas", reason="needs the extra [interchange]")
    vectors = plain(["a", "b"])
    frame = to_dataframe(vectors)
    frame.loc["a", 0] = 99
    assert vectors["a"][0] == 1


def test_without_pandas_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'sgns\[interchange\]'"):
        plain(["a"]).to_dataframe()


# ---- safetensors --------------------------------------------------------------------------------


def test_a_safetensors_file_is_read_by_its_own_library(tmp_path, vectors):
    reference = pytest.importorskip("safetensors", reason="needs the extra [test]")
    path = tmp_path / "v.safetensors"
    save_safetensors(vectors, path)
    with reference.safe_open(path, "numpy") as file:
        assert sorted(file.keys()) == ["counts", "vectors"]
        matrix, counts = file.get_tensor("vectors"), file.get_tensor("counts")
        assert json.loads(file.metadata()["keys"]) == KEYS
    assert matrix.dtype == vectors.vectors.dtype
    np.testing.assert_array_equal(matrix, vectors.vectors)
    np.testing.assert_array_equal(counts, vectors.counts)


def test_a_safetensors_file_is_what_its_format_says(tmp_path, vectors):
    """Read with NumPy alone: alignment, order and ends of the tensors."""
    save_safetensors(vectors, tmp_path / "v")
    data = (tmp_path / "v").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    assert length % 8 == 0
    width = vectors.vectors.itemsize
    assert header["counts"] == {"dtype": "I64", "shape": [5], "data_offsets": [0, 40]}
    assert header["vectors"]["data_offsets"] == [40, 40 + 30 * width]
    assert len(body) == 40 + 30 * width
    assert header["vectors"]["dtype"] == f"F{8 * width}"
    matrix = np.frombuffer(body, vectors.vectors.dtype, offset=40).reshape(5, 6)
    np.testing.assert_array_equal(matrix, vectors.vectors)


def test_a_safetensors_file_of_no_vectors_and_of_padded_rows(tmp_path):
    reference = pytest.importorskip("safetensors.numpy", reason="needs the extra [test]")
    save_safetensors(KeyedVectors([], np.zeros((0, 4))), tmp_path / "none")
    assert reference.load_file(tmp_path / "none")["vectors"].shape == (0, 4)
    padded = np.arange(10_000 * 8, dtype=np.float32).reshape(10_000, 8)[:, :5]
    save_safetensors(KeyedVectors(range(10_000), padded), tmp_path / "padded")
    np.testing.assert_array_equal(reference.load_file(tmp_path / "padded")["vectors"], padded)


def test_a_header_that_nobody_would_read_is_refused(tmp_path, monkeypatch):
    assert LONGEST_HEADER == 100_000_000  # of the reference implementation
    monkeypatch.setattr("sgns.safetensors_file.LONGEST_HEADER", 200)
    save_safetensors(plain(["a"]), tmp_path / "short")
    with pytest.raises(ValueError, match="header of at most 200 bytes"):
        save_safetensors(plain(["a" * 200]), tmp_path / "long")
    with pytest.raises(ValueError, match="UTF-8 can encode: surrogates not allowed"):
        save_safetensors(plain(["\ud800"]), tmp_path / "surrogate")
    assert [path.name for path in tmp_path.iterdir()] == ["short"]


# ---- the Embedding Projector --------------------------------------------------------------------


def test_the_projector_gets_a_line_for_each_key(tmp_path, vectors):
    save_projector(vectors, tmp_path / "out")
    lines = (tmp_path / "out" / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "key\tcount"
    assert [line.split("\t") for line in lines[1:]] == [
        [key, str(count)] for key, count in zip(KEYS, vectors.counts, strict=True)
    ]
    matrix = np.loadtxt(tmp_path / "out" / "vectors.tsv", delimiter="\t", dtype=np.float32)
    np.testing.assert_array_equal(matrix, vectors.vectors.astype(np.float32))
    config = (tmp_path / "out" / "projector_config.pbtxt").read_text()
    for name in ("tensor_path", "metadata_path"):
        file = config.partition(f'{name}: "')[2].partition('"')[0]
        assert (tmp_path / "out" / file).is_file()


def test_a_single_column_of_metadata_has_no_header(tmp_path):
    save_projector(plain([5, 3]), tmp_path / "out")
    assert (tmp_path / "out" / "metadata.tsv").read_bytes() == b"5\n3\n"


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("a\tb", "without tab or line break, got 'a\\\\tb' in row 1"),
        ("a\nb", "without tab"),
        ("a\r", "without tab"),
        ("", "not blank, got '' in row 1"),
        (" ", "not blank"),
        ("\ud800", "UTF-8 can encode"),
    ],
)
def test_keys_that_would_shift_the_lines_are_refused(tmp_path, key, says):
    with pytest.raises(ValueError, match=says):
        save_projector(plain(["x", key]), tmp_path / "out")
    assert not list(tmp_path.iterdir())


# ---- sentence-transformers ----------------------------------------------------------------------


def test_the_static_model_holds_unit_rows_and_zeros_for_unknown_words(tmp_path, vectors):
    reference = pytest.importorskip("safetensors.numpy", reason="needs the extra [test]")
    save_sentence_transformers(vectors, tmp_path / "out")
    weights = reference.load_file(tmp_path / "out" / "model.safetensors")["embedding.weight"]
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights[:-1], vectors.get_normed_vectors(), rtol=1e-6)
    assert not weights[-1].any()
    save_sentence_transformers(vectors, tmp_path / "out", pre_normalize=False, overwrite=True)
    weights = reference.load_file(tmp_path / "out" / "model.safetensors")["embedding.weight"]
    np.testing.assert_array_equal(weights[:-1], vectors.vectors.astype(np.float32))


def test_the_tokenizer_finds_the_rows(tmp_path, vectors):
    tokenizers = pytest.importorskip("tokenizers", reason="comes with sentence-transformers")
    save_sentence_transformers(vectors, tmp_path / "out")
    tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "out" / "tokenizer.json"))
    assert tokenizer.encode('日本 "\\ nobody Film\tfilm [UNK]').ids == [2, 3, 5, 5, 0, 4]
    save_sentence_transformers(vectors, tmp_path / "lower", lowercase=True)
    tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "lower" / "tokenizer.json"))
    assert tokenizer.encode("FILM").ids == [0]


def test_sentence_transformers_means_what_get_mean_vector_means(tmp_path, vectors):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of importing some hundred modules of others
        reference = pytest.importorskip(
            "sentence_transformers", reason="heavy, with torch: not a test dependency"
        )
        save_sentence_transformers(vectors, tmp_path / "out")
        model = reference.SentenceTransformer(str(tmp_path / "out"), device="cpu")
        texts = model.encode(["film día", "film nobody", ""], show_progress_bar=False)
    np.testing.assert_allclose(texts[0], vectors.get_mean_vector(["film", "día"]), rtol=1e-5)
    np.testing.assert_allclose(texts[1], vectors.get_vector("film", norm=True) / 2, rtol=1e-5)
    assert not texts[2].any()


@pytest.mark.parametrize("key", ["", "a b", "a\u00a0b", "\ud800"])
def test_keys_that_no_text_names_are_refused(tmp_path, key):
    with pytest.raises(ValueError, match="Expected keys"):
        save_sentence_transformers(plain([key]), tmp_path / "out")
    assert not list(tmp_path.iterdir())


# ---- what is replaced ---------------------------------------------------------------------------


@pytest.mark.parametrize("save", [save_projector, save_sentence_transformers])
def test_only_folders_of_the_same_kind_are_replaced(tmp_path, save):
    out = tmp_path / "out"
    save(plain(["a", "b"]), out)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save(plain(["a"]), out)
    save(plain(["a"]), out, overwrite=True)
    (out / "mine").touch()
    with pytest.raises(FileExistsError, match="holds 'mine', which is not replaced"):
        save(plain(["a"]), out, overwrite=True)
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="is no folder"):
        save(plain(["a"]), tmp_path / "file", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "out"]
    assert (out / "mine").exists()


# ---- the shell command --------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    vectors = plain(["one", "two", "three"])
    vectors.save(tmp_path / "vectors")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "out", "save"),
    [
        ("npy", "x", save_npy),
        ("safetensors", "x", save_safetensors),
        ("", "x.safetensors", save_safetensors),
        ("", "x.npy", save_npy),
        ("projector", "x", save_projector),
        ("sentence-transformers", "x", save_sentence_transformers),
        ("text", "x", KeyedVectors.save_word2vec_format),
        ("binary", "x", lambda kv, path: kv.save_word2vec_format(path, binary=True)),
    ],
)
def test_export_writes_what_the_functions_write(saved, name, out, save):
    asked = ["--format", name] if name else []
    command = ["export", str(saved / "vectors"), str(saved / out), "--limit", "2", *asked]
    assert cli.main(command) == 0
    (saved / "direct").mkdir()
    save(plain(["one", "two"]), saved / "direct" / out)
    for file in (saved / "direct").rglob("*"):
        if file.is_file():
            exported = saved / file.relative_to(saved / "direct")
            assert exported.read_bytes() == file.read_bytes(), file.name
    assert cli.main(command) == 2
    assert cli.main([*command, "--force"]) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["x.npy", "--format", "text"], "--format text does not go with"),
        (["x.npy", "--binary"], "--binary does not go with"),
        (["x", "--binary", "--format", "text"], "--binary is about word2vec's format"),
        (["x", "--limit", "0"], "--limit: expected a whole number of 1 or more"),
    ],
)
def test_export_refuses_what_does_not_go_together(saved, capsys, arguments, says):
    before = sorted(saved.iterdir())
    command = ["export", str(saved / "vectors"), str(saved / arguments[0]), *arguments[1:]]
    try:
        code = cli.main(command)
    except SystemExit as leaving:
        code = leaving.code
    assert code == 2
    assert says in capsys.readouterr().err
    assert sorted(saved.iterdir()) == before


# ---- spaCy --------------------------------------------------------------------------------------


def test_spacy_makes_a_pipeline_of_a_text_file(tmp_path):
    """Its own command reads the file; words keep their vectors, a text has the mean of them."""
    spacy = pytest.importorskip("spacy", reason="needs spaCy")
    vectors = plain(["movie", "film", "plum"])
    vectors.save_word2vec_format(tmp_path / "v.vec.gz")
    command = ["-m", "spacy", "init", "vectors", "en", tmp_path / "v.vec.gz", tmp_path / "pipeline"]
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    pipeline = spacy.load(tmp_path / "pipeline")
    for word in vectors.index_to_key:
        np.testing.assert_array_equal(pipeline.vocab[word].vector, vectors[word])
    mean = vectors.get_mean_vector(["movie", "plum"], pre_normalize=False)
    np.testing.assert_allclose(pipeline("movie plum").vector, mean, rtol=1e-6)
