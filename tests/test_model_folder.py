"""Models in folders: bit for bit, resumable, and every kind of damage named."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import sgns._files
from corpora import corpus_of, model_of, small_corpus
from sgns import Corpus, FormatError, Model

ARRAYS = ["words.npy", "contexts.npy", "counts.npy", "words.bytes.npy", "words.offsets.npy"]


@pytest.fixture
def trained():
    return model_of(small_corpus(), vector_size=17, window=3, seed=2**63).train(2, 1)


@pytest.fixture
def folder(trained, tmp_path):
    trained.save(tmp_path / "model")
    return tmp_path / "model"


def edit(folder, **changes):
    """Change fields of meta.json."""
    file = folder / "meta.json"
    meta = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(meta | changes), encoding="utf-8")


def meta_of(folder):
    return json.loads((folder / "meta.json").read_text(encoding="utf-8"))


# ---- round trips --------------------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [False, True])
def test_a_model_comes_back_bit_for_bit(trained, folder, mmap):
    loaded = Model.load(folder, mmap=mmap)
    assert loaded.config == trained.config
    assert loaded.history == trained.history
    assert loaded.vocabulary == trained.vocabulary
    assert loaded.corpus is None
    for name in ("word_vectors", "context_vectors"):
        found, expected = getattr(loaded.weights, name), getattr(trained.weights, name)
        assert found.tobytes() == expected.tobytes()
    assert loaded.wv.most_similar("w1") == trained.wv.most_similar("w1")


def test_any_word_comes_back(tmp_path):
    words = ["", " ", "new york", "line\nfeed", "tab\t", "nul\0", "πολύ", "😀", "é", "e\u0301"]
    model = Model([words * 2], vector_size=2, min_count=1)
    model.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model")
    assert loaded.wv.index_to_key == model.wv.index_to_key
    assert sorted(loaded.wv.index_to_key) == sorted(words)


@pytest.mark.filterwarnings("ignore:the .* documents have one word each")
def test_an_untrained_model_and_one_without_loss_come_back(tmp_path):
    model = model_of(corpus_of([1] * 90))
    model.save(tmp_path / "untrained")
    assert Model.load(tmp_path / "untrained").history == ()
    model.train(1, 1)
    model.save(tmp_path / "trained")
    [record] = Model.load(tmp_path / "trained").history
    assert math.isnan(record.loss_per_pair)
    assert math.isnan(record.loss_per_target)


@pytest.mark.filterwarnings("ignore:the .* documents have one word each")
def test_meta_json_is_json_for_everybody(tmp_path):
    model = model_of(corpus_of([1] * 90)).train(1, 1)
    model.save(tmp_path / "model")

    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    text = (tmp_path / "model" / "meta.json").read_text(encoding="ascii")
    [record] = json.loads(text, parse_constant=refuse)["history"]
    assert record["loss_per_pair"] is None
    assert record["epoch"] == 1


@pytest.mark.parametrize("mmap", [False, True])
def test_training_goes_on_from_a_loaded_model_as_if_it_had_never_stopped(trained, folder, mmap):
    loaded = Model.load(folder, mmap=mmap)
    loaded.train(2, 1, corpus=small_corpus())
    trained.train(2, 1)
    assert (loaded.weights.word_vectors == trained.weights.word_vectors).all()
    assert (loaded.weights.context_vectors == trained.weights.context_vectors).all()
    assert [record.epoch for record in loaded.history] == [1, 2, 3, 4]
    assert loaded.history[3].loss_per_pair == trained.history[3].loss_per_pair


def test_training_a_mapped_model_leaves_its_file_alone(folder):
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    loaded = Model.load(folder, mmap=True)
    wv = loaded.wv
    vectors = wv.vectors.copy()
    loaded.train(1, 1, corpus=small_corpus())
    assert (loaded.wv.vectors != vectors).any()
    assert (wv.vectors == vectors).all()
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_mapping_reads_no_matrix(folder):
    weights = Model.load(folder, mmap=True).weights
    assert isinstance(weights.words, np.memmap)
    assert isinstance(weights.contexts, np.memmap)


def test_a_loaded_model_asks_for_its_corpus(folder):
    loaded = Model.load(folder)
    with pytest.raises(ValueError, match="a loaded model does not know its corpus; pass corpus="):
        loaded.train(1, 1)
    assert loaded.history == Model.load(folder).history


def test_a_folder_holds_what_the_documentation_lists(folder, trained):
    assert sorted(file.name for file in folder.iterdir()) == sorted([*ARRAYS, "meta.json"])
    meta = meta_of(folder)
    assert meta["format"] == "sgns model"
    assert meta["version"] == 1
    assert meta["n_words"] == 30
    assert meta["parameters"] == trained.config.to_dict()
    assert meta["corpus"]["n_tokens"] == trained.corpus.n_tokens
    assert meta["corpus"]["fingerprint"] == trained.corpus.fingerprint
    assert np.load(folder / "words.npy", allow_pickle=False).shape == (30, 17)


def test_a_loaded_model_can_be_saved_again_even_onto_itself(folder, trained):
    loaded = Model.load(folder, mmap=True)
    loaded.save(folder)
    again = Model.load(folder)
    assert again.weights.words.tobytes() == trained.weights.words.tobytes()
    assert meta_of(folder)["corpus"] is None


# ---- overwriting --------------------------------------------------------------------------------


def test_a_model_is_replaced_unless_that_is_forbidden(folder):
    other = model_of(small_corpus(), vector_size=3)
    with pytest.raises(FileExistsError, match="model' exists"):
        other.save(folder, overwrite=False)
    assert Model.load(folder).config.vector_size == 17
    other.save(folder)
    assert Model.load(folder).config.vector_size == 3
    assert [file.name for file in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_model_is_never_replaced(tmp_path, trained, overwrite):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "meta.json").write_text('{"format": "photos"}', encoding="utf-8")
    for name in ("thesis.txt", "photos"):
        with pytest.raises(FileExistsError, match=name):
            trained.save(tmp_path / name, overwrite=overwrite)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"
    assert sorted(file.name for file in tmp_path.rglob("*")) == [
        "meta.json",
        "photos",
        "thesis.txt",
    ]


def test_a_failed_save_leaves_the_old_model(folder, trained, monkeypatch):
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    trained.train(1, 1)
    monkeypatch.setattr(sgns._files, "write_npy", full)
    with pytest.raises(OSError, match="No space left"):
        trained.save(folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert [file.name for file in folder.parent.iterdir()] == ["model"]


# ---- damage -------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    message = r"expected a model folder at '.*model', found "
    with pytest.raises(FileNotFoundError, match=message + "nothing"):
        Model.load(tmp_path / "model")
    (tmp_path / "model").touch()
    with pytest.raises(FileNotFoundError, match=message + "a file"):
        Model.load(tmp_path / "model")


def test_a_folder_without_meta_json_is_no_model(folder):
    (folder / "meta.json").unlink()
    with pytest.raises(FormatError, match=r"model' is no model folder: meta.json is missing"):
        Model.load(folder)


@pytest.mark.parametrize("text", ["", "{", '{"format": "sgns model"', "\x00", "[" * 100_000])
def test_json_that_ends_early_is_an_error(folder, text):
    (folder / "meta.json").write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=r"meta.json' is not valid JSON"):
        Model.load(folder)


def test_json_that_is_not_utf_8_is_an_error(folder):
    (folder / "meta.json").write_bytes(b'{"format": "\xff"}')
    with pytest.raises(FormatError, match=r"meta.json' is not valid JSON"):
        Model.load(folder)


@pytest.mark.parametrize(
    ("text", "found"), [("{}", "None"), ("[]", r"\[\]"), ("3", "3"), ('{"format": "x"}', "'x'")]
)
def test_foreign_json_is_an_error(folder, text, found):
    (folder / "meta.json").write_text(text, encoding="utf-8")
    message = f"meta.json': expected format 'sgns model', found {found}"
    with pytest.raises(FormatError, match=message):
        Model.load(folder)


def test_another_folder_of_ours_says_what_opens_it(tmp_path):
    with Corpus.build([["a", "b"]], tmp_path / "corpus"):
        pass
    with pytest.raises(FormatError, match=r"found 'sgns corpus'; open it with Corpus\.open"):
        Model.load(tmp_path / "corpus")


@pytest.mark.parametrize("version", [2, 99, 0, -1, "1", None, True, 1.0])
def test_a_newer_or_senseless_version_is_an_error(folder, version):
    edit(folder, version=version)
    message = f"meta.json': expected version 1 to 1, found {version!r}; a newer sgns may read it"
    with pytest.raises(FormatError, match=message):
        Model.load(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_words": "30"}, "n_words: expected int, found '30'"),
        ({"n_words": 0}, "n_words: expected 1 or more, found 0"),
        ({"n_words": -30}, "n_words: expected 1 or more, found -30"),
        ({"n_words": True}, "n_words: expected int, found True"),
        ({"n_words": 29}, r"counts.npy': expected an array of int64 \(29\)"),
        ({"n_words": 10**30}, r"counts.npy': expected an array of int64 \(10{30}\)"),
        ({"parameters": []}, r"parameters: expected dict, found \[\]"),
        ({"parameters": {"vector_size": 17, "wings": 2}}, "meta.json': unknown parameter 'wings'"),
        ({"parameters": {"vector_size": 0}}, "meta.json': vector_size: expected an integer"),
        (
            {"parameters": {"vector_size": 18}},
            r"words.npy': expected an array of float32 \(30, 18\)",
        ),
        ({"parameters": {"alpha": 10**400}}, "meta.json': alpha: expected a finite number"),
        ({"history": None}, "history: expected list, found None"),
        ({"history": [1]}, r"history\[0\]: expected the fields epoch, loss_per_pair"),
        ({"history": [{}]}, r"history\[0\]: expected the fields epoch, loss_per_pair"),
    ],
)
def test_damaged_fields_are_named(folder, changes, message):
    if isinstance(changes.get("parameters"), dict):
        changes = {"parameters": meta_of(folder)["parameters"] | changes["parameters"]}
    edit(folder, **changes)
    with pytest.raises(FormatError, match=message):
        Model.load(folder)


@pytest.mark.parametrize("value", ["1", None, [], True])
def test_a_damaged_record_of_the_history_is_named(folder, value):
    history = meta_of(folder)["history"]
    history[1]["pairs"] = value
    edit(folder, history=history)
    with pytest.raises(FormatError, match=r"meta.json': history\[1\]: expected numbers"):
        Model.load(folder)
    del history[1]["pairs"]
    edit(folder, history=history)
    with pytest.raises(FormatError, match=r"history\[1\]: expected the fields"):
        Model.load(folder)


@pytest.mark.parametrize("field", ["vector_size", "seed", "shared_negatives"])
def test_a_missing_parameter_is_named(folder, field):
    parameters = meta_of(folder)["parameters"]
    del parameters[field]
    edit(folder, parameters=parameters)
    with pytest.raises(FormatError, match=f"meta.json': parameter '{field}' is missing"):
        Model.load(folder)


@pytest.mark.parametrize("field", ["format", "version", "n_words", "parameters", "history"])
def test_a_missing_field_is_an_error(folder, field):
    meta = meta_of(folder)
    del meta[field]
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    with pytest.raises(FormatError, match=f"meta.json': .*{field}"):
        Model.load(folder)


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("name", ARRAYS)
def test_a_missing_array_is_named(folder, name, mmap):
    (folder / name).unlink()
    with pytest.raises(FormatError, match=f"{name}' is missing"):
        Model.load(folder, mmap=mmap)


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_cut_short_or_too_long_is_named_with_its_length(folder, name, mmap):
    file = folder / name
    whole = file.read_bytes()
    for n in (len(whole) - 1, 130, 64, 6, 0):
        file.write_bytes(whole[:n])
        with pytest.raises(FormatError, match=name):
            Model.load(folder, mmap=mmap)
    file.write_bytes(whole[:-1])
    with pytest.raises(
        FormatError, match=f"{name}' ends at byte .*; expected {len(whole):,} bytes"
    ):
        Model.load(folder, mmap=mmap)
    file.write_bytes(whole + b"\0")
    with pytest.raises(FormatError, match=f"{name}' goes on to byte {len(whole) + 1:,}"):
        Model.load(folder, mmap=mmap)
    file.write_bytes(b"PK\3\4" + whole[4:])
    with pytest.raises(FormatError, match=f"{name}' is not a readable .npy file"):
        Model.load(folder, mmap=mmap)


@pytest.mark.parametrize("name", ["words.npy", "contexts.npy"])
@pytest.mark.parametrize("mmap", [False, True])
def test_a_matrix_of_another_type_or_shape_is_named(folder, name, mmap):
    matrix = np.load(folder / name)
    for wrong in (matrix.astype(np.float64), matrix[:-1], matrix[:, :-1], matrix.ravel()):
        np.save(folder / name, wrong)
        with pytest.raises(FormatError, match=rf"{name}': expected an array of float32 \(30, 17\)"):
            Model.load(folder, mmap=mmap)


def test_a_pickle_is_never_read(folder):
    np.save(folder / "words.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError, match=r"words\.npy"):
        Model.load(folder)


def test_damaged_words_and_counts_are_named(folder):
    counts = np.load(folder / "counts.npy")
    np.save(folder / "counts.npy", counts[::-1])
    with pytest.raises(FormatError, match=r"model': counts must fall: counts\[1\]"):
        Model.load(folder)
    np.save(folder / "counts.npy", counts)
    text = np.load(folder / "words.bytes.npy")
    offsets = np.load(folder / "words.offsets.npy")
    for damaged in (offsets[::-1].copy(), np.append(offsets[:-1], offsets[-1] + 1)):
        np.save(folder / "words.offsets.npy", damaged)
        with pytest.raises(FormatError, match=r"words\.offsets\.npy"):
            Model.load(folder)
    np.save(folder / "words.offsets.npy", offsets)
    text[0] = 0xFF
    np.save(folder / "words.bytes.npy", text)
    with pytest.raises(FormatError):
        Model.load(folder)


def test_a_word_that_stands_twice_is_named(folder):
    text = np.load(folder / "words.bytes.npy")
    offsets = np.load(folder / "words.offsets.npy")
    lengths = np.diff(offsets).tolist()
    same = next(i for i in range(29) if lengths[i] == lengths[i + 1])
    a, b, c = offsets[same : same + 3]
    text[b:c] = text[a:b]
    np.save(folder / "words.bytes.npy", text)
    with pytest.raises(FormatError, match="stands twice"):
        Model.load(folder)
