"""The similarities of every two of some words, as a heat map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from sgns._drawing import INK, drawing_axes, shortened
from sgns._lookup import WordVectors, rows_of, unit_vectors
from sgns.nearest import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import-not-found, unused-ignore]


def plot_similarity(
    kv: WordVectors,
    words: Iterable[Any],
    *,
    reorder: bool = False,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the cosine similarity of every two of the given words as a heat map.

    Parameters
    ----------
    kv : KeyedVectors
        The vectors.
    words : iterable of keys
        At least two; the numbers are written into the cells of up to 15.
    reorder : bool
        Put similar words side by side instead of keeping the order.
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
        Fewer than two words.
    """
    chosen = list(dict.fromkeys(words))
    unit = unit_vectors(kv, rows_of(kv, chosen))
    if len(chosen) < 2:
        raise ValueError(f"words: expected at least 2 different ones, got {len(chosen)}")
    if reorder:
        from scipy.cluster.hierarchy import leaves_list, linkage

        leaves = leaves_list(linkage(unit, method="average", optimal_ordering=True)).tolist()
        chosen, unit = [chosen[leaf] for leaf in leaves], unit[leaves]
    similarity = unit @ unit.T
    count = len(chosen)

    names = [shortened(word) for word in chosen]
    cells = min(0.42 * count, 12.5)
    beside = 0.5 + 0.08 * max(map(len, names))  # inches for the words
    side = max(4.0, cells + beside)
    axes = drawing_axes(ax, (side + 0.8, side))
    lowest = min(0.0, float(similarity.min()))
    image = axes.imshow(similarity, cmap="viridis", vmin=lowest, vmax=1.0)
    axes.set_xticks(range(count), names, rotation=45, ha="left")
    axes.set_yticks(range(count), names)
    if count > 40:  # four fifths of a cell, 72 points being an inch
        axes.tick_params(labelsize=min(10.0, 58.0 * cells / count))
    axes.tick_params(top=True, bottom=False, labeltop=True, labelbottom=False, length=0)
    for tick in axes.get_xticklabels():
        tick.set_rotation_mode("anchor")
    axes.spines[:].set_visible(False)
    axes.set_title(title or "", pad=12)
    if count <= 15:
        _write_values(axes, similarity, lowest)
    bar = axes.figure.colorbar(
        image, ax=axes, shrink=0.7, aspect=25, pad=0.02, label="cosine similarity"
    )
    bar.outline.set_visible(False)
    return axes


def _write_values(axes: Axes, similarity: Floats, lowest: float) -> None:
    """Write each number into its cell, in a colour that can be read there."""
    middle = lowest + 0.62 * (1.0 - lowest)  # where viridis turns from dark to light
    for row, column in np.ndindex(similarity.shape):
        value = float(similarity[row, column])
        axes.text(
            column,
            row,
            f"{value:.2f}".replace("-0.00", "0.00"),
            ha="center",
            va="center",
            fontsize=8,
            color=INK if value > middle else "white",
        )
