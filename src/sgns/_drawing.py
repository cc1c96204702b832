"""What all pictures share: new axes, colours and shapes of groups, words as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sgns._map_projection import needed
from sgns._palette import COLOURS, shape_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import-not-found, unused-ignore]

INK = "#222222"
_MARKERS = ("o", "^", "s", "D", "v", "P", "X")
_LONGEST = 28  # characters of a word beside an axis; names of documents may be far longer


def drawing_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return `ax`, or the axes of a new figure of `size` inches."""
    if ax is not None:
        return ax
    pyplot = needed("matplotlib.pyplot", "matplotlib")
    axes: Axes = pyplot.subplots(figsize=size, layout="constrained")[1]
    return axes


def group_style(number: int) -> dict[str, Any]:
    """Return colour and shape of the points of group `number`; 49 groups differ."""
    return {"color": COLOURS[number % len(COLOURS)], "marker": _MARKERS[shape_number(number)]}


def written(value: Any) -> str:
    """Return a word as matplotlib shows it unchanged: a dollar sign would begin a formula."""
    return str(value).replace("$", r"\$")


def shortened(value: Any) -> str:
    """Return a word for the side of a picture, which a very long one would leave no room for."""
    text = str(value)
    return written(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def halo() -> list[Any]:
    """Return the white rim that keeps text readable on lines and points."""
    patheffects = needed("matplotlib.patheffects", "matplotlib")
    return [patheffects.withStroke(linewidth=2.0, foreground="white")]


def add_legend(axes: Axes, names: Sequence[str], title: str | None) -> None:
    """Name the groups beside the axes, with points of one size whatever is highlighted."""
    lines = needed("matplotlib.lines", "matplotlib")
    handles = [
        lines.Line2D(
            [], [], **group_style(number), linestyle="none", markersize=6, label=written(name)
        )
        for number, name in enumerate(names)
    ]
    axes.legend(
        handles=handles,
        title=title,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        fontsize=9,
        title_fontsize=9,
        alignment="left",
    )
