"""Nodes one after the other in this process: the quality of many, where there are not as many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sgns.cluster_engine import Exchanging


class SimulatedNodes:
    """An `Engine` of nodes that are simulated: what they are sent is done at once, here.

    ``model.train(cluster=SimulatedNodes(8))`` gives the vectors of eight nodes, in the time that
    one takes to do the work of all.

    Parameters
    ----------
    n : int
        How many nodes.
    threads : int
        How many threads each has.
    """

    is_local = True

    def __init__(self, n: int, threads: int = 1) -> None:
        self._nodes = {f"node {number}": threads for number in range(n)}

    def nodes(self) -> dict[str, int]:
        """See `Engine`."""
        return dict(self._nodes)

    def lose(self, node: str) -> None:
        """Let a node be there no more; between two rounds."""
        del self._nodes[node]

    def add(self, node: str, threads: int = 1) -> None:
        """Let a node come."""
        self._nodes[node] = threads

    def submit(self, node: str, function: Callable[..., Any], *args: Any) -> Any:
        """See `Engine`; the future is the result itself."""
        assert node in self._nodes
        return function(*args)

    def send(self, node: str, value: Any) -> Any:
        """See `Engine`."""
        assert node in self._nodes
        return value

    def wait(self, futures: Sequence[Any], report: Callable[[], object]) -> None:
        """See `Engine`."""
        assert futures
        report()

    def result(self, future: Any) -> Any:
        """See `Engine`."""
        return future

    def together(
        self,
        calls: Mapping[str, tuple[Exchanging, Sequence[Any]]],
        report: Callable[[], object],
    ) -> dict[str, Any]:
        """See `Engine`; one node after the other comes to where it exchanges values."""
        report()
        programs = {node: function(*args) for node, (function, args) in calls.items()}
        received: list[list[Any] | None] = [None] * len(programs)
        results: dict[str, Any] = {}
        while True:
            given = []
            for (node, program), values in zip(programs.items(), received, strict=True):
                try:
                    given.append(program.send(values))  # type: ignore[arg-type]
                except StopIteration as end:
                    results[node] = end.value
            if results:  # all have as many exchanges
                return results
            received = [list(values) for values in zip(*given, strict=True)]
