"""Every writer without room: the old version is left, nothing else, and the message says why.

A limit on the size of files stands for the full disk: the system refuses writes half-way, to any
user. `test_build_faults.py` and `test_faults.py` fill real ones, where they may mount them.
"""

from __future__ import annotations

import errno
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from corpora import corpus_of, model_of
from sgns import Corpus, KeyedVectors, Model
from sgns.document_storage import create_documents
from sgns.formats import (
    save_npy,
    save_projector,
    save_safetensors,
    save_sentence_transformers,
    save_word2vec_format,
)

resource = pytest.importorskip("resource")


@dataclass(frozen=True)
class Content:
    """What is written: a little of it, or too much."""

    kv: KeyedVectors
    model: Model
    documents: list[list[str]]
    texts: list[Path]
    n_words: int


def content(n, folder):
    generator = np.random.default_rng(n)
    corpus = corpus_of([40] * n, n_words=n)
    words = [f"word{i}" for i in range(n)]
    texts = [folder / f"{n}-{i}" for i in range(2)]
    for text in texts:
        text.write_text(f"{' '.join(words)}\n" * n)
    return Content(
        KeyedVectors(words, generator.random((n, 16), dtype=np.float32), counts=range(n, 0, -1)),
        model_of(corpus, sample=0, documents="joint").train(1, 1),
        [words] * n,
        texts,
        n,
    )


@pytest.fixture(scope="module")
def little(tmp_path_factory):
    return content(20, tmp_path_factory.mktemp("little"))


@pytest.fixture(scope="module")
def much(tmp_path_factory):
    return content(400, tmp_path_factory.mktemp("much"))


def write_report(what, path):
    pytest.importorskip("matplotlib")
    from sgns.report import write_report

    write_report(what.model, path, n_words=min(what.n_words, 80), method="pca")


def write_map(what, path):
    pytest.importorskip("bokeh")
    from sgns.interactive_map import write_map

    write_map(what.kv, path, n_words=what.n_words, method="pca")


def write_shards(what, path):
    Corpus.build(what.texts, path, cluster="local", overwrite=True)


WRITERS = {
    "corpus": lambda what, path: Corpus.build(what.documents, path, workers=2, overwrite=True),
    "corpus in shards": write_shards,
    "saved corpus": lambda what, path: what.model.corpus.save(path, overwrite=True),
    "model": lambda what, path: what.model.save(path),
    "vectors": lambda what, path: what.kv.save(path, overwrite=True),
    "word2vec text": lambda what, path: save_word2vec_format(what.kv, path),
    "word2vec binary": lambda what, path: save_word2vec_format(what.kv, path, binary=True),
    "word2vec gzip": lambda what, path: save_word2vec_format(what.kv, path.with_suffix(".gz")),
    "npy": lambda what, path: save_npy(what.kv, path),
    "safetensors": lambda what, path: save_safetensors(what.kv, path),
    "projector": lambda what, path: save_projector(what.kv, path, overwrite=True),
    "sentence-transformers": lambda what, path: save_sentence_transformers(
        what.kv, path, overwrite=True
    ),
    "map": write_map,
    "report": write_report,
}


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@contextmanager
def files_of_at_most(n_bytes):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", WRITERS)
def test_no_room_leaves_the_old_version_and_nothing_else(name, tmp_path, little, much):
    folder = tmp_path / "out"
    folder.mkdir()
    write, target = WRITERS[name], folder / "x"
    write(little, target)
    before = files(folder)
    largest = max(len(data) for data in before.values() if data is not None)
    message = r"File too large: '.*/x(\.gz)?'"
    with files_of_at_most(largest + 10), pytest.raises(OSError, match=message) as caught:
        write(much, target)
    assert caught.value.errno == errno.EFBIG
    assert files(folder) == before
    write(much, target)
    assert files(folder) != before


def test_no_room_for_a_checkpoint_leaves_the_one_before(tmp_path):
    model, options = model_of(corpus_of([400])), {"checkpoint": tmp_path / "c"}
    message = r"File too large: '.*/c/checkpoint-00000002'"
    with ExitStack() as later:

        def full_after_two(model, record):
            if record.epoch == 2:
                later.enter_context(files_of_at_most(1000))

        with pytest.raises(OSError, match=message):
            model.train(3, 1, checkpoint_every="epoch", callbacks=full_after_two, **options)
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["checkpoint-00000001"]
    assert len(model.history) == 2
    assert len(model_of(corpus_of([400])).train(3, 1, resume=True, **options).history) == 3


def test_no_room_for_documents_leaves_no_file(tmp_path):
    message = r"document_storage: File too large.*/documents'"
    with files_of_at_most(10_000), pytest.raises(OSError, match=message):
        create_documents(400, 16, 1, tmp_path / "documents")
    assert files(tmp_path) == {}
