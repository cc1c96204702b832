"""An interactive map of vectors: one page that needs no network, drawn by bokeh.

The page is made here, `map_page.html` is its frame, and `map_page.js` is what it does when opened.
Why bokeh: docs/design/0008-interactive-map.md. Needs bokeh and, for t-SNE and clusters,
scikit-learn: ``pip install 'sgns[map]'``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns._files import atomic_write
from sgns._lookup import Float32, WordVectors, rows_of, unit_vectors
from sgns._map_projection import MapMethod, chosen_words, group_words, needed, project
from sgns._palette import COLOURS, shape_number
from sgns.config import NEIGHBOURS, PAGE_WORDS, SEED

_SHAPES = ("circle", "triangle", "square", "diamond", "inverted_triangle", "plus", "star")
_MOST_BELOW = 14  # groups named below the plot, where they hide nothing; more would squeeze it
_HINT = (
    "<p>Search for a word, or click a point, to see its neighbours. Scroll to zoom, drag to move. "
    "A click on the legend hides a group.</p>"
)
_PANEL_STYLE = """
:host { font: 15px/1.5 system-ui, sans-serif; width: 100%; }
.bk-clearfix { display: block !important; width: 100%; }
h2 { font-size: 1.1rem; margin: 0.6rem 0 0.2rem; overflow-wrap: anywhere; }
ol { list-style: none; margin: 0; padding: 0; }
li { position: relative; display: flex; justify-content: space-between; padding: 0 0.4rem; }
li a { color: #00517f; position: relative; overflow-wrap: anywhere; }
.cosine { position: relative; font-variant-numeric: tabular-nums; color: #333; }
.bar { position: absolute; inset: 2px auto 2px 0; background: #d6e6f2; }
"""


def write_map(
    kv: WordVectors,
    path: str | os.PathLike[str],
    words: Iterable[Any] | None = None,
    *,
    n_words: int = PAGE_WORDS,
    method: MapMethod = "tsne",
    labels: Mapping[Any, Any] | Sequence[Any] | None = None,
    clusters: int | None = None,
    highlight: Iterable[Any] = (),
    topn: int = NEIGHBOURS,
    seed: int = SEED,
    title: str | None = None,
) -> None:
    """Write a page with a map of words to zoom, to point at and to search.

    The page holds all that it needs. It shows the neighbours of a word among the words of the map,
    by the cosine in all dimensions. ``map.html#movie`` opens with the neighbours of "movie".

    Parameters
    ----------
    kv : KeyedVectors
        The vectors, of words or of documents.
    path : path
        The page; replaced if it exists.
    words : iterable of keys, optional
        What to draw, those that matter most first; without it the first `n_words` keys.
    n_words : int
        How many of the first keys to draw if `words` is not given. t-SNE takes long for many
        thousands; "pca" does not.
    method, labels, clusters, seed
        As `sgns.plotting.plot_map` has them.
    highlight : iterable of keys
        Words to make stand out; they are drawn in any case.
    topn : int
        How many neighbours to show, 1 to 100.
    title : str, optional
        What to write above the map.

    Raises
    ------
    KeyError
        A word is not in `kv`.
    ValueError
        Fewer than 3 words, or a parameter out of range.
    ImportError
        A package is missing.
    """
    _bokeh("models")
    if not 1 <= topn <= 100:
        raise ValueError(f"topn: expected 1 to 100, got {topn}")
    standing_out = list(highlight)
    chosen = chosen_words(kv, words, n_words, standing_out, method)
    unit = unit_vectors(kv, rows_of(kv, chosen))
    groups = group_words(chosen, unit, labels, clusters, seed)
    places = project(unit, method, seed)
    marked = [chosen.index(word) for word in dict.fromkeys(standing_out)]
    remark = (
        f"{len(chosen):,} of {len(kv.index_to_key):,} vectors of size {unit.shape[1]}, by {method}"
    )
    page = _page(_names(chosen), places, unit, groups, marked, topn, title or "Map", remark)
    with atomic_write(path) as file:
        file.write(page.encode("utf-8", "replace"))


def _page(
    names: list[str],
    places: NDArray[np.float64],
    unit: Float32,
    groups: dict[str, list[int]],
    marked: list[int],
    topn: int,
    title: str,
    remark: str,
) -> str:
    """Return the page as text."""
    models = _bokeh("models")
    column_source = models.ColumnDataSource
    x, y = places.astype(np.float32).T
    sources = {
        "points": column_source({"x": x, "y": y, "word": names}),
        "near": column_source(_neighbours(unit, topn)),
        "marked": column_source(
            {"row": marked, "x": x[marked], "y": y[marked], "size": [11] * len(marked)}
        ),
        "links": column_source({name: [] for name in ("x0", "y0", "x1", "y1")}),
        "labels": column_source({name: [] for name in ("x", "y", "text", "left", "up", "ink")}),
    }
    plot, renderers = _plot(sources, groups)
    search = models.AutocompleteInput(
        name="search", placeholder="search a word", min_characters=1, max_completions=12,
        case_sensitive=False, restrict=False, search_strategy="starts_with",
        sizing_mode="stretch_width",
    )  # fmt: skip
    panel = models.Div(
        name="panel", text=_HINT, stylesheets=[_PANEL_STYLE], sizing_mode="stretch_width"
    )
    document = _bokeh("document").Document()
    for root in (search, panel, plot):
        document.add_root(root)
    parts = {"groups": renderers, "search": search, "panel": panel, "plot": plot}
    code = resources.files("sgns").joinpath("map_page.js").read_text("utf-8")
    document.js_on_event(
        "document_ready",
        models.CustomJS(args={**sources, **parts, "topn": topn}, code=code),
    )
    frame = resources.files("sgns").joinpath("map_page.html").read_text("utf-8")
    page: str = _bokeh("embed").file_html(
        document,
        _bokeh("resources").INLINE,
        title=title,
        template=frame,
        template_variables={"remark": remark},
    )
    return page


def _plot(sources: dict[str, Any], groups: dict[str, list[int]]) -> tuple[Any, list[Any]]:
    """Return the figure, and the renderer of each group of points."""
    models = _bokeh("models")
    plot = _bokeh("plotting").figure(
        name="plot", sizing_mode="stretch_both", tools="pan,wheel_zoom,box_zoom,save",
        active_scroll="wheel_zoom", x_range=models.Range1d(-1, 1), y_range=models.Range1d(-1, 1),
        toolbar_location="right", min_border=0, outline_line_color=None,
    )  # fmt: skip
    plot.axis.visible = False
    plot.grid.visible = False
    plot.toolbar.logo = None
    renderers = []
    size = 7 if len(sources["points"].data["x"]) <= 5000 else 4
    for number, (name, members) in enumerate(groups.items()):
        view = models.CDSView(filter=models.IndexFilter(members))
        renderers.append(
            plot.scatter(
                "x", "y", source=sources["points"], view=view, size=size,
                marker=_SHAPES[shape_number(number)],
                color=COLOURS[number % len(COLOURS)], fill_alpha=0.85, line_color=None,
                nonselection_fill_alpha=0.85, nonselection_line_color=None,
                **({"legend_label": name} if len(groups) > 1 else {}),
            )
        )  # fmt: skip
    if len(groups) > 1:
        plot.legend.update(
            click_policy="hide", location="top_left", label_text_font_size="11px",
            background_fill_alpha=0.85, border_line_color=None, spacing=0, padding=4,
        )  # fmt: skip
    if 1 < len(groups) <= _MOST_BELOW:
        legend = plot.legend[0]
        legend.update(ncols=2, margin=0)
        plot.center.remove(legend)
        plot.add_layout(legend, "below")
    plot.segment(
        "x0", "y0", "x1", "y1", source=sources["links"], color="#888888", line_width=1,
        level="underlay",
    )  # fmt: skip
    plot.scatter(
        "x", "y", source=sources["marked"], size="size", fill_color=None, line_color="#000000",
        line_width=1.8,
    )  # fmt: skip
    plot.text(
        "x", "y", text="text", x_offset="left", y_offset="up", source=sources["labels"],
        text_font={"value": "system-ui, sans-serif"}, text_font_size="12px", text_baseline="middle",
        text_color="ink", background_fill_color="#ffffff", background_fill_alpha=0.6,
    )  # fmt: skip
    tools = {"renderers": renderers}
    plot.add_tools(models.HoverTool(tooltips="@word", **tools), models.TapTool(**tools))
    return plot, renderers


def _neighbours(unit: Float32, topn: int) -> dict[str, NDArray[Any]]:
    """Return row numbers and cosines in hundredths of the nearest of each row, one after the other.

    Rows are int32, -1 where there are fewer than `topn`; both arrays have len(unit) * topn items.
    """
    from sgns.keyed_vectors import KeyedVectors

    count = len(unit)
    kv = KeyedVectors([str(row) for row in range(count)], unit)
    found = np.full((count, topn), -1, dtype=np.int32)
    cosines = np.zeros((count, topn), dtype=np.int8)
    rows, similarities = kv.most_similar_batch(kv.index_to_key, topn, as_arrays=True)
    found[:, : rows.shape[1]] = rows
    known = np.where(rows >= 0, similarities, 0.0)
    cosines[:, : rows.shape[1]] = np.rint(np.clip(known, -1.0, 1.0) * 100)
    return {"row": found.reshape(-1), "hundredths": cosines.reshape(-1)}


def _bokeh(module: str) -> Any:
    return needed(f"bokeh.{module}", "bokeh", "sgns[map]")


def _names(words: Sequence[Any]) -> list[str]:
    """Return words as text that a page can hold."""
    return [str(word).encode("utf-8", "replace").decode("utf-8") for word in words]
