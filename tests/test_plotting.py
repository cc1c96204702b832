"""Pictures, checked by what is drawn: places, labels, colours, shapes."""

import sys
from itertools import pairwise, zip_longest
from types import SimpleNamespace

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib", reason="needs the extra [plot]")
pytest.importorskip("sklearn", reason="needs the extra [plot]")
matplotlib.use("Agg")

from matplotlib import pyplot as plt  # noqa: E402 - after the backend is chosen
from matplotlib.colors import to_rgba  # noqa: E402

from sgns._palette import COLOURS  # noqa: E402
from sgns.plotting import (  # noqa: E402
    plot_loss,
    plot_map,
    plot_neighbours,
    plot_similarity,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:(sklearn|matplotlib)")


class Vectors:
    """Three groups of words, each about a direction of its own."""

    def __init__(self, size=20, spread=0.1):
        generator = np.random.default_rng(4)
        centres = np.repeat(np.eye(3, 10), size, axis=0)
        noise = spread * generator.normal(size=centres.shape)
        self.vectors = (centres + noise).astype(np.float32)
        self.index_to_key = [f"{'abc'[i // size]}{i % size}" for i in range(3 * size)]
        self.key_to_index = {key: row for row, key in enumerate(self.index_to_key)}

    def rename(self, *names):
        """Give the first rows other names."""
        self.index_to_key[: len(names)] = names
        self.key_to_index = {key: row for row, key in enumerate(self.index_to_key)}
        return self

    def most_similar(self, word, topn):
        unit = self.vectors / np.linalg.norm(self.vectors, axis=1, keepdims=True)
        similarity = unit @ unit[self.key_to_index[word]]
        rows = [row for row in np.argsort(-similarity) if row != self.key_to_index[word]]
        return [(self.index_to_key[row], float(similarity[row])) for row in rows[:topn]]


def history(losses, documents=(), held_out=()):
    """Records of epochs; NaN for what there is none of."""
    n = max(len(losses), len(documents))
    measured = zip_longest(range(1, n + 1), losses, documents, held_out, fillvalue=np.nan)
    return [
        SimpleNamespace(
            epoch=number,
            loss_per_pair=loss,
            loss_per_target=8 * loss,
            document_loss_per_pair=of_documents,
            validation_loss=of_held_out,
        )
        for number, loss, of_documents, of_held_out in measured
    ]


def texts(axes):
    return {text.get_text(): text for text in axes.texts}


def boxes(axes):
    axes.figure.draw_without_rendering()
    return [text.get_window_extent() for text in axes.texts]


class TestMap:
    @pytest.mark.parametrize("method", ["pca", "tsne"])
    def test_groups_lie_together(self, method):
        axes = plot_map(Vectors(), method=method, clusters=3)
        assert [len(dots.get_offsets()) for dots in axes.collections] == [20, 20, 20]
        centres = [np.mean(dots.get_offsets(), axis=0) for dots in axes.collections]
        for dots, centre in zip(axes.collections, centres, strict=True):
            inside = np.linalg.norm(dots.get_offsets() - centre, axis=1).max()
            others = [np.linalg.norm(centre - other) for other in centres if other is not centre]
            assert inside < min(others)
        names = [text.get_text() for text in axes.get_legend().get_texts()]
        assert axes.get_legend().get_title().get_text() == "clusters"
        assert sorted("".join(word[0] for word in name.split(", ")) for name in names) == [
            "aaa",
            "bbb",
            "ccc",
        ]

    def test_same_seed_same_picture(self):
        one, other = (plot_map(Vectors(), method="tsne", seed=7) for _ in range(2))
        for left, right in zip(one.collections, other.collections, strict=True):
            np.testing.assert_array_equal(left.get_offsets(), right.get_offsets())
        np.testing.assert_array_equal(boxes(one), boxes(other))

    @pytest.mark.parametrize("spread", [0.01, 0.1, 1.0])
    def test_labels_do_not_overlap(self, spread):
        axes = plot_map(Vectors(40, spread), method="pca")
        found = boxes(axes)
        assert len(found) >= 15
        frame = axes.get_window_extent()
        dots = np.concatenate(
            [axes.transData.transform(points.get_offsets()) for points in axes.collections]
        )
        for number, box in enumerate(found):
            assert not any(box.overlaps(other) for other in found[:number])
            assert frame.x0 <= box.x0 < box.x1 <= frame.x1
            assert frame.y0 <= box.y0 < box.y1 <= frame.y1
            assert not any(box.contains(*dot) for dot in dots)

    def test_label_is_at_its_point(self):
        kv = Vectors(6, 0.5)
        axes = plot_map(kv, method="pca", clusters=0)
        assert axes.get_legend() is None
        dots = axes.collections[0].get_offsets()
        for text in axes.texts:
            np.testing.assert_array_equal(text.xy, dots[kv.key_to_index[text.get_text()]])
        assert len(axes.texts) == len(dots)

    def test_highlighted_words_stand_out_and_always_have_a_label(self):
        axes = plot_map(
            Vectors(120, 0.02), n_words=230, method="pca", highlight=["c119", "a3"], clusters=0
        )
        written = texts(axes)
        assert len(written) < 231, "there is no room for all"
        assert written["c119"].get_fontweight() == written["a3"].get_fontweight() == "bold"
        sizes = axes.collections[0].get_sizes()
        assert sizes[3] == sizes[230] > sizes[0]

    def test_first_words_have_precedence(self):
        axes = plot_map(Vectors(120, 0.02), n_words=120, method="pca", clusters=0)
        written = {int(word[1:]) for word in texts(axes)}
        assert 0 in written
        assert np.mean(sorted(written)) < 59.5

    def test_given_labels(self):
        words = ["a0", "b0", "c0", "a1"]
        axes = plot_map(Vectors(), words, method="pca", labels={"a0": "x", "b0": "y", "a1": "x"})
        names = [text.get_text() for text in axes.get_legend().get_texts()]
        assert axes.get_legend().get_title().get_text() == ""
        assert names == ["x", "y", "other"]
        by_order = plot_map(Vectors(), words, method="pca", labels=[1, 2, 3, 1])
        for left, right in zip(axes.collections, by_order.collections, strict=True):
            np.testing.assert_array_equal(left.get_offsets(), right.get_offsets())
        with pytest.raises(ValueError, match="one for each of 4 words, got 1"):
            plot_map(Vectors(), words, method="pca", labels=[1])

    def test_groups_differ_in_colour_and_shape(self):
        axes = plot_map(Vectors(), method="pca", labels=[i // 6 for i in range(60)])
        drawn = [
            (tuple(dots.get_facecolor()[0]), dots.get_paths()[0].vertices.tobytes())
            for dots in axes.collections
        ]
        assert len(set(drawn)) == 10
        assert [colour for colour, _ in drawn[:7]] == [to_rgba(colour) for colour in COLOURS]
        assert len({shape for _, shape in drawn[:7]}) == 7

    def test_dollar_signs_are_no_formula(self):
        kv = Vectors(2).rename("a$b$c_")
        axes = plot_map(kv, method="pca", labels=["$x$", "_y", *"zzzz"])
        axes.figure.canvas.draw()
        assert r"a\$b\$c_" in texts(axes)
        assert [t.get_text() for t in axes.get_legend().texts] == [r"\$x\$", "_y", "z"]

    @pytest.mark.parametrize("n", [3, 4, 5, 6])
    def test_the_nearest_of_few_words_is_of_its_kind(self, n):
        words = ["a0", "b0", "a1", "b1", "a2", "b2"][:n]
        axes = plot_map(Vectors(spread=0.02), words, clusters=0)
        places = axes.collections[0].get_offsets()
        apart = np.linalg.norm(places[0] - places, axis=1)
        assert words[np.argsort(apart)[1]][0] == "a"

    def test_wrong_arguments(self):
        kv = Vectors()
        with pytest.raises(ValueError, match="method: expected 'tsne', 'pca' or 'umap', got 'mds'"):
            plot_map(kv, method="mds")
        with pytest.raises(KeyError, match="1 of 2 words have no vector: 'zebra'"):
            plot_map(kv, ["a0", "zebra"])
        with pytest.raises(ValueError, match="at least 3 to draw a map of, got 2"):
            plot_map(kv, ["a0", "a1"])
        with pytest.raises(ValueError, match="clusters: expected 0 to 60"):
            plot_map(kv, clusters=61, method="pca")
        assert plt.get_fignums() == [], "no empty figure is left behind"

    def test_umap_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "umap", None)
        with pytest.raises(ImportError, match=r"needs umap-learn.*pip install 'umap-learn'"):
            plot_map(Vectors(), method="umap")


class TestLoss:
    def test_one_run(self):
        axes = plot_loss(history([2.5, 2.0, 1.8]))
        np.testing.assert_array_equal(axes.lines[0].get_xydata(), [(1, 2.5), (2, 2.0), (3, 1.8)])
        assert axes.texts[0].get_text() == "1.800"
        assert axes.get_ylabel() == "mean loss per pair (nats)"
        assert axes.get_legend() is None
        axes.figure.draw_without_rendering()
        low, high = axes.get_xlim()
        assert all(tick == int(tick) for tick in axes.get_xticks() if low <= tick <= high)

    def test_runs_by_name(self):
        axes = plot_loss({"one": history([2.0]), "two": history([3.0, 1.0])}, per="target")
        assert [line.get_ydata().tolist() for line in axes.lines] == [[16.0], [24.0, 8.0]]
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two"]
        assert axes.lines[0].get_marker() != axes.lines[1].get_marker()

    def test_runs_of_any_name_are_in_the_legend(self):
        axes = plot_loss({"_a": history([2, 1]), "$b$": history([3, 2])})
        assert [t.get_text() for t in axes.get_legend().texts] == ["_a", r"\$b\$"]

    def test_documents_and_held_out_text_have_curves_of_their_own(self):
        axes = plot_loss(history([2.5, 2.0], [3.0, 2.9], [2.6]))
        assert [line.get_ydata().tolist() for line in axes.lines] == [[2.5, 2.0], [3.0, 2.9], [2.6]]
        legend = [text.get_text() for text in axes.get_legend().get_texts()]
        assert legend == ["words", "documents", "held-out text"]
        axes = plot_loss({"one": history([2.0], [3.0]), "two": history([], [4.0, 3.5])})
        assert [line.get_label() for line in axes.lines] == ["one: words", "one: documents", "two"]
        axes = plot_loss(history([], [4.0, 3.5]))  # "dbow": documents alone
        assert [line.get_ydata().tolist() for line in axes.lines] == [[4.0, 3.5]]
        assert axes.get_legend() is None
        assert len(plot_loss(history([2.5], [3.0]), per="target").lines) == 1

    @pytest.mark.parametrize("n", [1, 2, 5, 20, 100, 300])
    def test_ticks_are_epochs(self, n):
        axes = plot_loss(history([3.0 - number / n for number in range(n)]))
        axes.figure.draw_without_rendering()
        low, high = axes.get_xlim()
        seen = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert seen
        assert all(tick == int(tick) and 1 <= tick <= n for tick in seen)

    def test_wrong_arguments(self):
        with pytest.raises(ValueError, match="no epoch has a loss per pair"):
            plot_loss(history([np.nan]))
        with pytest.raises(ValueError, match="train first"):
            plot_loss([])
        with pytest.raises(ValueError, match="train first"):
            plot_loss({"one": []})
        with pytest.raises(ValueError, match="per: expected 'pair' or 'target', got 'word'"):
            plot_loss(history([1.0]), per="word")


class TestSimilarity:
    def test_values_and_names(self):
        kv = Vectors()
        words = ["a0", "b0", "a1"]
        axes = plot_similarity(kv, words)
        unit = kv.vectors[[0, 20, 1]] / np.linalg.norm(kv.vectors[[0, 20, 1]], axis=1)[:, None]
        np.testing.assert_allclose(axes.images[0].get_array(), unit @ unit.T, atol=1e-6)
        assert [tick.get_text() for tick in axes.get_yticklabels()] == words
        assert texts(axes)["1.00"].get_color() == "#222222", "dark on light"
        assert axes.texts[1].get_text() == f"{unit[0] @ unit[1]:.2f}"
        assert axes.images[0].get_cmap().name == "viridis"
        assert axes.texts[1].get_color() == "white"

    def test_reorder_brings_groups_together(self):
        words = ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]
        axes = plot_similarity(Vectors(), words, reorder=True)
        order = "".join(tick.get_text()[0] for tick in axes.get_xticklabels())
        assert sorted(order) == sorted("aaabbbccc")
        assert sum(left != right for left, right in pairwise(order)) == 2

    def test_many_words_have_no_numbers(self):
        assert not plot_similarity(Vectors(), [f"a{i}" for i in range(16)]).texts

    def test_long_words_leave_room_for_the_cells(self):
        kv = Vectors().rename("$a$", "a-document-with-a-name-of-a-whole-line-" * 3)
        axes = plot_similarity(kv, kv.index_to_key[:4])
        axes.figure.draw_without_rendering()
        cell = axes.get_window_extent().width / 4 / axes.figure.dpi
        assert cell > 0.4, "inches"
        names = [tick.get_text() for tick in axes.get_yticklabels()]
        assert names == [r"\$a\$", "a-document-with-a-name-of-a…", "a2", "a3"]

    @pytest.mark.parametrize("count", [30, 60])
    def test_names_do_not_overlap(self, count):
        kv = Vectors()
        axes = plot_similarity(kv, kv.index_to_key[:count])
        axes.figure.draw_without_rendering()
        boxes = [tick.get_window_extent() for tick in axes.get_yticklabels()]
        assert not any(one.overlaps(other) for one, other in pairwise(boxes))

    def test_too_few(self):
        with pytest.raises(ValueError, match="at least 2 different ones, got 1"):
            plot_similarity(Vectors(), ["a0", "a0"])


class TestNeighbours:
    def test_one_word(self):
        kv = Vectors()
        axes = plot_neighbours(kv, "a0", topn=4)
        expected = kv.most_similar("a0", 4)
        names = [tick.get_text() for tick in axes.get_yticklabels()]
        assert names == ["a0", *(key for key, _ in expected)]
        np.testing.assert_allclose(axes.lines[0].get_xdata(), [value for _, value in expected])
        assert axes.get_yticklabels()[0].get_fontweight() == "bold"
        low, high = axes.get_ylim()
        assert low > high, "the nearest is on top"

    def test_several_words(self):
        axes = plot_neighbours(Vectors(), ["a0", "b0"], topn=3)
        places = axes.get_yticks()
        assert len(places) == 8
        assert (np.diff(places) > 0).all()
        bold = [t.get_text() for t in axes.get_yticklabels() if t.get_fontweight() == "bold"]
        assert bold == ["a0", "b0"]
        assert axes.lines[0].get_color() != axes.lines[1].get_color()

    def test_words_are_written_as_they_are(self):
        kv = Vectors().rename("$a$", "a" * 40)
        axes = plot_neighbours(kv, ["$a$", "a" * 40], topn=1)
        names = [tick.get_text() for tick in axes.get_yticklabels()]
        assert (names[0], names[2]) == (r"\$a\$", "a" * 27 + "…")

    def test_points_of_the_unlike_are_inside(self):
        kv = Vectors(1)
        kv.vectors[1:] = -kv.vectors[0] + 0.01 * kv.vectors[1:]
        axes = plot_neighbours(kv, "a0", topn=2)
        axes.figure.draw_without_rendering()
        point = axes.transData.transform((axes.lines[0].get_xdata()[0], 0))[0]
        assert axes.lines[0].get_xdata()[0] < -0.9
        assert point > axes.get_window_extent().x0 + 4

    def test_wrong_arguments(self):
        with pytest.raises(KeyError, match="'zebra'"):
            plot_neighbours(Vectors(), "zebra")
        with pytest.raises(ValueError, match="topn of 1 or more"):
            plot_neighbours(Vectors(), "a0", topn=0)
        with pytest.raises(ValueError, match="expected a word"):
            plot_neighbours(Vectors(), [])


def test_all_draw_on_given_axes_and_can_be_saved(tmp_path):
    figure, grid = plt.subplots(2, 2, figsize=(12, 9), layout="constrained")
    kv = Vectors()
    drawn = [
        plot_map(kv, method="pca", title="map", ax=grid[0, 0]),
        plot_loss(history([2, 1]), title="loss", ax=grid[0, 1]),
        plot_similarity(kv, ["a0", "b0"], title="similarity", ax=grid[1, 0]),
        plot_neighbours(kv, "a0", title="neighbours", ax=grid[1, 1]),
    ]
    assert drawn == list(grid.flat)
    assert [axes.get_title() for axes in drawn] == ["map", "loss", "similarity", "neighbours"]
    assert plt.get_fignums() == [figure.number]
    figure.savefig(tmp_path / "four.png", dpi=50)
    assert (tmp_path / "four.png").stat().st_size > 10_000
