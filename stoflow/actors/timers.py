"""One thread holds every actor's timers."""

import heapq
import itertools
import threading
import time
from typing import Any

import pykka

JOIN_S = 5.0
LONGEST_WAIT_S = 3600.0  # a thread cannot wait for centuries, which a job may be put off


class Timers:
    """Tells an actor a message after a delay; a told actor that is gone is nobody's loss."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, pykka.ActorRef[Any], Any]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._running = False
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        if self._thread is None:
            self._running = True
            self._thread = threading.Thread(target=self._run, name="timers", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._running = False
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(JOIN_S)
            self._thread = None

    def after(self, delay_s: float, ref: pykka.ActorRef[Any], message: Any) -> None:
        with self._changed:
            heapq.heappush(self._heap, (time.monotonic() + max(0.0, delay_s), next(self._order), ref, message))
            if self._heap[0][2] is ref:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._running and not self._is_due():
                    self._changed.wait(self._wait_s())
                if not self._running:
                    return
                _, _, ref, message = heapq.heappop(self._heap)
            tell(ref, message)

    def _is_due(self) -> bool:
        return bool(self._heap) and self._heap[0][0] <= time.monotonic()

    def _wait_s(self) -> float | None:
        return min(LONGEST_WAIT_S, max(0.0, self._heap[0][0] - time.monotonic())) if self._heap else None


def tell(ref: pykka.ActorRef[Any], message: Any) -> bool:
    """Tell the actor, or return False where it has ended: its successor reads everything from PostgreSQL."""
    try:
        ref.tell(message)
    except pykka.ActorDeadError:
        return False
    return True
