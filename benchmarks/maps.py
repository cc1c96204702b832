"""Libraries that draw interactive maps: size of the page, speed with many points, use offline.

    python benchmarks/maps.py --points 50000

Each library writes the same points, with a word each, as self-contained a page as it can; a
headless Chromium without network opens it. Libraries that are not installed are left out.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.image import imread
from playwright.sync_api import Browser, Error, sync_playwright

from _common import machine, markdown_facts, markdown_table, note, versions

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WITHOUT_WEBGL = [*BROWSER_OPTIONS, "--disable-3d-apis"]
PATIENCE = 30.0  # seconds until a page that has drawn nothing is given up
WINDOW = {"width": 1000, "height": 700}


# ---- contestants --------------------------------------------------------------------------------


def bokeh(points: np.ndarray, words: list[str], out: Path, backend: str = "canvas") -> None:
    from bokeh.embed import file_html
    from bokeh.models import ColumnDataSource
    from bokeh.plotting import figure
    from bokeh.resources import INLINE

    source = ColumnDataSource({"x": points[:, 0], "y": points[:, 1], "word": words})
    plot = figure(
        width=900,
        height=600,
        output_backend=backend,
        tools="pan,wheel_zoom,hover",
        active_scroll="wheel_zoom",
        tooltips="@word",
    )
    plot.scatter("x", "y", size=4, alpha=0.6, source=source)
    out.write_text(file_html(plot, INLINE), encoding="utf8")


def bokeh_webgl(points: np.ndarray, words: list[str], out: Path) -> None:
    bokeh(points, words, out, "webgl")


def plotly(points: np.ndarray, words: list[str], out: Path) -> None:
    from plotly import graph_objects

    dots = graph_objects.Scattergl(
        x=points[:, 0], y=points[:, 1], text=words, mode="markers", marker={"size": 4}
    )
    plot = graph_objects.Figure(dots, {"width": 900, "height": 600, "dragmode": "pan"})
    plot.write_html(out, include_plotlyjs=True, config={"scrollZoom": True})


def pydeck(points: np.ndarray, words: list[str], out: Path) -> None:
    import pydeck as deck

    data = [
        {"p": [float(x), float(y)], "word": word}
        for (x, y), word in zip(points, words, strict=True)
    ]
    dots = deck.Layer(
        "ScatterplotLayer",
        data,
        get_position="p",
        get_radius=1,
        radius_units="'pixels'",
        radius_min_pixels=2,
        get_fill_color=[0, 90, 170],
        pickable=True,
    )
    view = deck.ViewState(target=[0.0, 0.0, 0.0], zoom=5)
    plane = deck.View(type="OrthographicView", controller=True)
    drawn = deck.Deck(
        [dots],
        views=[plane],
        initial_view_state=view,
        map_provider=None,
        tooltip={"text": "{word}"},
    )
    out.write_text(drawn.to_html(as_string=True, offline=True), encoding="utf8")


def datamapplot(points: np.ndarray, words: list[str], out: Path) -> None:
    import datamapplot as library

    page = library.create_interactive_plot(
        points, hover_text=words, enable_search=True, inline_data=True
    )
    page.save(out)


def embedding_atlas(points: np.ndarray, words: list[str], out: Path) -> None:
    import pandas as pd

    table = out.with_suffix(".parquet")
    frame = pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "word": words})
    frame.to_parquet(table)
    subprocess.run(
        [
            *("embedding-atlas", table, "--text", "word", "--x", "x", "--y", "y"),
            *("--disable-projection", "--export-application", out.parent / "atlas"),
        ],
        check=True,
        capture_output=True,
    )
    table.unlink()
    out.symlink_to(out.parent / "atlas" / "index.html")


CONTESTANTS: dict[str, tuple[str, Callable[[np.ndarray, list[str], Path], None]]] = {
    "bokeh, canvas": ("bokeh", bokeh),
    "bokeh, WebGL": ("bokeh", bokeh_webgl),
    "plotly, WebGL": ("plotly", plotly),
    "pydeck (deck.gl)": ("pydeck", pydeck),
    "datamapplot (deck.gl)": ("datamapplot", datamapplot),
    "embedding-atlas": ("embedding-atlas", embedding_atlas),
}


# ---- what is measured ---------------------------------------------------------------------------


def look(browser: Browser, page_path: Path) -> dict[str, Any]:
    """Open a page without network; tell what it asked for, when it drew, how fast it zooms."""
    page = browser.new_context(offline=True, viewport=WINDOW).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    began = time.perf_counter()
    page.goto(page_path.as_uri(), wait_until="commit")
    drawn = None
    while drawn is None and time.perf_counter() - began < PATIENCE:
        try:
            if share_of_ink(page.screenshot()) > 0.05:
                drawn = time.perf_counter() - began
        except Error:  # the browser is too busy for a picture
            continue
    outside = [url for url in asked if url.startswith("http")]
    found: dict[str, Any] = {"asked": len(outside), "drawn": drawn, "zoom": None}
    if drawn is not None:
        page.mouse.move(WINDOW["width"] / 2, WINDOW["height"] / 2)
        steps = []
        for step in range(20):
            before = time.perf_counter()
            page.mouse.wheel(0, -100 if step < 10 else 100)
            page.evaluate(
                "() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))"
            )
            steps.append(time.perf_counter() - before)
        found["zoom"] = statistics.median(steps)
    page.context.close()
    return found


def share_of_ink(png: bytes) -> float:
    """Return the share of pixels in the middle of a picture with the strong colour of points.

    Axes and messages, which are there without points, have none.
    """
    picture = np.round(imread(io.BytesIO(png))[150:550, 200:800, :3] * 255)
    return float(np.mean(np.ptp(picture, axis=2) > 50))


def installed(package: str) -> tuple[int, float]:
    """Count the packages that one brings, itself and what sgns has anyway aside, and their MB."""
    ours = set(required("sgns"))
    new = [name for name in required(package) if name not in ours]
    size = 0
    for name in new:
        for file in metadata.files(name) or []:
            place = Path(str(file.locate()))
            size += place.stat().st_size if place.is_file() else 0
    return len(new) - 1, size / 1e6


def required(package: str) -> Iterator[str]:
    """Yield an installed package and all that it requires."""
    seen, waiting = set(), [package]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        if name not in seen:
            seen.add(name)
            yield name
            waiting += [
                match.group()
                for need in needs
                if "extra ==" not in need and (match := re.match(r"[\w.-]+", need))
            ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    options = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("maps.py: expected a program named chromium, found none")
    generator = np.random.default_rng(1)
    centres = generator.normal(scale=5.0, size=(40, 2))
    points = centres[generator.integers(40, size=options.points)]
    points = points + generator.normal(size=points.shape)
    words = [f"word{number}" for number in range(options.points)]

    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        open_browser = driver.chromium.launch
        with_gl = open_browser(executable_path=CHROMIUM, args=BROWSER_OPTIONS)
        without_gl = open_browser(executable_path=CHROMIUM, args=WITHOUT_WEBGL)
        for name in options.only:
            package, write = CONTESTANTS[name]
            out = Path(folder) / f"{package}.html"
            out.unlink(missing_ok=True)
            try:
                write(points[:10], words[:10], out)  # imports, and what it compiles when first used
                out.unlink()
                shutil.rmtree(Path(folder) / "atlas", ignore_errors=True)
                began = time.perf_counter()
                write(points, words, out)
            except ImportError:
                note(f"{package} is not installed")
                continue
            written = time.perf_counter() - began
            pages = [file for file in out.resolve().parent.rglob("*") if file.is_file()]
            size = sum(file.stat().st_size for file in (pages if out.is_symlink() else [out]))
            looks = [look(with_gl, out) for _ in range(options.rounds)]
            plain = look(without_gl, out)
            others, megabytes = installed(package)
            rows.append(
                [
                    name,
                    metadata.metadata(package).get("License-Expression")
                    or metadata.metadata(package)["License"],
                    f"{others} ({megabytes:.0f})",
                    f"{size / 1e6:.1f}",
                    f"{written:.2f}",
                    looks[0]["asked"],
                    *(tell([found[key] for found in looks], unit) for key, unit in SHOWN),
                    *(tell([plain[key]], unit) for key, unit in SHOWN),
                ]
            )
            note(str(rows[-1]))
    print(markdown_facts(machine()))
    print(markdown_facts(versions(*dict.fromkeys(package for package, _ in CONTESTANTS.values()))))
    print(f"{options.points:,} points, median of {options.rounds}\n")
    print(markdown_table(HEADER, rows))


SHOWN = (("drawn", 1.0), ("zoom", 1000.0))
HEADER = [
    "",
    "licence",
    "packages it brings (MB)",
    "page, MB",
    "to write, s",
    "requests",
    "to draw, s",
    "a zoom step, ms",
    "without WebGL: to draw, s",
    "a zoom step, ms",
]


def tell(values: list[float | None], unit: float) -> str:
    """Return the median in a unit, or that nothing was drawn."""
    there = [value for value in values if value is not None]
    if not there:
        return "nothing"
    shown = statistics.median(there) * unit
    return f"{shown:.1f}" if unit == 1.0 else f"{shown:.0f}"


if __name__ == "__main__":
    main()
