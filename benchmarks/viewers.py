"""What those cost who look at the pages of /monitoring: an api process without any of them, and with fifty."""

import json
import socket
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

import httpx

from benchmarks.figures import percentile
from benchmarks.sampling import Sampler, Usage
from benchmarks.session import prepared
from benchmarks.stoflow_api import Api, api_of, submit
from benchmarks.stoflow_marketplace import NAME
from benchmarks.stoflow_peer import StoflowPeer
from stoflow.domain.audit import OPERATOR
from stoflow.domain.facts.work import JobCompleted
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.monitoring.live.board import Board
from stoflow.monitoring.live.keys import LiveKeys
from stoflow.monitoring.live.publisher import Publisher
from stoflow.storage.database.installations import installation_name
from stoflow.storage.tenants.roles import change_role
from stoflow.transports.hints import quick_client
from stoflow.transports.names import Names

PERCENT_AT_MOST: Final = 10.0
LAG_AT_MOST_S: Final = 3.0
LAG_P99_AT_MOST_S: Final = 2.0
PASSWORD: Final = "correct horse battery"  # noqa: S105 - of an installation of this measurement only
WAIT_S: Final = 60.0
SETTLED_S: Final = 2.3
SELLERS: Final = 5
MARKER: Final = 1_000_000_000  # so many jobs wait nowhere: a page that shows more shows a mark


@dataclass(frozen=True, slots=True)
class Plan:
    """`active` tenants have jobs that wait; of them `moving` change each second, and so many jobs end."""

    active: int = 10_000
    moving: int = 300
    viewers: int = 50
    seconds: float = 90.0


SHORT: Final = Plan(50, 5, 10, 4.0)


@dataclass(frozen=True, slots=True)
class Viewed:
    """CPU in seconds of the measured time. `percent_of_a_core` is what viewers added to the api and its connections.

    `lag` is from what happens to where a reader of the overview is told.
    """

    active: int
    viewers: int
    seconds: float
    api_s_alone: float
    api_s: float
    postgresql_s_alone: float
    postgresql_s: float
    percent_of_a_core: float
    lag_p50_s: float
    lag_p99_s: float
    lag_max_s: float
    within_bound: bool


def measure(plan: Plan) -> dict[str, Any]:
    """Measure first without viewers and then with them, over the same installation, in which the same happens."""
    with _installation(plan) as (api, board, addresses, cookies):
        alone = _used(api, plan.seconds)
        with ExitStack() as stack:
            readers = [stack.enter_context(_reading(api, address, cookies)) for address in addresses]
            time.sleep(SETTLED_S)
            lags = _Lags(board, readers[0])
            used = _used(api, plan.seconds)
            lags.end()
    return asdict(_viewed(plan, alone, used, lags.seconds))


def _viewed(plan: Plan, alone: Usage, used: Usage, lags: Sequence[float]) -> Viewed:
    before, after = (
        (use.cpu_s_by_kind["api"], use.cpu_s_by_kind["postgresql"], use.cpu_s_by_kind["valkey"])
        for use in (alone, used)
    )
    percent, most, nearly_all = 100 * (sum(after) - sum(before)) / plan.seconds, max(lags), percentile(lags, 0.99)
    within = percent <= PERCENT_AT_MOST and most <= LAG_AT_MOST_S and nearly_all <= LAG_P99_AT_MOST_S
    return Viewed(
        plan.active, plan.viewers, plan.seconds, before[0], after[0], before[1], after[1], percent,
        percentile(lags, 0.5), nearly_all, most, within,
    )  # fmt: skip


def _used(api: Api, seconds: float) -> Usage:
    sampler = Sampler(api.machine).start()
    time.sleep(seconds)
    return sampler.end()


@contextmanager
def _installation(plan: Plan) -> Generator[tuple[Api, Board, Sequence[str], httpx.Cookies]]:
    """Give an api, the board of an orchestrator that goes on, what viewers look at, and the sign-in of an operator."""
    with prepared(StoflowPeer, tenants=SELLERS) as (peer, place), ExitStack() as stack:
        assert isinstance(peer, StoflowPeer)
        peer.environment = {**peer.environment, "STOFLOW_REGISTRATION": "open", "STOFLOW_ACCOUNT_REQUESTS": "0"}
        peer.start_api("api")
        api = api_of(peer, place)
        board = stack.enter_context(_orchestrator(peer, plan))
        jobs = [_submit(api, peer.tenants[number % SELLERS]) for number in range(plan.viewers // 2)]
        yield api, board, _addresses(plan, jobs), _signed_in(api)


def _addresses(plan: Plan, jobs: Sequence[str]) -> Sequence[str]:
    """Return what is looked at: half look at a job each, the others at what everybody looks at."""
    every = ("/monitoring/live", "/monitoring/live/workers", "/monitoring/live/tenants", "/monitoring/live/errors")
    shared = [every[number % len(every)] for number in range(plan.viewers - len(jobs))]
    return [*shared, *(f"/monitoring/live/jobs/{job}" for job in jobs)]


def _submit(api: Api, tenant: TenantId) -> str:
    connection = api.connection()
    try:
        return f"{tenant}/{submit(connection, api.token(tenant), {})}"
    finally:
        connection.close()


def _signed_in(api: Api) -> httpx.Cookies:
    own = {"email": "operator@example.com", "password": PASSWORD}
    with httpx.Client(base_url=api.url, timeout=WAIT_S) as client:
        made = client.post("/auth/register", json=own).raise_for_status().json()
        change_role(api.peer.database, TenantId(made["tenant"]), Role.SUPPORT, OPERATOR)
        client.post("/monitoring/sign-in", data=own, headers={"Sec-Fetch-Site": "same-origin"})
        return client.cookies


@contextmanager
def _orchestrator(peer: StoflowPeer, plan: Plan) -> Iterator[Board]:
    """Show what an orchestrator with so many active tenants shows, and let it change."""
    keys = LiveKeys(Names(installation_name(peer.database)).namespace)
    board, over = Board("orchestrator"), threading.Event()
    board.process["process"] = lambda: 0
    publisher = Publisher(quick_client(peer.machine.urls.redis_url), keys, board)

    def move() -> None:
        moved = 0
        while not over.wait(1.0):
            for _ in range(plan.moving):
                moved += 1
                _show(board, moved % plan.active, moved)

    for tenant in range(plan.active):
        _show(board, tenant, tenant)
    publisher.start()
    thread = threading.Thread(target=move, name="moving")
    thread.start()
    try:
        yield board
    finally:
        over.set()
        thread.join()
        publisher.stop()


def _show(board: Board, tenant: int, number: int) -> None:
    hold = {"kind": "plugin_offline", "until": None, "release": "seller", "detail": "plugin offline since 09:12"}
    held = [hold] if tenant % 3 else []
    board.show((1_000 + tenant, NAME), "flow", {"in_flight": number % 4, "cap": 4, "pace_s": 20.0, "holds": held})
    kinds = {kind: {"jobs": 9 + number % 60, "until": None, "oldest": 1.8e9 + number} for kind in ("next", "retry")}
    board.show((1_000 + tenant, NAME), "queue", {"pending": 120, "oldest": 1.8e9, "kinds": kinds})
    board.hear(JobCompleted(1_000 + tenant, 1, NAME, "publish", 1.0))


class _Reader:
    """One page that is looked at; what it is told is read at once."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer
        self.told = threading.Condition()
        self.texts: dict[str, str] = {}

    def read(self) -> None:
        name = ""
        try:
            for line in self._answer.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    with self.told:
                        self.texts[name] = json.loads(line.removeprefix("data: "))
                        self.told.notify_all()
        except (httpx.HTTPError, httpx.StreamError):
            return  # it is over


@contextmanager
def _reading(api: Api, address: str, cookies: httpx.Cookies) -> Iterator[_Reader]:
    with (
        httpx.Client(base_url=api.url, cookies=cookies, timeout=WAIT_S) as client,
        client.stream("GET", address) as answer,
    ):
        answer.raise_for_status()
        reader = _Reader(answer)
        thread = threading.Thread(target=reader.read, name=address)
        thread.start()
        yield reader
        answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        thread.join()


class _Lags:
    """Marks what is shown again and again, and waits for where the mark is read."""

    def __init__(self, board: Board, overview: _Reader) -> None:
        self.seconds: list[float] = []
        self._board = board
        self._overview = overview
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lags")
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        mark = 0
        while not self._over.wait(0.37 + mark % 7 * 0.11):  # moments that have nothing in common
            mark += 1
            begun_s = time.monotonic()
            self._board.show((1, NAME), "queue", {"pending": MARKER * mark, "oldest": 1.8e9, "kinds": {}})
            with self._overview.told:
                wanted = f">{mark}\N{NARROW NO-BREAK SPACE}00"
                if self._overview.told.wait_for(lambda wanted=wanted: self._shows(wanted), timeout=WAIT_S):
                    self.seconds.append(time.monotonic() - begun_s)

    def _shows(self, wanted: str) -> bool:
        return wanted in self._overview.texts.get("live_marketplaces", "")
