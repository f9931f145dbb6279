"""What strangers who ask too much cost a neighbour at the api: its reads quiet and under each kind of them, in turn."""

import csv
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPException
from os import environ
from statistics import median
from threading import Thread
from typing import Any, Final

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks.figures import percentile
from benchmarks.machine import free_port
from benchmarks.session import prepared
from benchmarks.stoflow_api import Api, api_of
from benchmarks.stoflow_peer import StoflowPeer
from benchmarks.strangers import KINDS
from stoflow.settings import load
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.transports.direct.tokens import Tokens

EVERY_S: Final = 0.02
SOCKET_EVERY_S: Final = 1.0
BEGUN_S: Final = 3.0  # until all of them are there
GONE_S: Final = 1.0
RATIO_AT_MOST: Final = 2.0
# Strangers are other machines' work, and a machine that does it too gives them what nobody else there wants.
ELSEWHERE: Final = ("nice", "-n", "19")
MEMORY_AT_MOST_MIB: Final = 150.0
MIB: Final = 2**20
HEADER: Final = ("Title", "Price", "Currency", "Description", "SKU")
DESCRIPTION: Final = "Worn twice, washed by hand. "
LONG: Final = 700  # times
PRODUCTS: Final = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """Of each kind so many rounds, each of so many seconds without them and so many with them."""

    seconds: float = 5.0
    rounds: int = 5
    kinds: tuple[str, ...] = tuple(KINDS)


SHORT: Final = Plan(seconds=2.0, rounds=1)


@dataclass(frozen=True, slots=True)
class Reads:
    """Figures of the neighbour are medians of the rounds; `ratio` that of what the p99 was by that of the quiet seconds
    before it. `turned_away` counts its requests and sockets that were not served, `asked_per_s` what the strangers
    got round to, `grown_mib` is the api's.
    """

    quiet_p50_ms: float
    quiet_p99_ms: float
    p50_ms: float
    p99_ms: float
    ratio: float
    turned_away: int
    asked_per_s: float
    grown_mib: float
    within_bound: bool


@dataclass(frozen=True, slots=True)
class Round:
    """What each of the neighbour's reads took, without strangers and with them."""

    quiet_ms: list[float]
    during_ms: list[float]
    turned_away: int
    asked_per_s: float
    grown_mib: float


def measure(plan: Plan) -> dict[str, Any]:
    """Measure quiet and under strangers, each kind beside the quiet seconds right before it, some rounds of each."""
    with _api() as api:
        attacker, neighbour = api.token(api.peer.tenants[0]), api.token(api.peer.tenants[1])
        _read_for(api, neighbour, plan.seconds)  # what first requests load is loaded
        return {
            kind: asdict(_judged([_under(api, kind, attacker, neighbour, plan.seconds) for _ in range(plan.rounds)]))
            for kind in plan.kinds
        }


def _under(api: Api, kind: str, attacker: str, neighbour: str, seconds: float) -> Round:
    quiet, _ = _read_for(api, neighbour, seconds)
    before = _memory_mib(api)
    with _strangers(api, kind, attacker) as strangers:
        time.sleep(BEGUN_S)
        during, away = _read_for(api, neighbour, seconds)
        grown = _memory_mib(api) - before
        asked = _asked(strangers)
    time.sleep(GONE_S)
    return Round(quiet, during, away, asked / (BEGUN_S + seconds), grown)


def _judged(rounds: Sequence[Round]) -> Reads:
    def middle(of: Callable[[Round], float]) -> float:
        return median(map(of, rounds))

    ratio = middle(lambda one: percentile(one.during_ms, 0.99) / percentile(one.quiet_ms, 0.99))
    away, grown_mib = sum(one.turned_away for one in rounds), max(one.grown_mib for one in rounds)
    return Reads(
        middle(lambda one: percentile(one.quiet_ms, 0.5)),
        middle(lambda one: percentile(one.quiet_ms, 0.99)),
        middle(lambda one: percentile(one.during_ms, 0.5)),
        middle(lambda one: percentile(one.during_ms, 0.99)),
        ratio,
        away,
        middle(lambda one: one.asked_per_s),
        grown_mib,
        within_bound=ratio <= RATIO_AT_MOST and not away and grown_mib <= MEMORY_AT_MOST_MIB,
    )


@contextmanager
def _api() -> Generator[Api]:
    """Give an api with two sellers: one whose eBay does not answer, and whose products have much to say."""
    with prepared(StoflowPeer, tenants=2) as (peer, place), _unanswering() as slow:
        assert isinstance(peer, StoflowPeer)
        address = f"http://127.0.0.1:{slow.getsockname()[1]}"
        peer.environment = {
            **peer.environment,
            "STOFLOW_EBAY_BASE_URL": address,
            "STOFLOW_EBAY_CLIENT_ID": "bench",
            "STOFLOW_EBAY_CLIENT_SECRET": "bench",
            "STOFLOW_ACCOUNT_REQUESTS": "0",
        }
        peer.port = free_port()
        peer.start_api("api")
        api = api_of(peer, place)
        _connect(peer)
        for tenant, times in zip(peer.tenants, (LONG, 3), strict=True):
            _bring_products(api, tenant, times)
        yield api


@contextmanager
def _unanswering() -> Generator[socket.socket]:
    """Give a server that takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as server:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        Thread(target=accept, daemon=True).start()
        yield server


def _connect(peer: StoflowPeer) -> None:
    settings = load(None, home=peer.environment["STOFLOW_HOME"])
    tokens = Tokens(access="bench", refresh="bench", access_expires_in_s=7200.0)
    connections = Connections(peer.database, Vault(secret_keys(settings.secret_keys, settings.home)))
    connections.save(peer.tenants[0], "ebay", external_id="bench", settings={}, tokens=tokens)


def _bring_products(api: Api, tenant: int, times: int) -> None:
    path = api.machine.home / f"products-{tenant}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        rows = range(PRODUCTS)
        writer.writerows((f"Dress {row}", f"{5 + row}.50", "EUR", DESCRIPTION * times, f"SKU-{row}") for row in rows)
    command = [sys.executable, "-m", "stoflow", "products", "import", str(path), "--tenant", str(tenant)]
    subprocess.run(command, env={**environ, **api.peer.environment}, check=True, capture_output=True)


@contextmanager
def _strangers(api: Api, kind: str, token: str) -> Generator[subprocess.Popen[str]]:
    command = [*ELSEWHERE, sys.executable, "-m", "benchmarks.strangers", kind, str(api.port)]
    with subprocess.Popen(
        command,
        env={**environ, "STRANGERS_TOKEN": token},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _asked(strangers: subprocess.Popen[str]) -> int:
    """End them, and return how much they asked for."""
    strangers.terminate()
    return int(strangers.communicate()[0])


def _read_for(api: Api, token: str, seconds: float) -> tuple[list[float], int]:
    """Return what each of the neighbour's reads took, each over a connection of its own, and how much was refused."""
    found, away, ends_at, socket_at = list[float](), 0, time.monotonic() + seconds, 0.0
    while (now := time.monotonic()) < ends_at:
        if now >= socket_at:
            socket_at = now + SOCKET_EVERY_S
            away += not _is_served(_come_in, api, token)
        began_at = time.perf_counter()
        away += not _is_served(_read, api, token)
        took_s = time.perf_counter() - began_at
        found.append(1000 * took_s)
        time.sleep(max(0.0, EVERY_S - took_s))
    return found, away


def _is_served(ask: Callable[[Api, str], None], api: Api, token: str) -> bool:
    try:
        ask(api, token)
    except (OSError, RuntimeError, HTTPException, WebSocketException):
        return False
    return True


def _read(api: Api, token: str) -> None:
    connection = api.connection()
    try:
        connection.request("GET", "/api/products?limit=20", headers={"authorization": f"Bearer {token}"})
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    if response.status != 200:
        message = f"The api answered {response.status}."
        raise RuntimeError(message)


def _come_in(api: Api, token: str) -> None:
    """Open a socket as a page does."""
    hello = "40" + json.dumps({"token": token, "client": "frontend"})
    with connect(f"ws://127.0.0.1:{api.port}/socket.io/?EIO=4&transport=websocket", open_timeout=10) as opened:
        opened.recv(timeout=10)
        opened.send(hello)
        if not str(opened.recv(timeout=10)).startswith("40"):
            message = "The api let nobody in."
            raise RuntimeError(message)


def _memory_mib(api: Api) -> float:
    return max(process.memory_info().rss for kind, process in api.machine.processes() if kind == "api") / MIB
