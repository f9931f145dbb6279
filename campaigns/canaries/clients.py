"""Clients of many tenants at once: each connection speaks for one tenant after another, and many are given up early."""

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from io import BytesIO
from random import Random
from typing import Final
from zipfile import ZipFile

from campaigns.canaries.asks import Ask, cancelling, draw
from campaigns.canaries.shop import CanaryShop
from campaigns.canaries.words import Judge

AT_ONCE: Final = 6
DEADLINE_S: Final = 60.0
CANCELLED: Final = 0.06  # of the requests
ANEW: Final = 0.02  # of the connections, after each answer: so that each process has its share
NOT_FOUND: Final = frozenset({404, 409})
MADE: Final = 201
ZIPPED: Final = b"PK"


@dataclass
class Clients:
    """`ask_all` goes on until so many answers were looked at, at least half of them over HTTP."""

    port: int
    shops: Sequence[CanaryShop]
    judge: Judge
    seed: int
    broken: list[str] = field(default_factory=list[str])
    _over: threading.Event = field(default_factory=threading.Event)

    def ask_all(self, answers: int) -> None:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for done in [threads.submit(self._work, Random(self.seed + number), answers) for number in range(AT_ONCE)]:
                done.result()

    def _work(self, random: Random, answers: int) -> None:
        connection = self._connection()
        while min(self.judge.total, 2 * (self.judge.total - self.judge.over_sockets)) < answers:
            shop, other = random.sample(self.shops, 2)
            ask = draw(random, shop, other)
            if random.random() < CANCELLED:
                self._give_up(random, connection, shop, ask)
            else:
                self._ask(connection, shop, ask)
            if random.random() < ANEW:
                connection.close()
        connection.close()

    def _connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)

    def _ask(self, connection: HTTPConnection, shop: CanaryShop, ask: Ask) -> None:
        try:
            response = _send(connection, shop, ask)
            body = response.read()
        except (OSError, HTTPException):
            connection.close()  # the next one opens it again
            self.judge.miss()
            return
        said = b"\n".join([*(f"{name}: {value}".encode() for name, value in response.getheaders()), _readable(body)])
        asked = (ask.foreign or ask.asked).encode()
        self.judge.look(shop.owner, ask.kind, said, status=response.status, asked=asked)
        if ask.foreign and response.status not in NOT_FOUND:
            self.judge.refuse_found(shop.owner, ask.kind, response.status)
        if ask.kind == "job" and response.status == MADE:
            self._ask(connection, shop, cancelling(json.loads(body)["id"]))

    def _give_up(self, random: Random, connection: HTTPConnection, shop: CanaryShop, ask: Ask) -> None:
        """Send it, and go: at once, a moment later, or in the midst of the answer."""
        with suppress(OSError, HTTPException):
            if random.random() < 0.5:
                _send(connection, shop, ask).read(random.randrange(1, 200))
            else:
                _request(connection, shop, ask)
                self._over.wait(random.choice((0, 0.001, 0.01)))
        connection.close()
        self.judge.cancel()


def _send(connection: HTTPConnection, shop: CanaryShop, ask: Ask) -> HTTPResponse:
    _request(connection, shop, ask)
    return connection.getresponse()


def _readable(body: bytes) -> bytes:
    """Return an answer as it can be searched: what is in a zip by itself."""
    if not body.startswith(ZIPPED):
        return body
    with ZipFile(BytesIO(body)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


def _request(connection: HTTPConnection, shop: CanaryShop, ask: Ask) -> None:
    headers = {**ask.headers, "Authorization": f"Bearer {shop.token()}"}
    connection.request(ask.method, ask.path, ask.body or None, headers)
