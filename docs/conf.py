"""How Sphinx makes the site: `nox -s docs`. Nothing is fetched while it builds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

import sgns

project = "sgns"
author = "The sgns developers"
copyright = author  # noqa: A001 - the name that Sphinx looks for
version = release = sgns.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx.ext.viewcode",
    "code_or_name",
    "command_help",
    "mathml",
]
exclude_patterns = ["_build", "figures"]  # tables under figures/ are parts of pages
html_theme = "furo"
html_title = "sgns"
html_static_path = ["_static"]
html_css_files = ["sgns.css"]
html_copy_source = False
html_show_copyright = False
math_renderer = "mathml"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

# In docstrings `Corpus` is a name to be linked; one that is not found stays as it is.
default_role = "code_or_name"
smartquotes = False  # "fused" is a value of a parameter
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # types stand in the docstrings, in words
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

REPORTS = Path(__file__).parents[1] / "benchmarks" / "results"


def add_reports(_: Any, page: str, source: list[str]) -> None:
    """Put all reports of benchmarks, of which there may be none yet, on the page about them."""
    if page == "benchmarks":
        for report in sorted([*REPORTS.glob("*.md"), *REPORTS.glob("*/report.md")], reverse=True):
            path = f"../benchmarks/results/{report.relative_to(REPORTS).as_posix()}"
            source[0] += f"\n```{{include}} {path}\n:heading-offset: 2\n:relative-images:\n```\n"


def without_aliases(*event: Any) -> Any:
    """Leave out what named tuples say of their fields, which is nothing."""
    member = event[3]
    return True if (member.__doc__ or "").startswith("Alias for field number") else None


def setup(app: Any) -> None:
    """Register what is above."""
    app.connect("source-read", add_reports)
    app.connect("autodoc-skip-member", without_aliases)
