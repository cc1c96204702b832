"""How far a call of training has come: all that going on from there needs beside the weights.

Random streams follow from the seed, the epoch and the job (see `schedule.epoch_keys`), so the
place is their state too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sgns.tally import Tally


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two jobs.

    Attributes
    ----------
    epoch : int
        Epochs of this call that have ended, and have their records.
    job : int
        Jobs of the next epoch that are done: all before this one, none from it on.
    tally : Tally
        What these have counted.
    seconds : float
        How long they took.
    """

    epoch: int = 0
    job: int = 0
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """The position as JSON has it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Position:
        """The position back from `to_dict`.

        Raises
        ------
        TypeError, ValueError
            Something is missing, unknown or no number.
        """
        tally = Tally(**values["tally"])
        for name, value in [*asdict(tally).items(), *values.items()]:
            whole = name not in ("loss", "document_loss", "seconds", "tally")
            if name != "tally" and (
                isinstance(value, bool)
                or not isinstance(value, int if whole else int | float)
                or (value < 0 and not name.endswith("loss"))
            ):
                raise ValueError(f"{name}: expected a number of 0 or more, found {value!r}")
        return cls(**{**values, "tally": tally})
