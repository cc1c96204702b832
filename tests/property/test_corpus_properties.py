"""Whatever the documents and however they are cut, the corpus gives them back."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import sgns._ingest
from sgns import chunks, tag_numbering
from sgns.corpus import Corpus

# Few letters, so that words repeat; white space and bytes of every length of UTF-8 among them.
TOKENS = st.text(st.one_of(st.sampled_from("ab \n\r\té\u2028😀\0"), st.characters()), max_size=12)
TEXTS = st.text(st.one_of(st.sampled_from("ab  \n\r\té\u00a0😀\0"), st.characters()), max_size=60)
BYTES = st.lists(
    st.one_of(
        st.sampled_from([b"a", b"b", b" ", b"\n", b"\r\n", "é".encode(), "😀".encode(), b"\xe2"]),
        st.binary(max_size=3),
    ),
    max_size=60,
).map(b"".join)
CHUNKS = st.integers(1, 40)
WORKERS = st.sampled_from([1, 2, 3])


def build(source, chunk_bytes, workers, **options):
    with (
        mock.patch.object(chunks, "CHUNK_BYTES", chunk_bytes),
        mock.patch.object(sgns._ingest, "BLOCK_BYTES", 64),
    ):
        return Corpus.build(source, workers=workers, **options)


def check_numbering(corpus, documents):
    counter = Counter(word for document in documents for word in document)
    words = sorted(counter, key=lambda word: (-counter[word], word))
    assert list(corpus.vocabulary.words) == words
    assert corpus.vocabulary.counts.tolist() == [counter[word] for word in words]
    assert corpus.offsets.tolist() == np.cumsum([0, *map(len, documents)]).tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(TEXTS, st.lists(TOKENS)), max_size=12), CHUNKS, WORKERS)
def test_documents_come_back(documents, chunk_bytes, workers):
    expected = [
        [
            word.decode("utf-8", "surrogatepass")
            for word in d.encode("utf-8", "surrogatepass").split()
        ]
        if isinstance(d, str)
        else d
        for d in documents
    ]
    documents.append(["end"])
    expected.append(["end"])
    with build(iter(documents), chunk_bytes, workers) as corpus:
        assert list(corpus) == expected
        check_numbering(corpus, expected)


@settings(max_examples=80, deadline=None)
@given(BYTES, CHUNKS, WORKERS, st.sampled_from(["replace", "ignore"]), st.sampled_from(["", ".gz"]))
def test_files_are_read_as_python_decodes_them(data, chunk_bytes, workers, errors, suffix):
    import gzip

    data += b"\nend"
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors)
    expected = [[w.decode() for w in line.encode().split()] for line in text.split("\n")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(gzip.compress(data) if suffix else data)
        with build(path, chunk_bytes, workers, errors=errors) as corpus:
            assert list(corpus) == expected
            check_numbering(corpus, expected)


STRING_TAGS = st.text(st.one_of(st.sampled_from("ab\n\t é"), st.characters()), min_size=1)
INTEGER_TAGS = st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1))
TAG_LISTS = st.one_of(
    *(st.lists(st.lists(tag, min_size=1, max_size=4)) for tag in (STRING_TAGS, INTEGER_TAGS))
)


@settings(max_examples=80, deadline=None)
@given(TAG_LISTS, CHUNKS, WORKERS, st.integers(1, 20), st.sampled_from(["build", "file", "arrays"]))
def test_tags_come_back(tags, chunk_bytes, workers, batch, way):
    tags.append(tags[0] if tags else ["x"])
    texts = ["a " * (i % 3) + "b" for i in range(len(tags))]
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(tag_numbering, "BATCH", batch):
        path = Path(folder) / "texts"
        path.write_text("\n".join(texts), encoding="utf-8")
        if way == "arrays":
            offsets = range(len(tags) + 1)
            corpus = Corpus.from_arrays([0] * len(tags), offsets, ["a"], iter(tags))
        else:
            with mock.patch.object(chunks, "CHUNK_BYTES", chunk_bytes):
                source = path if way == "file" else iter(texts)
                corpus = Corpus.build(source, workers=workers, tags=iter(tags))
    with corpus:
        assert list(corpus.tags) == tags
        expected = dict.fromkeys(tag for of_document in tags for tag in of_document)
        assert list(corpus.tags.keys) == list(expected)
        corpus.verify()


# What may stand in a column: no tab, no line feed, and a byte order mark would be dropped.
COLUMN_TAGS = st.text(
    st.characters(exclude_characters="\t\n\ufeff", exclude_categories=["Cs"]), min_size=1
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(COLUMN_TAGS, st.lists(st.sampled_from(["a", "é", "\t", "b c"]), max_size=4))
    ),
    CHUNKS,
    WORKERS,
    st.sampled_from(["whitespace", str.split]),
    st.booleans(),
)
def test_columns_come_back(documents, chunk_bytes, workers, tokenizer, ends_with_a_line_feed):
    documents.append(("end", ["a"]))
    lines = [f"{tag}\t{' '.join(text)}" for tag, text in documents]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tsv"
        path.write_bytes(("\n".join(lines) + "\n" * ends_with_a_line_feed).encode())
        with build(path, chunk_bytes, workers, tokenizer=tokenizer, tags="column") as corpus:
            assert list(corpus.tags) == [[tag] for tag, _ in documents]
            assert list(corpus) == [" ".join(text).split() for _, text in documents]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=1, max_size=8))
def test_token_arrays_come_back(documents):
    words = ["f", "e", "d", "c", "b", "a"]
    documents.append([0])
    tokens = np.array([token for document in documents for token in document], dtype=np.int16)
    corpus = Corpus.from_arrays(tokens, np.cumsum([0, *map(len, documents)]), words)
    assert list(corpus) == [[words[token] for token in document] for document in documents]
    assert np.all(np.diff(corpus.vocabulary.counts) <= 0)
    with Corpus.build(list(corpus)) as built:
        n = len(built.vocabulary)
        assert list(built.vocabulary.words) == list(corpus.vocabulary.words)[:n]
        np.testing.assert_array_equal(built.tokens, corpus.tokens)
