"""Labels beside points that overlap neither each other nor the points."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sgns._drawing import halo, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import-not-found, unused-ignore]

_Box = tuple[float, float, float, float]  # left, bottom, right, top in pixels

# Right first, which reads best, then left, above, below, and the corners.
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_CLEARANCE = 2.2  # between a point and what is beside it, in typographic points
_FAR = (0.0, 6.0, 12.0)  # how much farther from the point a label may go, likewise


def place_labels(
    axes: Axes,
    places: NDArray[np.float64],
    radii: NDArray[np.float64],
    labels: Sequence[str],
    order: Iterable[int],
    bold: Container[int] = (),
) -> list[int]:
    """Write labels where there is room, those that come first in `order` first.

    A label tries eight directions at three distances; farther away a thin line leads to its point.
    One that finds no room is left out; a bold one may cover points that are not its own.

    Parameters
    ----------
    axes : matplotlib Axes
        With the points drawn and their limits settled.
    places : float64 array of shape (n, 2)
        The points, in the coordinates of the data.
    radii : float64 array of shape (n,)
        Half the size of each point, in typographic points (1/72 inch).
    labels : sequence of n str
        Their labels.
    order : iterable of int
        Which labels to write, the most important first.
    bold : container of int
        Which ones to write in bold.

    Returns
    -------
    list of int
        The labels that found room.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # settles the layout, so that pixels mean something
    pixel = figure.dpi / 72.0
    centres = axes.transData.transform(places)
    frame = axes.get_window_extent()
    half = (radii + _CLEARANCE) * pixel
    taken = _Boxes(np.hstack([centres - half[:, np.newaxis], centres + half[:, np.newaxis]]))
    margin = 3.0 * pixel  # so that two labels do not read as one
    rim = halo()

    placed: list[int] = []
    for number in order:
        text = axes.annotate(
            written(labels[number]),
            places[number],
            xytext=(0.0, 0.0),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=10 if number in bold else 8,
            fontweight="bold" if number in bold else "normal",
            color="#000000" if number in bold else "#333333",
            path_effects=rim,
            zorder=5 if number in bold else 4,
            annotation_clip=False,
        )
        extent = text.get_window_extent()
        candidates = [
            spot
            for spot in _spots(centres[number], (extent.width, extent.height), half[number], pixel)
            if spot.inside(frame.x0 + margin, frame.y0, frame.x1 - margin, frame.y1)
        ]
        found = next((spot for spot in candidates if not taken.hit(spot, number)), None)
        if found is None and number in bold:
            # Better over some points than not at all.
            found = next((spot for spot in candidates if not taken.hit_label(spot)), None)
        if found is None:
            text.remove()
            continue
        left, bottom, right, top = found.box
        middle = np.array([left + right, bottom + top]) / 2.0
        text.set_position(tuple((middle - centres[number]) / pixel))
        taken.add([(left - margin, bottom, right + margin, top)])
        placed.append(number)
        if found.line is not None:
            taken.add(found.line)
            _lead(axes, places[number], found.line[-1, :2])
    return placed


class _Spot(NamedTuple):
    """Where a label could go: its box, and the line to its point if it is far from it."""

    box: _Box
    line: NDArray[np.float64] | None

    def inside(self, left: float, bottom: float, right: float, top: float) -> bool:
        return (
            left <= self.box[0]
            and bottom <= self.box[1]
            and self.box[2] <= right
            and self.box[3] <= top
        )

    def boxes(self) -> NDArray[np.float64]:
        own = np.array([self.box])
        return own if self.line is None else np.vstack([own, self.line])


def _spots(
    centre: NDArray[np.float64], size: tuple[float, float], half: float, pixel: float
) -> Iterator[_Spot]:
    """Yield the spots for a label of `size` beside the point at `centre`, the best first."""
    width, height = size
    for far in _FAR:
        gap = half + far * pixel
        for right, up in _DIRECTIONS:
            diagonal = 0.75 if right and up else 1.0
            left = centre[0] + right * (gap * diagonal + width / 2) - width / 2
            bottom = centre[1] + up * (gap * diagonal + height / 2) - height / 2
            box = (left, bottom, left + width, bottom + height)
            yield _Spot(box, _line(centre, box) if far else None)


def _line(centre: NDArray[np.float64], box: _Box) -> NDArray[np.float64]:
    """Return the way from a point to its label as boxes without area, (12, 4)."""
    steps = np.linspace(centre, np.clip(centre, box[:2], box[2:]), 12, endpoint=False)[1:]
    steps = np.vstack([steps, np.clip(centre, box[:2], box[2:])])
    return np.hstack([steps, steps])


def _lead(axes: Axes, place: NDArray[np.float64], end: NDArray[np.float64]) -> None:
    """Draw a thin line from a point to pixel `end` at its label."""
    x, y = axes.transData.inverted().transform(end)
    axes.plot(
        [place[0], x],
        [place[1], y],
        color="#999999",
        linewidth=0.6,
        zorder=2,
        scalex=False,
        scaley=False,
        label="_leader",
    )


class _Boxes:
    """Boxes that are taken: first those of the points, then labels and their lines."""

    def __init__(self, points: NDArray[np.float64]) -> None:
        self._points = points
        self._others = np.empty((0, 4))

    def add(self, boxes: ArrayLike) -> None:
        self._others = np.vstack([self._others, boxes])

    def hit(self, spot: _Spot, but: int) -> bool:
        """Tell whether the spot overlaps what is taken, except point number `but`."""
        points = _overlap(self._points, spot.boxes())
        points[but] = False
        return bool(points.any()) or self.hit_label(spot)

    def hit_label(self, spot: _Spot) -> bool:
        """Tell whether the spot overlaps a label or the line to one."""
        return bool(_overlap(self._others, spot.boxes()).any())


def _overlap(taken: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which pairs of boxes (n, 4) and (m, 4) overlap: bool of shape (n, m)."""
    low, high = taken[:, np.newaxis, :2], taken[:, np.newaxis, 2:]
    overlap = (low < boxes[:, 2:]) & (high > boxes[:, :2])
    return overlap[:, :, 0] & overlap[:, :, 1]
