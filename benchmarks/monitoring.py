"""What monitoring costs: throughput with and without it, what a process spends on it, its lag, its room in Redis."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import redis

from benchmarks import watched
from benchmarks.figures import percentile
from benchmarks.machine import machine
from stoflow.domain.facts.work import AttemptEnded, CallEnded, JobCompleted
from stoflow.monitoring.live.board import Board
from stoflow.monitoring.live.keys import LiveKeys
from stoflow.monitoring.live.publisher import Publisher
from stoflow.monitoring.live.reader import LiveReader
from stoflow.monitoring.record import record
from stoflow.transports.hints import quick_client

KEYS = LiveKeys("stoflow:bench")
JOBS_PER_S = 500
MIB = 2**20
RATIO_AT_LEAST = 0.97
BUSY_AT_MOST_PERCENT, IDLE_AT_MOST_PERCENT = 2.0, 0.3
LAG_P99_AT_MOST_S = 2.0
REDIS_AT_MOST_MIB = 20.0
MARKETPLACE = "ebay"


@dataclass(frozen=True, slots=True)
class Plan:
    tenants: int = 10_000
    seconds: float = 30.0
    lags: int = 60
    beside: watched.Plan = field(default_factory=watched.Plan)


SHORT = Plan(200, 3.0, 3, watched.SHORT)


def measure(plan: Plan) -> dict[str, Any]:
    """Return the figures, each with its bound."""
    with machine() as place:
        url = place.urls.redis_url
        figures = {**_cost(url, plan), **_lag(url, plan), **_room(url, plan)}
    ratio = watched.compare(plan.beside)
    return {
        **figures,
        **ratio,
        "within_bound": ratio["of_unwatched"] >= RATIO_AT_LEAST
        and figures["busy_percent_of_a_core"] <= BUSY_AT_MOST_PERCENT
        and figures["idle_percent_of_a_core"] <= IDLE_AT_MOST_PERCENT
        and figures["lag_p99_s"] <= LAG_P99_AT_MOST_S
        and figures["redis_mib"] <= REDIS_AT_MOST_MIB,
    }


@contextmanager
def _publishing(url: str) -> Iterator[Board]:
    board = Board("worker")
    board.process["process"] = lambda: 1
    publisher = Publisher(quick_client(url), KEYS, board)
    publisher.start()
    try:
        yield board
    finally:
        publisher.stop()


def _cost(url: str, plan: Plan) -> dict[str, float]:
    """Return what it costs a process to be watched, at so many jobs a second and at none: what the same facts cost
    where nobody hears them, which write a line of log, is taken away."""
    alone = _spent_s(plan.seconds, JOBS_PER_S)
    with _publishing(url):
        busy = _spent_s(plan.seconds, JOBS_PER_S)
        idle = _spent_s(plan.seconds, 0)
    return {
        "busy_percent_of_a_core": 100 * max(0.0, busy - alone) / plan.seconds,
        "idle_percent_of_a_core": 100 * idle / plan.seconds,
    }


def _spent_s(seconds: float, per_s: int) -> float:
    """State what a worker states of so many jobs a second; return how long the processor was busy with that."""
    begun_s, spent_s, number = time.monotonic(), time.process_time(), 0
    while (left_s := begun_s + seconds - time.monotonic()) > 0:
        for _ in range(max(0, round(per_s * (seconds - left_s)) - number) if per_s else 0):
            number += 1
            _state(number)
        time.sleep(min(0.05 if per_s else seconds, left_s))
    return time.process_time() - spent_s


def _state(job: int) -> None:
    for purpose in ("act", "act"):
        record(CallEnded(MARKETPLACE, "200", 0.2))
        record(AttemptEnded(MARKETPLACE, "publish", purpose, "Done", 0.3))
    record(JobCompleted(1 + job % 50, job, MARKETPLACE, "publish", 1.0))


def _lag(url: str, plan: Plan) -> dict[str, float]:
    """Return how long it takes from what happens to where a reader sees it, at moments that have nothing in common."""
    reader, lags_s, pause = LiveReader(quick_client(url), KEYS), list[float](), threading.Event()
    with _publishing(url) as board:
        for number in range(plan.lags):
            pause.wait(0.37 + number % 7 * 0.31)
            begun_s, wanted = time.monotonic(), {"in_flight": number, "cap": 4, "holds": []}
            board.show((1, MARKETPLACE), "flow", wanted)
            _wait(lambda wanted=wanted: any(dict(each.flow) == wanted for each in reader.read().places))
            lags_s.append(time.monotonic() - begun_s)
    return {"lag_p50_s": median(lags_s), "lag_p99_s": percentile(lags_s, 0.99)}


def _wait(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.01)


def _room(url: str, plan: Plan) -> dict[str, float]:
    """Return what so many active tenants take, each with jobs that wait, are held and ended lately at one place."""
    client = redis.Redis.from_url(url)
    before = _used(client)
    board = Board("orchestrator")
    publisher = Publisher(quick_client(url), KEYS, board)
    for tenant in range(1, plan.tenants + 1):
        hold = {"kind": "plugin_offline", "until": None, "release": "seller", "detail": "plugin offline since 09:12"}
        board.show((tenant, MARKETPLACE), "flow", {"in_flight": 2, "cap": 4, "pace_s": 20.0, "holds": [hold]})
        kinds = {
            kind: {"jobs": 40 + tenant % 60, "until": 1_800_000_000.123456, "oldest": 1_800_000_000.123456}
            for kind in ("next", "retry", "order")
        }
        board.show((tenant, MARKETPLACE), "queue", {"pending": 120, "oldest": 1_800_000_000.123456, "kinds": kinds})
        board.hear(JobCompleted(tenant, 1, MARKETPLACE, "publish", 1.0))
    publisher.write()
    taken = _used(client) - before
    readers_s = _reading_s(url)
    return {"tenants": plan.tenants, "redis_mib": taken / MIB, "reading_all_ms": 1000 * readers_s}


def _reading_s(url: str) -> float:
    reader, begun_s = LiveReader(quick_client(url), KEYS), time.monotonic()
    json.dumps([each.tenant for each in reader.read().places])
    return time.monotonic() - begun_s


def _used(client: redis.Redis) -> int:
    told = client.info("memory")
    return int(told["used_memory"])
