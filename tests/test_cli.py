"""Every shell command end to end on a small text."""

import gzip
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from sgns import cli
from sgns.arguments import COMMANDS, command_parser
from sgns.corpus import Corpus
from sgns.keyed_vectors import KeyedVectors
from sgns.model import Model
from shell import SGNS

# ---- build --------------------------------------------------------------------------------------


def test_build_tells_what_it_built(run, made, tmp_path):
    facts = dict(run("build", made / "text", tmp_path / "out"))
    assert facts["words"] == "1000"
    assert facts["documents"] == "300"
    assert facts["vocabulary"] == "9"
    with Corpus.open(tmp_path / "out") as corpus:
        assert corpus[1] == ["One", "two,", "three"]


def test_build_from_several_files_with_options(run, tmp_path):
    (tmp_path / "a").write_text("A, b\nc", encoding="utf-8")
    with gzip.open(tmp_path / "b.gz", "wb") as file:
        file.write(b"D \xff e")
    options = ("--tokenizer", "words", "--document-unit", "file", "--errors", "replace")
    run("build", tmp_path / "a", tmp_path / "b.gz", tmp_path / "out", *options)
    with Corpus.open(tmp_path / "out") as corpus:
        assert list(corpus) == [["a", "b", "c"], ["d", "e"]]


def test_build_replaces_only_when_told_to(run, fail, made, tmp_path):
    (tmp_path / "other").write_text("new", encoding="utf-8")
    shutil.copytree(made / "corpus", tmp_path / "out")
    assert "exists" in fail("build", tmp_path / "other", tmp_path / "out")
    with Corpus.open(tmp_path / "out") as corpus:
        assert corpus.n_tokens == 1000
    run("build", tmp_path / "other", tmp_path / "out", "--force")
    with Corpus.open(tmp_path / "out") as corpus:
        assert corpus.n_tokens == 1


def test_build_reads_standard_input(tmp_path):
    command = [*SGNS, "build", "-", str(tmp_path / "out")]
    subprocess.run(command, input=b"piped words\n", check=True, capture_output=True)
    with Corpus.open(tmp_path / "out") as corpus:
        assert list(corpus) == [["piped", "words"]]


# ---- similar, analogy ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model", "vectors", "vectors.txt"])
def test_similar(run, made, name):
    rows = run("similar", made / name, "red", "cat", "--topn", 3)
    assert [row[0] for row in rows] == ["red"] * 3 + ["cat"] * 3
    wv = Model.load(made / "model").wv
    for query, other, cosine in rows:
        assert float(cosine) == pytest.approx(wv.similarity(query, other), abs=1e-4)
    assert rows[0][2] >= rows[1][2] >= rows[2][2]


def test_similar_as_json(made, capsys):
    assert cli.main(["similar", str(made / "model"), "red", "--topn", "2", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["word"] == "red"
    expected = Model.load(made / "model").wv.most_similar("red", topn=2)
    got = [(near["word"], near["cosine"]) for near in answer["similar"]]
    assert [word for word, _ in got] == [word for word, _ in expected]
    assert [cosine for _, cosine in got] == pytest.approx([c for _, c in expected], abs=1e-6)


def test_analogy(run, made, capsys):
    wv = Model.load(made / "model").wv
    expected = wv.most_similar(positive=["green", "cat"], negative=["red"], topn=2)
    rows = run("analogy", made / "model", "red", "green", "cat", "--topn", 2)
    assert [row[0] for row in rows] == [word for word, _ in expected]
    assert cli.main(["analogy", str(made / "model"), "red", "green", "cat", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["word"] == expected[0][0]


# ---- export -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [["out.txt"], ["out.txt.gz"], ["out.bin", "--binary"]])
def test_export_in_the_formats_of_word2vec(run, made, tmp_path, options):
    run("export", made / "model", tmp_path / options[0], *options[1:])
    read = KeyedVectors.load_word2vec_format(tmp_path / options[0])
    wv = Model.load(made / "model").wv
    assert sorted(read.index_to_key) == sorted(wv.index_to_key)
    np.testing.assert_array_equal(read["red"], wv["red"])


def test_export_of_the_matrix(run, fail, made, tmp_path):
    out = tmp_path / "out.npy"
    run("export", made / "model", out)
    wv = Model.load(made / "model").wv
    np.testing.assert_array_equal(np.load(out, allow_pickle=False), wv.vectors)
    keys = json.loads((tmp_path / "out.npy.keys.json").read_text(encoding="utf-8"))
    assert keys == list(wv.index_to_key)
    out.unlink()
    assert "out.npy.keys.json' exists" in fail("export", made / "model", out)
    run("export", made / "model", out, "--force")
    assert out.exists()
    assert "--binary" in fail("export", made / "model", tmp_path / "b.npy", "--binary")


def test_export_replaces_only_when_told_to(run, fail, made, tmp_path):
    out = tmp_path / "out.txt"
    out.write_text("mine", encoding="utf-8")
    assert "exists" in fail("export", made / "model", out)
    assert out.read_text(encoding="utf-8") == "mine"
    run("export", made / "model", out, "--force")
    assert out.read_text(encoding="utf-8").startswith("9 8\n")


# ---- info, config, version, help ----------------------------------------------------------------


def test_info(run, made):
    corpus = dict(run("info", made / "corpus"))
    assert (corpus["kind"], corpus["words"]) == ("corpus", "1000")
    model = dict(run("info", made / "model"))
    assert (model["kind"], model["vectors"], model["epochs"]) == ("model", "9", "2")
    assert (model["vector_size"], model["window"]) == ("8", "5")
    for name in ("vectors", "vectors.txt"):
        vectors = dict(run("info", made / name))
        assert (vectors["kind"], vectors["vectors"], vectors["vector_size"]) == (
            "vectors",
            "9",
            "8",
        )


def test_info_as_json(made, capsys):
    assert cli.main(["info", str(made / "model"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["vector_size"] == 8
    assert "red" in facts["first_keys"]


def test_config_tells_version_and_instruction_set(run):
    text = "\n".join(map("\t".join, run("config")))
    assert "0." in text
    assert "instruction" in text.lower()


def test_version(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("sgns 0.")


def test_python_m_sgns():
    done = subprocess.run([*SGNS, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sgns 0.")


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help(command, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main([command, "--help"] if command else ["--help"])
    assert left.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: sgns")
    if command:
        assert f"sgns {command}" in out[out.index("\nexample") :]


def test_every_command_is_there_and_its_examples_parse():
    assert set(COMMANDS) == set(cli._COMMANDS)
    for name, (_, _, examples) in COMMANDS.items():
        for example in examples:
            words = example.rpartition("| ")[2].split()
            assert words[0] == "sgns"
            assert command_parser().parse_args(words[1:]).command == name


def test_importing_the_command_line_imports_nothing_heavy():
    code = (
        "import sys, sgns.cli as c; c.command_parser().format_help();"
        "print(*{'scipy', 'tqdm', 'sgns.demo', 'sgns.formats'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
