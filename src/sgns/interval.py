"""How often something is done: after so much time, so many tokens, or at the end of each epoch."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass, field
from numbers import Integral

Every = str | int

_UNITS = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0}
_TIME = re.compile(rf"(\d+(?:\.\d+)?) ?({'|'.join(_UNITS)})")
_EXPECTED = (
    'expected "epoch", a time such as "30s", "5min" or "2h", or a number of tokens of 1 or more'
)


@dataclass(slots=True)
class Interval:
    """Tells when it is time again.

    Attributes
    ----------
    seconds, tokens : float
        What has to pass; infinity where it does not matter.
    epoch : bool
        Whether the end of an epoch is such a time.
    """

    seconds: float = math.inf
    tokens: float = math.inf
    epoch: bool = False
    _since: float = field(default_factory=time.monotonic)
    _tokens_then: int = 0

    @classmethod
    def of(cls, every: Every, *, name: str) -> Interval:
        """Read what the parameter `name` says.

        Raises
        ------
        TypeError, ValueError
            Naming the parameter, what was expected and what came.
        """
        if isinstance(every, Integral) and not isinstance(every, bool):
            if every < 1:
                raise ValueError(f"{name}: {_EXPECTED}, got {every}")
            return cls(tokens=int(every))
        if not isinstance(every, str):
            raise TypeError(f"{name}: {_EXPECTED}, got {every!r}")
        if every == "epoch":
            return cls(epoch=True)
        match = _TIME.fullmatch(every)
        if match is None or float(match[1]) == 0:
            raise ValueError(f"{name}: {_EXPECTED}, got {every!r}")
        return cls(seconds=float(match[1]) * _UNITS[match[2]])

    def restart(self, tokens: int) -> None:
        """Begin to wait, `tokens` having been visited so far."""
        self._since = time.monotonic()
        self._tokens_then = tokens

    def is_over(self, tokens: int) -> bool:
        """Tell whether it is time, `tokens` having been visited so far."""
        return (
            tokens - self._tokens_then >= self.tokens
            or time.monotonic() - self._since >= self.seconds
        )
