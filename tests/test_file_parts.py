"""Files divided between workers: every line once, and the corpus that one worker makes of them."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from sgns import Corpus, FormatError, chunks
from sgns.file_part import FilePart, divided

BOM = b"\xef\xbb\xbf"
# Places where a cut could be mistaken: no line feed at the end, a byte order mark that is one and
# one that is a word's, empty lines, other ends of lines, a line as long as many others.
FILES = [
    BOM + "día one\n\n\n".encode() * 20,
    b"",
    b"a b\r\nc d\r\n\x0b\n" + b"long " * 200 + b"\nafter",
    b"\n" + BOM + b"kept\n" * 30,
    b"no end of line here",
    b"x\ty z\n" * 40,
]


def split_at_spaces(text):
    return text.split(" ")


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{i}.txt" for i in range(len(FILES))]
    for path, content in zip(paths, FILES, strict=True):
        path.write_bytes(content)
    return paths


def read(part):
    content = Path(part.file).read_bytes()
    return content[part.start : part.stop]


@pytest.mark.parametrize("n", [1, 2, 3, 7, 50, 2000])
def test_parts_are_lines_in_their_order(files, n):
    lists = divided(list(map(str, files)), n, lambda file: not file.endswith("4.txt"))
    assert len(lists) <= n
    parts = [part for found in lists for part in found]
    assert b"".join(map(read, parts)) == b"".join(FILES)
    for part in parts:
        assert part.start == 0 or Path(part.file).read_bytes()[part.start - 1 : part.start] == b"\n"
        assert part.lines_before() == Path(part.file).read_bytes()[: part.start].count(b"\n")
    assert sum(part.file.endswith("4.txt") for part in parts) == 1


def test_parts_are_about_equal(tmp_path):
    (tmp_path / "a").write_text("12345678\n" * 1000)
    (tmp_path / "b").write_text("1\n" * 500)
    lists = divided([str(tmp_path / "a"), str(tmp_path / "b")], 8, lambda _: True)
    sizes = [sum(len(read(part)) for part in parts) for parts in lists]
    assert len(sizes) == 8
    assert max(sizes) - min(sizes) <= 2 * 9


@pytest.mark.parametrize("shards", [3, 40])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tokenizer": "words"},
        {"tokenizer": split_at_spaces},
        {"document_unit": "file"},
        {"document_unit": "file", "tokenizer": "words"},
    ],
    ids=str,
)
def test_parts_make_the_corpus_of_the_whole(tmp_path, files, shards, options, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 64)
    files[2].with_suffix(".gz").write_bytes(gzip.compress(FILES[2]))
    with (
        ThreadPoolExecutor(1) as worker,
        Corpus.build(files[0].parent / "*", workers=1, **options) as one,
        Corpus.build(
            files[0].parent / "*", tmp_path / "x", cluster=worker, shards=shards, **options
        ) as many,
    ):
        assert list(many) == list(one)
        assert many.fingerprint == one.fingerprint
        many.verify()


def lines(n):
    return [f"tag{i % 7}\tword{i} of line {i}" for i in range(n)]


def test_tags_in_a_column_of_one_file(tmp_path):
    (tmp_path / "text").write_text("\n".join(lines(500)))
    with (
        ThreadPoolExecutor(1) as worker,
        Corpus.build(tmp_path / "text", tags="column") as one,
        Corpus.build(
            tmp_path / "text", tmp_path / "x", tags="column", cluster=worker, shards=9
        ) as many,
    ):
        assert many.n_shards == 9
        assert list(many.tags) == list(one.tags)
        assert many.fingerprint == one.fingerprint


@pytest.mark.parametrize(
    ("place", "line", "tags"),
    [
        (444, b"ol\xe9 in a line", None),
        (444, b"tag\xe9\twords", "column"),
        (444, b"a line without a tab", "column"),
        (444, b"\tno tag", "column"),
        (3, b"a line without a tab", "column"),
    ],
)
def test_errors_tell_the_place_in_the_whole_file(tmp_path, place, line, tags):
    text = [line.encode() for line in lines(500)]
    text[place] = line
    (tmp_path / "text").write_bytes(b"\n".join(text))
    with pytest.raises(FormatError) as expected:
        Corpus.build(tmp_path / "text", tags=tags)
    for shards in (2, 9):
        with ThreadPoolExecutor(1) as worker, pytest.raises(FormatError) as found:
            Corpus.build(
                tmp_path / "text", tmp_path / "x", tags=tags, cluster=worker, shards=shards
            )
        assert str(found.value) == str(expected.value)


def test_a_file_that_has_changed_since_it_was_cut_is_refused(tmp_path):
    path = tmp_path / "text"
    path.write_text("a line\n" * 1000)
    (first, last) = divided([str(path)], 2, lambda _: True)
    assert [part.stop for part in (*first, *last)] == [3500, 7000]
    path.write_text("a longer line\n" * 1000)
    with pytest.raises(FormatError, match=r"text' was changed while it was read: it had 7,000 b"):
        first[0].refuse_change()
    FilePart(str(path)).refuse_change()  # a whole file is what it is


def test_borders_may_lie_in_one_line(tmp_path):
    (tmp_path / "text").write_bytes(b"a\n" + b"b" * 5000 + b"\nc\n")
    lists = divided([str(tmp_path / "text")], 10, lambda _: True)
    places = [part.start for (part,) in lists]
    assert places == [0, 5003]
    assert all(a < b for a, b in pairwise(places))
