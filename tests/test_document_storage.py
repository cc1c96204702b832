"""Where document vectors are kept: tags, model folders, checkpoints, mapped files."""

from __future__ import annotations

import errno
import json

import numpy as np
import pytest

from corpora import corpus_of
from jobs import DOCUMENT_MODES
from sgns import Corpus, FormatError, KeyedVectors, Model, document_storage
from topics import planted_topics, share_of_topic

MODES = list(DOCUMENT_MODES)


def model_of(source, mode="joint", **changes):
    parameters = {"vector_size": 17, "min_count": 1, "sample": 0} | changes
    return Model(source, documents=mode, **parameters)


def tagged_corpus(strings=True):
    """40 documents with 0 to 2 tags of their own names, and one tag on every fifth."""
    corpus = corpus_of([9] * 40)
    tags = [
        [f"d{i}"] + (["fifth"] if i % 5 == 0 else []) if strings else [-i, 10**12 + i // 2]
        for i in range(40)
    ]
    return Corpus.build([corpus[i] for i in range(40)], tags=tags)


def assert_same_weights(one, other):
    for name, matrix in one.weights.without_padding().items():
        assert matrix.tobytes() == other.weights.without_padding()[name].tobytes()


# ---- tags ---------------------------------------------------------------------------------------


def test_string_tags_are_the_keys(tmp_path):
    with tagged_corpus() as corpus:
        model = model_of(corpus).train(2, 1)
        assert len(model.dv) == 41
        assert "fifth" in model.dv
        assert model.dv["d7"].shape == (17,)
        assert model.dv.most_similar("d7", topn=40)
        model.save(tmp_path / "model")
        loaded = Model.load(tmp_path / "model", mmap=True)
        assert list(loaded.dv.index_to_key) == list(model.dv.index_to_key)
        loaded.train(1, 1, corpus=corpus)
        model.train(1, 1)
        assert_same_weights(loaded, model)
    untagged = Corpus.build([["w1"] * 3] * 41)
    with untagged, pytest.raises(ValueError, match="corpus: expected word 0"):
        model.train(1, 1, corpus=untagged)


def test_integer_tags_are_keys_and_size_no_array(tmp_path):
    with tagged_corpus(strings=False) as corpus:
        model = model_of(corpus, "dbow").train(2, 1)
        assert model.weights.documents.shape[0] == len(model.dv) == 60
        assert (model.dv[10**12 + 3] == model.dv[[10**12 + 3]][0]).all()
        assert 10**12 + 20 not in model.dv
        model.save(tmp_path / "model")
        loaded = Model.load(tmp_path / "model")
        assert loaded.dv.index_to_key == model.dv.index_to_key
        loaded.train(1, 1, corpus=corpus)


def test_other_tags_are_refused():
    with tagged_corpus() as corpus, tagged_corpus(strings=False) as other:
        model = model_of(corpus)
        with pytest.raises(ValueError, match="corpus: expected documents with the model's 41 tags"):
            model.train(1, 1, corpus=other)
        documents = [corpus[i] for i in range(40)]
        renamed = [[f"x{i}"] + (["fifth"] if i % 5 == 0 else []) for i in range(40)]
        with (
            Corpus.build(documents, tags=renamed) as third,
            pytest.raises(ValueError, match=r"corpus: expected tag 0 to be 'd0' .* got 'x0'"),
        ):
            model.train(1, 1, corpus=third)


@pytest.mark.parametrize("mode", MODES)
def test_a_tag_on_many_documents_is_learnt_from_all_of_them(mode):
    documents, topics = planted_topics()
    tags = [[f"d{i}", f"topic{t}"] for i, t in enumerate(topics)]
    with Corpus.build(documents, tags=tags) as corpus:
        model = model_of(corpus, mode, alpha=0.05).train(20, 1)
    assert len(model.dv) == 306
    vectors = model.dv[[f"topic{t}" for t in range(6)]]
    own = model.dv[[f"d{i}" for i in range(300)]]
    if mode in ("dbow", "joint"):  # in the others the topic's vector leaves nothing to the document
        assert share_of_topic(vectors, topics, np.arange(6), own) > 0.95
    cosines = np.corrcoef(vectors)
    assert cosines[~np.eye(6, dtype=bool)].max() < 0.9


# ---- folders and files --------------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_a_model_comes_back_bit_for_bit_and_trains_on(mode, mmap, tmp_path):
    corpus = corpus_of([40] * 30)
    model = model_of(corpus, mode, freeze="words" if mode == "sum" else None).train(2, 1)
    model.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model", mmap=mmap)
    assert_same_weights(loaded, model)
    assert loaded.config == model.config
    assert loaded.tags == range(30)
    assert [r.document_pairs for r in loaded.history] == [r.document_pairs for r in model.history]
    assert loaded.dv.most_similar(3) == model.dv.most_similar(3)
    loaded.train(2, 1, corpus=corpus)
    model.train(2, 1)
    assert_same_weights(loaded, model)


def test_document_vectors_go_to_every_format(tmp_path):
    model = model_of(corpus_of([40] * 30), "dbow").train(1, 1)
    model.dv.save(tmp_path / "vectors")
    assert (KeyedVectors.load(tmp_path / "vectors").vectors == model.dv.vectors).all()
    assert KeyedVectors.load(tmp_path / "vectors").index_to_key == range(30)
    model.dv.save_word2vec_format(tmp_path / "vectors.bin", binary=True)
    found = KeyedVectors.load_word2vec_format(tmp_path / "vectors.bin", binary=True)
    assert (found["17"] == model.dv[17]).all()


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        (None, "documents: None with documents='joint'"),
        ({"n": 30}, "documents: damaged"),
        ({"n": 0, "tags": "numbers"}, "documents: damaged"),
        ({"n": 30, "tags": "colours"}, "documents: damaged"),
        ([30], "documents: damaged"),
        ({"n": 31, "tags": "numbers"}, r"documents\.npy.*expected an array of float32 \(31, 17\)"),
        ({"n": 30, "tags": "strings"}, r"tags\.offsets\.npy' is missing"),
        ({"n": 30, "tags": "integers"}, r"tags\.npy' is missing"),
    ],
    ids=str,
)
def test_damage_is_named(documents, message, tmp_path):
    model_of(corpus_of([40] * 30)).save(tmp_path / "model")
    file = tmp_path / "model" / "meta.json"
    meta = json.loads(file.read_text())
    file.write_text(json.dumps(meta | {"documents": documents}))
    with pytest.raises(FormatError, match=message):
        Model.load(tmp_path / "model")


# ---- checkpoints --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_run_that_was_stopped_goes_on_with_the_same_bits(mode, tmp_path):
    corpus = corpus_of([300] * 60)
    whole = model_of(corpus, mode).train(3, 1)
    stopped = model_of(corpus, mode)

    def stop(progress):
        if progress.tokens > 1.4 * corpus.n_tokens:
            raise KeyboardInterrupt

    kept = {"checkpoint": tmp_path / "kept", "checkpoint_every": 6000}
    with pytest.raises(KeyboardInterrupt):
        stopped.train(3, 1, progress=stop, **kept)
    model = model_of(corpus, mode).train(3, 1, resume=True, **kept)
    assert_same_weights(model, whole)
    for found, expected in zip(model.history, whole.history, strict=True):
        assert found.document_pairs == expected.document_pairs
        assert str(found.document_loss_per_pair) == str(expected.document_loss_per_pair)


# ---- a mapped file ------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_mapped_matrix_is_trained_as_one_in_memory(mode, tmp_path):
    corpus, file = corpus_of([40] * 30), tmp_path / "documents.npy"
    model = model_of(corpus, mode, document_storage=file)
    assert isinstance(model.weights.documents, np.memmap)
    assert [path.name for path in tmp_path.iterdir()] == ["documents.npy"]
    model.train(2, 1)
    expected = model_of(corpus, mode).train(2, 1)
    assert_same_weights(model, expected)
    assert np.shares_memory(model.dv.vectors, model.weights.documents)
    on_disk = np.load(file)
    assert on_disk.shape == (30, 32)
    assert (on_disk[:, :17] == expected.dv.vectors).all()
    model.train(1, 1)
    assert isinstance(model.weights.documents, np.memmap)
    model.save(tmp_path / "model")
    assert_same_weights(Model.load(tmp_path / "model"), model)


def test_vectors_of_a_mapped_matrix_are_never_changed_under_their_holder(tmp_path):
    model = model_of(corpus_of([40] * 30), "dbow", document_storage=tmp_path / "documents.npy")
    model.train(1, 1)
    vectors = model.dv.vectors
    before = vectors.copy()
    with pytest.raises(ValueError, match=r"document_storage: .* still held .* let go of `dv`"):
        model.train(1, 1)
    assert (vectors == before).all()
    del vectors
    model.train(1, 1)
    assert (model.dv.vectors != before).any()


def test_a_file_that_is_there_is_kept(tmp_path):
    file = tmp_path / "documents.npy"
    file.write_text("mine")
    with pytest.raises(FileExistsError, match=r"document_storage: '.*' exists"):
        model_of(corpus_of([40] * 30), document_storage=file)
    assert file.read_text() == "mine"
    with pytest.raises(ValueError, match="document_storage: expected with documents only"):
        Model(corpus_of([40] * 30), min_count=1, document_storage=tmp_path / "new")
    with pytest.raises(FileNotFoundError, match=r"document_storage: .*nowhere"):
        model_of(corpus_of([40] * 30), document_storage=tmp_path / "nowhere" / "documents.npy")


def test_a_full_disk_is_told_before_training_and_leaves_nothing(tmp_path, monkeypatch):
    def fail(n_rows, vector_size, stream):
        yield 0, np.zeros((n_rows, vector_size), dtype=np.float32)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(document_storage, "initial_rows", fail)
    file = tmp_path / "documents.npy"
    with pytest.raises(
        OSError, match="document_storage: No space left on device, 3,840 bytes"
    ) as e:
        model_of(corpus_of([40] * 30), document_storage=file)
    assert (e.value.errno, e.value.filename) == (errno.ENOSPC, str(file))
    assert list(tmp_path.iterdir()) == []


def test_a_loaded_model_trains_on_in_a_file(tmp_path):
    corpus = corpus_of([40] * 30)
    first = model_of(corpus, "joint").train(1, 1)
    first.save(tmp_path / "model")
    before = (tmp_path / "model" / "documents.npy").read_bytes()
    file = tmp_path / "documents.bin"
    with pytest.raises(FileNotFoundError, match=r"document_storage: .*nowhere"):
        Model.load(tmp_path / "model", document_storage=tmp_path / "nowhere" / "documents")
    mapped = Model.load(tmp_path / "model", document_storage=file)
    assert isinstance(mapped.weights.documents, np.memmap)
    mapped.train(1, 1, corpus=corpus)
    in_memory = Model.load(tmp_path / "model").train(1, 1, corpus=corpus)
    assert (mapped.dv.vectors == in_memory.dv.vectors).all()
    assert (np.load(file)[:, : mapped.config.vector_size] == mapped.dv.vectors).all()
    assert (tmp_path / "model" / "documents.npy").read_bytes() == before
    with pytest.raises(FileExistsError, match=r"document_storage: '.*' exists"):
        Model.load(tmp_path / "model", document_storage=file)
    Model(corpus, min_count=1).save(tmp_path / "words")
    with pytest.raises(ValueError, match=r"expected with documents only, '.*words' has none"):
        Model.load(tmp_path / "words", document_storage=tmp_path / "new")
    assert not (tmp_path / "new").exists()
