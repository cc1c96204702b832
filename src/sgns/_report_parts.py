"""Pieces of a report as HTML: every word and number that goes in is escaped here."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import-not-found, unused-ignore]


def page(title: str, parts: Iterable[str]) -> bytes:
    """Return the whole page."""
    frame = Template(resources.files("sgns").joinpath("report_page.html").read_text("utf-8"))
    body = "\n".join([f"<h1>{text(title)}</h1>", *parts])
    return frame.substitute(title=text(title), body=body).encode("utf-8", "replace")


def text(value: object) -> str:
    """Return a value as text of a page."""
    return html.escape(str(value))


def heading(words: str) -> str:
    """Return the heading of a section."""
    return f"<h2>{text(words)}</h2>"


def remark(words: str) -> str:
    """Return a sentence in small print."""
    return f'<p class="remark">{text(words)}</p>'


def facts(named: Iterable[tuple[str, object]]) -> str:
    """Return the figures that people look for first."""
    items = (f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in named)
    return f"<dl>{''.join(items)}</dl>"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], left: int = 1) -> str:
    """Return a table whose first `left` columns are text and whose other ones are numbers."""

    def cells(tag: str, row: Sequence[Any]) -> str:
        opening = [
            f"<{tag}>" if column < left else f'<{tag} class="number">' for column in range(len(row))
        ]
        return "".join(
            f"{begin}<bdi>{text(cell)}</bdi></{tag}>"
            for begin, cell in zip(opening, row, strict=True)
        )

    lines = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    head = f"<thead><tr>{cells('th', header)}</tr></thead>" if header else ""
    return f'<div class="wide"><table>{head}<tbody>{lines}</tbody></table></div>'


def columns(titled: Iterable[tuple[str, str]]) -> str:
    """Return small tables side by side, each under its heading."""
    sections = (
        f"<section><h3><bdi>{text(name)}</bdi></h3>{content}</section>" for name, content in titled
    )
    return f'<div class="columns">{"".join(sections)}</div>'


def picture(axes: Axes, caption: str, *, small: bool = False) -> str:
    """Return what was drawn as an image inside the page, sharp at any size, and close it."""
    from sgns._map_projection import needed

    figure = axes.get_figure(root=True)
    assert figure is not None
    file = io.BytesIO()
    # Without a date and with fixed names inside, the same report has the same bytes.
    with needed("matplotlib", "matplotlib").rc_context({"svg.hashsalt": "sgns"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    needed("matplotlib.pyplot", "matplotlib").close(figure)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    image = f'<img alt="{text(caption)}" src="data:image/svg+xml;base64,{data}">'
    size = ' class="small"' if small else ""
    return f"<figure{size}>{image}<figcaption>{text(caption)}</figcaption></figure>"
