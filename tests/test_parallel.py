"""Threads that work on a stream of items, and Ctrl-C at the moments that are hard to hit."""

from __future__ import annotations

import threading
import time

import pytest

import sgns._parallel
from sgns._parallel import Pipeline


def run(work, items=range(40), n_workers=3, finish=lambda worker, placed: None):
    Pipeline(work, lambda worker, result: result, finish).run(items, n_workers)


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("sgns-")]


def slow(worker, item):
    time.sleep(0.002)
    return item


def test_every_item_is_finished_by_somebody():
    done = []
    run(slow, finish=lambda worker, placed: done.append(placed))
    assert sorted(done) == list(range(40))
    assert threads() == []


def test_ctrl_c_while_the_last_items_are_waited_for_leaves_no_thread(monkeypatch):
    wait, waits, done = sgns._parallel.wait_until_ended, [], []

    def interrupted(started):
        waits.append(started)
        if len(waits) == 1:
            raise KeyboardInterrupt
        wait(started)

    monkeypatch.setattr(sgns._parallel, "wait_until_ended", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(slow, range(6), 2, lambda worker, placed: done.append(placed))
    assert threads() == []
    assert len(waits) == 2
    assert len(done) <= 6


def test_ctrl_c_while_a_thread_starts_leaves_none(monkeypatch):
    start = threading.Thread.start

    def interrupted(thread):
        start(thread)
        if thread.name == "sgns-1":
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(slow)
    assert threads() == []


def test_a_thread_that_cannot_be_started_is_an_error_and_leaves_none(monkeypatch):
    start = threading.Thread.start

    def refused(thread):
        if thread.name == "sgns-2":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refused)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        run(slow)
    assert threads() == []
