"""What comes alone is taken at once, what comes in a flood is taken together."""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from stoflow.domain.spacing import APART_S, Spacing

Item = TypeVar("Item")


class CoalescingQueue(Generic[Item]):
    """Any thread puts items in; one thread takes them out, in order, until it was closed and all are taken.

    Items for which nobody waits are put `behind`: they go with what room the others leave, which is one at least.
    """

    def __init__(self, most: int, *, apart_s: float = APART_S) -> None:
        self._most = most
        self._queue: SimpleQueue[tuple[Item, bool] | None] = SimpleQueue()
        self._spacing = Spacing(apart_s)
        self._here, self._behind = deque[Item](), deque[Item]()  # of the thread that takes
        self._closed = False

    def __len__(self) -> int:
        return self._queue.qsize() + len(self._here) + len(self._behind)

    def __iter__(self) -> Iterator[list[Item]]:
        while self._wait():
            self._spacing.wait()
            self._receive()
            yield self._batch()
        self._closed = False  # whoever iterates again takes what was put meanwhile

    def put(self, item: Item, *, behind: bool = False) -> None:
        self._queue.put((item, behind))

    def close(self) -> None:
        """End the iteration behind what was put."""
        self._queue.put(None)

    def _wait(self) -> bool:
        """Return when there is anything to take; False where nothing will be."""
        if not (self._here or self._behind or self._closed):
            self._sort(self._queue.get())
        return bool(self._here or self._behind)

    def _receive(self) -> None:
        """Take in what has come, of those in front no more than a batch."""
        with suppress(Empty):
            while len(self._here) < self._most and not self._closed:
                self._sort(self._queue.get_nowait())

    def _sort(self, put: tuple[Item, bool] | None) -> None:
        if put is None:
            self._closed = True
        else:
            item, behind = put
            (self._behind if behind else self._here).append(item)

    def _batch(self) -> list[Item]:
        room = min(len(self._here), self._most - bool(self._behind))
        batch = [self._here.popleft() for _ in range(room)]
        return batch + [self._behind.popleft() for _ in range(min(len(self._behind), self._most - room))]
