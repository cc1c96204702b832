"""A map: words as points in the plane, with labels that never overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sgns._drawing import INK, add_legend, drawing_axes, group_style
from sgns._label_placement import place_labels
from sgns._lookup import WordVectors, rows_of, unit_vectors
from sgns._map_projection import MapMethod, chosen_words, group_words, project
from sgns.config import PICTURE_WORDS, SEED

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import-not-found, unused-ignore]


def plot_map(
    kv: WordVectors,
    words: Iterable[Any] | None = None,
    *,
    n_words: int = PICTURE_WORDS,
    method: MapMethod = "tsne",
    labels: Mapping[Any, Any] | Sequence[Any] | None = None,
    clusters: int | None = None,
    highlight: Iterable[Any] = (),
    seed: int = SEED,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw words as points in the plane, the nearer the more alike, with labels beside them.

    Labels never overlap: those that find no place are left out, highlighted words and the words
    that come first have precedence. Sizes are those at the time of drawing, so give the figure its
    size before.

    Parameters
    ----------
    kv : KeyedVectors
        The vectors, of words or of documents.
    words : iterable of keys, optional
        What to draw; without it the first `n_words` keys.
    n_words : int
        How many of the first keys to draw if `words` is not given.
    method : {"tsne", "pca", "umap"}
        How to get from unit vectors to the plane. "umap" needs the package umap-learn. Fewer than
        6 words lie as by "pca" where "tsne" is asked for, which cannot place so few.
    labels : mapping or sequence, optional
        The group of each word, which decides its colour: by word, or in the order of the words.
        Without it words are coloured by cluster.
    clusters : int, optional
        How many clusters k-means looks for in all dimensions, 0 or 1 for a single colour. Without
        it one for 25 words, from 2 to 7.
    highlight : iterable of keys
        Words to make stand out; they are drawn in any case.
    seed : int
        Seed of t-SNE, UMAP and k-means.
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
        Fewer than 3 words, or a parameter out of range.
    ImportError
        A package is missing.
    """
    standing_out = set(highlight)
    chosen = chosen_words(kv, words, n_words, standing_out, method)
    unit = unit_vectors(kv, rows_of(kv, chosen))
    groups = group_words(chosen, unit, labels, clusters, seed)
    places = project(unit, method, seed)

    sizes = np.array([70.0 if word in standing_out else 16.0 for word in chosen])
    axes = drawing_axes(ax, (9.0, 7.0))
    for number, members in enumerate(groups.values()):
        axes.scatter(
            places[members, 0],
            places[members, 1],
            s=sizes[members],
            color=group_style(number)["color"],
            marker=group_style(number)["marker"],
            edgecolors=[INK if chosen[m] in standing_out else "none" for m in members],
            linewidths=1.4,
            zorder=3,
        )
    axes.set(xticks=[], yticks=[], title=title or "")
    axes.margins(0.06)
    axes.spines[:].set_color("#CCCCCC")
    if len(groups) > 1:
        add_legend(axes, list(groups), "clusters" if labels is None else None)
    order = sorted(range(len(chosen)), key=lambda place: chosen[place] not in standing_out)
    place_labels(
        axes,
        places,
        np.sqrt(sizes) / 2.0,
        [str(word) for word in chosen],
        order,
        bold={place for place in order if chosen[place] in standing_out},
    )
    return axes
