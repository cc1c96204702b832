"""Functions that run on several workers of Dask at the same time, and exchange values between them.

A worker keeps what it has for the others until they have fetched it, over the connections that
workers of Dask have with each other anyway. So an exchange takes no task of its own, and nothing
of it goes through the scheduler.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Worker

_HANDLER = "sgns_fetch"
_MAILBOX = "_sgns_mailbox"


class ExchangeEndedError(Exception):
    """Another worker is lost, or has failed."""


@dataclass(frozen=True, slots=True)
class Together:
    """What the calls that exchange values with each other have in common.

    Attributes
    ----------
    run : str
        A name that nobody else has.
    number : int
        Greater than those of the calls before, all of which have ended.
    nodes : sequence of str
        The addresses of the workers.
    """

    run: str
    number: int
    nodes: Sequence[str]


def prepare(dask_worker: Worker) -> None:
    """Let a worker answer others; called in its event loop, before any of them asks."""
    if not hasattr(dask_worker, _MAILBOX):
        setattr(dask_worker, _MAILBOX, _Mailbox(dask_worker))


def run_exchanging(together: Together, place: int, function: Callable[..., Any], *args: Any) -> Any:
    """Run a generator function in a task, as others do; see `Engine.together`.

    `place` is that of this worker among the nodes.

    Raises
    ------
    ExchangeEndedError
        Another worker is lost, or has failed.
    """
    from distributed import get_worker
    from distributed.utils import sync

    worker = get_worker()
    exchange = getattr(worker, _MAILBOX).exchange
    program, received, phase = function(*args), None, 0
    while True:
        try:
            values = program.send(received)
        except StopIteration as end:
            return end.value
        received = sync(worker.loop, exchange, together, phase, place, values)
        phase += 1


def give_up(run: str, number: int, dask_worker: Worker) -> None:
    """Let the calls of a number fail, which is called in the worker's event loop."""
    getattr(dask_worker, _MAILBOX).give_up(run, number)


class _Mailbox:
    """What a worker has for others; lives in its event loop."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        # By run, number and phase; None where these calls were given up.
        self._values: dict[tuple[str, int, int], asyncio.Future[Sequence[Any] | None]] = {}
        self._readers: dict[tuple[str, int, int], int] = {}
        self._given_up: dict[str, int] = {}
        self._ends: dict[str, asyncio.Future[None]] = {}
        worker.handlers[_HANDLER] = self.fetch

    async def exchange(
        self, together: Together, phase: int, place: int, values: Sequence[Any]
    ) -> list[Any]:
        """Give `values[i]` to worker i, and return what all of them have for this one."""
        run, number, nodes = together.run, together.number, together.nodes
        if self._is_given_up(run, number):
            raise ExchangeEndedError
        if len(nodes) > 1:
            key = run, number, phase
            self._readers[key] = len(nodes) - 1
            self._future(key).set_result(values)
        fetched = asyncio.gather(
            *(self._from(node, run, number, phase, place) for node in nodes if node != nodes[place])
        )
        end = self._ends.setdefault(run, asyncio.get_running_loop().create_future())
        waited: list[asyncio.Future[Any]] = [fetched, end]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not fetched.done():
            fetched.cancel()
            await asyncio.wait([fetched])
            raise ExchangeEndedError
        received = fetched.result()
        received.insert(place, values[place])
        return received

    async def fetch(self, run: str, number: int, phase: int, place: int) -> dict[str, Any]:
        """Answer another worker: what this one has for it, once it has."""
        from distributed.protocol import to_serialize

        if self._is_given_up(run, number):
            return {"is_lost": True}
        key = run, number, phase
        values = await asyncio.shield(self._future(key))
        if values is None:
            return {"is_lost": True}
        self._readers[key] -= 1
        if self._readers[key] == 0:
            del self._readers[key], self._values[key]
        return {"is_lost": False, "value": to_serialize(values[place])}

    def give_up(self, run: str, number: int) -> None:
        """Answer nobody any more, and wait for nobody."""
        self._given_up[run] = number
        for key in [key for key in self._values if key[0] == run]:
            values = self._values.pop(key)
            self._readers.pop(key, None)
            if not values.done():
                values.set_result(None)
        if run in self._ends:
            self._ends.pop(run).set_result(None)

    def _is_given_up(self, run: str, number: int) -> bool:
        return number <= self._given_up.get(run, -1)

    def _future(self, key: tuple[str, int, int]) -> asyncio.Future[Sequence[Any] | None]:
        return self._values.setdefault(key, asyncio.get_running_loop().create_future())

    async def _from(self, node: str, run: str, number: int, phase: int, place: int) -> Any:
        call = getattr(self._worker.rpc(node), _HANDLER)
        try:
            answer = await call(run=run, number=number, phase=phase, place=place)
        except OSError:
            raise ExchangeEndedError(node) from None
        if answer["is_lost"]:
            raise ExchangeEndedError(node)
        return answer["value"]
