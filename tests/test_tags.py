"""Tags of documents: as given, however they come and however the text is cut."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from sgns import chunks, tag_numbering
from sgns._encode import take_column
from sgns.corpus import Corpus
from sgns.errors import FormatError
from sgns.model import Model

OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def tags_of(source, **options):
    with Corpus.build(source, **{"workers": 2, **options}) as corpus:
        return corpus.tags and list(corpus.tags)


def written(path, data):
    with OPENERS.get(path.suffix, open)(path, "wb") as file:
        file.write(data)
    return path


@pytest.fixture(params=[1, 3, 1 << 20], ids=lambda size: f"chunks of {size}")
def chunk_bytes(request, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", request.param)
    return request.param


class TestBeside:
    """Tags passed beside the documents."""

    @pytest.mark.parametrize("batch", [1, 2, 1 << 12])
    @pytest.mark.parametrize("workers", [1, 3])
    def test_several_to_a_document_and_one_on_several(self, monkeypatch, batch, workers):
        monkeypatch.setattr(tag_numbering, "BATCH", batch)
        tags = ["x", ["y", "x", "é\n\ud800"], ("x", "x"), iter(["z"])]
        with Corpus.build(["a", "", "b", "c"], tags=tags, workers=workers) as corpus:
            assert list(corpus.tags) == [["x"], ["y", "x", "é\n\ud800"], ["x", "x"], ["z"]]
            assert list(corpus.tags.keys) == ["x", "y", "é\n\ud800", "z"]
            assert corpus.tags.ids.tolist() == [0, 1, 0, 2, 0, 0, 3]
            assert corpus.tags.offsets.tolist() == [0, 1, 4, 6, 7]
            assert (corpus.tags.ids.dtype, corpus.tags.offsets.dtype) == (np.uint32, np.int64)
            assert corpus.tags[-1] == ["z"]
            assert corpus.tags[1:3] == [["y", "x", "é\n\ud800"], ["x", "x"]]
            assert len(corpus.tags) == 4
            assert repr(corpus.tags) == "<DocumentTags: 4 strings on 4 documents>"
            with pytest.raises(IndexError):
                corpus.tags[4]
            corpus.verify()

    def test_integers_size_nothing(self):
        tags = np.array([[10**15, 0], [-(2**63), 10**15], [2**63 - 1, 0]])
        with Corpus.build(["a", "b", "c"], tags=tags) as corpus:
            assert list(corpus.tags) == tags.tolist()
            assert corpus.tags.keys.tolist() == [10**15, 0, -(2**63), 2**63 - 1]
            assert corpus.tags.ids.tolist() == [0, 1, 2, 0, 3, 1]
            assert {type(tag) for tags in corpus.tags for tag in tags} == {int}

    @pytest.mark.parametrize("kind", [np.uint8, np.int64, np.uint64])
    def test_integers_of_numpy(self, kind):
        assert tags_of(["a", "b"], tags=[kind(7), [kind(0), 7]]) == [[7], [0, 7]]
        assert tags_of(["a", "b"], tags=range(2)) == [[0], [1]]

    def test_an_integer_that_is_too_large_has_a_place(self, monkeypatch):
        monkeypatch.setattr(tag_numbering, "BATCH", 3)
        with pytest.raises(ValueError, match=f"of document 4: .* of 64 bits, got {2**63}$"):
            Corpus.build(list("abcde"), tags=[1, [2, 3], 4, 5, [6, 2**63]])

    def test_no_tags_are_none(self, tmp_path):
        assert tags_of(["a", "b"]) is None
        Corpus.build(["a", "b"], tmp_path / "corpus").close()
        assert not list((tmp_path / "corpus").glob("tag*"))

    @pytest.mark.usefixtures("chunk_bytes")
    @pytest.mark.parametrize("name", ["a.txt", "a.gz"])
    @pytest.mark.parametrize("tokenizer", ["whitespace", "words", str.split])
    def test_beside_files(self, tmp_path, name, tokenizer):
        path = written(tmp_path / name, b"to be\n\n or not\nto be")
        expected = [[i] for i in range(4)]
        assert tags_of(path, tags=iter(range(4)), tokenizer=tokenizer) == expected
        assert tags_of([path, path], tags=range(2), document_unit="file") == [[0], [1]]
        for n, got in [(3, "got 3 and then a document more"), (5, "tags: expected 4, .* got more")]:
            with pytest.raises(ValueError, match=got):
                tags_of(path, tags=iter(range(n)), tokenizer=tokenizer)

    def test_they_are_taken_in_step_with_the_documents(self):
        """Neither iterable is ahead of the other by more than one item."""
        taken = [0, 0]

        def stream(which, item):
            for _ in range(100):
                taken[which] += 1
                assert abs(taken[0] - taken[1]) <= 1
                yield item

        assert tags_of(stream(0, "a"), tags=stream(1, "t")) == [["t"]] * 100

    @pytest.mark.parametrize("where", ["build", "arrays"])
    @pytest.mark.parametrize(
        ("tags", "error", "message"),
        [
            (["x"], ValueError, "tags: expected 2, one item a document, got 1$"),
            ("xyz", ValueError, "tags: expected 'column' or an iterable .*, got 'xyz'$"),
            (b"xy", TypeError, "tags: expected 'column' or an iterable .*, got bytes$"),
            ({"x", "y"}, TypeError, "tags: expected 'column' or an iterable .*, got set$"),
            (3, TypeError, "tags: expected 'column' or an iterable .*, got int$"),
            ("column", ValueError, "tags: "),
            (lambda: iter("x"), ValueError, "one item a document, got 1 and then a document more$"),
            (lambda: iter("xyz"), ValueError, "tags: expected 2, one item a document, got more$"),
            (["x", 1], TypeError, "of document 1: expected all tags to be strings .*, got 1$"),
            ([1, "x"], TypeError, "of document 1: expected all tags to be integers .*, got 'x'$"),
            ([1, ["x"]], TypeError, "of document 1: expected all tags to be integers"),
            ([[1, "x"], 1], TypeError, "of document 0: expected all tags to be integers"),
            ([1, True], TypeError, "of document 1: expected strings or integers, got True$"),
            ([1.5, 2], TypeError, "of document 0: expected a string, an int.*, got float$"),
            ([1, [1.5]], TypeError, "of document 1: expected strings or integers, got 1.5$"),
            ([1, None], TypeError, "of document 1: expected a string, .* got NoneType$"),
            (["x", b"y"], TypeError, "of document 1: expected a string, .* got bytes$"),
            (["x", {"y"}], TypeError, "of document 1: expected a string, .* got set$"),
            (["x", ""], ValueError, "of document 1: expected a name, got an empty string$"),
            ([["x", ""], "y"], ValueError, "of document 0: expected a name"),
            (["x", []], ValueError, "of document 1: expected at least one, got none$"),
            ([[1, 2], [3, 2**63]], ValueError, f"of document 1: .* of 64 bits, got {2**63}$"),
            ([-(2**63) - 1, 2], ValueError, "of document 0: .* of 64 bits, got -"),
            ([1, np.uint64(2**63)], ValueError, "of document 1: .* of 64 bits, got"),
        ],
    )
    def test_what_is_refused(self, where, tags, error, message):
        tags = tags() if callable(tags) else tags
        make = {
            "build": lambda: Corpus.build(["a", "b"], tags=tags),
            "arrays": lambda: Corpus.from_arrays([0, 0], [0, 1, 2], ["a"], tags=tags),
        }
        with pytest.raises(error, match=message):
            make[where]()

    def test_lengths_that_differ_are_seen_before_anything_is_read(self):
        class Texts:
            def __len__(self):
                return 3

            def __iter__(self):
                raise AssertionError("no text must be read")

        with pytest.raises(ValueError, match="tags: expected 3, one item a document, got 2"):
            Corpus.build(Texts(), tags=["x", "y"])

    def test_an_error_of_the_tags_reaches_the_caller(self, tmp_path):
        def tags():
            yield "x"
            raise ZeroDivisionError("planted")

        for source in (["a", "b"], written(tmp_path / "a", b"a\nb\n")):
            with pytest.raises(ZeroDivisionError, match="planted"):
                Corpus.build(source, tmp_path / "x.corpus", tags=tags())
        assert [path.name for path in tmp_path.iterdir()] == ["a"]


class TestOnDocuments:
    def test_documents_with_tags(self):
        documents = [
            SimpleNamespace(words=["a", "b"], tags=["x", "y"]),
            SimpleNamespace(words="c", tags="y"),
        ]
        with Corpus.build(documents) as corpus:
            assert list(corpus) == [["a", "b"], ["c"]]
            assert list(corpus.tags) == [["x", "y"], ["y"]]

    def test_tags_are_all_or_nothing(self):
        tagged = SimpleNamespace(words=["a"], tags=[1])
        with pytest.raises(ValueError, match="document 1: it has none, those before have tags"):
            Corpus.build([tagged, "b"])
        with pytest.raises(ValueError, match="document 1: it has tags, those before have none"):
            Corpus.build(["b", tagged])
        with pytest.raises(ValueError, match="tags of document 1: expected at least one, got none"):
            Corpus.build([tagged, SimpleNamespace(words=["a"], tags=[])])
        with pytest.raises(ValueError, match="expected none, for document 1 has tags of its own"):
            Corpus.build(["b", tagged], tags=["x", "y"])

    def test_gensim_tagged_documents(self):
        doc2vec = pytest.importorskip("gensim.models.doc2vec")
        words = [["a", "b"], ["b"], []]
        for tags in ([[3], [4], [3, 5]], [["x", "y"], ["y"], ["z"]]):
            documents = map(doc2vec.TaggedDocument, words, tags)
            with Corpus.build(documents) as corpus:
                assert list(corpus) == words
                assert list(corpus.tags) == tags


@pytest.mark.parametrize("mode", ["dbow", "joint", "mean"])
def test_gensim_tagged_documents_get_vectors_by_their_tags(mode):
    """Two topics, each with a tag on all of its documents, beside a tag of each document's own."""
    doc2vec = pytest.importorskip("gensim.models.doc2vec")
    generator = np.random.default_rng(3)
    documents = [
        doc2vec.TaggedDocument([f"{'ab'[i % 2]}{w}" for w in row], [f"d{i}", f"topic {i % 2}"])
        for i, row in enumerate(generator.integers(12, size=(60, 20)).tolist())
    ]
    model = Model(documents, vector_size=8, min_count=1, sample=0, documents=mode)
    model.train(epochs=15, workers=1)
    assert len(model.dv) == 62
    assert model.dv.index_to_key[:3] == ["d0", "topic 0", "d1"]
    for topic in (0, 1):
        nearest = [key for key, _ in model.dv.most_similar(f"topic {topic}", topn=61)]
        own = [int(key[1:]) % 2 == topic for key in nearest if key.startswith("d")]
        assert sum(own[:10]) >= 9
    same = model.infer(documents, workers=1)
    np.testing.assert_array_equal(same, model.infer([d.words for d in documents], workers=1))


@pytest.mark.usefixtures("chunk_bytes")
@pytest.mark.parametrize("name", ["a.tsv", "a.gz", "a.bz2", "a.xz"])
class TestColumn:
    """Tags in the first column of text files."""

    @pytest.mark.parametrize("tokenizer", ["whitespace", "words", str.split])
    @pytest.mark.parametrize("workers", [1, 3])
    def test_tags_and_texts(self, tmp_path, name, tokenizer, workers):
        text = "\ufeffé 1\tto be\tor\r\nx\t\né 1\t not  \n42\t42"
        path = written(tmp_path / name, text.encode())
        options = {"tokenizer": tokenizer, "workers": workers, "tags": "column"}
        with Corpus.build(path, **options) as corpus:
            assert list(corpus) == [["to", "be", "or"], [], ["not"], ["42"]]
            assert list(corpus.tags) == [["é 1"], ["x"], ["é 1"], ["42"]]
            assert list(corpus.tags.keys) == ["é 1", "x", "42"]
        assert tags_of([path, path], **options) == [["é 1"], ["x"], ["é 1"], ["42"]] * 2

    def test_a_tokenizer_gets_the_text_alone(self, tmp_path, name):
        path = written(tmp_path / name, "é\t x\ty\nb\t\n".encode())
        with Corpus.build(path, tags="column", tokenizer=lambda text: [f"<{text}>"]) as corpus:
            assert list(corpus) == [["< x\ty>"], ["<>"]]

    @pytest.mark.parametrize(
        ("text", "line"),
        [("a b\n", 1), ("x\ta\ny b\nz\tc\n", 2), ("x\ta\n\ny\tb", 2), ("x\ta\nb", 2)],
    )
    def test_a_line_without_a_tab(self, tmp_path, name, text, line):
        good = written(tmp_path / f"good-{name}", b"x\ta\ny\tb\n")
        path = written(tmp_path / name, text.encode())
        for tokenizer in ("whitespace", str.split):
            with pytest.raises(FormatError) as caught:
                Corpus.build([good, path], tmp_path / "c", tags="column", tokenizer=tokenizer)
            assert str(caught.value) == (
                f"'{path}', line {line}: expected a tag, a tab and a text, found no tab"
            )
        assert not (tmp_path / "c").exists()

    def test_an_empty_tag(self, tmp_path, name):
        path = written(tmp_path / name, b"x\ta\n\tb\nc\n")
        with pytest.raises(FormatError, match=r"a\.\w+', line 2: expected a tag before the tab"):
            tags_of(path, tags="column")

    def test_malformed_utf8(self, tmp_path, name):
        path = written(tmp_path / name, b"\xef\xbb\xbfx\ta\n\rb\xe2\x82\tb\n\xac\tc\nd\t\xff")
        with pytest.raises(FormatError, match=r"is not UTF-8: byte 0xe2 at offset 9; pass"):
            tags_of(path, tags="column")
        found = tags_of(path, tags="column", errors="replace")
        assert found == [["x"], ["\rb\ufffd"], ["\ufffd"], ["d"]]
        with pytest.raises(FormatError, match=r"line 3: expected a tag before the tab"):
            tags_of(path, tags="column", errors="ignore")
        path = written(tmp_path / name, b"x\ta\nyy\tb \xff")
        with pytest.raises(FormatError, match=r"is not UTF-8: byte 0xff at offset 9;"):
            tags_of(path, tags="column")


def test_a_column_is_part_of_lines(tmp_path):
    path = written(tmp_path / "a", b"x\ta\n")
    with pytest.raises(ValueError, match="'column' is about lines; expected document_unit='line'"):
        Corpus.build(path, tags="column", document_unit="file")
    with pytest.raises(ValueError, match="'column' is about files of text"):
        Corpus.build(["x\ta"], tags="column")


def test_a_column_from_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"x\ta\ny\tb\n")))
    assert tags_of("-", tags="column") == [["x"], ["y"]]


def test_take_column():
    text = bytearray(b"ab\tc\td\n\t\nno tab\nx\ty")
    column, ends = take_column(text)
    assert (column, ends.tolist()) == (b"ab\n\n", [2, 3])
    assert text == b"  \tc\td\n\t\nno tab\nx\ty"
    assert take_column(bytearray())[0] == take_column(bytearray(b"x"))[0] == b""
    with pytest.raises(BufferError, match="not writable"):
        take_column(b"a\tb")
