"""The nearest neighbours of words, as bars under a heading for each word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sgns._drawing import INK, drawing_axes, group_style, shortened
from sgns._lookup import rows_of
from sgns.config import NEIGHBOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import-not-found, unused-ignore]


def plot_neighbours(
    kv: Any,
    words: Any | Sequence[Any],
    topn: int = NEIGHBOURS,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the nearest neighbours of one or more words with their similarities.

    Parameters
    ----------
    kv : KeyedVectors
        The vectors.
    words : key or list of keys
        Whose neighbours.
    topn : int
        How many for each word, 1 or more.
    title : str, optional
        Title above the axes.
    ax : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    KeyError
        A word is not in `kv`.
    ValueError
        No word, or `topn` below 1.
    """
    chosen = list(words) if isinstance(words, list | tuple) else [words]
    if not chosen or topn < 1:
        raise ValueError(f"expected a word and topn of 1 or more, got {words!r} and {topn}")
    rows_of(kv, chosen)
    found = [kv.most_similar(word, topn=topn) for word in chosen]
    lines = sum(map(len, found)) + len(found)
    axes = drawing_axes(ax, (6.5, max(2.0, 0.26 * lines + 0.8)))

    ticks: list[float] = []
    names: list[str] = []
    headings: set[int] = set()
    place = 0.0
    for number, (word, neighbours) in enumerate(zip(chosen, found, strict=True)):
        headings.add(len(ticks))
        ticks.append(place)
        names.append(shortened(word))
        rows = place + 1.0 + np.arange(len(neighbours))
        values = [similarity for _, similarity in neighbours]
        _draw_bars(axes, rows, values, group_style(number))
        ticks += rows.tolist()
        names += [shortened(key) for key, _ in neighbours]
        place = rows[-1] + 1.4 if len(rows) else place + 1.4
    axes.set_yticks(ticks, names)
    for position, tick in enumerate(axes.get_yticklabels()):
        if position in headings:
            tick.set_fontweight("bold")
    every = [similarity for neighbours in found for _, similarity in neighbours]
    lowest, highest = min([0.0, *every]), max([0.1, *every])
    beside = 0.12 * (highest - lowest)  # for points and numbers
    axes.set_xlim(lowest - beside / 3.0 if lowest < 0.0 else 0.0, highest + beside)
    axes.set_ylim(place - 0.7, -0.7)
    axes.set(xlabel="cosine similarity", title=title or "")
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return axes


def _draw_bars(axes: Axes, rows: Any, values: list[float], style: dict[str, Any]) -> None:
    """Draw a line up to each value, with a point at its end and the number beside it."""
    axes.hlines(rows, 0.0, values, style["color"], linewidth=2.0, alpha=0.55)
    axes.plot(values, rows, **style, markersize=6, linestyle="none")
    for row, value in zip(rows, values, strict=True):
        axes.annotate(
            f"{value:.2f}",
            (max(value, 0.0), row),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK,
        )
