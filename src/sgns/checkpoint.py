"""The folder of checkpoints of one run: the newest one is whole, whatever happened to the run.

checkpoint-00000007/    a model folder, and in it
    training.json       what the call was given and how far it has come
lock                    held while a run uses the folder

Each checkpoint is written beside the one before it and takes its name in one rename; only then does
the earlier one go away. So there are two on disk while one is written, and else one.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sgns._files import atomic_folder
from sgns.errors import FormatError
from sgns.file_lock import locked
from sgns.position import Position
from sgns.regular_file import refuse_special

_NAME, _DIGITS = "checkpoint-", 8
_LOCK, _STATE = "lock", "training.json"


@dataclass(frozen=True)
class RunState:
    """What a checkpoint holds beside a model.

    Attributes
    ----------
    call : dict
        What the run was told: going on with anything else is refused.
    position : Position
        How far it has come.
    finished : bool
        Whether there is nothing left to do.
    """

    call: dict[str, Any]
    position: Position
    finished: bool = False


class Checkpoints:
    """The checkpoints in a folder that this process holds the lock of; see `open_checkpoints`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def latest(self) -> Path | None:
        """The newest checkpoint; None where there is none."""
        found = sorted(path for path in self.path.iterdir() if _number(path) is not None)
        return found[-1] if found else None

    def write(self, fill: Callable[[Path], None], state: RunState) -> Path:
        """Write a checkpoint, the model of which `fill` writes into a folder.

        Raises
        ------
        OSError
            It cannot be written; the one before it is left.
        """
        before = self.latest()
        number = 0 if before is None else _number(before) or 0
        path = self.path / f"{_NAME}{number + 1:0{_DIGITS}}"
        with atomic_folder(path) as folder:
            fill(folder)
            text = json.dumps(
                {
                    "call": state.call,
                    "position": state.position.to_dict(),
                    "finished": state.finished,
                },
                indent=2,
                allow_nan=False,
            )
            (folder / _STATE).write_text(f"{text}\n", encoding="ascii")
        self.tidy()
        return path

    def tidy(self) -> None:
        """Remove all but the newest checkpoint, and what killed runs left half-written."""
        newest = self.latest()
        for path in sorted(self.path.iterdir()):
            if path.name.startswith(f".{_NAME}"):
                shutil.rmtree(path, ignore_errors=True)
            elif _number(path) is not None and path != newest:
                # First out of the way: a checkpoint by its name is whole, even now.
                aside = path.with_name(f".{path.name}.old")
                path.replace(aside)
                shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def open_checkpoints(path: Path) -> Iterator[Checkpoints]:
    """Make or open a folder of checkpoints, for this process alone.

    Raises
    ------
    BlockingIOError
        Another run uses it.
    FileExistsError
        It is a folder that holds other things, or no folder.
    OSError
        It cannot be made or written to.
    """
    is_new = not os.path.lexists(path)
    path.mkdir(parents=True, exist_ok=True)
    try:
        _refuse_foreign(path)
        with locked(path / _LOCK):
            checkpoints = Checkpoints(path)
            checkpoints.tidy()
            yield checkpoints
    finally:
        if is_new:
            with suppress(OSError):  # a run that kept nothing leaves nothing
                path.rmdir()


def read_state(checkpoint: Path) -> RunState:
    """Read what the checkpoint in a folder holds beside its model.

    Raises
    ------
    FormatError
        It is damaged.
    """
    file = checkpoint / _STATE
    try:
        refuse_special(file)
        values = json.loads(file.read_bytes())
        call, finished = values["call"], values["finished"]
        position = Position.from_dict(values["position"])
        if not isinstance(call, dict) or not isinstance(finished, bool):
            raise TypeError("expected an object under 'call' and true or false under 'finished'")
    except OSError as error:
        raise FormatError(f"checkpoint '{checkpoint}': {_STATE}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise FormatError(f"checkpoint '{checkpoint}': {_STATE} is damaged: {error}") from None
    return RunState(call, position, finished)


def _number(path: Path) -> int | None:
    """The number of a checkpoint by its name; None for anything else."""
    digits = path.name.removeprefix(_NAME)
    is_one = path.name.startswith(_NAME) and len(digits) == _DIGITS and digits.isdecimal()
    return int(digits) if is_one else None


def _refuse_foreign(path: Path) -> None:
    for other in path.iterdir():
        is_ours = other.name == _LOCK or other.name.startswith(f".{_NAME}")
        if not is_ours and _number(other) is None:
            reason = f"expected a new folder or one of checkpoints, found '{other.name}' in it"
            raise FileExistsError(errno.EEXIST, reason, str(path))
