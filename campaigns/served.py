"""A neighbour who works by HTTP all the time, at a steady pace, and how long that took meanwhile."""

import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import quantiles

import httpx

EVERY_S = 0.04
FIRST_ERROR = 400
DEADLINE_S = 30.0
READ, PAGE, WRITE = "GET", "a page", "PATCH"
KINDS = (READ, PAGE, READ, WRITE)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when it ended, how long it took, and whether it was answered as it should be."""

    at_s: float
    took_ms: float
    ok: bool


@dataclass(slots=True)
class Neighbour:
    """`asked` grows while it works."""

    asked: list[Asked] = field(default_factory=list[Asked])

    def between(self, begun_s: float, ended_s: float) -> Sequence[Asked]:
        return [each for each in self.asked if begun_s <= each.at_s <= ended_s]

    @property
    def errors(self) -> int:
        return sum(not each.ok for each in self.asked)


def p99_ms(asked: Sequence[Asked]) -> float:
    return quantiles((each.took_ms for each in asked), n=100, method="inclusive")[98]


@contextmanager
def at_work(url: str, sellers: Sequence[tuple[str, int]]) -> Iterator[Neighbour]:
    """Let sellers, each a token and a product, read and change it in turn; their requests are told as they end."""
    neighbour, over = Neighbour(), threading.Event()

    def work() -> None:
        with httpx.Client(base_url=url, timeout=DEADLINE_S) as client:
            for number, (token, product) in enumerate(itertools.cycle(sellers)):
                if over.wait(EVERY_S):
                    return
                neighbour.asked.append(_ask(client, number, token, product))

    thread = threading.Thread(target=work, name="neighbour", daemon=True)
    thread.start()
    try:
        yield neighbour
    finally:
        over.set()
        thread.join()


def _ask(client: httpx.Client, number: int, token: str, product: int) -> Asked:
    path, headers = f"/api/products/{product}", {"authorization": f"Bearer {token}"}
    begun_s = time.monotonic()
    try:
        status = client.request(*_kind(number, path), headers=headers, json=_body(number)).status_code
    except httpx.HTTPError:
        status = 599
    ended_s = time.monotonic()
    return Asked(ended_s, (ended_s - begun_s) * 1_000, status < FIRST_ERROR)


def _kind(number: int, path: str) -> tuple[str, str]:
    kind = KINDS[number % len(KINDS)]
    return ("GET", "/api/products") if kind == PAGE else (kind, path)


def _body(number: int) -> Mapping[str, str] | None:
    return {"description": f"Warm, {number}."} if number % len(KINDS) == KINDS.index(WRITE) else None
