"""`sgns plot`: pictures of vectors and of training."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sgns._shared_arguments import add_force, add_vectors, positive
from sgns._shell_input import given, refuse_to_replace
from sgns._shown_vectors import (
    add_documents,
    add_list,
    add_map_options,
    add_title,
    open_model,
    read_labels,
    shown_vectors,
    with_keys,
)
from sgns._signature_options import add_option
from sgns._terminal import on_interrupt

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import-not-found, unused-ignore]

KINDS = ("map", "loss", "similarity", "neighbours")


def add_plot(parser: argparse.ArgumentParser) -> None:
    """Add what `sgns plot` takes."""
    from sgns.plotting import plot_loss, plot_map, plot_neighbours, plot_similarity

    add_vectors(parser)
    parser.add_argument("out", metavar="OUT", help="the picture: .png, .svg, .pdf, ...")
    kind = "what to draw (default: %(default)s)"
    parser.add_argument("--kind", choices=KINDS, default="map", help=kind)
    add_list(parser, "words", "WORD", "which words to draw, or whose neighbours (map: the first)")
    add_documents(parser)
    add_title(parser)
    parser.add_argument(
        "--dpi", type=positive, metavar="N", default=150, help="dots an inch (default: %(default)s)"
    )
    add_force(parser, "OUT")
    add_map_options(parser.add_argument_group("map"), plot_map)
    loss = parser.add_argument_group("loss")
    add_option(loss, plot_loss, "per", Literal["pair", "target"], "what the loss is the mean of")
    similarity = parser.add_argument_group("similarity")
    add_option(similarity, plot_similarity, "reorder", bool, "put similar words side by side")
    neighbours = parser.add_argument_group("neighbours")
    topn = "how many of each word"
    add_option(neighbours, plot_neighbours, "topn", int, topn, convert=positive)


def plot(options: argparse.Namespace) -> None:
    """Draw the picture that is asked for."""
    from sgns import plotting

    out = Path(options.out)
    refuse_to_replace(out, options)
    draw: Callable[..., Axes] = getattr(plotting, f"plot_{options.kind}")
    arguments = _arguments(options, draw)
    pyplot = _pyplot(out)
    with on_interrupt(f"'{out}' was not written"):
        drawn = _drawn(options)
        if options.kind != "loss":
            arguments = with_keys(drawn, arguments)
        axes = draw(drawn, **arguments)
        _save(axes, out, options.dpi)
        pyplot.close(axes.figure)


def _arguments(options: argparse.Namespace, draw: Callable[..., Axes]) -> dict[str, Any]:
    """Return what is passed on to the function; refuse options that it knows nothing of."""
    from sgns import plotting

    arguments = given(options, draw)
    others = (given(options, getattr(plotting, f"plot_{kind}")) for kind in KINDS)
    strange = sorted(set().union(*others) - arguments.keys())
    if options.kind == "loss" and options.documents:
        strange.append("documents")
    if strange:
        flag = strange[0].replace("_", "-")
        raise ValueError(f"--{flag} does not go with --kind {options.kind}")
    if options.kind in ("similarity", "neighbours") and "words" not in arguments:
        raise ValueError(f"--kind {options.kind} needs --words")
    if "labels" in arguments:
        arguments["labels"] = read_labels(arguments["labels"])
    return arguments


def _drawn(options: argparse.Namespace) -> Any:
    """Return the vectors, or the history where the loss is to be drawn."""
    if options.kind != "loss":
        return shown_vectors(options)
    history = open_model(options.vectors).history
    if not history:
        raise ValueError(f"'{options.vectors}' was not trained yet")
    return history


def _pyplot(out: Path) -> Any:
    """Return pyplot, drawing into files only, if it writes files of this kind."""
    from sgns._map_projection import needed

    needed("matplotlib", "matplotlib").use("Agg")
    pyplot = needed("matplotlib.pyplot", "matplotlib")
    figure = pyplot.figure()
    known = figure.canvas.get_supported_filetypes()
    pyplot.close(figure)
    if _form(out) not in known:
        endings = ", ".join(f".{name}" for name in sorted(known))
        raise ValueError(f"'{out}': expected a name that ends in one of {endings}")
    return pyplot


def _save(axes: Axes, out: Path, dpi: int) -> None:
    from sgns._files import atomic_write

    figure = axes.get_figure(root=True)
    assert figure is not None
    with atomic_write(out) as file:
        figure.savefig(file, format=_form(out), dpi=dpi)


def _form(out: Path) -> str:
    return out.suffix.lower().removeprefix(".")
