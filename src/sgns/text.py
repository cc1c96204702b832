"""Text: files, folders, compressed files and iterables, as documents."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Source = str | os.PathLike[str] | Iterable[Any]
Tokenizer = Callable[[str], Iterable[str]]


def simple_documents(source: Source) -> Iterable[list[str]]:
    if isinstance(source, (str, os.PathLike)):
        if not Path(source).is_file():
            raise FileNotFoundError(f"no file named '{source}'")
        with open(source, "rb") as file:
            for line in file:
                yield line.decode().split()
    else:
        for document in source:
            yield document.split() if isinstance(document, str) else list(document)
