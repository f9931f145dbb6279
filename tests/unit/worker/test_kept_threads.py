"""Which message a worker's thread takes next, and that a marketplace whose calls hang does not have all threads."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from queue import Empty
from threading import Thread

import pytest
from dramatiq.common import iter_queue

from stoflow.worker.kept_threads import KeptThreads

WITHIN_S = 5.0
QUEUES = ("run.vinted", "run.ebay", "run.etsy")


@dataclass(frozen=True)
class Message:
    queue_name: str


@dataclass(frozen=True, order=True)
class Item:
    """As Dramatiq puts them: the oldest first."""

    number: int
    message: Message


class Worker:
    """A thread that takes one message, and says that it is done when it is told to be."""

    def __init__(self, queue: KeptThreads) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._queue = queue

    def take(self) -> str:
        """Return the queue whose message it took; Empty where there is none for it."""
        item: Item = self._thread.submit(self._queue.get, timeout=0.01).result(WITHIN_S)
        return item.message.queue_name

    def waits(self) -> "Future[Item]":
        return self._thread.submit(self._queue.get, timeout=WITHIN_S)

    def ends(self) -> None:
        self._thread.submit(self._queue.task_done).result(WITHIN_S)

    def close(self) -> None:
        self._thread.shutdown()


MakeWorkers = Callable[[KeptThreads, int], list[Worker]]


@pytest.fixture
def workers() -> Iterator[MakeWorkers]:
    with ExitStack() as stack:

        def made(queue: KeptThreads, count: int) -> list[Worker]:
            found = [Worker(queue) for _ in range(count)]
            for worker in found:
                stack.callback(worker.close)
            return found

        yield made


def fill(queue: KeptThreads, *names: str) -> None:
    for number, name in enumerate(names):
        queue.put(Item(number, Message(name)))


def test_a_marketplace_whose_calls_hang_leaves_a_thread_to_each_other_one(workers: MakeWorkers) -> None:
    queue = KeptThreads(16, QUEUES)
    threads = workers(queue, 16)
    fill(queue, *["run.ebay"] * 20)
    assert [each.take() for each in threads[:14]] == ["run.ebay"] * 14
    with pytest.raises(Empty):
        threads[14].take()

    fill(queue, "run.etsy", "run.vinted")
    assert {each.take() for each in threads[14:]} == {"run.etsy", "run.vinted"}


def test_where_all_but_one_hang_that_one_goes_on(workers: MakeWorkers) -> None:
    queue = KeptThreads(16, QUEUES)
    threads = workers(queue, 16)
    fill(queue, *["run.ebay", "run.etsy"] * 20)
    hanging = [each.take() for each in threads[:15]]
    assert set(hanging) == {"run.ebay", "run.etsy"}
    with pytest.raises(Empty):
        threads[15].take()

    for _ in range(3):
        fill(queue, "run.vinted")
        assert threads[15].take() == "run.vinted"
        threads[15].ends()


def test_the_oldest_goes_first_whosever_it_is(workers: MakeWorkers) -> None:
    queue = KeptThreads(8, QUEUES)
    fill(queue, "run.etsy", "run.ebay", "run.etsy", "run.vinted")
    assert [each.take() for each in workers(queue, 4)] == ["run.etsy", "run.ebay", "run.etsy", "run.vinted"]


def test_who_waits_hears_of_a_message_that_may_go(workers: MakeWorkers) -> None:
    queue = KeptThreads(4, QUEUES)
    threads = workers(queue, 4)
    fill(queue, *["run.ebay"] * 9)
    for each in threads[:3]:
        each.take()
    waiting = threads[3].waits()
    fill(queue, "run.ebay")
    assert not waiting.done()

    fill(queue, "run.etsy")
    assert waiting.result(WITHIN_S).message.queue_name == "run.etsy"


def test_a_thread_that_is_done_takes_the_next_one_of_the_same(workers: MakeWorkers) -> None:
    queue = KeptThreads(8, QUEUES)
    threads = workers(queue, 7)
    fill(queue, *["run.ebay"] * 12)
    for each in threads:
        each.take()
    for _ in range(5):
        threads[0].ends()
        assert threads[0].take() == "run.ebay"


@pytest.mark.parametrize(("count", "kept"), [(1, 0), (3, 0), (4, 1), (8, 1), (16, 2), (40, 2)])
def test_an_eighth_of_the_threads_is_kept_and_one_at_least(workers: MakeWorkers, count: int, kept: int) -> None:
    queue = KeptThreads(count, QUEUES)
    fill(queue, *["run.ebay"] * 50)
    threads = workers(queue, count)
    assert [each.take() for each in threads[: count - kept]] == ["run.ebay"] * (count - kept)
    for each in threads[count - kept :]:
        with pytest.raises(Empty):
            each.take()


def test_a_worker_of_one_marketplace_has_all_its_threads(workers: MakeWorkers) -> None:
    queue = KeptThreads(4, ["run.ebay"])
    fill(queue, *["run.ebay"] * 9)
    assert [each.take() for each in workers(queue, 4)] == ["run.ebay"] * 4


def test_whoever_hands_back_what_was_fetched_gets_everything(workers: MakeWorkers) -> None:
    queue = KeptThreads(8, QUEUES)
    threads = workers(queue, 7)
    fill(queue, *["run.ebay"] * 9)
    for each in threads:
        each.take()
    assert len(list(iter_queue(queue))) == 2


def test_everything_is_taken_once_by_threads_that_race() -> None:
    queue, taken = KeptThreads(8, QUEUES), list[int]()
    for number in range(3000):
        queue.put(Item(number, Message(QUEUES[number % 3])))

    def work() -> None:
        try:
            while True:
                taken.append(queue.get(timeout=0.2).number)
                queue.task_done()
        except Empty:
            return

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WITHIN_S)
    assert sorted(taken) == list(range(3000))
    assert queue.unfinished_tasks == 0
