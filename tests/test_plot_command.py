"""`sgns plot` draws what it is asked for, and names options, words and files that are wrong."""

import inspect
import sys

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib", reason="needs the extra [plot]")
pytest.importorskip("sklearn", reason="needs the extra [plot]")

from sgns import cli, plotting  # noqa: E402 - after it is known that this can run
from sgns.keyed_vectors import KeyedVectors  # noqa: E402
from sgns.model import Model  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:(sklearn|matplotlib)")

SIGNATURES = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plot")
    words = [f"w{number}" for number in range(30)]
    lines = [[words[(7 * line + i * i) % 30] for i in range(9)] for line in range(60)]
    model = Model(lines, vector_size=6, min_count=1).train(epochs=2, workers=1)
    model.save(folder / "model")
    model.wv.save_word2vec_format(folder / "vectors.txt")
    Model(lines, vector_size=6, min_count=1).save(folder / "untrained")
    rows = (f"{word}\t{'even' if number % 2 else 'odd'}\n" for number, word in enumerate(words))
    (folder / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    return folder


@pytest.fixture
def called(monkeypatch):
    """Return the arguments that the functions of `plotting` are called with."""
    calls = []

    def spy_on(name):
        draw = getattr(plotting, name)

        def spy(*args, **kwargs):
            calls.append((name, args, kwargs))
            return draw(*args, **kwargs)

        spy.__signature__ = inspect.signature(draw)
        monkeypatch.setattr(plotting, name, spy)

    for name in ("plot_map", "plot_loss", "plot_similarity", "plot_neighbours"):
        spy_on(name)
    return calls


@pytest.mark.parametrize("ending", SIGNATURES)
def test_the_ending_chooses_the_format(made, tmp_path, ending):
    out = tmp_path / f"picture{ending}"
    assert cli.main(["plot", str(made / "model"), str(out), "--kind", "loss"]) == 0
    assert out.read_bytes().startswith(SIGNATURES[ending])
    assert matplotlib.pyplot.get_fignums() == []


@pytest.mark.parametrize("name", ["model", "vectors.txt"])
def test_a_map_takes_all_its_options(made, tmp_path, called, name):
    options = "--method pca --n-words 12 --highlight w20 --clusters 3 --seed 4 --title"
    command = ["plot", str(made / name), str(tmp_path / "m.png"), *options.split(), "my map"]
    assert cli.main(command) == 0
    ((name, (kv,), given),) = called
    assert name == "plot_map"
    assert len(kv) == 30
    assert given == {
        "method": "pca", "n_words": 12, "highlight": ["w20"], "clusters": 3, "seed": 4,
        "title": "my map",
    }  # fmt: skip


def test_labels_of_a_map_are_read_from_a_file(made, tmp_path, called):
    command = ["plot", str(made / "model"), str(tmp_path / "m.png"), "--method", "pca"]
    words = ["--words", "w1", "w2", "w3"]
    assert cli.main([*command, *words, "--labels", str(made / "labels.tsv")]) == 0
    ((_, _, given),) = called
    assert given["words"] == ["w1", "w2", "w3"]
    assert [given["labels"][word] for word in given["words"]] == ["even", "odd", "even"]


def test_similarity_and_neighbours(made, tmp_path, called):
    command = ["plot", str(made / "model"), str(tmp_path / "s.png"), "--dpi", "50"]
    assert cli.main([*command, "--kind", "similarity", "--words", "w1", "w2", "--reorder"]) == 0
    kind = ["--force", "--kind", "neighbours", "--words", "w1", "w2", "--topn", "3"]
    assert cli.main([*command, *kind]) == 0
    (first, _, similarity), (second, _, neighbours) = called
    assert (first, second) == ("plot_similarity", "plot_neighbours")
    assert similarity == {"words": ["w1", "w2"], "reorder": True}
    assert neighbours == {"words": ["w1", "w2"], "topn": 3}


def test_documents(made, tmp_path, called, fail):
    out = tmp_path / "d.png"
    said = fail("plot", made / "vectors.txt", out, "--documents")
    assert said == f"expected a model made by `sgns train`, got '{made / 'vectors.txt'}'"
    said = fail("plot", made / "model", out, "--documents")
    assert said == f"--documents: '{made / 'model'}' has vectors of words only"
    lines = [[f"w{(line + i) % 9}" for i in range(5)] for line in range(20)]
    model = Model(lines, vector_size=4, min_count=1, documents="joint").train(epochs=1, workers=1)
    model.save(tmp_path / "documents")
    (tmp_path / "labels").write_text("0\tfirst\n1\tsecond\n", encoding="utf-8")
    options = "--documents --method pca --words 0 1 2 --highlight 3 --labels"
    command = ["plot", str(tmp_path / "documents"), str(out), *options.split()]
    assert cli.main([*command, str(tmp_path / "labels")]) == 0
    ((_, (kv,), given),) = called
    assert len(kv) == 20
    assert (given["words"], given["highlight"]) == ([0, 1, 2], [3])
    assert given["labels"] == {0: "first", 1: "second"}
    near = ("--kind", "neighbours", "--documents", "--words")
    assert "'x1'" in fail("plot", tmp_path / "documents", tmp_path / "n.png", *near, "x1")


def test_what_is_wrong(made, tmp_path, fail, monkeypatch):
    model, out = made / "model", tmp_path / "p.png"
    said = fail("plot", model, out, "--kind", "loss", "--topn", 3)
    assert said == "--topn does not go with --kind loss"
    assert fail("plot", model, out, "--kind", "loss", "--documents").startswith("--documents")
    assert fail("plot", model, out, "--kind", "similarity") == "--kind similarity needs --words"
    assert "'zebra'" in fail("plot", model, out, "--method", "pca", "--words", "zebra", "w1", "w2")
    near = ("--kind", "neighbours", "--words", "zebra")
    assert "'zebra'" in fail("plot", model, out, *near)
    assert "no model, corpus or file of vectors named" in fail("plot", made / "none", out)
    assert "None" not in fail("plot", model, out, "--labels", made / "none")
    assert "expected a name that ends in one of" in fail("plot", model, tmp_path / "p.doc")
    said = fail("plot", made / "vectors.txt", out, "--kind", "loss")
    assert said.startswith("expected a model made by `sgns train`")
    assert "was not trained yet" in fail("plot", made / "untrained", out, "--kind", "loss")
    assert not list(tmp_path.iterdir())
    out.touch()
    assert fail("plot", model, out).endswith("exists; pass --force to replace it")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = fail("plot", model, tmp_path / "q.png")
    assert said.endswith("needs matplotlib, which is not installed: pip install 'sgns[plot]'")


def test_all_of_a_picture_is_inside_its_frame():
    """Long names at the edges are not cut off."""
    generator = np.random.default_rng(1)

    words = [f"a rather long name {number}" for number in range(24)]
    kv = KeyedVectors(words, generator.normal(size=(24, 5)).astype(np.float32))
    for chosen in (words, words[:3]):
        axes = plotting.plot_similarity(kv, chosen)
        figure = axes.figure
        figure.draw_without_rendering()
        drawn = figure.get_tightbbox().get_points()
        assert (drawn >= -0.02).all()
        assert (drawn <= figure.get_size_inches() + 0.02).all()
        matplotlib.pyplot.close(figure)
