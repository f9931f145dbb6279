"""The broker: Dramatiq on Redis as a doorbell. It carries hints; PostgreSQL decides."""

import time
from collections.abc import Sequence
from typing import Any

from dramatiq.broker import MessageProxy
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.common import current_millis
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import Middleware

from stoflow.domain.errors import InputError
from stoflow.domain.facts.work import MessageRefused
from stoflow.monitoring.lean_redis import exceptions, redis
from stoflow.monitoring.record import record
from stoflow.transports.hints import Hints
from stoflow.transports.messages.envelope import decode, key_in_redis
from stoflow.transports.names import Names

QUEUE_PREFIX = "run."
WAKE_TIMEOUT_S = 1  # a consumer looks by itself this often, should a wake be lost
REST_S = 4  # and so often when it has long found nothing; the client itself gives up after five seconds
RESTS_AFTER = 5  # looks in vain
ENDING_KEPT_S = 60
WAKES_KEPT = 16
HEARTBEAT_TIMEOUT_MS = 15_000
MAINTENANCE_PER_MILLION = 10_000
NO_MAINTENANCE = 0
UNPACK_AT_MOST = 1000
# A fetch writes: Redis is away, full or a replica, which is told in one line and waited for.
TAKES_NOTHING = (redis.ConnectionError, redis.TimeoutError, exceptions.OutOfMemoryError, exceptions.ReadOnlyError)
SCRIPT_KNOWN_S = 1.0
BUSY_POLL_S = 0.005

# Dramatiq's own retries, delays, time limits, results and callbacks lose or double work when a process or Redis
# dies (docs/decisions/0006-messages-are-hints.md), so none of them is here.
MIDDLEWARE: tuple[Middleware, ...] = ()


def queue_name(marketplace: str) -> str:
    """One queue per marketplace, so that a worker can leave a thread to each (`worker/kept_threads.py`)."""
    return f"{QUEUE_PREFIX}{marketplace}"


class WakingConsumer(_RedisConsumer):
    """Waits on a wake list where the stock consumer sleeps with a back-off of up to a second.

    Each batch of messages comes with one wake. Whoever is woken fetches what it has room for; where that may not have
    been all it fetches again when it has room, and wakes another consumer.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._maybe_more = True
        self._in_vain = 0

    def __next__(self) -> MessageProxy | None:
        try:
            if not self.message_cache:
                self._fetch_or_wait()
            return self._decoded()
        except TAKES_NOTHING as error:
            raise ConnectionClosed(error) from None

    def ack(self, message: Any) -> None:
        """Let the acknowledgement leave with the hints; should it be lost, a second run finds nothing to do."""
        self.queued_message_ids.discard(message.message_id)
        self.broker.acknowledge(self.queue_name, message.options["redis_message_id"])

    def _fetch_or_wait(self) -> None:
        outstanding = self.outstanding_message_count
        if outstanding > self.prefetch * 3 // 4:
            time.sleep(BUSY_POLL_S)  # until it is worth a round trip
            return
        if outstanding and not self._maybe_more:
            self._wait()  # meanwhile there is more room: what is asked for before the wait would be too little
            self._maybe_more = True
        room = self.prefetch - self.outstanding_message_count
        self.message_cache = self._fetch(room) if self._maybe_more else self._wait_and_fetch(room)
        self._in_vain = 0 if self.message_cache else self._in_vain + 1
        self._maybe_more = len(self.message_cache) >= room
        if self._maybe_more:
            self.broker.wake(self.queue_name)

    @property
    def _wakes(self) -> list[str]:
        return [self.broker.names.wake(self.queue_name), self.broker.names.ending(self.broker.broker_id)]

    def _fetch(self, room: int) -> list[bytes]:
        return self.broker.do_fetch(self.queue_name, room)

    def _wait(self) -> None:
        self.broker.client.blpop(self._wakes, timeout=WAKE_TIMEOUT_S)

    def _wait_and_fetch(self, room: int) -> list[bytes]:
        """Wait for a wake and fetch, one way there and back: Redis does what a client asks behind a wait after it.

        A process that has nothing to do should not look at four queues every second.
        """
        rests = self._in_vain >= RESTS_AFTER and not self.broker.is_ending
        with self.broker.client.pipeline(transaction=False) as pipeline:
            pipeline.blpop(self._wakes, timeout=REST_S if rests else WAKE_TIMEOUT_S)
            self.broker.add_fetch(pipeline, self.queue_name, room)
            waited, fetched = pipeline.execute(raise_on_error=False)
        if isinstance(fetched, exceptions.NoScriptError):  # a Redis that was started anew
            return self._fetch(room)
        if isinstance(fetched, exceptions.ResponseError):
            raise fetched
        if isinstance(waited, exceptions.ResponseError) and not fetched:
            raise waited  # but never for messages: Redis gives what was fetched to nobody else
        return fetched

    def _decoded(self) -> MessageProxy | None:
        """Return the next message of ours; anything else is dropped alone, not with its neighbours."""
        while self.message_cache:
            data = self.message_cache.pop(0)
            try:
                message = decode(self.queue_name, data)
            except InputError as error:
                self._refuse(data, str(error))
                continue
            self.queued_message_ids.add(message.message_id)
            return MessageProxy(message)
        return None

    def _refuse(self, data: bytes, reason: str) -> None:
        record(MessageRefused(reason))
        key = key_in_redis(data)
        if key is not None:
            self.broker.acknowledge(self.queue_name, key)


class WakingBroker(RedisBroker):
    """A Redis broker without delay queues, whose consumers are woken and whose commands leave pipelined, as hints."""

    def __init__(self, names: Names, hints: Hints, **options: Any) -> None:
        super().__init__(namespace=names.namespace, **options)
        self.names = names
        self._hints = hints
        self._known_until_s = 0.0
        self.is_ending = False

    def end_rests(self) -> None:
        """Let no consumer of this process rest any more, which would put off its end by as long."""
        self.is_ending = True
        key, rests = self.names.ending(self.broker_id), ["1"] * len(self.queues)

        def hint(pipeline: Any) -> None:
            pipeline.rpush(key, *rests)
            pipeline.expire(key, ENDING_KEPT_S)

        if rests:
            self._hints.put(hint)

    def wake(self, queue: str) -> None:
        """Let one consumer of the queue look."""
        key = self.names.wake(queue)

        def hint(pipeline: Any) -> None:
            pipeline.rpush(key, "1")
            pipeline.ltrim(key, -WAKES_KEPT, -1)

        self._hints.put(hint, once=key)

    def acknowledge(self, queue: str, identity: str) -> None:
        """Forget a message of which `identity` is the key in Redis."""
        self._hints.put(lambda pipeline: self.dispatch(pipeline, "ack", queue, identity))

    def dispatch(self, pipeline: Any, command: str, queue: str, *arguments: str | bytes) -> None:
        """Add a call of the broker's script to the pipeline: the broker itself knows no pipelines."""
        script, complete = self.scripts["dispatch"], self._complete(command, queue, arguments)
        if time.monotonic() > self._known_until_s:
            # Asks Redis first whether it has the script (still), which costs a round trip.
            self._known_until_s = time.monotonic() + SCRIPT_KNOWN_S
            script(keys=[self.namespace], args=complete, client=pipeline)
        else:
            pipeline.evalsha(script.sha, 1, self.namespace, *complete)

    def add_fetch(self, pipeline: Any, queue: str, most: int) -> None:
        """Add a fetch to the pipeline; it fails with NoScriptError where Redis does not have the script (any more)."""
        complete = self._complete("fetch", queue, [most], maintains=self._should_do_maintenance("fetch"))
        pipeline.evalsha(self.scripts["dispatch"].sha, 1, self.namespace, *complete)

    def _complete(
        self, command: str, queue: str, arguments: Sequence[str | bytes | int], *, maintains: int = NO_MAINTENANCE
    ) -> Sequence[Any]:
        """Return the arguments of the script."""
        settings = (self.broker_id, self.heartbeat_timeout, self.dead_message_ttl, maintains, UNPACK_AT_MOST)
        return [command, current_millis(), queue, *settings, *arguments]

    @property
    def consumer_class(self) -> Any:
        return WakingConsumer

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)


def make_broker(redis_url: str, names: Names, hints: Hints) -> WakingBroker:
    """Return a broker; nothing is connected yet."""
    return WakingBroker(
        names,
        hints,
        url=redis_url,
        middleware=list(MIDDLEWARE),
        maintenance_chance=MAINTENANCE_PER_MILLION,
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
    )
