"""Where tasks run: processes of this machine, or the workers of a cluster engine.

Anything with the `submit` of `concurrent.futures.Executor` will do; an engine brings retries, and
this package has none of its own.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Protocol, TypeVar, cast

from sgns.cores import count_workers

Result = TypeVar("Result")

LOCAL = "local"
# What Dask raises when a task was lost with several workers, one after the other.
_KILLED = "KilledWorker"


class Task(Protocol):
    """What `submit` returns: a `concurrent.futures.Future`, or what behaves like one."""

    def result(self) -> Any:
        """Wait for the task; return its result or raise its exception."""


class Executor(Protocol):
    """What runs functions of this package somewhere else."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Task:
        """Start ``fn(*args)`` when a worker is free."""


@contextmanager
def executor_of(cluster: object, workers: int | None) -> Iterator[tuple[Executor, int | None]]:
    """Give what runs tasks on `cluster`, and how many it runs at a time, None where it cannot tell.

    Parameters
    ----------
    cluster
        ``"local"``: as many processes of this machine as `workers` says, which end with the block.
        Another string is the address of a Dask scheduler. Or a client or a cluster of Dask, or an
        executor.

    Raises
    ------
    ImportError
        Dask is not installed, and an address was given.
    OSError
        There is no scheduler at that address.
    TypeError
        It is something else.
    """
    if cluster == LOCAL:
        with _processes(count_workers(workers)) as found:
            yield found
    elif callable(getattr(cluster, "get_executor", None)):
        with _of_dask(cluster) as found:
            yield found
    elif isinstance(cluster, str) or hasattr(cluster, "scheduler_address"):
        with _dask_client(cluster) as client, _of_dask(client) as found:
            yield found
    elif callable(getattr(cluster, "submit", None)):
        executor = cast(Executor, cluster)
        yield executor, getattr(executor, "_max_workers", None)
    else:
        raise TypeError(
            f"cluster: expected '{LOCAL}', the address of a Dask scheduler, a client or cluster of "
            f"Dask, or an executor, got {type(cluster).__name__}"
        )


def _dask_client(cluster: object) -> AbstractContextManager[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError('cluster: needs Dask; pip install "sgns[cluster]"') from error
    return cast(AbstractContextManager[Any], Client(cluster, set_as_default=False))


@contextmanager
def _of_dask(client: Any) -> Iterator[tuple[Executor, int]]:
    # Not pure: a task writes files, and its result must not be taken from an earlier build.
    with client.get_executor(pure=False) as executor:
        yield executor, sum(client.nthreads().values())


@contextmanager
def _processes(n: int) -> Iterator[tuple[Executor, int]]:
    # Spawned: a fork of a process with threads may inherit a lock that nobody will ever release.
    context = multiprocessing.get_context("spawn")
    # Ctrl-C in a terminal goes to all its processes; the calling one stops the others.
    quiet = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(n, context, initializer=signal.signal, initargs=quiet) as pool:
        yield pool, n


def run_tasks(
    executor: Executor,
    function: Callable[..., Result],
    calls: Sequence[tuple[Any, ...]],
    *,
    done: Callable[[int], None],
    stop: Callable[[], None],
) -> list[Result]:
    """Run a function with each tuple of arguments; return the results in their order.

    Parameters
    ----------
    done
        ``done(i)`` is called when calls up to number i have succeeded.
    stop
        Called when one has failed, or Ctrl-C was pressed: makes all others end soon.

    Raises
    ------
    Exception
        That of the first call that fails, by their order. All have ended by then.
    RuntimeError
        A process of the executor died.
    """
    tasks: list[Task] = []
    results: list[Result] = []
    try:
        tasks.extend(executor.submit(function, *call) for call in calls)
        for number, task in enumerate(tasks):
            results.append(task.result())
            done(number)
    except BaseException as error:
        # Not cancelled: Dask would say at once that a task which runs on is no more.
        with suppress(OSError):
            stop()
        for task in tasks:
            with suppress(Exception):
                task.result()
        if isinstance(error, BrokenExecutor) or type(error).__name__ == _KILLED:
            raise RuntimeError(
                "cluster: a worker process died before its task was done, killed or out of memory; "
                'where none can even start, a script lacks `if __name__ == "__main__":` around '
                "what it does"
            ) from error
        raise
    return results
