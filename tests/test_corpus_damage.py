"""Folders of corpora that are damaged, foreign, or lie about their size."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sgns.corpus import Corpus
from sgns.errors import FormatError


class TestDamage:
    """Every file cut, lengthened, missing or contradicted."""

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("tokens.npy", "uint32 (6)"),
            ("offsets.npy", "int64 (4)"),
            ("counts.npy", "int64 (4)"),
            ("words.bytes.npy", "uint8 (6)"),
            ("words.offsets.npy", "int64 (5)"),
            ("tag_keys.offsets.npy", "int64 (4)"),
            ("tag_ids.npy", "uint32 (3)"),
            ("tag_offsets.npy", "int64 (4)"),
        ],
    )
    def test_cut_and_missing_arrays(self, built, name, content):
        path = built / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        with pytest.raises(FormatError) as caught:
            Corpus.open(built)
        assert str(caught.value) == (
            f"'{built / name}' ends at byte {len(whole) - 1}; expected {len(whole)} bytes for "
            f"{content}; rebuild it with `sgns build`"
        )
        path.unlink()
        with pytest.raises(FormatError, match=f"{name}' is missing; .*; rebuild it with"):
            Corpus.open(built)

    @pytest.mark.parametrize("name", ["tokens", "offsets", "counts", "words.offsets"])
    def test_arrays_of_another_length(self, built, name):
        array = np.load(built / f"{name}.npy")
        np.save(built / f"{name}.npy", array[:-1])
        with pytest.raises(FormatError, match=rf"{name}.npy': expected an array of .*, found"):
            Corpus.open(built)

    @pytest.mark.parametrize(
        ("name", "position", "value", "message"),
        [
            ("offsets", -1, 5, "offsets.npy runs from 0 to 5, expected 0 to 6"),
            ("offsets", 0, 1, "offsets.npy runs from 1 to 6, expected 0 to 6"),
            ("counts", 0, -1, r"counts.npy: counts\[0\]: expected 0"),
            ("counts", 2, 9, r"counts.npy: counts must fall: counts\[2\] is 9 after"),
            ("words.offsets", 1, 4, "words.offsets.npy': string offsets fall after item 1"),
            ("words.offsets", -1, 99, "words.offsets.npy': expected string offsets from 0 to 6"),
            ("tag_keys.offsets", 0, 1, "tag_keys.offsets.npy': expected string offsets from 0"),
            ("tag_offsets", -1, 4, "tag_offsets.npy runs from 0 to 4, expected 0 to 3"),
            ("tag_offsets", 0, 1, "tag_offsets.npy runs from 1 to 3, expected 0 to 3"),
            ("tag_offsets", 1, 2, "tag_offsets.npy: offset 2 is 2 after 2, expected at least one"),
            ("tag_offsets", 2, -7, "tag_offsets.npy: offset 2 is -7 after 1, expected at least"),
            ("tag_ids", 1, 3, "tag_ids.npy: item 1 is 3, expected the number of one of 3 tags"),
        ],
    )
    def test_contradictions_found_on_opening(self, built, name, position, value, message):
        change(built / f"{name}.npy", position, value)
        with pytest.raises(FormatError, match=rf"{message}.*rebuild it"):
            Corpus.open(built)

    @pytest.mark.parametrize(
        ("name", "position", "value", "message"),
        [
            ("tokens", 2, 4, "tokens.npy: token 2 is 4, expected the number of one of 4 words"),
            ("tokens", 5, 2**32 - 1, "tokens.npy: token 5 is 4,294,967,295, expected"),
            ("tokens", 0, 0, "the content has the fingerprint .*, meta.json says"),
            ("offsets", 1, 4, "offsets.npy: offset 2 is 3 after 4, expected rising"),
            ("words.bytes", 0, 120, "the content has the fingerprint"),
            ("tag_ids", 0, 2, "the content has the fingerprint"),
            ("tag_keys.bytes", 0, 121, "the content has the fingerprint"),
        ],
    )
    def test_damage_found_by_verify(self, built, name, position, value, message):
        change(built / f"{name}.npy", position, value)
        with Corpus.open(built) as corpus, pytest.raises(FormatError, match=message):
            corpus.verify()

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"version": 2}, "expected version 1 to 1, found 2; a newer sgns may read it"),
            ({"version": "1"}, "expected version 1 to 1, found '1'"),
            ({"format": "other"}, "expected format 'sgns corpus', found 'other'"),
            ({"n_tokens": -1}, "meta.json: n_tokens: expected a number, got -1"),
            ({"n_words": "4"}, "meta.json: n_words: expected a number, got '4'"),
            ({"n_documents": True}, "meta.json: n_documents: expected a number, got True"),
            (
                {"n_tokens": 10**30},
                r"tokens.npy': expected an array of uint32 \(10{30}\), found uint32 \(6\)",
            ),
            ({"fingerprint": None}, "meta.json: fingerprint: expected a string, got None"),
            ({"tags": {"kind": "strings", "per_document": "many"}}, "meta.json: tags: expected"),
            ({"tags": {"kind": "integers", "per_document": "one"}}, "tags.npy' is missing"),
            ({"tags": "../../etc"}, "meta.json: tags: expected"),
        ],
    )
    def test_meta(self, built, change, message):
        meta = json.loads((built / "meta.json").read_text())
        (built / "meta.json").write_text(json.dumps({**meta, **change}))
        with pytest.raises(FormatError, match=message):
            Corpus.open(built)

    def test_foreign_folders(self, tmp_path, built):
        with pytest.raises(FileNotFoundError, match=r"corpus folder at '.*nowhere', found nothing"):
            Corpus.open(tmp_path / "nowhere")
        (tmp_path / "file").write_text("x")
        with pytest.raises(FileNotFoundError, match="file', found a file"):
            Corpus.open(tmp_path / "file")
        (tmp_path / "folder").mkdir()
        with pytest.raises(FormatError, match=r"folder' is no corpus folder: meta.json is missing"):
            Corpus.open(tmp_path / "folder")
        for text in ("", "{", "[" * 100_000, "\xff"):
            (built / "meta.json").write_text(text, encoding="latin-1")
            with pytest.raises(FormatError, match=r"meta.json' is not valid JSON.*; rebuild it"):
                Corpus.open(built)
        (built / "meta.json").write_text("[1]")
        with pytest.raises(FormatError, match=r"expected format 'sgns corpus', found \[1\]"):
            Corpus.open(built)


def change(path, position, value):
    array = np.load(path)
    array[position] = value
    np.save(path, array)
