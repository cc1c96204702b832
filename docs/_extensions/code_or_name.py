"""The role of what stands between single backticks in docstrings: code, linked where it is a name.

Sphinx's own role for Python objects takes a leading dot or tilde for an instruction, so that
`.gz` would lose its dot.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

NAME = re.compile(r"[A-Za-z_][\w.]*")


class CodeOrName(SphinxRole):
    """A link to the Python object of that name, if there is one, or plain code."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the node."""
        if NAME.fullmatch(self.text) is None:
            return [nodes.literal(self.rawtext, self.text)], []
        link: Any = self.env.get_domain("py").role("obj")
        return link("obj", self.rawtext, self.text, self.lineno, self.inliner)


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the role known to Sphinx."""
    app.add_role("code_or_name", CodeOrName())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
