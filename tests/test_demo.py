"""The demo end to end on a small text, and the gathering of documentation from sources."""

from pathlib import Path

import pytest

from sgns import cli, demo
from sgns.documentation import documentation, source_files, source_folders, without_examples

WORDS = ("red green blue", "one two three", "cat dog cow")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# ---- gathering ----------------------------------------------------------------------------------


def test_docstrings_of_modules_classes_and_functions_at_every_depth(tmp_path):
    write(
        tmp_path / "a.py",
        '"""Module text."""\n'
        "class A:\n"
        '    """Class text,\n\n    in two paragraphs."""\n'
        "    try:\n"
        "        def method(self):\n"
        '            "Method text."\n'
        '            return "not documentation at all"\n'
        "    except ImportError:\n"
        "        async def method(self):\n"
        '            "Text of the other method."\n'
        "    message = 'not documentation either'\n",
    )
    assert list(documentation([tmp_path])) == [
        "Module text.",
        "Class text, in two paragraphs.",
        "Method text.",
        "Text of the other method.",
    ]


def test_texts_of_add_newdoc_and_of_the_language_reference(tmp_path):
    write(
        tmp_path / "a" / "_add_newdocs.py",
        "add_newdoc('numpy', 'array', '''Make an array.''')\n"
        "for name in ('x',):\n"
        "    docs.add_newdoc('numpy', name, [('shape', '''Tell the shape.''')])\n"
        "other('numpy', 'array', 'not documentation')\n",
    )
    write(
        tmp_path / "pydoc_data" / "topics.py",
        "topics = {'for': 'The for statement\\n\\nIt loops.'}\n",
    )
    assert list(documentation([tmp_path])) == [
        "Make an array.",
        "Tell the shape.",
        "The for statement It loops.",
    ]


def test_each_text_once(tmp_path):
    write(tmp_path / "a.py", '"""The same text."""\n')
    write(tmp_path / "b.pyi", '"""The\n   same text."""\n')
    assert list(documentation([tmp_path, tmp_path])) == ["The same text."]


def test_files_are_sorted_and_those_of_tests_left_out(tmp_path):
    for name in (
        "b.py",
        "a/z.py",
        "a.py",
        "a/tests/c.py",
        "test/d.py",
        "c.txt",
        "site-packages/e.py",
    ):
        write(tmp_path / name, "")
    found = [path.relative_to(tmp_path).as_posix() for path in source_files(tmp_path)]
    assert found == ["a.py", "a/z.py", "b.py"]


def test_a_folder_named_tests_above_the_sources_does_not_matter(tmp_path):
    write(tmp_path / "tests" / "a.py", '"""Some text."""')
    assert list(documentation([tmp_path / "tests"])) == ["Some text."]


def test_files_that_cannot_be_parsed_are_passed_over(tmp_path):
    write(tmp_path / "a.py", "def (:\n")
    (tmp_path / "b.py").write_bytes(b'"""Latin \xe9."""')
    (tmp_path / "c.py").write_bytes(b"\0")
    write(tmp_path / "d.py", "x = " + "-" * 100_000 + "1")
    (tmp_path / "e.py").symlink_to(tmp_path / "nowhere.py")
    write(tmp_path / "g.py", '"""A text with \\d, a wrong escape."""')
    assert list(documentation([tmp_path])) == [r"A text with \d, a wrong escape."]


def test_examples_are_left_out():
    text = "Before.\n\n    >>> f(1)\n    2\n    >>> g(\n    ... )\n\nAfter ... all."
    assert without_examples(text).split() == ["Before.", "After", "...", "all."]


def test_a_folder_that_is_not_there_has_no_documentation(tmp_path):
    assert list(documentation([tmp_path / "absent"])) == []


def test_this_installation_documents_itself():
    folders = source_folders()
    assert [folder.name for folder in folders[1:]] == ["numpy", "scipy"]
    texts = documentation([folders[1] / "linalg", folders[0] / "json"])
    assert sum(len(text.split()) for text in texts) > 5_000


# ---- the whole demo -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return the lines of a small demo, and its folder; run twice, as people do."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    documents = [f"{line} {line}" for line in WORDS] * 200
    for _ in range(2):
        lines = list(
            demo.run(
                folder,
                epochs=8,
                workers=1,
                documents=documents,
                probes=("red", "absent", "two"),
            )
        )
    return lines, folder


def test_it_tells_every_epoch_and_the_speed(told):
    lines, _ = told
    epochs = [line.split() for line in lines if line.strip()[:1].isdigit() and "." in line]
    numbered = [columns for columns in epochs if len(columns) == 3]
    assert [int(columns[0]) for columns in numbered] == list(range(1, 9))
    assert float(numbered[-1][1]) < float(numbered[0][1]), "the loss falls"
    assert any("million words/s" in line and "28,800 words" in line for line in lines)


def test_it_tells_neighbours_of_known_words(told):
    lines, _ = told
    first_words = [line.split()[0] for line in lines]
    assert "red" in first_words
    assert "two" in first_words
    assert "absent" not in first_words


def test_its_files_are_where_it_says(told):
    from sgns.corpus import Corpus
    from sgns.model import Model

    lines, folder = told
    assert any(str(folder) in line for line in lines)
    names = sorted(path.name for path in folder.iterdir())
    files = ["documentation.corpus", "documentation.model", "documentation.txt"]
    assert names == [".sgns-demo.json", *files]
    assert (folder / "documentation.txt").read_text(encoding="utf-8").count("\n") == 600
    with Corpus.open(folder / "documentation.corpus") as corpus:
        assert corpus.n_tokens == 3_600
    assert "red" in Model.load(folder / "documentation.model").wv


def no_text():
    raise AssertionError("text was gathered")
    yield


@pytest.mark.parametrize(
    "name", ["documentation.txt", "documentation.corpus", "documentation.model"]
)
@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_it_replaces_nothing_that_it_did_not_write(tmp_path, name, kind):
    mine = tmp_path / name
    if kind == "file":
        mine.write_text("mine", encoding="utf-8")
    elif kind == "folder":
        mine.mkdir()
    else:
        mine.symlink_to("nowhere")
    with pytest.raises(FileExistsError, match=f"{name}' exists and is not as the demo wrote it"):
        list(demo.run(tmp_path, documents=no_text()))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_it_replaces_nothing_that_was_changed_since(tmp_path):
    def run():
        return list(demo.run(tmp_path, epochs=1, workers=1, documents=WORDS * 20))

    run()
    run()
    note = tmp_path / "documentation.model" / "note"
    note.write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match=r"documentation\.model"):
        run()
    note.unlink()
    (tmp_path / demo.RECEIPT).write_text("[]", encoding="utf-8")
    with pytest.raises(FileExistsError, match=r"documentation\.txt"):
        run()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"epochs": 0}, ValueError),
        ({"epochs": 1.5}, TypeError),
        ({"epochs": True}, TypeError),
        ({"workers": 0}, ValueError),
    ],
)
def test_wrong_settings_are_found_before_text_is_gathered(tmp_path, wrong, error):
    with pytest.raises(error, match=next(iter(wrong))):
        list(demo.run(tmp_path / "new", documents=no_text(), **wrong))
    assert not list(tmp_path.iterdir())


def test_no_documentation_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="found no documentation"):
        list(demo.run(tmp_path, documents=[]))


def test_from_the_shell(tmp_path, monkeypatch, capsys):
    """Run the command on a part of the real text."""
    texts = list(documentation([source_folders()[1] / "linalg"]))
    monkeypatch.setattr(demo, "documentation", lambda: iter(texts))
    folder = tmp_path / "here"
    assert cli.main(["demo", "--folder", str(folder), "--epochs", "2", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert f"  {len(texts)} documentation strings" in out
    assert "  complex  " in out
    assert f"sgns similar {folder}" in out
