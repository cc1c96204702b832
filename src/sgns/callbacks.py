"""What is asked after each epoch whether training is to end: patience, and the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

from sgns.history import EpochRecord

if TYPE_CHECKING:
    from sgns.model import Model

STOP = "stop"
Callback = Callable[["Model", EpochRecord], object]


def checked_callbacks(callbacks: Any) -> list[Callback]:
    """The functions of one or several callbacks.

    Raises
    ------
    TypeError
        One of them can not be called.
    """
    if callbacks is None:
        return []
    several = isinstance(callbacks, Iterable) and not hasattr(callbacks, "on_epoch_end")
    functions = []
    for number, callback in enumerate(callbacks if several else [callbacks]):
        function = getattr(callback, "on_epoch_end", callback)
        if not callable(function):
            raise TypeError(
                f"callbacks[{number}]: expected a function of a model and a record, or an object "
                f"with one named on_epoch_end, got {type(callback).__name__}"
            )
        functions.append(function)
    return functions


def checked_patience(patience: object, validation: object) -> int | None:
    """Read what `Model.train` is given.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, what was expected and what came.
    """
    if patience is None:
        return None
    expected = "patience: expected an integer of 1 or more or None"
    if isinstance(patience, bool) or not isinstance(patience, Integral):
        raise TypeError(f"{expected}, got {patience!r}")
    if patience < 1:
        raise ValueError(f"{expected}, got {patience}")
    if validation is None:
        raise ValueError("patience: expected a fraction or a Corpus as validation=, got none")
    return int(patience)


def is_out_of_patience(losses: Sequence[float], patience: int | None) -> bool:
    """Whether the lowest loss is `patience` epochs old."""
    if patience is None or not losses:
        return False
    best = min(range(len(losses)), key=losses.__getitem__)
    return len(losses) - 1 - best >= patience


def ask(callbacks: Sequence[Callback], model: Model, record: EpochRecord) -> bool:
    """Call every callback; returns whether one of them said stop.

    What one of them raises goes to the caller of training, with a note of where it is from.
    """
    ends = False
    for callback in callbacks:
        try:
            answer = callback(model, record)
        except Exception as error:
            name = getattr(callback, "__qualname__", type(callback).__name__)
            error.add_note(
                f"raised by the callback {name} after epoch {record.epoch}; "
                "the model keeps what it has learnt"
            )
            raise
        ends = ends or (isinstance(answer, str) and answer == STOP)
    return ends
