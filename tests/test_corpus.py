"""Corpora: the same for any number of workers, whole or absent, and checked when opened."""

from __future__ import annotations

import gc
import json
import re

import numpy as np
import pytest

import sgns._ingest
from corpus_texts import awkward_text, content, folder_bytes, reference
from sgns import chunks
from sgns.corpus import Corpus
from sgns.corpus_meta import is_corpus


@pytest.mark.parametrize("chunk_bytes", [5, 64, 1000, 1 << 20])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_tokens_are_those_of_plain_python(tmp_path, monkeypatch, chunk_bytes, workers):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    monkeypatch.setattr(sgns._ingest, "BLOCK_BYTES", 256)
    text = awkward_text(n_lines=60 if chunk_bytes < 10 else 300)
    (tmp_path / "a").write_text(text, encoding="utf-8")
    with Corpus.build(tmp_path / "a", workers=workers) as corpus:
        assert content(corpus) == reference(text.split("\n")[:-1])
        assert corpus.n_documents == text.count("\n") == len(corpus)
        assert corpus.n_tokens == len(text.encode().split())


def test_the_files_are_bit_for_bit_the_same_for_any_number_of_workers(tmp_path, monkeypatch):
    (tmp_path / "a").write_text(awkward_text(1), encoding="utf-8")
    expected = None
    for number, (workers, chunk_bytes) in enumerate([(1, 1 << 20), (1, 100), (2, 100), (5, 77)]):
        monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
        path = tmp_path / str(number)
        Corpus.build(tmp_path / "a", path, workers=workers).close()
        expected = expected or folder_bytes(path)
        assert folder_bytes(path) == expected
    monkeypatch.undo()
    lines = (tmp_path / "a").read_text(encoding="utf-8").split("\n")[:-1]
    with Corpus.build(lines) as corpus:
        assert corpus.fingerprint == json.loads(expected["meta.json"])["fingerprint"]


def test_the_fingerprint_tells_content_apart():
    def fingerprint(*arguments, **options):
        with Corpus.build(*arguments, **options) as corpus:
            return corpus.fingerprint

    base = fingerprint(["a b", "a"])
    assert fingerprint(["a b", ["a"]], workers=5) == base
    others = [["a", "b a"], ["b a", "a"], ["a c", "a"], ["a b a"], ["a b", "a", ""]]
    others = [fingerprint(other) for other in others]
    tags = (["x", "y"], ["y", "x"], ["x", "x"], [["x", "y"], "x"], ["x", ["y", "x"]], [0, 1])
    others += [fingerprint(["a b", "a"], tags=t) for t in tags]
    assert len({base, *others}) == 12


def test_the_arrays_are_npy_files(built):
    arrays = {p.stem: np.load(p, mmap_mode="r", allow_pickle=False) for p in built.glob("*.npy")}
    assert {name: str(array.dtype) for name, array in arrays.items()} == {
        "tokens": "uint32",
        "offsets": "int64",
        "counts": "int64",
        "words.bytes": "uint8",
        "words.offsets": "int64",
        "tag_keys.bytes": "uint8",
        "tag_keys.offsets": "int64",
        "tag_ids": "uint32",
        "tag_offsets": "int64",
    }
    assert arrays["tokens"].tolist() == [1, 0, 0, 2, 3, 0]
    assert arrays["offsets"].tolist() == [0, 3, 3, 6]
    assert json.loads((built / "meta.json").read_text())["n_documents"] == 3


def test_opening_gives_what_was_built(built):
    with Corpus.open(built) as corpus:
        assert list(corpus) == [["b", "a", "a"], [], ["c", "dé", "a"]]
        assert corpus[-1] == corpus[2] == ["c", "dé", "a"]
        assert list(corpus.tags) == [["x"], ["y"], ["é"]]
        assert corpus.path == built
        assert corpus.meta["tokenizer"] == "whitespace"
        assert isinstance(corpus.tokens, np.memmap)
        assert not corpus.tokens.flags.writeable
        assert "6 tokens, 3 documents, 4 words" in repr(corpus)
        corpus.verify()
        with pytest.raises(IndexError):
            corpus[3]
        with pytest.raises(TypeError):
            corpus.meta["n_tokens"] = 7
    assert built.exists()
    assert repr(corpus) == "<Corpus: closed>"
    with pytest.raises(ValueError, match="this corpus is closed"):
        corpus.tokens  # noqa: B018


def test_opening_does_not_decode_the_words(built, monkeypatch):
    calls = []
    from sgns.string_array import StringArray

    decode = StringArray._decoded
    monkeypatch.setattr(
        StringArray, "_decoded", lambda self, *a: calls.append(a) or decode(self, *a)
    )
    with Corpus.open(built) as corpus:
        assert calls == []
        assert corpus.vocabulary[1] == "b"
        assert len(calls) == 1


def test_a_temporary_corpus_goes_away(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    corpus = Corpus.build(["a b"])
    assert corpus.path is None
    assert len(list(tmp_path.iterdir())) == 1
    del corpus
    gc.collect()
    assert list(tmp_path.iterdir()) == []
    with Corpus.build(["a b"]) as corpus:
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
    corpus.close()
    with pytest.raises(TypeError):
        Corpus.build([3])
    assert list(tmp_path.iterdir()) == []


def test_an_existing_path_is_replaced_only_on_request(built):
    before = folder_bytes(built)

    def documents():
        raise AssertionError("the source must not be read")
        yield

    with pytest.raises(FileExistsError, match="pass overwrite=True to replace it"):
        Corpus.build(documents(), built)
    with pytest.raises(TypeError):
        Corpus.build([7], built, overwrite=True)
    assert folder_bytes(built) == before
    Corpus.build(["new"], built, overwrite=True).close()
    assert list(Corpus.open(built)) == [["new"]]
    assert [path.name for path in built.parent.iterdir()] == [built.name]


@pytest.mark.parametrize("there", ["file", "folder", "empty", "model", "damaged"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_corpus_is_never_replaced(tmp_path, built, there, overwrite):
    target = tmp_path / "precious"
    if there == "file":
        target.write_text("years of work")
    else:
        target.mkdir()
    if there == "folder":
        (target / "thesis.txt").write_text("years of work")
    elif there in ("model", "damaged"):
        text = '{"format": "sgns model"}' if there == "model" else '{"format": "sgns cor'
        (target / "meta.json").write_text(text)
    before = target.read_text() if there == "file" else folder_bytes(target)

    def documents():
        raise AssertionError("the source must not be read")
        yield

    message = f"^'{re.escape(str(target))}' exists and is no corpus folder; it is kept$"
    with pytest.raises(FileExistsError, match=message):
        Corpus.build(documents(), target, overwrite=overwrite)
    with pytest.raises(FileExistsError, match=message):
        Corpus.open(built).save(target, overwrite=overwrite)
    assert before == (target.read_text() if there == "file" else folder_bytes(target))


def test_a_corpus_of_a_newer_version_is_replaced_on_request(built):
    meta = json.loads((built / "meta.json").read_text())
    (built / "meta.json").write_text(json.dumps({**meta, "version": 99}))
    Corpus.build(["new"], built, overwrite=True).close()
    assert list(Corpus.open(built)) == [["new"]]


def test_a_corpus_is_told_by_its_meta_json(tmp_path, built):
    assert is_corpus(built)
    assert is_corpus(str(built))
    for other in (tmp_path, tmp_path / "nowhere", "a\0b", "x" * 5000, 3, None, [built]):
        assert not is_corpus(other)
    (built / "meta.json").write_text("{")
    assert not is_corpus(built)


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "2"])
def test_workers_are_counted(workers):
    error = ValueError if workers in (0, -1) else TypeError
    with pytest.raises(error, match="workers: expected an integer of 1 or more or None, got"):
        Corpus.build(["a"], workers=workers)


@pytest.mark.parametrize(
    ("n_bytes", "chunk_bytes", "n_threads"), [(100, 10, 10), (1000, 10, 64), (9, 10, 1)]
)
def test_there_are_no_more_threads_than_are_of_use(
    tmp_path, monkeypatch, n_bytes, chunk_bytes, n_threads
):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    found = []
    initialize = sgns._ingest.Encoder.__init__

    def record(self, folder, n_workers):
        found.append(n_workers)
        initialize(self, folder, n_workers)

    monkeypatch.setattr(sgns._ingest.Encoder, "__init__", record)
    (tmp_path / "a").write_text("a" * n_bytes)
    Corpus.build(tmp_path / "a", workers=100_000).close()
    Corpus.build(["b"], workers=100_000).close()
    assert found == [n_threads, 64]


def test_documents_are_had_by_number_and_by_slice(built):
    corpus = Corpus.open(built)
    whole = [["b", "a", "a"], [], ["c", "d\u00e9", "a"]]
    for i in (0, 2, -1, -3, np.int64(1)):
        assert corpus[i] == whole[i]
    for part in (slice(0, 2), slice(None), slice(5, 9), slice(None, None, -2), slice(-1, None)):
        assert corpus[part] == whole[part]
    for i in (3, -4, 99_999):
        with pytest.raises(IndexError, match=f"number of one of 3 documents, got {i}$"):
            corpus[i]
    with pytest.raises(TypeError):
        corpus["a"]


def test_progress_counts_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 10)
    (tmp_path / "a").write_text("word " * 20)
    calls = []
    Corpus.build(tmp_path / "a", progress=lambda *call: calls.append(call)).close()
    assert calls == [(n, 100) for n in range(10, 101, 10)]
    calls.clear()
    Corpus.build(["ab", "c"], progress=lambda *call: calls.append(call)).close()
    assert calls == [(4, None)]
    Corpus.build(["a"], progress=None).close()


def test_a_bar_is_shown_on_request(capsys):
    Corpus.build(["a b"], progress=True).close()
    assert "corpus" in capsys.readouterr().err
    Corpus.build(["a b"]).close()
    assert capsys.readouterr() == ("", "")


class TestFromArrays:
    @pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "int64", "uint64", ">i4"])
    def test_words_are_renumbered_by_falling_count(self, dtype):
        words = ["rare", "b", "a", "never", "often"]
        tokens = np.array([4, 4, 0, 1, 2, 2, 4, 1], dtype=dtype)
        corpus = Corpus.from_arrays(tokens, np.array([0, 3, 3, 8], dtype=dtype), words, ["x"] * 3)
        assert list(corpus.vocabulary.words) == ["often", "a", "b", "rare", "never"]
        assert corpus.vocabulary.counts.tolist() == [3, 2, 2, 1, 0]
        assert [word for document in corpus for word in document] == [words[t] for t in tokens]
        assert corpus.tokens.dtype == np.uint32
        assert corpus.offsets.tolist() == [0, 3, 3, 8]
        assert list(corpus.tags) == [["x"]] * 3
        assert corpus.path is None
        corpus.verify()

    def test_it_is_the_corpus_that_build_makes(self):
        with Corpus.build(["b a a", "", "c"]) as built:
            corpus = Corpus.from_arrays([1, 0, 0, 2], [0, 3, 3, 4], ["a", "b", "c"])
            assert content(corpus) == content(built)
            assert corpus.fingerprint == built.fingerprint

    def test_it_can_be_saved(self, tmp_path):
        corpus = Corpus.from_arrays([1, 0, 0], [0, 3], ["a\n", "\ud800"], tags=[7])
        corpus.save(tmp_path / "saved")
        opened = Corpus.open(tmp_path / "saved")
        opened.verify()
        assert list(opened) == list(corpus) == [["\ud800", "a\n", "a\n"]]
        assert list(opened.tags) == [[7]]
        with pytest.raises(FileExistsError):
            corpus.save(tmp_path / "saved")

    def test_the_arrays_given_stay_as_they_are(self):
        tokens = np.array([1, 1, 0], dtype=np.uint32)
        Corpus.from_arrays(tokens, [0, 3], ["a", "b"])
        assert tokens.tolist() == [1, 1, 0]

    def test_the_arrays_are_copies_and_read_only(self):
        tokens, offsets = np.array([0, 1], np.uint32), np.array([0, 2])
        corpus = Corpus.from_arrays(tokens, offsets, ["a", "b"])
        for given, kept in [(tokens, corpus.tokens), (offsets, corpus.offsets)]:
            assert not np.shares_memory(given, kept)
            assert not kept.flags.writeable

    @pytest.mark.parametrize(
        ("tokens", "offsets", "words", "error", "message"),
        [
            ([0, 2], [0, 2], ["a", "b"], ValueError, r"tokens\[1\]: .* one of 2 words, got 2"),
            ([0, -1], [0, 2], ["a"], ValueError, r"tokens\[1\]: .* got -1"),
            ([2**32], [0, 1], ["a"], ValueError, r"tokens\[0\]: .* got 4294967296"),
            ([0.0], [0, 1], ["a"], TypeError, "tokens: .* array of integers, got float64"),
            ([[0]], [0, 1], ["a"], TypeError, r"tokens: .* of shape \(1, 1\)"),
            ([True], [0, 1], ["a"], TypeError, "tokens: .* got bool"),
            ([0], [0.0, 1.0], ["a"], TypeError, "offsets: .* got float64"),
            ([0], [1, 1], ["a"], ValueError, "offsets: expected to begin with 0 and end with 1"),
            ([0], [0, 2], ["a"], ValueError, "end with 1, got 0 and 2"),
            ([0], [], ["a"], ValueError, "end with 1, got no offsets"),
            ([0], [0, 1, 0, 1], ["a"], ValueError, r"must not fall: offsets\[2\] is 0 after 1"),
            ([0], np.array([0, 1, 0, 1], np.uint8), ["a"], ValueError, "must not fall"),
            ([0], [0, 1], ["a", "b", "a"], ValueError, "'a' stands twice: at 0 and at 2"),
            ([0], [0, 1], ["a", 3], TypeError, r"words\[1\]: expected a string, got int"),
            ([], [0], ["a"], ValueError, "expected at least one token"),
            ([0], [0, 1], [], ValueError, r"tokens\[0\]: .* one of 0 words, got 0"),
        ],
    )
    def test_what_is_no_corpus_is_refused(self, tokens, offsets, words, error, message):
        with pytest.raises(error, match=message):
            Corpus.from_arrays(tokens, offsets, words)
