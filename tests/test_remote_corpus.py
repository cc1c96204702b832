"""Corpora at addresses: copied once, whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sgns import Corpus, FormatError, Model, ShardedCorpus, remote_corpus
from sgns.corpus_meta import is_address

DOCUMENTS = ["a b c a b", "", "b c d b"] * 20


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A file system in memory with nothing in it, and a folder for copies."""
    fsspec = pytest.importorskip("fsspec", reason="needs the extra [remote]")
    monkeypatch.setenv("SGNS_CACHE", str(tmp_path / "copies"))
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    yield memory
    memory.store.clear()


def put(store, corpus_path, name="/bucket/x.corpus"):
    for path in corpus_path.rglob("*"):
        if path.is_file():
            store.pipe_file(f"{name}/{path.relative_to(corpus_path).as_posix()}", path.read_bytes())
    return f"memory:/{name}"


def copies(tmp_path):
    folder = tmp_path / "copies"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_corpus_is_copied_once(tmp_path, store, monkeypatch):
    Corpus.build(DOCUMENTS, tmp_path / "x", tags=range(60)).close()
    address = put(store, tmp_path / "x")
    with Corpus.open(address) as corpus:
        corpus.verify()
        assert corpus.address == address
        assert corpus.path.parent == tmp_path / "copies"
        with Corpus.open(tmp_path / "x") as one:
            assert one.address is None
            assert corpus.fingerprint == one.fingerprint
            expected = Model(one, vector_size=4, min_count=1).train(1, 1).wv.vectors
    monkeypatch.setattr(remote_corpus, "_copy", None)  # called never again
    found = Model(address, vector_size=4, min_count=1).train(1, 1).wv.vectors
    assert np.array_equal(found, expected)
    assert len(copies(tmp_path)) == 1


def test_a_corpus_in_shards_is_copied_with_them(tmp_path, store):
    (tmp_path / "texts").mkdir()
    for i in range(3):
        (tmp_path / "texts" / f"{i}").write_text("\n".join(DOCUMENTS))
    with ThreadPoolExecutor(1) as executor:
        Corpus.build(tmp_path / "texts", tmp_path / "x", cluster=executor, shards=3).close()
    with Corpus.open(put(store, tmp_path / "x")) as corpus:
        assert isinstance(corpus, ShardedCorpus)
        corpus.verify()


def test_a_replaced_corpus_is_copied_again(tmp_path, store):
    for text in ("one text", "another text"):
        Corpus.build([text], tmp_path / "x", overwrite=True).close()
        with Corpus.open(put(store, tmp_path / "x")) as corpus:
            assert corpus[0] == text.split()
    assert len(copies(tmp_path)) == 2


def test_names_that_lead_elsewhere_are_not_copied(tmp_path, store, monkeypatch):
    Corpus.build(DOCUMENTS, tmp_path / "x").close()
    address = put(store, tmp_path / "x")
    root = "/bucket/x.corpus"
    find = type(store).find

    def hostile(self, path, **options):
        strange = ["../outside.npy", "shard-00000/../../outside.npy", "/etc/x.npy", "notes.txt"]
        return [*find(self, path, **options), *(f"{root}/{name}" for name in strange)]

    monkeypatch.setattr(type(store), "find", hostile)
    Corpus.open(address).verify()
    (copy,) = (tmp_path / "copies").iterdir()
    expected = sorted(path.name for path in (tmp_path / "x").iterdir())
    assert sorted(path.name for path in copy.iterdir()) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copies", "x"]


def test_a_copy_that_is_not_whole_is_none(tmp_path, store):
    Corpus.build(DOCUMENTS, tmp_path / "x").close()
    address = put(store, tmp_path / "x")
    tokens = store.cat_file("/bucket/x.corpus/tokens.npy")
    store.pipe_file("/bucket/x.corpus/tokens.npy", tokens[:-4])
    with pytest.raises(FormatError, match=r"memory://bucket/x\.corpus/tokens\.npy' ends at byte"):
        Corpus.open(address)
    assert copies(tmp_path) == []
    store.pipe_file("/bucket/x.corpus/tokens.npy", tokens)
    Corpus.open(address).verify()


def test_a_corpus_that_is_replaced_meanwhile_is_not_copied(tmp_path, store, monkeypatch):
    Corpus.build(DOCUMENTS, tmp_path / "x").close()
    Corpus.build(["other text"], tmp_path / "y").close()
    address = put(store, tmp_path / "x")
    copy = remote_corpus._copy

    def replaced(*arguments):
        put(store, tmp_path / "y")
        copy(*arguments)

    monkeypatch.setattr(remote_corpus, "_copy", replaced)
    with pytest.raises(FormatError, match="it was replaced while it was copied; open again"):
        Corpus.open(address)
    assert copies(tmp_path) == []


def test_another_process_may_be_faster(tmp_path, store, monkeypatch):
    Corpus.build(DOCUMENTS, tmp_path / "x").close()
    address = put(store, tmp_path / "x")
    copy = remote_corpus._copy

    def overtaken(*arguments):
        monkeypatch.setattr(remote_corpus, "_copy", copy)
        Corpus.open(address).close()
        copy(*arguments)

    monkeypatch.setattr(remote_corpus, "_copy", overtaken)
    Corpus.open(address).verify()
    assert len(copies(tmp_path)) == 1


def test_what_is_not_there_is_named(tmp_path, store):
    with pytest.raises(FileNotFoundError, match="expected a corpus folder at 'memory://nothing'"):
        Corpus.open("memory://nothing")
    with pytest.raises(ValueError, match="nowhere"):
        Corpus.open("nowhere://bucket/x.corpus")
    assert copies(tmp_path) == []


def test_the_shell_trains_on_an_address(tmp_path, store, run):
    Corpus.build(DOCUMENTS, tmp_path / "x").close()
    address = put(store, tmp_path / "x")
    run("train", address, tmp_path / "model", "--min-count", 1, "--vector-size", 4)
    assert (tmp_path / "model").is_dir()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("s3://bucket/x", True),
        ("memory://x", True),
        ("git+https://x/y", True),
        ("C://x", False),
        ("/x", False),
        ("a text with http://", False),
        (3, False),
    ],
)
def test_addresses_are_told_from_paths(path, expected):
    assert is_address(path) == expected


def test_copies_lie_where_the_system_keeps_such_things(monkeypatch, tmp_path):
    variable = "LOCALAPPDATA" if remote_corpus.os.name == "nt" else "XDG_CACHE_HOME"
    monkeypatch.delenv("SGNS_CACHE", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    assert remote_corpus.copy_folder() == tmp_path / "sgns"
    monkeypatch.delenv(variable)
    assert remote_corpus.copy_folder().parts[-2:] == (".cache", "sgns")
