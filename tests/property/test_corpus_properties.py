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
from sgns import chunks
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
