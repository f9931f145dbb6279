"""What processes show in Redis: whole, seldom written, whole again when Redis forgot it, and gone with its process."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from stoflow.domain.facts.outages import MarketplaceOutageBegan, MarketplaceOutageEnded
from stoflow.domain.facts.work import CallEnded, JobCompleted, JobFailed
from stoflow.monitoring.live.board import Board
from stoflow.monitoring.live.keys import KEPT_S, WRITES_KEPT, LiveKeys
from stoflow.monitoring.live.publisher import WHOLE, WRITE, Publisher
from stoflow.monitoring.live.reader import Live, LiveReader
from stoflow.monitoring.live.sliding import Ended
from stoflow.transports.hints import quick_client

KEYS = LiveKeys("stoflow:test")
COMPLETED = JobCompleted(7, 1, "ebay", "publish", 1.0)
FAILED = JobFailed(7, 2, "ebay", "publish", "offer", 1, "refused", "no", "none")


class Process:
    """One process's board and what writes it, without its thread."""

    def __init__(self, url: str, clock: Callable[[], float] | None = None) -> None:
        self.board = Board("worker", clock=clock) if clock else Board("worker")
        self.publisher = Publisher(quick_client(url), KEYS, self.board)

    def end(self) -> None:
        self.publisher.start()
        self.publisher.stop()


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as opened:
        yield opened


@pytest.fixture
def read(client: redis.Redis) -> Callable[[], Live]:
    return LiveReader(client, KEYS).read


@pytest.fixture
def process(redis_url: str) -> Process:
    return Process(redis_url)


def test_a_view_has_each_process_its_places_and_what_ended_there(process: Process, read: Callable[[], Live]) -> None:
    process.board.show((7, "ebay"), "flow", {"in_flight": 2})
    process.board.show((7, "ebay"), "queue", {"pending": 30})
    for fact in (COMPLETED, COMPLETED, FAILED):
        process.board.hear(fact)

    process.publisher.write()

    live = read()
    (place,) = live.places
    assert [each.kind for each in live.processes] == ["worker"]
    assert (place.tenant, place.marketplace, place.in_flight, place.pending) == (7, "ebay", 2, 30)
    assert place.minute == place.hour == Ended(done=2, failed=1)
    assert live.counts["jobs|ebay|publish|completed|"] == 2
    assert live.counts["jobs|ebay|publish|failed|refused"] == 1


def test_only_what_something_new_is_said_of_is_read_anew(process: Process, read: Callable[[], Live]) -> None:
    for tenant in (7, 8):
        process.board.show((tenant, "ebay"), "flow", {"in_flight": 1})
    process.publisher.write()
    before = read().places
    process.board.show((8, "ebay"), "flow", {"in_flight": 2})
    process.publisher.write()

    after = read().places

    assert after[0] is before[0]
    assert [each.in_flight for each in (before[1], after[1])] == [1, 2]


def test_who_looks_again_asks_for_what_changed_only(
    process: Process, client: redis.Redis, read: Callable[[], Live]
) -> None:
    for tenant in (7, 8):
        process.board.show((tenant, "ebay"), "flow", {"in_flight": 1})
    process.publisher.write()
    read()
    for key in client.scan_iter(KEYS.places("*")):
        client.hset(key, "7:ebay", '{"flow": {"in_flight": 9}}')  # of which nobody says that it changed
    process.board.hide((8, "ebay"))
    process.board.show((9, "ebay"), "flow", {"in_flight": 3})
    process.publisher.write()

    assert [(each.tenant, each.in_flight) for each in read().places] == [(7, 1), (9, 3)]


@pytest.mark.parametrize("writings", [1, WRITES_KEPT + 2])
def test_who_looks_seldom_sees_all_the_same(process: Process, read: Callable[[], Live], writings: int) -> None:
    process.board.show((7, "ebay"), "flow", {"in_flight": 1})
    process.publisher.write()
    read()
    process.board.hide((7, "ebay"))
    for tenant in range(8, 8 + writings):
        process.board.show((tenant, "ebay"), "flow", {"in_flight": 2})
        process.publisher.write()

    assert [each.tenant for each in read().places] == sorted(range(8, 8 + writings), key=str)


def test_what_goes_wrong_in_the_middle_of_a_look_spoils_no_later_one(
    process: Process, client: redis.Redis, read: Callable[[], Live]
) -> None:
    process.board.show((7, "ebay"), "flow", {"in_flight": 1})
    process.publisher.write()
    read()
    (key,) = client.scan_iter(KEYS.places("*"))
    process.board.show((8, "ebay"), "flow", {"in_flight": 2})
    process.publisher.write()
    kept = client.hget(key, "8:ebay")
    client.hset(key, "8:ebay", "{")
    with pytest.raises(ValueError, match="Expecting"):
        read()
    client.hset(key, "8:ebay", kept)  # pyright: ignore[reportArgumentType]

    assert [(each.tenant, each.in_flight) for each in read().places] == [(7, 1), (8, 2)]


def test_a_process_of_an_older_release_which_says_no_numbers_is_read_whole(
    process: Process, client: redis.Redis, read: Callable[[], Live]
) -> None:
    for in_flight in (1, 2):
        process.board.show((7, "ebay"), "flow", {"in_flight": in_flight})
        process.publisher.write()
        for key in client.scan_iter(KEYS.process("*")):
            client.hdel(key, WRITE, WHOLE)

        assert [each.in_flight for each in read().places] == [in_flight]


def test_what_two_processes_counted_is_one_number(redis_url: str, read: Callable[[], Live]) -> None:
    for process in (Process(redis_url), Process(redis_url)):
        process.board.hear(COMPLETED)
        process.board.hear(CallEnded("ebay", "200", 0.3))
        process.publisher.write()
        process.publisher.write()

    live = read()

    assert live.counts["jobs|ebay|publish|completed|"] == 2
    assert live.counts["call_seconds|ebay|-13"] == 2
    assert live.places[0].minute == Ended(done=2)


def test_what_redis_forgot_is_there_again_with_the_next_writing(
    process: Process, client: redis.Redis, read: Callable[[], Live]
) -> None:
    process.board.show((7, "ebay"), "flow", {"in_flight": 2})
    process.board.hear(COMPLETED)
    process.publisher.write()
    before = read().since
    client.flushdb()
    assert (read().since, read().processes) == (None, ())

    process.publisher.write()

    live = read()
    assert live.since is not None
    assert before is not None
    assert live.since > before
    assert (live.places[0].in_flight, live.places[0].hour) == (2, Ended(done=1))


def test_what_redis_does_not_take_is_written_later_and_once(
    process: Process, client: redis.Redis, read: Callable[[], Live]
) -> None:
    process.publisher.write()
    used = client.info("memory")["used_memory"]  # pyright: ignore[reportIndexIssue]
    client.config_set("maxmemory", used // 2)
    try:
        process.board.hear(COMPLETED)
        with pytest.raises(redis.RedisError):
            process.publisher.write()
    finally:
        client.config_set("maxmemory", 0)

    process.publisher.write()

    assert read().counts["jobs|ebay|publish|completed|"] == 1
    assert read().places[0].hour == Ended(done=1)


def test_a_process_that_ends_leaves_only_what_ended_in_it_and_everything_has_a_lifetime(
    process: Process, client: redis.Redis, read: Callable[[], Live]
) -> None:
    process.board.show((7, "ebay"), "flow", {"in_flight": 2})
    process.publisher.write()
    process.board.hear(COMPLETED)

    process.end()

    assert read().processes == ()
    assert read().places[0].flow == {}
    assert read().places[0].hour == Ended(done=1)
    lifetimes: list[Any] = [client.ttl(key) for key in client.scan_iter()]
    assert all(0 < each <= KEPT_S for each in lifetimes)


def test_a_process_of_which_nothing_is_left_is_forgotten(
    process: Process, client: redis.Redis, read: Callable[[], Live]
) -> None:
    process.publisher.write()
    for key in client.scan_iter(KEYS.process("*")):
        client.delete(key)

    read()

    assert client.scard(KEYS.processes) == 0


def test_an_hour_later_nothing_of_a_place_is_left(redis_url: str, client: redis.Redis) -> None:
    seconds, _ = client.time()  # pyright: ignore[reportGeneralTypeIssues]
    now = [float(seconds)]
    process = Process(redis_url, lambda: now[0])
    process.board.hear(COMPLETED)
    process.publisher.write()
    now[0] += 2 * 3600

    process.publisher.write()

    assert LiveReader(client, KEYS).read().places == ()


def test_a_tenant_reads_their_own_places_only(process: Process, client: redis.Redis) -> None:
    process.board.show((7, "ebay"), "flow", {"in_flight": 2})
    process.board.show((8, "ebay"), "flow", {"in_flight": 5})
    process.publisher.write()

    live = LiveReader(client, KEYS).read_tenant(8, ["ebay", "etsy"])

    assert [(each.tenant, each.marketplace, each.in_flight) for each in live.places] == [(8, "ebay", 5)]


def test_an_outage_is_shown_with_its_time_until_it_is_over(process: Process, read: Callable[[], Live]) -> None:
    process.board.hear(MarketplaceOutageBegan("ebay", "HTTP 503", 7, 1, "offer", "none"))
    process.publisher.write()
    assert read().processes[0].outages["ebay"]["reason"] == "HTTP 503"
    assert read().processes[0].outages["ebay"]["lasted_s"] is None

    process.board.hear(MarketplaceOutageEnded("ebay", 3.5, 7, 1, "offer", "none"))
    process.publisher.write()

    assert read().processes[0].outages["ebay"]["lasted_s"] == 3.5


def test_nothing_is_there_to_be_written_while_nothing_happens(process: Process) -> None:
    process.board.show((7, "ebay"), "flow", {"in_flight": 2})
    process.publisher.write()
    assert not process.board.stirred.is_set()

    process.board.show((7, "ebay"), "flow", {"in_flight": 2})

    assert not process.board.stirred.is_set()
    assert process.board.take_changes().places == {}
