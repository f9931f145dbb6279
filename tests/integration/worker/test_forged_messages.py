"""A message is a hint, also one that nobody of us sent: it ends no thread, takes no place and stands in nobody's way."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event
from threading import enumerate as enumerate_threads
from typing import Any, cast
from uuid import uuid4

import pytest
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed
from dramatiq.worker import ConsumerThread, WorkerThread

from stoflow.cli.run.worker import until_stopped_or_broken
from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.run import RunMessage, RunMode
from stoflow.execution.calls import CallNotes
from stoflow.transports.hints import Hints
from stoflow.transports.messages import broker
from stoflow.transports.messages.broker import make_broker, queue_name
from stoflow.transports.messages.envelope import encode
from stoflow.transports.messages.sending import Messages
from stoflow.transports.names import Names
from stoflow.worker.process import WorkerProcess

NAMES = Names("test")
SHOP = "shop"
QUEUE = queue_name(SHOP)
THREADS = 2
WITHIN_S = 20.0
GIVES_UP_S = 1.1  # more than a worker's thread takes to see that it is to end
MORE_THAN_THERE_IS_ROOM_FOR = 2 * THREADS


@dataclass
class Heard:
    """An engine that notes which jobs it was asked for, and finds none of them."""

    jobs: SimpleQueue[JobId] = field(default_factory=SimpleQueue[JobId])
    calls: CallNotes = field(default_factory=CallNotes)

    @property
    def database(self) -> "Heard":
        return self

    @property
    def recorder(self) -> "Heard":
        return self

    def read(self, _tenant: TenantId, job: JobId, _statement: object) -> None:
        self.jobs.put(job)


class NoLease:
    is_alive = True

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


@dataclass
class Queue:
    """The queue of one marketplace, as a stranger with the address of Redis may write to it."""

    working: WorkerProcess
    heard: Heard
    client: "redis.Redis"
    hints: Hints

    def put(self, data: bytes, key: str) -> None:
        RedisBroker(client=self.client, namespace=NAMES.namespace, middleware=[]).do_enqueue(QUEUE, key, data)
        self.client.rpush(NAMES.wake(QUEUE), "1")

    def forge(self, **fields: Any) -> None:
        for _ in range(MORE_THAN_THERE_IS_ROOM_FOR):
            key = str(uuid4())
            ours: dict[str, Any] = {
                "queue_name": QUEUE,
                "actor_name": "run",
                "args": [],
                "kwargs": hint(1).to_json(),
                "options": {"redis_message_id": key},
                "message_id": key,
                "message_timestamp": 1,
            }
            self.put(json.dumps({**ours, **fields}).encode(), key)

    def send(self, job: int) -> None:
        Messages(self.working.broker, self.hints).send(SHOP, [hint(job)])

    def waits(self) -> int:
        """How many messages Redis still keeps."""
        return self.client.hlen(f"{NAMES.namespace}:{QUEUE}.msgs")


def hint(job: int) -> RunMessage:
    return RunMessage(
        tenant=TenantId(1),
        job=JobId(job),
        task=TaskId(1),
        claims=0,
        epoch=Epoch(1),
        owner=ProcessId(1),
        mode=RunMode.ACT,
        permit=True,
        stepwise=False,
    )


class NoDeliveries:
    def turn(self) -> None:
        """Send nothing."""

    close = turn


@pytest.fixture
def queue(redis_url: str) -> Iterator[Queue]:
    heard, hints = Heard(), Hints(redis_url)
    working = WorkerProcess(
        engine=cast("Any", heard),
        broker=make_broker(redis_url, NAMES, hints),
        lease=cast("Any", NoLease()),
        hints=hints,
        marketplaces=[SHOP],
        threads=THREADS,
        drain_s=5.0,
        deliveries=cast("Any", NoDeliveries()),
        live=cast("Any", NoLease()),
    )
    with redis.Redis.from_url(redis_url) as client:
        working.start()
        yield Queue(working, heard, client, hints)
        working.stop()


def test_a_process_ends_without_waiting_for_its_rests(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for this gives up long before a consumer does that nobody wakes."""
    monkeypatch.setattr(broker, "RESTS_AFTER", 0)
    monkeypatch.setattr(broker, "REST_S", 4 * GIVES_UP_S)
    rests, wait = Event(), broker.WakingConsumer._wait_and_fetch

    def rest(consumer: broker.WakingConsumer, room: int) -> list[bytes]:
        rests.set()
        return wait(consumer, room)

    monkeypatch.setattr(broker.WakingConsumer, "_wait_and_fetch", rest)
    assert rests.wait(WITHIN_S)

    queue.working.stop(within_s=GIVES_UP_S)

    assert [thread for thread in enumerate_threads() if isinstance(thread, ConsumerThread)] == []


def test_a_consumer_that_waits_gives_redis_the_script_again_that_it_has_lost(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, fetched = SimpleQueue[broker.WakingConsumer](), SimpleQueue[broker.WakingConsumer]()
    fetch, wait = broker.WakingConsumer._fetch, broker.WakingConsumer._wait_and_fetch

    def note_fetch(consumer: broker.WakingConsumer, room: int) -> list[bytes]:
        fetched.put(consumer)
        return fetch(consumer, room)

    def note_wait(consumer: broker.WakingConsumer, room: int) -> list[bytes]:
        waiting.put(consumer)
        return wait(consumer, room)

    monkeypatch.setattr(broker.WakingConsumer, "_fetch", note_fetch)
    monkeypatch.setattr(broker.WakingConsumer, "_wait_and_fetch", note_wait)
    consumer = waiting.get(timeout=WITHIN_S)  # which has fetched by itself before
    queue.client.script_flush()
    queue.client.rpush(NAMES.wake(QUEUE), "1")
    assert fetched.get(timeout=WITHIN_S) is consumer

    queue.send(1)
    assert queue.heard.jobs.get(timeout=WITHIN_S) == JobId(1)


def test_what_was_fetched_behind_a_wait_that_failed_is_not_lost(redis_url: str) -> None:
    """Once it is fetched, Redis keeps it for this worker as long as that lives."""
    waking = make_broker(redis_url, NAMES, Hints(redis_url))
    waking.declare_queue(QUEUE)
    consumer = waking.consume(QUEUE, prefetch=2)
    assert next(consumer) is None  # fetches by itself once; it waits from now on
    with redis.Redis.from_url(redis_url) as client:
        client.set(NAMES.wake(QUEUE), "of another type")
        RedisBroker(client=client, namespace=NAMES.namespace, middleware=[]).do_enqueue(QUEUE, *encode(QUEUE, hint(1)))

        message = next(consumer)
        assert message is not None
        assert message.kwargs == hint(1).to_json()
        with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
            next(consumer)  # nor does it ask without a pause


def test_a_redis_that_is_full_is_waited_for_like_one_that_is_away(redis_url: str) -> None:
    """What is none of these is logged with its whole way through the program, each second and queue."""
    consumer = make_broker(redis_url, NAMES, Hints(redis_url)).consume(QUEUE, prefetch=2)
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", 1)
        try:
            with pytest.raises(ConnectionClosed, match="maxmemory"):
                next(consumer)
        finally:
            client.config_set("maxmemory", 0)


FORGERIES: dict[str, dict[str, Any]] = {
    "another queue": {"queue_name": "run.elsewhere"},
    "a queue that is no text": {"queue_name": ["run.shop"]},
    "another actor": {"actor_name": "shutdown"},
    "an actor that is no text": {"actor_name": {}},
    "an argument more": {"args": [1]},
    "a named argument more": {"kwargs": {**hint(1).to_json(), "engine": None}},
    "no arguments by name": {"kwargs": []},
    "a time that never comes": {"options": {"redis_message_id": "1", "eta": 1e18}},
    "exceptions to throw": {"kwargs": {}, "options": {"redis_message_id": "1", "throws": "everything"}},
    "no key in Redis": {"options": {}},
    "a key that is no text": {"options": {"redis_message_id": ["1"]}},
    "no options": {"options": None},
    "an id that is no text": {"message_id": []},
    "a field more": {"priority": 0},
}


@pytest.mark.parametrize("fields", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_message_ends_no_thread_and_those_behind_it_are_run(queue: Queue, fields: dict[str, Any]) -> None:
    queue.forge(**fields)
    for job in range(2, 10):
        queue.send(job)

    while queue.heard.jobs.get(timeout=WITHIN_S) != JobId(9):
        pass
    assert queue.working.gone() == ""


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"null", b"[" * 100_000, b"[]", b'{"args": 7}'])
def test_bytes_that_are_no_message_are_dropped_alone(queue: Queue, data: bytes) -> None:
    for number in range(MORE_THAN_THERE_IS_ROOM_FOR):
        queue.put(data, str(number))
    queue.send(2)

    assert queue.heard.jobs.get(timeout=WITHIN_S) == JobId(2)
    assert queue.working.gone() == ""


def test_a_refused_message_that_can_be_acknowledged_does_not_come_back(queue: Queue) -> None:
    queue.forge(actor_name="shutdown")
    queue.forge(queue_name="run.elsewhere")
    queue.send(2)
    queue.heard.jobs.get(timeout=WITHIN_S)

    queue.working.stop()
    assert queue.waits() == 0


def test_a_worker_process_of_which_a_thread_has_ended_ends_to_be_replaced(queue: Queue) -> None:
    ended = next(thread for thread in enumerate_threads() if isinstance(thread, WorkerThread))
    ended.stop()
    ended.join(WITHIN_S)

    assert until_stopped_or_broken(queue.working, Event()) in {"worker 1", "worker 2"}


def test_a_whole_worker_process_runs_until_it_is_told_to_stop(queue: Queue) -> None:
    stopped = Event()
    stopped.set()
    assert until_stopped_or_broken(queue.working, stopped) == ""
    queue.working.stop()
    assert queue.working.gone() == ""
