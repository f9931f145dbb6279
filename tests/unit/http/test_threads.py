"""The crossing from the doors into threads: bounded, patient for a moment, and never torn apart."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from stoflow.http.rest.problems import Busy, problem_of
from stoflow.http.rest.threads import Threads


def in_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run an async test to its end."""

    def run() -> None:
        asyncio.run(test())

    return run


@in_a_loop
async def test_what_the_use_case_returns_or_raises_comes_back() -> None:
    threads = Threads(1)
    assert await threads.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 7, 0)


@in_a_loop
async def test_a_use_case_that_takes_the_next_of_nothing_fails_and_leaves_its_thread() -> None:
    threads = Threads(1)
    async with asyncio.timeout(10):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await threads.run(next, iter(()))
        assert await threads.run(int) == 0


@in_a_loop
async def test_who_finds_every_thread_taken_is_turned_away_and_told_to_come_back() -> None:
    threads, release = Threads(1, patience_s=0.01), threading.Event()
    busy = asyncio.ensure_future(threads.run(release.wait, 10))
    await asyncio.sleep(0)
    with pytest.raises(Busy) as refused:
        await threads.run(int)
    problem = problem_of(refused.value)
    assert (problem.status, problem.headers()["Retry-After"]) == (503, "2")
    release.set()
    assert await busy
    assert await threads.run(int) == 0


@in_a_loop
async def test_a_cancelled_caller_still_waits_for_its_transaction() -> None:
    threads = Threads(1)
    started, release, done = threading.Event(), threading.Event(), threading.Event()

    def transaction() -> None:
        started.set()
        assert release.wait(10)
        done.set()

    caller = asyncio.ensure_future(threads.run(transaction))
    assert await asyncio.to_thread(started.wait, 10)
    caller.cancel()
    ended, _ = await asyncio.wait({caller}, timeout=0.05)
    assert not ended
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done.is_set()
    assert await threads.run(int) == 0  # its seat is free again
