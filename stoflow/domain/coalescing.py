"""What comes alone is taken at once, what comes in a flood is taken together."""

from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from stoflow.domain.spacing import APART_S, Spacing

Item = TypeVar("Item")


class CoalescingQueue(Generic[Item]):
    """Any thread puts items in; one thread takes them out, in order, until it was closed and all are taken."""

    def __init__(self, most: int, *, apart_s: float = APART_S) -> None:
        self._most = most
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._spacing = Spacing(apart_s)

    def __len__(self) -> int:
        return self._queue.qsize()

    def __iter__(self) -> Iterator[list[Item]]:
        while (first := self._queue.get()) is not None:
            self._spacing.wait()
            batch, is_last = self._gather(first)
            yield batch
            if is_last:
                return

    def put(self, item: Item) -> None:
        self._queue.put(item)

    def close(self) -> None:
        """End the iteration behind what was put."""
        self._queue.put(None)

    def _gather(self, first: Item) -> tuple[list[Item], bool]:
        batch = [first]
        with suppress(Empty):
            while len(batch) < self._most:
                item = self._queue.get_nowait()
                if item is None:
                    return batch, True
                batch.append(item)
        return batch, False
