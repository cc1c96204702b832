"""Interactive maps: what is in the page, and what it does in a real browser."""

import html
import json
import re
import sys

import numpy as np
import pytest

from browser import Page, browser

pytest.importorskip("bokeh", reason="needs the extra [map]")
pytest.importorskip("sklearn", reason="needs the extra [map]")

from sgns import cli
from sgns.interactive_map import write_map
from sgns.keyed_vectors import KeyedVectors

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:(sklearn|bokeh)")

STRANGE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"quoted\" & 'so'",
    "שלום",
    "naïve",
    "100%",
    "a#b/c?d",
    "{{ 7 * 7 }}",
    "new\nline",
]


@pytest.fixture(scope="module")
def kv():
    """Sixty words in three groups, and some with characters that mean something to a page."""
    generator = np.random.default_rng(4)
    words = [f"{'abc'[i // 20]}{i % 20}" for i in range(60)] + STRANGE
    centres = np.vstack([np.repeat(np.eye(3, 10), 20, axis=0), np.tile(np.eye(4, 10)[3], (9, 1))])
    noise = 0.1 * generator.normal(size=centres.shape)
    return KeyedVectors(words, (centres + noise).astype(np.float32))


@pytest.fixture(scope="module")
def opened():
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def file(kv, tmp_path_factory):
    path = tmp_path_factory.mktemp("map") / "map.html"
    kv.to_html(path, method="pca", clusters=4, topn=5, title="A <b>map</b>", highlight=["a3"])
    return path


def sources(text):
    """Return the columns of every data source in the page, decoded where they are plain."""
    (document,) = re.findall(
        r'<script type="application/json" id="[^"]*">\s*(\{.*?\})\s*</script>', text, re.S
    )
    found = []

    def walk(value):
        if isinstance(value, dict):
            if value.get("name") == "ColumnDataSource":
                entries = value["attributes"]["data"]["entries"]
                found.append(dict(entries))
            for member in value.values():
                walk(member)
        elif isinstance(value, list):
            for member in value:
                walk(member)

    walk(json.loads(html.unescape(document)))
    return found


class TestPage:
    def test_it_holds_all_words_and_its_title_as_text(self, kv, file):
        text = file.read_text(encoding="utf-8")
        columns = [source["word"] for source in sources(text) if "word" in source]
        assert columns == [list(kv.index_to_key)]
        assert "<title>A &lt;b&gt;map&lt;/b&gt;</title>" in text
        assert "69 of 69 vectors of size 10, by pca" in text
        assert "<script>alert" not in text

    def test_words_with_lone_surrogates_can_be_written(self, tmp_path):
        kv = KeyedVectors(["a\ud800", "b", "c"], np.eye(3, dtype=np.float32))
        kv.to_html(tmp_path / "map.html", method="pca", topn=50)
        assert '"a?"' in (tmp_path / "map.html").read_text(encoding="utf-8")

    def test_same_seed_same_places(self, kv, tmp_path):
        for name in ("one", "two"):
            write_map(kv, tmp_path / name, n_words=30, method="tsne", seed=3)
        one, two = (sources((tmp_path / name).read_text("utf-8")) for name in ("one", "two"))
        assert one == two

    def test_wrong_arguments(self, kv, tmp_path, monkeypatch):
        out = tmp_path / "map.html"
        with pytest.raises(KeyError, match="'zebra'"):
            kv.to_html(out, ["a0", "a1", "zebra"])
        with pytest.raises(ValueError, match="topn: expected 1 to 100, got 0"):
            kv.to_html(out, topn=0)
        with pytest.raises(ValueError, match="at least 3"):
            kv.to_html(out, ["a0"])
        monkeypatch.setitem(sys.modules, "bokeh", None)
        monkeypatch.setitem(sys.modules, "bokeh.models", None)
        with pytest.raises(ImportError, match=r"needs bokeh.*pip install 'sgns\[map\]'"):
            kv.to_html(out)
        assert not out.exists()


class TestBrowser:
    @pytest.fixture
    def shown(self, opened, file):
        page = Page(opened, file)
        yield page.page
        page.close()

    def neighbours(self, page):
        items = page.locator("aside li")
        items.first.wait_for()
        return [
            (item.locator("a").inner_text(), float(item.locator(".cosine").inner_text()))
            for item in items.all()
        ]

    def search(self, page, word):
        box = page.get_by_placeholder("search a word")
        box.fill(word)
        box.press("Enter")
        page.locator("aside h2", has_text=word.strip()).wait_for()

    def test_searching_a_word_shows_its_neighbours(self, kv, shown):
        self.search(shown, "b7")
        found = self.neighbours(shown)
        expected = kv.most_similar("b7", topn=5)
        assert [word for word, _ in found] == [word for word, _ in expected]
        assert [cosine for _, cosine in found] == pytest.approx(
            [cosine for _, cosine in expected], abs=0.006
        )
        marked = shown.evaluate(MARKED)
        assert marked == ["b7", *(word for word, _ in expected), "a3"]

    def test_neighbours_lead_on_and_case_is_forgiven(self, kv, shown):
        self.search(shown, "B7")
        (first, _) = self.neighbours(shown)[0]
        shown.locator("aside li a").first.click()
        shown.locator("aside h2", has_text=re.compile(f"^{first}$")).wait_for()
        assert self.neighbours(shown)[0][0] == kv.most_similar(first, topn=1)[0][0]

    def test_unknown_words_and_an_empty_box(self, shown):
        box = shown.get_by_placeholder("search a word")
        box.fill("zebra")
        box.press("Enter")
        shown.get_by_text("zebra is not on this map.").wait_for()
        assert shown.evaluate(MARKED) == ["a3"]
        box.fill("")
        box.press("Enter")
        shown.get_by_text("Search for a word").wait_for()

    @pytest.mark.parametrize("word", STRANGE[:-1])
    def test_any_characters_are_shown_as_they_are(self, kv, shown, word):
        self.search(shown, word)
        expected = [" ".join(key.split()) for key, _ in kv.most_similar(word, topn=5)]
        assert [" ".join(found.split()) for found, _ in self.neighbours(shown)] == expected
        assert shown.locator("aside img, aside script, aside b").count() == 0

    def test_labels_do_not_overlap_and_zooming_brings_more(self, shown):
        shown.wait_for_function(f"({LABELS})().length > 10")
        boxes = shown.evaluate(LABELS)
        assert "a3" in [box["text"] for box in boxes]
        for number, one in enumerate(boxes):
            for other in boxes[:number]:
                assert (
                    abs(one["y"] - other["y"]) >= 12
                    or one["x"] + one["long"] <= other["x"]
                    or other["x"] + other["long"] <= one["x"]
                )
        self.search(shown, "a3")  # which stands out anyway
        shown.wait_for_function(f"({LABELS})().some((box) => box.text === 'a3')")
        texts = [box["text"] for box in shown.evaluate(LABELS)]
        assert len(texts) == len(set(texts))
        before = shown.evaluate(RANGE)
        shown.mouse.move(600, 400)
        shown.mouse.wheel(0, -300)
        shown.wait_for_function(f"({RANGE})() < {before} * 0.95")

    def test_the_word_searched_for_is_written_among_a_crowd_of_neighbours(self, opened, tmp_path):
        crowd = [(x, y) for x in range(-2, 3) for y in range(-2, 3) if (x, y) != (0, 0)]
        far = [(40, 0), *((-100, y) for y in range(-30, 31, 10))]
        places = 0.005 * np.array([(0, 0), *crowd, *far], dtype=np.float32)
        words = ["in-the-middle", *(f"crowd{n}" for n in range(24)), *(f"far{n}" for n in range(8))]
        vectors = np.column_stack([np.ones(len(places), dtype=np.float32), places])
        KeyedVectors(words, vectors).to_html(tmp_path / "map.html", method="pca", topn=25)
        page = Page(opened, tmp_path / "map.html")
        self.search(page.page, "in-the-middle")
        page.page.wait_for_function(f"({LABELS})().some((box) => box.text === 'in-the-middle')")
        page.close()

    def test_a_click_on_a_point_shows_its_neighbours(self, shown):
        shown.wait_for_function(f"({LABELS})().length > 10")
        place = shown.evaluate(PLACE, "c4")
        shown.mouse.click(*place)
        shown.locator("aside h2").wait_for()

    @pytest.mark.parametrize(("width", "columns"), [(1000, 2), (390, 1)])
    def test_the_legend_hides_nothing(self, opened, file, width, columns):
        page = Page(opened, file, width=width, height=800)
        page.page.wait_for_function(f"({LABELS})().length > 10")
        page.page.wait_for_function(f"({LEGEND})().columns === {columns}")
        assert page.page.evaluate(LEGEND)["overlap"] <= 0
        page.close()

    def test_an_address_with_a_word_opens_with_it(self, opened, file):
        page = Page(opened, file, anchor="#b3", width=390, height=800)
        page.page.locator("aside h2", has_text="b3").wait_for()
        page.close()


# Looked up in the page: bokeh's models know more than what is drawn on a canvas.
LEGEND = """() => {
  const view = [...Object.values(Bokeh.index)].flatMap((root) => [...(root.views ?? [root])])
    .find((found) => found.model?.name === "plot");
  const legend = view.model.below.find((part) => part.ncols);
  const box = view.views.find_one(legend).bbox;
  return {columns: legend.ncols, overlap: view.frame.bbox.bottom - box.top};
}"""
MARKED = """() => {
  const models = [...Bokeh.documents[0]._all_models.values()];
  const words = models.find((m) => m.data?.get?.("word") ?? m.data?.word).data;
  const marked = models.find((m) => m.data?.row && m.data?.size).data;
  return [...marked.row].map((row) => words.word[row]);
}"""
PLOT = "const plot = Bokeh.documents[0].roots().find((m) => m.x_range);"
RANGE = f"() => {{ {PLOT} return plot.x_range.end - plot.x_range.start; }}"
LABELS = f"""() => {{ {PLOT}
  const models = [...Bokeh.documents[0]._all_models.values()];
  const data = models.find((m) => m.data?.text && m.data?.ink).data;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "12px system-ui, sans-serif";
  const wide = plot.inner_width / (plot.x_range.end - plot.x_range.start);
  const tall = plot.inner_height / (plot.y_range.end - plot.y_range.start);
  return [...data.text].map((text, n) => ({{
    text,
    long: pen.measureText(text).width,
    x: (data.x[n] - plot.x_range.start) * wide + data.left[n],
    y: (plot.y_range.end - data.y[n]) * tall + data.up[n],
  }}));
}}"""
PLACE = f"""(word) => {{ {PLOT}
  const models = [...Bokeh.documents[0]._all_models.values()];
  const data = models.find((m) => m.data?.word).data;
  const row = [...data.word].indexOf(word);
  const box = document.querySelector("main").getBoundingClientRect();
  const wide = plot.inner_width / (plot.x_range.end - plot.x_range.start);
  const tall = plot.inner_height / (plot.y_range.end - plot.y_range.start);
  return [
    box.left + 1 + (data.x[row] - plot.x_range.start) * wide,
    box.top + 1 + (plot.y_range.end - data.y[row]) * tall,
  ];
}}"""


class TestCommand:
    def test_it_takes_all_options(self, kv, tmp_path):
        kv.save(tmp_path / "v")
        (tmp_path / "labels").write_text("a0\tfirst\na1\tsecond\n", encoding="utf-8")
        out = tmp_path / "map.html"
        options = "--words a0 a1 b0 b1 --method pca --topn 2 --highlight c0 --title Mine --labels"
        command = ["map", str(tmp_path / "v"), str(out), *options.split()]
        assert cli.main([*command, str(tmp_path / "labels")]) == 0
        text = out.read_text("utf-8")
        (words,) = [source["word"] for source in sources(text) if "word" in source]
        assert words == ["a0", "a1", "b0", "b1", "c0"]
        assert "<title>Mine</title>" in text
        assert all(label in text for label in ('"first"', '"second"', '"other"'))

    def test_what_is_wrong(self, kv, tmp_path, fail):
        kv.save(tmp_path / "v")
        out = tmp_path / "map.html"
        assert "'zebra'" in fail("map", tmp_path / "v", out, "--words", "zebra", "a1", "a2")
        assert fail("map", tmp_path / "v", out, "--documents").startswith("expected a model")
        assert not out.exists()
        out.touch()
        assert fail("map", tmp_path / "v", out).endswith("exists; pass --force to replace it")
