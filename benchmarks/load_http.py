"""Clients that ask one thing over and over, each on a connection of its own, and what that came to."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count

from benchmarks.figures import percentile

CLIENTS = 8
DEADLINE_S = 30.0
FIRST_ERROR = 400
WARM_S = 2.0

Ask = Callable[[HTTPConnection, int], int]
"""Asks once, with a number no one else has, and returns the status; the answer was read to its end."""


@dataclass(frozen=True, slots=True)
class Rate:
    per_s: float
    p50_ms: float
    p99_ms: float
    errors: int


def rate_of(port: int, ask: Ask, for_s: float) -> Rate:
    """Let all clients ask for so long, after a warm-up that is not counted."""
    _asked(port, ask, WARM_S)
    begun_s = time.perf_counter()
    asked = _asked(port, ask, for_s)
    lasted_s = time.perf_counter() - begun_s
    took_ms = [each for each, ok in asked if ok]
    errors = sum(not ok for _, ok in asked)
    return Rate(len(took_ms) / lasted_s, percentile(took_ms, 0.5), percentile(took_ms, 0.99), errors)


def get(path: str, token: str = "") -> Ask:
    headers = {"authorization": f"Bearer {token}"} if token else {}

    def ask(connection: HTTPConnection, _: int) -> int:
        connection.request("GET", path, headers=headers)
        return _read(connection)

    return ask


def post(path: str, token: str, body: bytes) -> Ask:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def ask(connection: HTTPConnection, _: int) -> int:
        connection.request("POST", path, body, headers)
        return _read(connection)

    return ask


def _read(connection: HTTPConnection) -> int:
    response = connection.getresponse()
    response.read()
    return response.status


def _asked(port: int, ask: Ask, for_s: float) -> list[tuple[float, bool]]:
    ends_s, numbers = time.perf_counter() + for_s, count()

    def client(_: int) -> list[tuple[float, bool]]:
        connection = HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        asked: list[tuple[float, bool]] = []
        while time.perf_counter() < ends_s:
            asked.append(_once(connection, ask, next(numbers)))
        connection.close()
        return asked

    with ThreadPoolExecutor(CLIENTS) as threads:
        return [each for one in threads.map(client, range(CLIENTS)) for each in one]


def _once(connection: HTTPConnection, ask: Ask, number: int) -> tuple[float, bool]:
    begun_s = time.perf_counter()
    try:
        ok = ask(connection, number) < FIRST_ERROR
    except (OSError, HTTPException):
        connection.close()  # the next request opens it again
        ok = False
    return (time.perf_counter() - begun_s) * 1_000, ok
