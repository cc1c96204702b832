"""Folders of strangers in which the name of a file is that of something else."""

from __future__ import annotations

import os
import shutil

import pytest

from corpora import corpus_of, model_of
from sgns import Corpus, FormatError, KeyedVectors, Model

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are files of POSIX")


def put_pipe(path):
    os.mkfifo(path)


def put_device(path):
    path.symlink_to("/dev/zero")


def put_folder(path):
    path.mkdir()


def put_link_to_itself(path):
    path.symlink_to(path.name)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("valid")
    corpus = corpus_of([40] * 5)
    corpus.save(folder / "corpus")
    model = model_of(corpus, sample=0, documents="joint").train(1, 1)
    model.save(folder / "model")
    model.wv.save(folder / "vectors")
    run = {"checkpoint": folder / "run", "callbacks": lambda *_: "stop"}
    model_of(corpus, sample=0).train(2, 1, **run)
    return folder


READERS = {
    "corpus": Corpus.open,
    "model": Model.load,
    "vectors": KeyedVectors.load,
    "run": lambda path: model_of(corpus_of([40] * 5), sample=0).train(
        2, 1, checkpoint=path, resume=True
    ),
}


@pytest.mark.parametrize("put", [put_pipe, put_device, put_folder, put_link_to_itself])
@pytest.mark.parametrize("kind", READERS)
def test_what_is_no_file_is_named_and_never_read(kind, put, folders, tmp_path):
    """A pipe would be waited for, and a device gives bytes without an end."""
    names = [path for path in folders.joinpath(kind).rglob("*") if path.is_file()]
    for number, file in enumerate(names):
        folder = shutil.copytree(folders / kind, tmp_path / f"{number}")
        path = folder / file.relative_to(folders / kind)
        path.unlink()
        put(path)
        with pytest.raises(FormatError, match=rf"{path.name}.*expected a file, found"):
            READERS[kind](folder)
    assert len(names) > 3


@pytest.mark.parametrize("kind", READERS)
def test_links_to_files_are_files(kind, folders, tmp_path):
    """As programs that keep many versions of data lay them out."""
    shutil.copytree(folders / kind, tmp_path / "kept")
    shutil.copytree(folders / kind, tmp_path / "links")
    for path in [path for path in (tmp_path / "links").rglob("*") if path.is_file()]:
        path.unlink()
        path.symlink_to(tmp_path / "kept" / path.relative_to(tmp_path / "links"))
    READERS[kind](tmp_path / "links")
