"""The English documentation that every installation has: docstrings, as one text a document.

The sources of the standard library, numpy and scipy are parsed, never imported: that runs no
code, needs no compiler's output, and reads a module in a few milliseconds.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGES = ("numpy", "scipy")
SKIPPED_FOLDERS = {"test", "tests", "idle_test", "site-packages", "dist-packages"}
TOPICS_FOLDER = "pydoc_data"  # the language reference behind `help("for")`

_Documented = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_Blocks = (ast.ClassDef, ast.If, ast.Try, ast.ExceptHandler, ast.With, ast.For)


def documentation(folders: Iterable[Path] | None = None) -> Iterator[str]:
    """Yield the documentation strings of installed sources, each once, each on one line.

    Lines of interactive examples (from ``>>>`` to the next empty line) are left out, and so are
    test folders, which not every installation has. Files that cannot be read or parsed are
    passed over. The order is that of `folders` and of the paths in each, on any machine.

    Parameters
    ----------
    folders
        Where to look for ``.py`` and ``.pyi`` files, at any depth. None stands for the standard
        library, numpy and scipy.
    """
    seen: set[str] = set()
    for folder in source_folders() if folders is None else folders:
        for path in source_files(folder):
            for text in file_documentation(path):
                document = " ".join(without_examples(text).split())
                if document and document not in seen:
                    seen.add(document)
                    yield document


def source_folders() -> list[Path]:
    """Return the folders of the standard library, numpy and scipy that are there."""
    folders = [Path(sysconfig.get_path("stdlib"))]
    for package in PACKAGES:
        specification = importlib.util.find_spec(package)
        if specification is not None and specification.submodule_search_locations:
            folders.append(Path(specification.submodule_search_locations[0]))
    return folders


def source_files(folder: Path) -> list[Path]:
    """Return the Python sources under `folder` outside of `SKIPPED_FOLDERS`, sorted."""
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = set(folders) - SKIPPED_FOLDERS  # the others are not even entered
        found += [Path(parent, name) for name in files if name.endswith((".py", ".pyi"))]
    return sorted(found, key=Path.as_posix)


def file_documentation(path: Path) -> Iterator[str]:
    """Yield the documentation strings of one source file, nothing if it cannot be parsed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the file's own escapes and comparisons
            tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    yield from _docstring(tree)
    are_topics = path.parent.name == TOPICS_FOLDER
    for statement in _statements(tree.body):
        if isinstance(statement, _Documented):
            yield from _docstring(statement)
        elif _is_add_newdoc(statement) or (are_topics and isinstance(statement, ast.Assign)):
            yield from _texts(statement)


def without_examples(text: str) -> str:
    """Return `text` without interactive examples, each from its ``>>>`` to an empty line."""
    kept = []
    inside = False
    for line in text.splitlines():
        stripped = line.strip()
        inside = bool(stripped) and (inside or stripped.startswith(">>>"))
        if not inside:
            kept.append(line)
    return "\n".join(kept)


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield statements at every depth outside of functions, whose insides are most of a tree."""
    for statement in body:
        yield statement
        if isinstance(statement, _Blocks):
            for field in ("body", "handlers", "orelse", "finalbody"):
                yield from _statements(getattr(statement, field, ()))


def _docstring(node: ast.AST) -> Iterator[str]:
    text = ast.get_docstring(node)  # type: ignore[arg-type]
    if text:
        yield text


def _is_add_newdoc(statement: ast.AST) -> bool:
    """Tell whether numpy or scipy document a compiled function with this statement."""
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return False
    function = statement.value.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    return name.startswith("add_newdoc")


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the strings of several words inside `node`."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value:
            yield inspect.cleandoc(part.value)
