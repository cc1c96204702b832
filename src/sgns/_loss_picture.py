"""The loss of each epoch, of one training run or of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sgns._drawing import INK, drawing_axes, group_style, halo, written
from sgns._map_projection import needed

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import-not-found, unused-ignore]

    from sgns.history import EpochRecord


def plot_loss(
    history: Sequence[EpochRecord] | Mapping[str, Sequence[EpochRecord]],
    *,
    per: Literal["pair", "target"] = "pair",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss of each epoch of one training run, or of several by name.

    Where documents are targets by themselves, or text was held out, their losses per pair have
    curves of their own.

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

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        A history is empty, no loss was measured, or `per` is none of the two.
    """
    if per not in {"pair", "target"}:
        raise ValueError(f"per: expected 'pair' or 'target', got {per!r}")
    runs = dict(history) if isinstance(history, Mapping) else {"": history}
    if not runs or not all(runs.values()):
        raise ValueError("history: expected at least one epoch of every run, got none; train first")
    curves = [curve for name, records in runs.items() for curve in _loss_curves(name, records, per)]
    if not curves:
        raise ValueError(f"history: no epoch has a loss per {per}")
    axes = drawing_axes(ax, (7.0, 4.2))
    lines: list[Any] = []
    for number, (name, epochs, losses) in enumerate(curves):
        lines += axes.plot(
            epochs,
            losses,
            **group_style(number),
            markersize=5,
            linewidth=1.8,
            label=written(name),
        )
        axes.annotate(
            f"{losses[-1]:.3f}",
            (epochs[-1], losses[-1]),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=9,
            path_effects=halo(),
        )
    axes.set(xlabel="epoch", ylabel=f"mean loss per {per} (nats)", title=title or "")
    first, last = (
        pick(epochs[end] for _, epochs, _ in curves) for pick, end in ((min, 0), (max, -1))
    )
    beside = min(0.9, max(0.3, 0.06 * (last - first)))  # no room for ticks that are no epochs
    axes.set_xlim(first - beside, last + beside)
    axes.margins(y=0.12)
    ticker = needed("matplotlib.ticker", "matplotlib")
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(axis="y", color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if any(name for name, _, _ in curves):
        axes.legend(handles=lines, frameon=False)  # those, too, whose name begins with "_"
    return axes


def _loss_curves(
    name: str, records: Sequence[EpochRecord], per: str
) -> list[tuple[str, list[int], list[float]]]:
    """Return what was measured: of words, of documents as targets, of text that was held out."""
    fields = {"words": f"loss_per_{per}"}
    if per == "pair":
        fields |= {"documents": "document_loss_per_pair", "held-out text": "validation_loss"}
    curves = []
    for part, field in fields.items():
        points = [(record.epoch, getattr(record, field)) for record in records]
        known = [(epoch, loss) for epoch, loss in points if np.isfinite(loss)]
        if known:
            curves.append((part, [epoch for epoch, _ in known], [loss for _, loss in known]))
    if len(curves) == 1:
        return [(name, *curves[0][1:])]
    before = f"{name}: " if name else ""
    return [(before + part, epochs, losses) for part, epochs, losses in curves]
