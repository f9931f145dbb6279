"""What a worker's threads take next: some are kept for marketplaces that have none."""

import sys
from collections import Counter
from collections.abc import Sequence
from heapq import heappop, heappush
from queue import PriorityQueue
from threading import get_ident
from typing import Any

KEPT_OF = 8  # an eighth of the threads is kept, and one at least, so that a burst at one marketplace has the others
KEPT_FROM = 4  # of fewer threads none can be missed


class KeptThreads(PriorityQueue[Any]):
    """Dramatiq's queue between its consumers and its threads, with a line for each marketplace's queue.

    All threads take from one queue, so calls that hang at one marketplace would have all of them, and every other
    marketplace would wait for their deadlines. Whoever has a thread already leaves one for each that has none, as far
    as those go that are kept.
    """

    def __init__(self, threads: int, queues: Sequence[str]) -> None:
        """`queues` are those that are consumed; messages of others have no thread kept for them."""
        super().__init__()
        self._threads = threads
        self._kept = max(1, threads // KEPT_OF) if threads >= KEPT_FROM else 0
        self._idle = set(queues)  # those without a thread
        self._lines: dict[str, list[Any]] = {queue: [] for queue in queues}
        self._at_work = Counter[str]()
        self._taken: dict[int, str] = {}  # by thread

    def get_nowait(self) -> Any:
        """Return the next of all that is here: who does not wait is no thread, and hands back what was fetched."""
        with self.mutex:
            self._kept, self._threads = 0, sys.maxsize
        return super().get_nowait()

    def task_done(self) -> None:
        with self.mutex:
            queue = self._taken.pop(get_ident(), None)
            if queue is not None:
                self._at_work[queue] -= 1
                if not self._at_work[queue] and queue in self._lines:
                    self._idle.add(queue)
        super().task_done()

    # What queue.Queue asks, while it holds its lock

    def _qsize(self) -> int:
        return sum(len(line) for queue, line in self._lines.items() if line and self._may_go(queue))

    def _put(self, item: Any) -> None:
        heappush(self._lines.setdefault(item.message.queue_name, []), item)

    def _get(self) -> Any:
        may_go = (queue for queue, line in self._lines.items() if line and self._may_go(queue))
        queue = min(may_go, key=lambda queue: self._lines[queue][0])
        self._taken[get_ident()] = queue
        self._at_work[queue] += 1
        self._idle.discard(queue)
        return heappop(self._lines[queue])

    def _may_go(self, queue: str) -> bool:
        free = self._threads - len(self._taken)
        return queue in self._idle or free > min(self._kept, len(self._idle))
