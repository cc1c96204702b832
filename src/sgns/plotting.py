"""Pictures of word vectors: maps, losses, similarities, neighbours.

Every function draws on the axes it is given, or on new ones, and returns them. Colours are those
of Okabe & Ito (2008) and viridis, which colour-blind people tell apart; groups differ in the shape
of their points, too. Needs matplotlib and, for t-SNE and clusters, scikit-learn:
``pip install 'sgns[plot]'``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sgns._label_placement import place_labels
from sgns._lookup import WordVectors, unit_vectors
from sgns._map_projection import MapMethod, group_words, needed, project

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import-not-found, unused-ignore]

    from sgns.history import EpochRecord

#: Okabe & Ito's colours in an order that keeps neighbours apart; grey stands in for their black.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#7F7F7F")
_MARKERS = ("o", "^", "s", "D", "v", "P", "X")
_INK = "#222222"


def plot_map(
    kv: WordVectors,
    words: Iterable[Any] | None = None,
    *,
    n_words: int = 200,
    method: MapMethod = "tsne",
    labels: Mapping[Any, Any] | Sequence[Any] | None = None,
    clusters: int | None = None,
    highlight: Iterable[Any] = (),
    seed: int = 1,
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
        How to get from unit vectors to the plane. "umap" needs the package umap-learn.
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

    Raises
    ------
    KeyError
        A word is not in `kv`.
    ValueError
        Fewer than 3 words, or a parameter out of range.
    ImportError
        A package is missing.
    """
    if method not in {"tsne", "pca", "umap"}:
        raise ValueError(f"method: expected 'tsne', 'pca' or 'umap', got {method!r}")
    standing_out = set(highlight)
    chosen = list(kv.index_to_key[:n_words] if words is None else words)
    chosen = list(dict.fromkeys([*chosen, *sorted(standing_out - set(chosen), key=str)]))
    unit = unit_vectors(kv, _rows(kv, chosen))
    if len(chosen) < 3:
        raise ValueError(f"words: expected at least 3 to draw a map of, got {len(chosen)}")
    groups = group_words(chosen, unit, labels, clusters, seed)
    places = project(unit, method, seed)

    sizes = np.array([70.0 if word in standing_out else 16.0 for word in chosen])
    axes = _axes(ax, (9.0, 7.0))
    for number, members in enumerate(groups.values()):
        axes.scatter(
            places[members, 0],
            places[members, 1],
            s=sizes[members],
            color=_style(number)["color"],
            marker=_style(number)["marker"],
            edgecolors=[_INK if chosen[m] in standing_out else "none" for m in members],
            linewidths=1.4,
            zorder=3,
        )
    axes.set(xticks=[], yticks=[], title=title or "")
    axes.margins(0.06)
    axes.spines[:].set_color("#CCCCCC")
    if len(groups) > 1:
        _legend(axes, list(groups))
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


def plot_loss(
    history: Sequence[EpochRecord] | Mapping[str, Sequence[EpochRecord]],
    *,
    per: Literal["pair", "target"] = "pair",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss of each epoch of one training run, or of several by name.

    Parameters
    ----------
    history : sequence of EpochRecord, or mapping of name to such
        ``model.history``.
    per : {"pair", "target"}
        Mean loss of a (target, context) pair with its negatives, or of all pairs of a target.
    title : str, optional
        Title above the axes.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    ValueError
        A history is empty, or `per` is none of the two.
    """
    if per not in {"pair", "target"}:
        raise ValueError(f"per: expected 'pair' or 'target', got {per!r}")
    runs = dict(history) if isinstance(history, Mapping) else {"": history}
    if not runs or not all(runs.values()):
        raise ValueError("history: expected at least one epoch of every run, got none; train first")
    axes = _axes(ax, (7.0, 4.2))
    for number, (name, records) in enumerate(runs.items()):
        epochs = [record.epoch for record in records]
        losses = [getattr(record, f"loss_per_{per}") for record in records]
        axes.plot(
            epochs,
            losses,
            **_style(number),
            markersize=5,
            linewidth=1.8,
            label=name or None,
        )
        axes.annotate(
            f"{losses[-1]:.3f}",
            (epochs[-1], losses[-1]),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=_INK,
            fontsize=9,
        )
    axes.set(xlabel="epoch", ylabel=f"mean loss per {per} (nats)", title=title or "")
    axes.margins(x=0.12, y=0.12)
    ticker = needed("matplotlib.ticker", "matplotlib")
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(axis="y", color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if any(runs):
        axes.legend(frameon=False)
    return axes


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

    Raises
    ------
    KeyError
        A word is not in `kv`.
    ValueError
        Fewer than two words.
    """
    chosen = list(dict.fromkeys(words))
    unit = unit_vectors(kv, _rows(kv, chosen))
    if len(chosen) < 2:
        raise ValueError(f"words: expected at least 2 different ones, got {len(chosen)}")
    if reorder:
        from scipy.cluster.hierarchy import leaves_list, linkage

        leaves = leaves_list(linkage(unit, method="average", optimal_ordering=True)).tolist()
        chosen, unit = [chosen[leaf] for leaf in leaves], unit[leaves]
    similarity = unit @ unit.T
    count = len(chosen)

    side = max(4.0, min(0.5 * count + 1.5, 14.0))
    axes = _axes(ax, (side + 1.0, side))
    lowest = min(0.0, float(similarity.min()))
    image = axes.imshow(similarity, cmap="viridis", vmin=lowest, vmax=1.0)
    axes.set_xticks(range(count), [str(word) for word in chosen], rotation=45, ha="left")
    axes.set_yticks(range(count), [str(word) for word in chosen])
    axes.tick_params(top=True, bottom=False, labeltop=True, labelbottom=False, length=0)
    for tick in axes.get_xticklabels():
        tick.set_rotation_mode("anchor")
    axes.spines[:].set_visible(False)
    axes.set_title(title or "", pad=12)
    if count <= 15:
        middle = lowest + 0.62 * (1.0 - lowest)  # where viridis turns from dark to light
        for row, column in np.ndindex(count, count):
            value = float(similarity[row, column])
            axes.text(
                column,
                row,
                f"{value:.2f}".replace("-0.00", "0.00"),
                ha="center",
                va="center",
                fontsize=8,
                color=_INK if value > middle else "white",
            )
    bar = axes.figure.colorbar(
        image, cax=axes.inset_axes((1.04, 0.1, 0.035, 0.8)), label="cosine similarity"
    )
    bar.outline.set_visible(False)
    return axes


def plot_neighbours(
    kv: Any,
    words: Any | Sequence[Any],
    topn: int = 10,
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
    _rows(kv, chosen)
    found = [kv.most_similar(word, topn=topn) for word in chosen]
    lines = sum(map(len, found)) + len(found)
    axes = _axes(ax, (6.5, max(2.0, 0.26 * lines + 0.8)))

    ticks: list[float] = []
    names: list[str] = []
    headings: set[int] = set()
    place = 0.0
    for number, (word, neighbours) in enumerate(zip(chosen, found, strict=True)):
        headings.add(len(ticks))
        ticks.append(place)
        names.append(str(word))
        rows = place + 1.0 + np.arange(len(neighbours))
        values = [similarity for _, similarity in neighbours]
        axes.hlines(rows, 0.0, values, _style(number)["color"], linewidth=2.0, alpha=0.55)
        axes.plot(values, rows, **_style(number), markersize=6, linestyle="none")
        for row, value in zip(rows, values, strict=True):
            axes.annotate(
                f"{value:.2f}",
                (max(value, 0.0), row),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=_INK,
            )
        ticks += rows.tolist()
        names += [str(key) for key, _ in neighbours]
        place = rows[-1] + 1.4 if len(rows) else place + 1.4
    axes.set_yticks(ticks, names)
    for position, tick in enumerate(axes.get_yticklabels()):
        if position in headings:
            tick.set_fontweight("bold")
    every = [similarity for neighbours in found for _, similarity in neighbours]
    axes.set_xlim(min([0.0, *every]), max([0.1, *every]) * 1.12)
    axes.set_ylim(place - 0.7, -0.7)
    axes.set(xlabel="cosine similarity", title=title or "")
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return axes


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    if ax is not None:
        return ax
    pyplot = needed("matplotlib.pyplot", "matplotlib")
    axes: Axes = pyplot.subplots(figsize=size, layout="constrained")[1]
    return axes


def _style(number: int) -> dict[str, Any]:
    """Return colour and shape of the points of group `number`; 49 groups differ."""
    shift = number // len(COLOURS)
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": _MARKERS[(number + shift) % len(_MARKERS)],
    }


def _legend(axes: Axes, names: Sequence[str]) -> None:
    """Name the groups beside the axes, with points of one size whatever is highlighted."""
    lines = needed("matplotlib.lines", "matplotlib")
    handles = [
        lines.Line2D([], [], **_style(number), linestyle="none", markersize=6, label=name)
        for number, name in enumerate(names)
    ]
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9
    )


def _rows(kv: WordVectors, words: Sequence[Any]) -> list[int]:
    missing = [word for word in words if word not in kv.key_to_index]
    if missing:
        shown = ", ".join(map(repr, missing[:5])) + (", ..." if len(missing) > 5 else "")
        raise KeyError(f"{len(missing)} of {len(words)} words have no vector: {shown}")
    return [kv.key_to_index[word] for word in words]
