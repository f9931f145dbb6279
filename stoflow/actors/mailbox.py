"""Pykka actors whose mailboxes a few threads drain: thousands of them cost kilobytes, not threads."""

import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Protocol

import pykka

OnDeath = Callable[["PooledActor", BaseException], None]

TURN = 32  # messages one actor may handle before the others have their turn
JOIN_S = 5.0


class _TurnOver(Exception):
    pass


class _Inbox(Protocol):
    def run(self) -> None: ...


class Pool:
    """A few threads that give each mailbox with messages a turn."""

    def __init__(self, threads: int) -> None:
        self._runnable: SimpleQueue[_Inbox | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._work, name=f"actors-{n}", daemon=True) for n in range(threads)]

    @property
    def is_alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        for thread in self._threads:
            if not thread.is_alive():
                thread.start()

    def stop(self) -> None:
        """End when nothing is left to be handled, what an actor tells others as it ends included."""
        self._runnable.put(None)
        for thread in self._threads:
            thread.join(JOIN_S)

    def schedule(self, inbox: _Inbox) -> None:
        self._runnable.put(inbox)

    def _work(self) -> None:
        ends = False
        while not ends:
            if (inbox := self._runnable.get()) is not None:
                inbox.run()
            else:
                ends = self._runnable.empty()
                self._runnable.put(None)  # the last in line again, for the other threads too


class Mailbox:
    """A Pykka inbox (put, get, empty) that schedules its owner when it has something to read.

    Pykka's own loop handles the messages: `get` ends a turn by raising, which leaves that loop between two messages.
    """

    __slots__ = ("_left", "_lock", "_owner", "_pool", "_queue", "_scheduled", "_started")

    def __init__(self) -> None:
        self._queue: deque[Any] = deque()
        self._lock = threading.Lock()
        self._scheduled = False
        self._started = False
        self._owner: PooledActor | None = None  # strong: an ActorRef holds a weak reference only
        self._pool: Pool | None = None
        self._left = 0

    def put(self, envelope: Any, /) -> None:
        with self._lock:
            self._queue.append(envelope)
            if self._scheduled or self._pool is None:
                return
            self._scheduled = True
        self._pool.schedule(self)

    def get(self) -> Any:
        if self._left <= 0 or not self._queue:
            raise _TurnOver
        self._left -= 1
        return self._queue.popleft()

    def empty(self) -> bool:
        return not self._queue

    def bind(self, owner: "PooledActor", pool: Pool) -> None:
        """Begin: the first turn runs the actor's on_start."""
        with self._lock:
            self._owner, self._pool, self._scheduled = owner, pool, True
        pool.schedule(self)

    def run(self) -> None:
        if self._owner is None or self._pool is None:
            return
        self._left = TURN
        try:
            self._owner.take_turn(first=not self._started)
        except _TurnOver:
            self._started = True
            with self._lock:
                self._scheduled = bool(self._queue)
            if self._scheduled:
                self._pool.schedule(self)
            return
        self._left = len(self._queue)
        self._owner.end()
        self._owner = None


class PooledActor(pykka.Actor):
    """An actor without a thread. It must not block: what waits is done elsewhere, and tells.

    `on_death` is told once, with the actor, when a message raised: Pykka has no supervision, and stops every actor
    of the process on a BaseException, so nothing leaves `handle` here.
    """

    def __init__(self, pool: Pool, on_death: OnDeath) -> None:
        super().__init__()
        self._pool = pool
        self._on_death = on_death
        self._failed = False

    @staticmethod
    def _create_actor_inbox() -> Any:
        return Mailbox()

    @staticmethod
    def _create_future() -> Any:
        return pykka.ThreadingFuture[Any]()

    def _start_actor_loop(self) -> None:
        self.actor_inbox.bind(self, self._pool)  # pyright: ignore[reportAttributeAccessIssue]

    def take_turn(self, *, first: bool) -> None:
        if first:
            self._actor_loop_setup()
        self._actor_loop_running()

    def end(self) -> None:
        self._actor_loop_teardown()

    def on_start(self) -> None:
        self._guarded(self.begin)

    def on_receive(self, message: Any) -> Any:
        return self._guarded(lambda: self.handle(message))

    def _guarded(self, act: Callable[[], Any]) -> Any:
        if self._failed:  # its end stands behind what was told it before
            return None
        try:
            return act()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - one actor's failure may not stop another
            self._failed = True
            self.stop()
            self._on_death(self, error)

    def begin(self) -> None:
        """Do what the actor begins with, in its own turn."""

    def handle(self, message: Any) -> Any:
        """Handle one message."""
        raise LookupError(type(message).__name__)
