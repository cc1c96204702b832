"""Reports: every figure is that of the model, every word is text, and a browser shows it."""

import base64
import html
import re
import sys

import pytest

from browser import Page, browser

matplotlib = pytest.importorskip("matplotlib", reason="needs the extra [plot]")
pytest.importorskip("sklearn", reason="needs the extra [plot]")

from sgns import cli  # noqa: E402 - after it is known that this can run
from sgns.evaluation import evaluate_word_analogies, evaluate_word_pairs  # noqa: E402
from sgns.model import Model  # noqa: E402
from sgns.report import write_report  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:(sklearn|matplotlib)")

SCRIPT = "<script>alert(1)</script>"
WORDS = ["man", "woman", "movie", "movies", SCRIPT, *(f"w{number}" for number in range(25))]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    lines = [[WORDS[(7 * line + i * i) % 30] for i in range(9)] for line in range(80)]
    model = Model(lines, vector_size=6, min_count=1, window=3).train(epochs=2, workers=1)
    model.save(folder / "small.model")
    files = {
        "pairs.tsv": "man\twoman\t9\nmovie\tw1\t1\nw2\tw3\t5\nmovie\tzebra\t3\n",
        "analogies.txt": ": plural & more\nman woman movie movies\nw1 w2 w3 w4\n",
        "categories.tsv": "man\tperson\nwoman\tperson\nmovie\tthing\nmovies\tthing\n",
        "group.txt": "man\nwoman\n\nmovie\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def report(made):
    path = made / "report.html"
    command = ["report", made / "small.model", path, "--method", "pca", "--topn", "3"]
    command += ["--pairs", made / "pairs.tsv", "--analogies", made / "analogies.txt"]
    command += ["--categories", made / "categories.tsv", "--groups", made / "group.txt"]
    command += ["--probes", "movie,movies", "man,zebra", "--words", "man", SCRIPT]
    assert cli.main([str(word) for word in command]) == 0
    return path


def tables(text):
    """Return the rows of every table, as lists of text."""
    return [
        [
            [html.unescape(cell) for cell in re.findall(r"<bdi>(.*?)</bdi>", row, re.S)]
            for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)
        ]
        for table in re.findall(r"<table>(.*?)</table>", text, re.S)
    ]


def test_every_figure_is_that_of_the_model(made, report):
    model, text = Model.load(made / "small.model"), report.read_text("utf-8")
    training, similarities, *rest = tables(text)
    for row, record in zip(training[1:], model.history, strict=True):
        assert row[:5] == [
            str(record.epoch),
            f"{record.loss_per_pair:.4f}",
            f"{record.loss_per_target:.4f}",
            f"{record.targets:,}",
            f"{record.pairs:,}",
        ]
    assert similarities[1][:3] == [
        "movie",
        "movies",
        f"{model.wv.similarity('movie', 'movies'):.3f}",
    ]
    assert similarities[2] == ["man", "zebra", "unknown", ""]
    for rows, word in zip(rest[:2], ["man", SCRIPT], strict=True):
        assert rows == [[key, f"{c:.3f}"] for key, c in model.wv.most_similar(word, topn=3)]
    pairs, analogies, parameters = rest[2:]
    judged = evaluate_word_pairs(model.wv, made / "pairs.tsv")
    assert pairs[1][:2] == ["pairs.tsv", f"{judged.spearman.statistic:.3f}"]
    assert pairs[1][4:] == ["4", "25.0 %"]
    answered = evaluate_word_analogies(model.wv, made / "analogies.txt")
    assert analogies[-1][:4] == [
        "Total accuracy",
        str(len(answered.total.correct)),
        "2",
        f"{answered.score:.3f}",
    ]
    assert analogies[1][0] == "plural & more"
    assert dict(parameters[1:-1]) == {k: str(v) for k, v in model.config.to_dict().items()}
    assert parameters[-1][0] == "fingerprint of the corpus"
    assert "purity" in text
    assert "outliers detected" in text
    assert re.search(r"<dt>documents</dt><dd>80</dd>", text)
    assert re.search(r"<dt>words of text</dt><dd>720</dd>", text)


def test_pictures_are_inside(report):
    text = report.read_text("utf-8")
    pictures = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', text)
    assert len(pictures) == 2
    assert all(base64.b64decode(picture).startswith(b"<?xml") for picture in pictures)
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []
    assert SCRIPT not in text


def test_the_same_report_has_the_same_bytes(made, tmp_path):
    for name in ("one", "two"):
        write_report(made / "small.model", tmp_path / name, method="pca", title="T")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert b"<title>T</title>" in (tmp_path / "one").read_bytes()
    assert matplotlib.pyplot.get_fignums() == []


@pytest.mark.parametrize(("mode", "columns"), [("dbow", 6), ("joint", 10), ("sum", 8)])
def test_documents_are_told_of_where_they_are_trained(mode, columns, tmp_path):
    lines = [["movie", "movies", "man", "woman"], ["car", "cars", "king"]] * 20
    model = Model(lines, vector_size=4, min_count=1, sample=0, documents=mode).train(2, 1)
    write_report(model, tmp_path / "r.html", method="pca")
    text = (tmp_path / "r.html").read_text("utf-8")
    head, *rows = tables(text)[0]
    assert len(head) == columns
    assert "nan" not in text
    if mode != "sum":
        place = head.index("loss per pair of documents")
        for row, record in zip(rows, model.history, strict=True):
            assert row[place] == f"{record.document_loss_per_pair:.4f}"
    assert f"documents by &quot;{mode}&quot;" in text
    assert ("words are shown by their context vectors" in text) == (mode == "dbow")
    assert tables(text)[1][1][2] == f"{model.learnt_words.similarity('movie', 'movies'):.3f}"


@pytest.mark.filterwarnings("ignore:the .* documents have one word each")
def test_a_model_that_found_nothing_to_train(tmp_path):
    model = Model([["a"], ["b"], ["c"]] * 5, vector_size=4, min_count=1, sample=0).train(1, 1)
    write_report(model, tmp_path / "r.html", method="pca")
    assert tables((tmp_path / "r.html").read_text("utf-8"))[0][1][1] == "nan"


def test_held_out_text_has_a_column(tmp_path):
    lines = [["movie", "movies", "man"], ["car", "cars", "king"]] * 20
    model = Model(lines, vector_size=4, min_count=1, sample=0).train(2, 1, validation=0.2)
    write_report(model, tmp_path / "r.html", method="pca")
    head, row, _ = tables((tmp_path / "r.html").read_text("utf-8"))[0]
    place = head.index("loss per pair of held-out text")
    assert row[place] == f"{model.history[0].validation_loss:.4f}"


def test_a_model_in_memory_and_what_is_shown_by_default(made, tmp_path):
    lines = [["movie", "movies", "man", "woman", "car"]] * 60
    model = Model(lines, vector_size=4, min_count=1).train(epochs=1, workers=1)
    write_report(model, tmp_path / "r.html", method="pca")
    text = (tmp_path / "r.html").read_text("utf-8")
    similarities = tables(text)[1]
    assert [row[:2] for row in similarities[1:]] == [["movie", "movies"], ["man", "woman"]]
    assert re.search(r"<dt>documents</dt><dd>60</dd>", text)
    loaded = Model.load(made / "small.model")
    write_report(loaded, tmp_path / "r.html", probes=[], method="pca")
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "Similarities" not in text
    assert "fingerprint" not in text


def test_a_text_that_no_probe_knows_and_epochs_of_milliseconds(tmp_path):
    lines = [["pomme", "poire", "prune", "lac"]] * 5
    model = Model(lines, vector_size=4, min_count=1).train(epochs=3, workers=1)
    write_report(model, tmp_path / "r.html", method="pca")
    text = (tmp_path / "r.html").read_text("utf-8")
    assert re.findall("<h3><bdi>(.*?)</bdi></h3>", text) == list(model.wv.index_to_key)
    header, *epochs = tables(text)[0]
    shown = [float(row[header.index("seconds")]) for row in epochs]
    assert shown == pytest.approx([record.seconds for record in model.history], rel=0.1)
    assert min(shown) > 0


@pytest.mark.parametrize("width", [1200, 390])
def test_in_a_browser(report, width):
    with browser() as opened:
        page = Page(opened, report, width=width)
        seen = page.page
        assert seen.locator("h2").all_inner_texts() == [
            "Training", "Similarities", "Neighbours", "Evaluation", "Map", "Parameters",
        ]  # fmt: skip
        assert seen.evaluate("() => document.documentElement.scrollWidth") <= width
        sizes = seen.locator("img").evaluate_all("all => all.map((one) => one.naturalWidth)")
        assert len(sizes) == 2
        assert min(sizes) > 200
        assert seen.locator("h3", has_text=SCRIPT).count() == 1
        page.close()


def test_what_is_wrong(made, tmp_path, fail, monkeypatch):
    model, out = made / "small.model", tmp_path / "r.html"
    assert "'zebra'" in fail("report", model, out, "--words", "zebra")
    said = fail("report", model, out, "--analogies", made / "none")
    assert said == f"--analogies: no file named '{made / 'none'}'"
    said = fail("report", made / "pairs.tsv", out)
    assert said == f"expected a model made by `sgns train`, got '{made / 'pairs.tsv'}'"
    assert "no model, corpus or file of vectors" in fail("report", made / "none", out)
    untrained = Model([["a", "b"]] * 9, vector_size=2, min_count=1)
    with pytest.raises(ValueError, match="one that was trained"):
        write_report(untrained, out)
    with pytest.raises(ValueError, match="topn: expected 1 or more, got 0"):
        write_report(model, out, topn=0)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = fail("report", model, out)
    assert said.endswith("needs matplotlib, which is not installed: pip install 'sgns[plot]'")
    assert not out.exists()
    out.touch()
    assert fail("report", model, out).endswith("exists; pass --force to replace it")
