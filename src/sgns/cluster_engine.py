"""The engine of clusters, Dask: beside `dask_exchange.py` the only file that knows it.

Why Dask: docs/design/0010-cluster.md. It starts processes, runs functions on the nodes they are
sent to, moves their results between nodes and notices which nodes are lost; nothing of that is
done elsewhere.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable
from uuid import uuid4
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from distributed import Client

# How often the caller of `wait` is told of progress, and lost nodes are looked for.
_POLL_SECONDS = 0.1
# After so long a value that does not come is asked about: a node may be lost after its function
# has come to its end, and its value with it.
_VALUE_SECONDS = 1.0
# How long a cluster may take until it has a worker: queues of batch systems are longer.
_START_SECONDS = 60
# Processes of one machine: Dask looks at itself less often, which took 6 % of a core for each, and
# memory is kept, which it would give back to the system and take again in every round.
_LOCAL_SETTINGS = {
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "1s",
    "distributed.worker.profile.enabled": False,
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 1 << 28,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 1 << 28,
}


class NodeLostError(Exception):
    """Nodes are there no more, or not as they were; the arguments are their names."""


# A function that runs on several nodes at the same time: it yields a list with a value for each of
# them, in their order, and is sent the list of what each of them has for it.
Exchanging: TypeAlias = Callable[..., Generator[Sequence[Any], list[Any], Any]]


@runtime_checkable
class Engine(Protocol):
    """Runs functions on nodes.

    Attributes
    ----------
    is_local : bool
        Whether the nodes are of this machine, and see its files.
    """

    is_local: bool

    def nodes(self) -> dict[str, int]:
        """The nodes that are there by their names, and how many threads each has."""

    def submit(self, node: str, function: Callable[..., Any], *args: Any) -> Any:
        """Send a function to a node; returns its future, which can be an argument of others."""

    def send(self, node: str, value: Any) -> Any:
        """Send a value to a node; returns its future."""

    def wait(self, futures: Sequence[Any], report: Callable[[], object]) -> None:
        """Wait until all are done, calling `report` now and then.

        Raises
        ------
        NodeLostError
            One cannot come any more.
        ConnectionError
            The cluster is gone.
        Exception
            What a function has raised, that of the first future that has failed.
        """

    def result(self, future: Any) -> Any:
        """What is in a future that is done; raises as `wait` does."""

    def together(
        self,
        calls: Mapping[str, tuple[Exchanging, Sequence[Any]]],
        report: Callable[[], object],
    ) -> dict[str, Any]:
        """Run a function on each of some nodes, which exchange values, and wait until all have.

        Parameters
        ----------
        calls : dict of tuple
            The function of each node, and its arguments.
        report : callable
            Called now and then.

        Returns
        -------
        dict
            What the function of each node has returned; some are missing where a node was lost
            before it had come to its end.

        Raises
        ------
        NodeLostError
            What the functions of the nodes that it names have raised.
        ConnectionError
            The cluster is gone.
        Exception
            What a function has raised.
        """


class DaskEngine:
    """A cluster of Dask as an `Engine`: its workers are the nodes."""

    def __init__(self, client: Client, *, is_local: bool) -> None:
        self._client = client
        self.is_local = is_local
        self._run, self._numbers = uuid4().hex, count()
        self._prepared: set[str] = set()
        self._last: Mapping[str, Any] = {}
        self._nodes: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

    def nodes(self) -> dict[str, int]:
        """See `Engine`."""
        try:
            nodes = dict(self._client.nthreads())
        except OSError as error:
            raise _gone() from error
        if self._last.keys() - nodes.keys():  # Dask is not to do again what is lost
            self._last = {}
        return nodes

    def submit(self, node: str, function: Callable[..., Any], *args: Any) -> Any:
        """See `Engine`."""
        future = self._client.submit(
            function, *args, workers=[node], allow_other_workers=False, pure=False, retries=0
        )
        self._nodes[future] = node
        return future

    def send(self, node: str, value: Any) -> Any:
        """See `Engine`."""
        future = self._client.scatter([value], workers=[node], hash=False)[0]
        self._nodes[future] = node
        return future

    def wait(self, futures: Sequence[Any], report: Callable[[], object]) -> None:
        """See `Engine`."""
        from distributed import CancelledError, wait

        while True:
            try:
                with self._client.as_current():
                    wait(list(futures), timeout=_POLL_SECONDS)
                break
            except TimeoutError:
                report()
            except CancelledError:  # what they are made of is lost, or the cluster is
                raise self._lost(futures) or NodeLostError(self._first_cancelled(futures)) from None
            if lost := self._lost([future for future in futures if not future.done()]):
                raise lost
        for future in futures:
            if future.status != "finished":
                self._raise(future)

    def result(self, future: Any) -> Any:
        """See `Engine`."""
        from distributed import CancelledError

        self.wait([future], lambda: None)
        try:
            return self._values([future])[0]
        except CancelledError:  # its node was lost since
            raise self._lost([future]) or NodeLostError(self._nodes[future]) from None

    def together(
        self,
        calls: Mapping[str, tuple[Exchanging, Sequence[Any]]],
        report: Callable[[], object],
    ) -> dict[str, Any]:
        """See `Engine`."""
        from sgns.dask_exchange import Together, give_up, prepare, run_exchanging

        new = calls.keys() - self._prepared
        if new:
            self._everywhere(prepare, new)
            self._prepared |= new
        together = Together(self._run, next(self._numbers), list(calls))

        async def submit() -> dict[str, Any]:
            return {
                node: self.submit(node, run_exchanging, together, place, function, *args)
                for place, (node, (function, args)) in enumerate(calls.items())
            }

        # Dask keeps what it has to tell the scheduler back for ten milliseconds after it has told
        # something. So all calls leave in one message, from the event loop, and the futures of the
        # round before are let go after that.
        futures = self._last = self._client.sync(submit)
        try:
            self._settle(futures, together.number, report)
        except BaseException:  # nobody is to wait for one that has not begun
            self._last = {}
            self._everywhere(give_up, calls, self._run, together.number)
            raise
        return self._returned(futures)

    def _settle(
        self, futures: Mapping[str, Any], number: int, report: Callable[[], object]
    ) -> None:
        """Wait until none can come any more; where one fails, nobody has to wait for it."""
        from distributed import CancelledError, wait

        from sgns.dask_exchange import give_up

        is_given_up = False
        pending = dict(futures)
        while pending:
            try:
                with self._client.as_current():
                    wait(list(pending.values()), timeout=_POLL_SECONDS)
            except TimeoutError:
                report()
            except CancelledError:
                pass  # which of them it is, and whether others are left, is looked at below
            done = {node for node, future in pending.items() if future.done()}
            if done == pending.keys() == futures.keys():
                return
            there = self.nodes().keys()
            failed = any(f.status in ("error", "cancelled", "lost") for f in futures.values())
            if (failed or futures.keys() - there) and not is_given_up:
                self._everywhere(give_up, futures.keys() & there, self._run, number)
                is_given_up = True
            pending = {n: f for n, f in pending.items() if n not in done and n in there}

    def _returned(self, futures: Mapping[str, Any]) -> dict[str, Any]:
        """What is in those that have come to their end; raises what another reason has ended."""
        from distributed import KilledWorker

        from sgns.dask_exchange import ExchangeEndedError

        for future in futures.values():
            error = future.exception() if future.status == "error" else None
            if isinstance(error, NodeLostError):
                raise NodeLostError(self._nodes[future]) from error
            if error is not None and not isinstance(error, KilledWorker | ExchangeEndedError):
                raise error
        finished = {node: f for node, f in futures.items() if f.status == "finished"}
        try:
            return dict(zip(finished, self._values([*finished.values()]), strict=True))
        except Exception:  # one of them was lost since: see which
            found = {}
            for node, future in finished.items():
                with suppress(NodeLostError):
                    found[node] = self.result(future)
            return found

    def _values(self, futures: Sequence[Any]) -> list[Any]:
        """Fetch what is in futures that have come to their end; raises where a node is lost since.

        Dask would wait for ever for a node that is lost between, as no other may do its work.
        """

        async def gather() -> Any:
            return await self._client.gather(list(futures), direct=True, asynchronous=True)

        seconds = _VALUE_SECONDS
        while True:
            try:
                values: list[Any] = self._client.sync(gather, callback_timeout=seconds)
                return values
            except TimeoutError:
                if lost := self._lost(futures):
                    raise lost from None
            seconds *= 2  # large values take their time

    def _everywhere(self, function: Callable[..., Any], nodes: Iterable[str], *args: Any) -> None:
        """Call a function in the event loops of workers, whatever else they do."""
        self._client.run(function, *args, workers=list(nodes), on_error="ignore")

    def _lost(self, futures: Sequence[Any]) -> NodeLostError | None:
        """What to raise where nodes of some futures are there no more."""
        lost = {self._nodes[future] for future in futures} - self.nodes().keys()
        return NodeLostError(*lost) if lost else None

    def _first_cancelled(self, futures: Sequence[Any]) -> str:
        return next(self._nodes[future] for future in futures if future.cancelled())

    def _raise(self, future: Any) -> None:
        """Raise what the function of a future has raised."""
        from distributed import KilledWorker

        error = future.exception()
        if isinstance(error, KilledWorker | NodeLostError):
            raise NodeLostError(self._nodes[future]) from error
        raise error


@contextmanager
def open_engine(cluster: Any, workers: int | None) -> Iterator[Engine]:
    """Connect to a cluster, or start one of this machine that is closed at the end.

    Parameters
    ----------
    cluster : "local", str, distributed.Client, cluster of Dask, or Engine
        "local" starts `workers` processes; a string is the address of a scheduler.
    workers : int or None
        See `cluster`.

    Raises
    ------
    ImportError
        Dask is not installed.
    TypeError
        It is none of these.
    OSError, TimeoutError
        There is no scheduler, or it has no workers.
    """
    if isinstance(cluster, Engine):
        yield cluster
        return
    try:
        import distributed
    except ImportError as error:
        raise ImportError('cluster: needs Dask; pip install "sgns[cluster]"') from error
    with ExitStack() as stack:
        if isinstance(cluster, distributed.Client):
            client = cluster
        elif isinstance(cluster, str) or hasattr(cluster, "scheduler_address"):
            started = cluster
            if cluster == "local":
                started = stack.enter_context(_local_cluster(workers))
            client = stack.enter_context(distributed.Client(started, set_as_default=False))
        else:
            raise TypeError(
                'cluster: expected "local", the address of a Dask scheduler, a Client or a '
                f"cluster of Dask, got {type(cluster).__name__}"
            )
        if cluster == "local":
            _prepare_processes(client)
        client.wait_for_workers(1, timeout=_START_SECONDS)
        yield DaskEngine(client, is_local=cluster == "local")


@contextmanager
def _local_cluster(workers: int | None) -> Iterator[Any]:
    """Start processes of one thread each, without a limit on memory."""
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set(_LOCAL_SETTINGS),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",  # there is always one; here, on a port that is free
        ) as cluster,
    ):
        yield cluster


def _prepare_processes(client: Client) -> None:
    """Leave Ctrl-C, which a terminal sends to all its processes, to the one that trains.

    They also import what they will run, all at the same time.
    """
    from distributed import WorkerPlugin

    class Prepares(WorkerPlugin):  # type: ignore[misc]
        def setup(self, worker: object) -> None:
            del worker
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            import_module("sgns.cluster_node")

    client.register_plugin(Prepares())


def _gone() -> ConnectionError:
    return ConnectionError(
        "cluster: the scheduler does not answer any more; with checkpoint= the run can be resumed"
    )
