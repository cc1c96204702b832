"""Readers and files of strangers: what is damaged, or made to do harm, ends in a FormatError.

Each reader is given a valid file or folder in which bytes are changed, cut out, put in or missing,
headers claim what they like and JSON says anything. All that may come of it is a result that can be
used, or a FormatError, with memory of a stated multiple of the file's size.

`SGNS_FUZZ_EXAMPLES` is how many files each reader is given (`nox -s fuzz`); without it a few, and
always the same ones.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tempfile
import tracemalloc
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sgns import Corpus, DivergedError, FormatError, KeyedVectors, Model
from sgns.evaluation_files import (
    read_analogies,
    read_categories,
    read_msr_analogies,
    read_outlier_groups,
    read_word_pairs,
)
from sgns.formats import load_word2vec_format, save_word2vec_format
from sgns.history import EpochRecord

EXAMPLES = int(os.environ.get("SGNS_FUZZ_EXAMPLES", "0"))
# Beside what buffers of fixed size take; the files here are of a few kilobytes.
MOST_MEMORY, TIMES_THE_FILE = 16 << 20, 64

WORDS = ["the", "día", "😀", *(f"word{i}" for i in range(9))]
DOCUMENTS = [[WORDS[(7 * d + i * i) % 12] for i in range(d % 5 + 3)] for d in range(12)]


@dataclass(frozen=True)
class Reader:
    """What is read: how valid files are written, and what is done with them."""

    name: str
    write: Callable[[Path], Any]
    read: Callable[[Path], Any]
    refuses: str = "nothing but a FormatError"
    """A ValueError for what is well formed and of no use."""


def write_corpus(folder: Path, tags: list[Any] | None = None) -> None:
    Corpus.build(DOCUMENTS, folder, tags=tags).close()


def write_sharded(folder: Path) -> None:
    """Three shards of four documents, whose tags are in a column."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1) as executor:
        for i in range(3):
            lines = [f"{STRING_TAGS[d]}\t{' '.join(DOCUMENTS[d])}" for d in range(i, 12, 3)]
            Path(name, f"{i}").write_text("\n".join(lines), encoding="utf-8")
        Corpus.build(name, folder, tags="column", cluster=executor, shards=3).close()


STRING_TAGS = [f"tag{d}" for d in range(12)]
INTEGER_TAGS = list(range(100, 112))
SEVERAL_TAGS = [[f"a{d % 3}", f"b{d}"][: d % 2 + 1] for d in range(12)]


def read_corpus(folder: Path) -> None:
    with Corpus.open(folder) as corpus:
        assert len(list(corpus.vocabulary.words)) == len(corpus.vocabulary)
        for document in corpus:
            assert all(isinstance(word, str) for word in document)
        corpus.verify()
        if corpus.tags is not None:
            list(corpus.tags)
        Model(corpus, vector_size=4, window=2, min_count=1, sample=0.0).train(1, 1)


def train_documents(folder: Path) -> None:
    with Corpus.open(folder) as corpus:
        model = Model(corpus, documents="joint", vector_size=4, min_count=1, sample=0.0)
        model.train(1, 1)
        assert np.isfinite(model.dv.vectors).all()


def train_corpus(folder: Path) -> None:
    """Train at once, as a program does that neither lists nor verifies a corpus."""
    with Corpus.open(folder) as corpus:
        Model(corpus, vector_size=4, window=2, min_count=1, sample=0.0).train(1, 1)


def write_model(folder: Path) -> None:
    with Corpus.build(DOCUMENTS) as corpus:
        Model(corpus, vector_size=4, min_count=1, sample=0.0).train(2, 1).save(folder)


def write_document_model(folder: Path) -> None:
    with Corpus.build(DOCUMENTS, tags=STRING_TAGS) as corpus:
        Model(corpus, documents="joint", vector_size=4, min_count=1).train(1, 1).save(folder)


def read_document_model(folder: Path) -> None:
    read_model(folder)
    model = Model.load(folder)
    model.infer([["word1", "the"]])
    model.dv.most_similar(model.dv.index_to_key[0], topn=2)


def read_model(folder: Path) -> None:
    for mmap in (False, True):
        model = Model.load(folder, mmap=mmap)
        model.wv.most_similar(model.wv.index_to_key[0], topn=2)
        assert all(record.epoch >= 0 for record in model.history)
        repr(model)


def trained_to(checkpoint: Path, callbacks: Any = ()) -> Model:
    """A run of two epochs, gone on with from the checkpoint that is there."""
    options = {"checkpoint": checkpoint, "checkpoint_every": "epoch", "resume": True}
    with Corpus.build(DOCUMENTS) as corpus:
        model = Model(corpus, vector_size=4, min_count=1, sample=0.0)
        return model.train(2, 1, callbacks=callbacks, **options)


def fail_in_the_second(model: Model, record: EpochRecord) -> None:
    if record.epoch == 2:
        raise EOFError


def write_checkpoint(folder: Path) -> None:
    with suppress(EOFError):
        trained_to(folder.with_name("c"), fail_in_the_second)
    folder.with_name("c").joinpath(CHECKPOINT).rename(folder)
    folder.with_name("c").rmdir()


def read_checkpoint(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as name:  # a run tidies up in its folder
        copied = shutil.copytree(folder, Path(name, "c", CHECKPOINT))
        try:
            model = trained_to(Path(name, "c"))
        except (FormatError, ValueError) as error:
            raise type(error)(str(error).replace(str(copied), str(folder))) from error
        except DivergedError:  # of numbers that are merely huge
            return
        assert np.isfinite(model.wv.vectors).all()


CHECKPOINT = "checkpoint-00000001"


def write_vectors(folder: Path) -> None:
    SAMPLE.save(folder)


def read_vectors(folder: Path) -> None:
    for mmap in (False, True):
        found = KeyedVectors.load(folder, mmap=mmap)
        found.most_similar(found.index_to_key[0], topn=2)


SAMPLE = KeyedVectors(
    WORDS,
    np.random.default_rng(0).standard_normal((12, 4)).astype(np.float32),
    counts=np.arange(12)[::-1],
)


def write_word2vec(folder: Path, **options: Any) -> None:
    folder.mkdir()
    save_word2vec_format(SAMPLE, folder / f"v{options.pop('suffix', '')}", **options)


def read_word2vec(folder: Path) -> None:
    (path,) = folder.iterdir()
    load_word2vec_format(path)


def writes(**texts: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        folder.mkdir()
        for name, text in texts.items():
            folder.joinpath(name).write_text(text, encoding="utf-8")

    return write


def read_text(folder: Path) -> None:
    (path,) = folder.iterdir()
    with Corpus.build(path, workers=1) as corpus:
        corpus.verify()


TEXT = "\n".join(" ".join(document) for document in DOCUMENTS)


def compressed(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.gz").write_bytes(gzip.compress(TEXT.encode(), 1, mtime=0))


PAIRS = writes(pairs="# a remark\na\tb\t1.5\nword1 word2 3\ndía\t😀\t-2e3\n")
ANALOGIES = writes(analogies=": capitals\nathens greece oslo norway\n: plural\na b c d\n")
MSR = writes(asked="good better rough\nbig bigger bad\n", told="JJ rougher\nJJ worse\n")
CATEGORIES = writes(categories="cat\tanimal\noak tree\nfir\ttree\n")
OUTLIERS = writes(group="cat\ndog\ncow\n\noak\nfir\n")

EMPTY = "expected words, got none"

READERS = [
    Reader("corpus", write_corpus, read_corpus),
    Reader("corpus, trained", write_corpus, train_corpus),
    Reader("corpus, string tags", lambda f: write_corpus(f, STRING_TAGS), read_corpus),
    Reader("corpus, integer tags", lambda f: write_corpus(f, INTEGER_TAGS), read_corpus),
    Reader("corpus, several tags", lambda f: write_corpus(f, SEVERAL_TAGS), read_corpus),
    Reader("corpus, documents", lambda f: write_corpus(f, SEVERAL_TAGS), train_documents),
    Reader("corpus, shards", write_sharded, read_corpus),
    Reader("corpus, shards, trained", write_sharded, train_documents),
    Reader("model", write_model, read_model),
    Reader("model of documents", write_document_model, read_document_model),
    Reader("checkpoint", write_checkpoint, read_checkpoint, "as in the run that it is of"),
    Reader("vectors", write_vectors, read_vectors),
    Reader("word2vec text", write_word2vec, read_word2vec),
    Reader("word2vec binary", lambda f: write_word2vec(f, binary=True), read_word2vec),
    Reader("word2vec gzip", lambda f: write_word2vec(f, suffix=".gz"), read_word2vec),
    Reader("text", writes(text=TEXT), read_text, EMPTY),
    Reader("text, compressed", compressed, read_text, EMPTY),
    Reader("pairs", PAIRS, lambda f: read_word_pairs(f / "pairs")),
    Reader("analogies", ANALOGIES, lambda f: read_analogies(f / "analogies")),
    Reader("msr", MSR, lambda f: read_msr_analogies(f / "asked", f / "told")),
    Reader("categories", CATEGORIES, lambda f: read_categories(f / "categories")),
    Reader("outliers", OUTLIERS, lambda f: read_outlier_groups(f / "group")),
]


def valid(reader: Reader) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "x")
        reader.write(folder)
        return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# ---- what is done to a file ---------------------------------------------------------------------

CLAIMS = [b"0", b"-1", b"999999999999", b"1000000000000 300\n", b"18446744073709551616", b"1e999"]
JUNK = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(CLAIMS),
    st.text(" \t\n:0129-.", max_size=8).map(str.encode),
)


@st.composite
def damaged(draw: Any, data: bytes) -> bytes:
    """`data` with bytes changed, cut out, put in or repeated, or with the end missing."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(0, len(changed) - 1)))
        kind = draw(st.sampled_from(["change", "bit", "cut", "insert", "replace", "repeat", "end"]))
        if kind == "change" and changed:
            changed[place] = draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
        elif kind == "bit" and changed:
            changed[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del changed[place : place + draw(st.integers(1, 40))]
        elif kind == "insert":
            changed[place:place] = draw(JUNK)
        elif kind == "replace":
            junk = draw(JUNK)
            changed[place : place + len(junk)] = junk
        elif kind == "repeat":
            changed[place:place] = changed[place : place + draw(st.integers(1, 200))]
        else:
            del changed[place:]
    return bytes(changed)


VALUES = st.one_of(
    st.sampled_from([None, True, 0, -1, 10**12, 2**63, 10**400, 1e308, float("nan"), float("inf")]),
    st.sampled_from(["", "../../outside", "/etc/passwd", "x" * 1000, "\ud800", "\x00"]),
    st.sampled_from([[], {}, [[]], {"kind": "../tags"}, [None] * 3, {"a": {"a": {"a": []}}}]),
)


@st.composite
def damaged_json(draw: Any, data: bytes) -> bytes:
    """`data` with one value, however deep, of another kind, too large, or gone."""
    root = json.loads(data)
    places = list(entries(root))
    container, key = draw(st.sampled_from(places))
    if draw(st.booleans()):
        container[key] = draw(VALUES)
    else:
        del container[key]
    return json.dumps(root).encode()


def entries(value: Any) -> Any:
    """Yield every container inside of `value` with every key of it."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list) and value[key]:
            yield from entries(value[key])


# ---- what may come of it ------------------------------------------------------------------------


def check(reader: Reader, files: dict[str, bytes], *, missing: bool) -> None:
    """Read the files, in a folder that must stay as it is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "x")
        folder.mkdir()
        for file, content in files.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(content)
        told = name
        tracemalloc.start()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of equal keys, of too many frequent words
                reader.read(folder)
        except FormatError as error:
            told = str(error)
        except FileNotFoundError as error:
            told = str(error)
            assert missing
        except ValueError as error:
            told = str(error)
            assert reader.refuses in told
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert name in told
        size = sum(map(len, files.values()))
        assert peak < MOST_MEMORY + TIMES_THE_FILE * size
        assert contents(folder) == files
        assert [path.name for path in Path(name).iterdir()] == ["x"]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_valid_file_is_read(reader: Reader) -> None:
    with tempfile.TemporaryDirectory() as name:
        reader.write(Path(name, "x"))
        reader.read(Path(name, "x"))


@pytest.mark.timeout(max(120, EXAMPLES))
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_hostile_files(reader: Reader) -> None:
    files = valid(reader)

    @settings(
        max_examples=EXAMPLES or 40,
        deadline=None,
        derandomize=not EXAMPLES,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def attack(data: Any) -> None:
        name = data.draw(st.sampled_from(list(files)))
        if name.endswith(".json") and data.draw(st.booleans()):
            content = data.draw(damaged_json(files[name]))
        elif len(files) > 1 and data.draw(st.integers(0, 30)) == 0:
            content = None  # the file is not there
        else:
            content = data.draw(damaged(files[name]))
        attacked = {**files, name: content}
        present = {file: content for file, content in attacked.items() if content is not None}
        check(reader, present, missing=content is None)

    attack()
