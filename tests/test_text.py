"""Sources: where text comes from, and what is a document of it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

import sgns.text
from sgns import chunks
from sgns.corpus import Corpus
from sgns.errors import FormatError

TEXT = "to be or\r\nnot  to\tbe\n\n \nthat\u00a0is é\n"
DOCUMENTS = [["to", "be", "or"], ["not", "to", "be"], [], [], ["that\u00a0is", "é"]]


def build(source, **options):
    with Corpus.build(source, **{"workers": 2, **options}) as corpus:
        return list(corpus)


@pytest.fixture(params=[1, 3, 16, 1 << 20], ids=lambda size: f"chunks of {size}")
def chunk_bytes(request, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", request.param)
    return request.param


def compressed(path, data):
    opener = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}.get(path.suffix, open)
    with opener(path, "wb") as file:
        file.write(data)
    return path


def ascii_split(text):
    return [word.decode() for word in text.encode().split()]


@pytest.mark.usefixtures("chunk_bytes")
@pytest.mark.parametrize("name", ["a.txt", "a.gz", "a.bz2", "a.xz"])
class TestFiles:
    @pytest.mark.parametrize("tokenizer", ["whitespace", ascii_split])
    def test_a_line_is_a_document(self, tmp_path, name, tokenizer):
        path = compressed(tmp_path / name, TEXT.encode())
        assert build(path, tokenizer=tokenizer) == DOCUMENTS
        assert build(str(path), tokenizer=tokenizer) == DOCUMENTS

    def test_the_last_line_needs_no_line_feed(self, tmp_path, name):
        for text, documents in [("a\nb", [["a"], ["b"]]), ("a\n\n ", [["a"], [], []])]:
            path = compressed(tmp_path / name, text.encode())
            for tokenizer in ("whitespace", "words", str.split):
                assert build(path, tokenizer=tokenizer) == documents

    def test_a_file_is_a_document(self, tmp_path, name):
        path = compressed(tmp_path / name, b"a\nb\n\nc")
        empty = compressed(tmp_path / f"z{name}", b"")
        for tokenizer in ("whitespace", "words", str.split):
            found = build([path, empty, path], tokenizer=tokenizer, document_unit="file")
            assert found == [["a", "b", "c"], [], ["a", "b", "c"]]

    def test_a_byte_order_mark_is_dropped_at_the_beginning_only(self, tmp_path, name):
        path = compressed(tmp_path / name, "\ufeffa\nb \ufeffc".encode())
        for unit, expected in [
            ("line", [["a"], ["b", "\ufeffc"]]),
            ("file", [["a", "b", "\ufeffc"]]),
        ]:
            for tokenizer in ("whitespace", str.split):
                assert build(path, tokenizer=tokenizer, document_unit=unit) == expected

    def test_malformed_utf8_has_a_place(self, tmp_path, name):
        path = compressed(tmp_path / name, b"\xef\xbb\xbfabc \xc3\xa9\nxyz q\xff\xc3\n")
        for tokenizer in ("whitespace", "words", str.split):
            for unit in ("line", "file"):
                with pytest.raises(FormatError) as caught:
                    build(path, tokenizer=tokenizer, document_unit=unit)
                assert str(caught.value) == (
                    f"'{path}' is not UTF-8: byte 0xff at offset 15; "
                    "pass errors='replace' or errors='ignore' to go on"
                )
            for errors, last in [("replace", "q\ufffd\ufffd"), ("ignore", "q")]:
                found = build(path, tokenizer=tokenizer, errors=errors)
                if tokenizer != "words":
                    assert found == [["abc", "é"], ["xyz", last]]


def test_the_first_malformed_byte_is_reported_for_any_number_of_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 64)
    path = tmp_path / "a"
    path.write_bytes(b"good " * 100 + b"\xff " + b"good " * 20 + b"\xfe " * 1000)
    for workers in (1, 2, 5):
        with pytest.raises(FormatError, match="byte 0xff at offset 500;"):
            build(path, workers=workers)


def test_surrogates_in_files_are_malformed(tmp_path):
    (tmp_path / "a").write_bytes("ok \ud800".encode("utf-8", "surrogatepass"))
    with pytest.raises(FormatError, match="byte 0xed at offset 3"):
        build(tmp_path / "a")


def test_many_files(tmp_path):
    for name in ("b.txt", "a.txt", "sub/c.txt", "sub-a", ".hidden", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{name}\nend")
    a, b, sub_a, c = ([[name], ["end"]] for name in ("a.txt", "b.txt", "sub-a", "sub/c.txt"))
    assert build(tmp_path) == a + b + c + sub_a
    assert build(str(tmp_path)) == build(tmp_path)
    assert build(str(tmp_path / "*.txt")) == a + b
    assert build(str(tmp_path / "**" / "*.txt")) == a + b + c
    assert build([tmp_path / "b.txt", tmp_path / "sub"]) == b + c
    assert build((str(tmp_path / "b.txt"), str(tmp_path / "a.txt"))) == b + a
    assert build(tmp_path, document_unit="file")[0] == ["a.txt", "end"]


def test_names_with_glob_characters_are_names_first(tmp_path):
    (tmp_path / "[a].txt").write_text("literal")
    (tmp_path / "a.txt").write_text("matched")
    assert build(str(tmp_path / "[a].txt")) == [["literal"]]
    assert build(str(tmp_path / "[ab].txt")) == [["matched"]]


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(TEXT.encode())))
    assert build("-") == DOCUMENTS


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(TEXT.encode(),))
    writer.start()
    assert build(pipe) == DOCUMENTS
    writer.join()


def test_missing_sources_are_never_taken_for_texts(tmp_path):
    missing = tmp_path / "missing.txt"
    with pytest.raises(FileNotFoundError, match=r"no file or folder is named '.*missing.txt'$"):
        build(missing)
    with pytest.raises(FileNotFoundError, match="pass texts as a list of strings"):
        build("the quick brown fox")
    with pytest.raises(FileNotFoundError, match=r"no file matches '.*nothing"):
        build(str(tmp_path / "nothing*"))
    with pytest.raises(FileNotFoundError, match=r"'x{200}\.\.\.'"):
        build("x" * 5000)
    with pytest.raises(FileNotFoundError):
        build("a\0b")
    (tmp_path / "there").write_text("a")
    with pytest.raises(FileNotFoundError, match=r"missing.txt"):
        build([tmp_path / "there", missing])
    with pytest.raises(TypeError, match=r"source\[1\]: expected a path .*, got int"):
        build([tmp_path / "there", 3])
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"folder '.*empty' holds no files"):
        build(tmp_path / "empty")


def test_a_corpus_is_not_a_text(tmp_path):
    Corpus.build(["a"], tmp_path / "x.corpus").close()
    with pytest.raises(
        ValueError, match=r"is a corpus folder, not text; open it with Corpus\.open$"
    ):
        build(tmp_path / "x.corpus")


def test_what_is_not_text_is_named(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for form, title, opener in [
        ("sgns corpus", "corpus folder", "Corpus"),
        ("sgns model", "model folder", "Model"),
        ("sgns.vectors", "folder of vectors", "KeyedVectors"),
    ]:
        (folder / "meta.json").write_text(json.dumps({"format": form, "version": 1}))
        for source in (folder, str(folder), [folder], (tmp_path / "folder", "-")):
            with pytest.raises(ValueError, match=rf"folder' is a {title}, .* with {opener}\."):
                build(source)
    (folder / "meta.json").write_text('{"format": "of somebody else"}')
    assert build(folder, tokenizer="words") == [["format", "of", "somebody", "else"]]
    (folder / "a.npy").write_bytes(b"\x93NUMPY")
    for source in (folder, folder / "a.npy", [folder / "a.npy"], str(folder / "*.npy")):
        with pytest.raises(ValueError, match=r"a\.npy' holds arrays of NumPy; expected a file of"):
            build(source)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"is no corpus folder: meta\.json is missing"),
        ("{", r"meta\.json' is not valid JSON.*rebuild it"),
        ("{}", r"meta\.json': expected format 'sgns corpus', found None"),
    ],
)
def test_a_damaged_corpus_is_not_a_text_either(tmp_path, text, message):
    Corpus.build(["a"], tmp_path / "x.corpus").close()
    (tmp_path / "x.corpus" / "meta.json").unlink()
    if text is not None:
        (tmp_path / "x.corpus" / "meta.json").write_text(text)
    with pytest.raises(FormatError, match=message):
        build(tmp_path / "x.corpus")


@pytest.mark.parametrize("source", [b"bytes", 3, None])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(TypeError, match=rf"source: expected .* got {type(source).__name__}"):
        build(source)


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
def test_damaged_compressed_files(tmp_path, suffix):
    path = compressed(tmp_path / f"a{suffix}", os.urandom(3000).hex().encode())
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(FormatError, match=rf"'.*a{suffix}' is damaged: "):
        build(path)
    path.write_bytes(b"no such thing, this is plain text")
    with pytest.raises(FormatError, match="is damaged: "):
        build(path)


@pytest.mark.parametrize("text", [b"", b"\n", b" \t\r\n \n", b"\xef\xbb\xbf"])
def test_a_text_without_words_is_an_error(tmp_path, text):
    (tmp_path / "a").write_bytes(text)
    for tokenizer in ("whitespace", "words", str.split):
        if text != b"\xef\xbb\xbf" or tokenizer == "whitespace":
            with pytest.raises(ValueError, match=r"'.*a': expected words, got none in"):
                build(tmp_path / "a", tokenizer=tokenizer)


@pytest.mark.parametrize("source", [[], (x for x in ()), [""], [[]], ["", " \n"]])
def test_documents_without_words_are_an_error(source):
    with pytest.raises(ValueError, match="expected words, got none in"):
        build(source)


@pytest.mark.usefixtures("chunk_bytes")
class TestIterables:
    def test_texts_lists_and_empty_documents_in_any_order(self):
        documents = ["a b", ["c d", "e\nf", ""], "", [], "g\nh\ti", ["j"], ("k", "l"), iter("mn")]
        expected = [["a", "b"], ["c d", "e\nf", ""], [], [], ["g", "h", "i"], ["j"], ["k", "l"]]
        assert build(documents) == [*expected, ["m", "n"]]

    def test_any_string_survives(self):
        strings = [
            "",
            " ",
            "\n",
            "\0",
            "\r\n",
            "\ud800",
            "\udc80\ud83d",
            "😀",
            "a" * 5000,
            "\ufeff",
        ]
        assert build([strings, strings[::-1]]) == [strings, strings[::-1]]
        assert build(["a\ud800b \0 \U0010ffff"]) == [["a\ud800b", "\0", "\U0010ffff"]]

    def test_a_generator_is_consumed_once_and_in_the_calling_thread(self):
        threads = set()

        def documents():
            for i in range(500):
                threads.add(threading.get_ident())
                yield f"word{i} end"

        generator = documents()
        assert build(generator) == [[f"word{i}", "end"] for i in range(500)]
        assert threads == {threading.get_ident()}
        assert next(generator, None) is None

    def test_tokenizers_take_texts_only(self):
        found = build(["A-B", ["A-B"], "\n"], tokenizer=lambda text: text.lower().split("-"))
        assert found == [["a", "b"], ["A-B"], ["\n"]]
        assert build(["Don't!\nSTOP", ["Stay!"]], tokenizer="words") == [
            ["don't", "stop"],
            ["Stay!"],
        ]

    def test_tokens_that_are_no_strings_have_a_place(self):
        with pytest.raises(TypeError) as caught:
            build(["a", ["b", "c"], ["d", "e", 7, None]])
        assert str(caught.value) == "document 2, token 2: expected a string, got int"
        with pytest.raises(TypeError, match="document 0, token 1: expected a string, got bytes"):
            build([["b", b"c"]])

    def test_documents_of_another_type(self):
        with pytest.raises(TypeError, match=r"document 1: expected a string or .*, got NoneType"):
            build(["a", None])
        with pytest.raises(TypeError, match=r"document 0: .* got bytes"):
            build([b"a b"])
        with pytest.raises(TypeError, match=r"document 0: .* from the tokenizer, got str"):
            build(["a"], tokenizer=str.lower)
        with pytest.raises(TypeError, match=r"document 0: .* from the tokenizer, got NoneType"):
            build(["a"], tokenizer=lambda text: None)

    def test_an_exception_of_the_iterable_reaches_the_caller(self):
        def documents():
            yield "a b"
            raise ZeroDivisionError("planted")

        with pytest.raises(ZeroDivisionError, match="planted"):
            build(documents())


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("a.txt", "file or folder is named 'a.txt'"),
        ("A.TXT", "file or folder is named 'A.TXT'"),
        ("news.jsonl.gz", "file or folder is named 'news.jsonl.gz'"),
        (os.path.join("texts", "a"), "file or folder is named 'texts.a'"),  # noqa: PTH118
        ("*.tok", r"file matches '\*\.tok'"),
    ],
)
def test_a_misspelt_name_in_a_list_is_never_taken_for_a_text(
    tmp_path, monkeypatch, missing, message
):
    monkeypatch.chdir(tmp_path)
    Path("there").write_text("a b")
    for source in ([missing], [missing, "there"], ("there", missing), [missing, Path("there")]):
        with pytest.raises(FileNotFoundError, match=f"^no {message}; a list of words that look"):
            build(source)


def test_lists_of_texts_stay_lists_of_texts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("there").write_text("a b")
    assert build(["see a.txt", "x/y"]) == [["see", "a.txt"], ["x/y"]]
    assert build(["x/y", "and or"]) == [["x/y"], ["and", "or"]]
    assert build([["a.txt"], ["x/y"]]) == [["a.txt"], ["x/y"]]
    assert build(["a.txt", ["x/y"]]) == [["a.txt"], ["x/y"]]
    assert build(["what?", "*", "3.14", "-"]) == [["what?"], ["*"], ["3.14"], ["-"]]
    assert build(["text", "there"]) == [["text"], ["there"]]
    assert build(iter(["a.txt"])) == [["a.txt"]]
    assert build(["there"]) == [["a", "b"]]


def test_a_list_of_paths_takes_globs_folders_and_standard_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    for name in ("b.txt", "a.txt", "sub/c", "with space"):
        Path(name).write_text(name)
    a, b, c, spaced = ["a.txt"], ["b.txt"], ["sub/c"], ["with", "space"]
    assert build(["*.txt", "sub"]) == [a, b, c]
    assert build([Path("sub"), "*.txt", Path("with space")]) == [c, a, b, spaced]
    assert build(["with space", Path("a.txt")]) == [spaced, a]
    for source in (["-", "a.txt"], ["-", Path("a.txt")]):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"typed")))
        assert build(source) == [["typed"], a]


@pytest.mark.parametrize(
    ("option", "value"),
    [("tokenizer", "word"), ("document_unit", "paragraph"), ("errors", "surrogateescape")],
)
def test_unknown_settings_are_refused(option, value):
    with pytest.raises(ValueError, match=rf"{option}: expected .* got '{value}'"):
        build(["a"], **{option: value})


def test_what_may_have_been_meant_is_told(tmp_path):
    (tmp_path / "plain.txt").write_bytes(gzip.compress(b"pear plum\n"))
    with pytest.raises(FormatError, match=r"byte 0x8b at offset 1; .* a name that ends in \.gz"):
        Corpus.build(tmp_path / "plain.txt")
    texts = (text for text in ["pear plum"])
    Corpus.build(texts).close()
    with pytest.raises(ValueError, match=r"source \(generator\): .* can be read only once"):
        Corpus.build(texts)
    with pytest.raises(ValueError, match=r"in 0 documents$"):
        Corpus.build([])
    with pytest.raises(TypeError, match="got function; call it, if it gives texts"):
        Corpus.build(lambda: ["pear plum"])


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
@pytest.mark.parametrize(
    ("data", "options"),
    [
        (b"a" * 40_000, {}),
        (b"a b " * 10_000, {"tokenizer": "words"}),
        (b"a b " * 10_000, {"tokenizer": str.split}),
        (b"tag\t" + b"a b " * 10_000, {"tags": "column"}),
        (b"a b\n" * 10_000, {"tokenizer": "words", "document_unit": "file"}),
    ],
    ids=["word", "line", "function", "column", "file"],
)
def test_a_compressed_file_that_would_fill_memory_is_refused(
    suffix, data, options, tmp_path, monkeypatch
):
    """What packs a hundred times smaller may unpack to more than any machine holds."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1000)
    path = tmp_path / f"a{suffix}"
    compressed(path, data)
    assert sum(map(len, build(path, **options))) > 0  # no more than is held in any case
    monkeypatch.setattr(sgns.text, "MOST_HELD", 5_000)
    with pytest.raises(FormatError, match=rf"a{suffix}' is damaged or no text: [0-9,]+ bytes"):
        build(path, **options)
    path.with_suffix(".txt").write_bytes(data)  # which takes as much room as it says
    build(path.with_suffix(".txt"), **options)
