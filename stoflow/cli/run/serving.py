"""Running until told to stop: SIGTERM and Ctrl-C end a process the same way."""

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Protocol

CHECK_THREADS_EVERY_S = 1.0
SWITCH_S = 0.0005
GARBAGE_UNTIL_COLLECTED = 10_000  # objects; Python's own 700 suits programs that make few


class Breakable(Protocol):
    """What runs in threads of its own."""

    def gone(self) -> str:
        """Name what should run and does not any more, "" where all of it does."""
        ...


@contextmanager
def until_stopped() -> Iterator[Event]:
    """Give an event that SIGTERM or Ctrl-C sets; the signals mean what they meant before afterwards."""
    stopped = Event()
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until_stopped_or_broken(working: Breakable, stopped: Event) -> str:
    """Return what ended by itself: half a process would go on renewing its lease and do nothing."""
    while not stopped.wait(CHECK_THREADS_EVERY_S):
        if gone := working.gone():
            return gone
    return ""


def hand_over_soon() -> None:
    """Let a thread that computes hand over after half a millisecond instead of five.

    The event loop asks for its turn each time that it has sent or received something, and behind four threads that
    compute it waited for twenty milliseconds each time.
    """
    sys.setswitchinterval(SWITCH_S)


def spare_the_collector() -> None:
    """Keep Python's cycle collector off what start-up made: it lives as long as the process.

    Under load the collector walked it again and again, which took a fifth of the time spent in Python.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_UNTIL_COLLECTED, 20, 10)
