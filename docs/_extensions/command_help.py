"""The directive `command-help`: what each shell command prints with `--help`."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout, suppress
from typing import Any
from unittest import mock

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from sgns.arguments import COMMANDS, command_parser

# Columns and colours do not depend on the terminal that builds the site.
TERMINAL = {"COLUMNS": "90", "NO_COLOR": "1"}


class CommandHelp(Directive):
    """A section for each command, with its help as it is printed."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        return [
            nodes.section(
                "",
                nodes.title(text=f"sgns {name}"),
                nodes.literal_block(text=_help_of(name), language="none"),
                ids=[f"sgns-{name}"],
                names=[f"sgns {name}"],
            )
            for name in COMMANDS
        ]


def _help_of(command: str) -> str:
    printed = io.StringIO()
    with mock.patch.dict(os.environ, TERMINAL), redirect_stdout(printed), suppress(SystemExit):
        command_parser().parse_args([command, "--help"])
    return printed.getvalue().rstrip()


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directive known to Sphinx."""
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
