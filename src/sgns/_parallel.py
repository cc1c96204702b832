"""Work on a stream of items by several threads, with results taken in the order of the items."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from sgns.threads import wait_until_ended

Item = TypeVar("Item")
Result = TypeVar("Result")
Placed = TypeVar("Placed")

POLL_SECONDS = 0.1
"""How often waiting threads look whether to stop; the calling thread hears of Ctrl-C at once."""

# Numbers of failures in the calling thread: an exception of the items' iterator comes after all
# that was handed out; KeyboardInterrupt and its like come before everything.
_AFTER_ALL = 1 << 62
_BEFORE_ALL = -1


class Pipeline(Generic[Item, Result, Placed]):
    """Three steps for each item: `work` and `finish` by any thread, `place` in order.

    Parameters
    ----------
    work
        ``work(worker, item)``: called by all workers at a time.
    place
        ``place(worker, result)``: called for one item at a time, in the order of the items,
        with the number of the worker that made the result.
    finish
        ``finish(worker, placed)``: called by all workers at a time.
    """

    def __init__(
        self,
        work: Callable[[int, Item], Result],
        place: Callable[[int, Result], Placed],
        finish: Callable[[int, Placed], None],
    ) -> None:
        self._work = work
        self._place = place
        self._finish = finish
        self._failure: tuple[int, BaseException] | None = None
        self._changed = threading.Condition()
        self._results: dict[int, tuple[int, Result]] = {}
        self._n_placed = 0
        self._limit = 0
        self._closed = False

    def run(
        self, items: Iterable[Item], n_workers: int, tick: Callable[[Item], None] | None = None
    ) -> None:
        """Take items in the calling thread, which alone touches their iterator.

        `tick(item)` is called in that thread for each item handed out. When a step fails, the
        items before the failing one are still worked on, so that the exception that reaches the
        caller is that of the first item that fails, for any number of workers. An exception in
        the calling thread, such as KeyboardInterrupt, stops the workers after their present item.
        """
        self._limit = 4 * n_workers
        waiting: queue.Queue[tuple[int, Item] | None] = queue.Queue(2 * n_workers)
        threads = [
            threading.Thread(target=self._serve, args=(worker, waiting), name=f"sgns-{worker}")
            for worker in range(n_workers)
        ]
        try:
            for thread in threads:
                thread.start()
            for numbered in enumerate(items):
                self._hand_out(waiting, numbered)
                if self._failure:
                    break
                if tick:
                    tick(numbered[1])
        except Exception as error:
            self._fail(_AFTER_ALL, error)
        except BaseException as error:
            self._fail(_BEFORE_ALL, error)
        finally:
            self._end(threads, waiting)
        if self._failure:
            raise self._failure[1]

    def _end(
        self,
        threads: list[threading.Thread],
        waiting: queue.Queue[tuple[int, Item] | None],
    ) -> None:
        """Wait for what is handed out; Ctrl-C stops the workers after their present item."""
        # Set first: should Ctrl-C come now, or a second one, the threads end all the same.
        self._closed = True
        try:
            for _ in threads:
                waiting.put(None)
            wait_until_ended(threads)
        except BaseException as error:
            self._fail(_BEFORE_ALL, error)
            wait_until_ended(threads)

    def _hand_out(
        self, waiting: queue.Queue[tuple[int, Item] | None], numbered: tuple[int, Item]
    ) -> None:
        while not self._failure:
            try:
                return waiting.put(numbered, timeout=POLL_SECONDS)
            except queue.Full:
                continue
        return None

    def _serve(self, worker: int, waiting: queue.Queue[tuple[int, Item] | None]) -> None:
        """Work until there is nothing more; after a failure only empty the queue."""
        while True:
            try:
                numbered = waiting.get(timeout=POLL_SECONDS)
            except queue.Empty:
                if self._closed:
                    return
                continue
            if numbered is None:
                return
            number, item = numbered
            if self._is_needed(number):
                try:
                    self._take(worker, number, self._work(worker, item))
                except BaseException as error:
                    self._fail(number, error)
            del item, numbered

    def _take(self, worker: int, number: int, result: Result) -> None:
        """Place this result and those that waited for it, or leave it to who completes them."""
        placed = []
        with self._changed:
            while number - self._n_placed > self._limit and self._is_needed(number):
                self._changed.wait(POLL_SECONDS)
            self._results[number] = (worker, result)
            while self._n_placed in self._results:
                placed.append(self._place(*self._results.pop(self._n_placed)))
                self._n_placed += 1
            self._changed.notify_all()
        for value in placed:
            self._finish(worker, value)

    def _is_needed(self, number: int) -> bool:
        failure = self._failure
        return failure is None or number < failure[0]

    def _fail(self, number: int, error: BaseException) -> None:
        with self._changed:
            if self._is_needed(number):
                self._failure = (number, error)
            self._changed.notify_all()
