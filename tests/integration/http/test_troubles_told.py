"""Ten staged troubles: an operator, a seller and a program are each told the right one, wherever they look."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import redis
from markupsafe import escape

from stoflow.domain.application import Channel, Refusal
from stoflow.domain.audit import OPERATOR
from stoflow.domain.facts.outages import MarketplaceOutageBegan, MarketplaceOutageEnded
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.monitoring.live.keys import LiveKeys
from stoflow.resources.monitoring import causes
from stoflow.settings import Settings
from stoflow.storage.database.installations import installation_name
from stoflow.storage.database.session import Database
from stoflow.storage.engine.connection_state import needs_seller
from stoflow.storage.engine.refuse import note_accepted, note_refusal
from stoflow.storage.tenants.roles import change_role
from stoflow.transports.names import Names
from tests.harness.scene import PLACES, Scene

PASSWORD = "correct horse battery"
WAIT_S = 30
OURS = {"Sec-Fetch-Site": "same-origin"}
SLOWLY_S = causes.SLOW_S + 0.1


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"registration": "open"})


class Staged(Scene):
    """An installation in which nothing is wrong but what is staged, and one seller whose jobs wait."""

    def __init__(self, database: Database, redis_url: str, seller: TenantId) -> None:
        super().__init__(database, redis_url, LiveKeys(Names(installation_name(database)).namespace))
        self.seller = seller

    def write(self) -> None:
        with suppress(redis.OutOfMemoryError):  # as whoever shows themselves goes on
            super().write()

    def tell(self, statement: str, *values: Any) -> None:
        with self.database.records() as connection:
            connection.execute(statement.format(tenant=self.seller).encode(), values)


Staging = Callable[[Staged], AbstractContextManager[object]]
STAGED: list[tuple[str, str, str, str, str, Staging]] = []


def trouble(
    kind: str, marketplace: str, told: str, *, reason: str = "", of_job: str = ""
) -> Callable[[Callable[[Staged], Iterator[None]]], None]:
    """Stage a trouble of this kind: `told` is read on the overview, `of_job` on the page of a job of the marketplace.

    `reason` is the kind of Hold by which the job's explanation names it, where it is no trouble of all.
    """

    def keep(staging: Callable[[Staged], Iterator[None]]) -> None:
        STAGED.append((kind, marketplace, told, reason or kind, of_job or told, contextmanager(staging)))

    return keep


@trouble("no_worker", "ebay", "No worker is running.", of_job="no worker is running")
def _no_worker(scene: Staged) -> Iterator[None]:
    scene.dies("worker")
    yield
    scene.runs("worker", PLACES)


@trouble("no_orchestrator", "ebay", "No orchestrator is running", of_job="no orchestrator is running")
def _no_orchestrator(scene: Staged) -> Iterator[None]:
    scene.dies("orchestrator")
    yield
    scene.runs("orchestrator", PLACES)


@trouble(
    "no_consumer", "ebay", "No worker that runs works for ebay",
    reason="no_worker", of_job="no worker that is running works for ebay",
)  # fmt: skip
def _no_consumer(scene: Staged) -> Iterator[None]:
    scene.dies("worker")
    scene.runs("worker", ["etsy", "vinted"])
    scene.shows(scene.seller, "ebay")
    yield
    scene.hides(scene.seller, "ebay")
    scene.dies("worker")
    scene.runs("worker", PLACES)


@trouble("marketplace_down", "ebay", "ebay does not answer, and 10 jobs wait there.")
def _ebay_down(scene: Staged) -> Iterator[None]:
    scene.shows(scene.seller, "ebay", retry={"jobs": 10, "until": 4_000_000_000.0})
    scene.boards["worker"].hear(MarketplaceOutageBegan("ebay", "HTTP 503", scene.seller, 1, "offer", "none"))
    yield
    scene.hides(scene.seller, "ebay")
    scene.boards["worker"].hear(MarketplaceOutageEnded("ebay", 3.0, scene.seller, 1, "offer", "none"))


@trouble(
    "quota_used_up", "ebay", "ebay has no calls left for StoFlow's application: 5000 a day.",
    reason="application_refused", of_job="ebay has no calls left for StoFlow itself",
)  # fmt: skip
def _quota_used_up(scene: Staged) -> Iterator[None]:
    with scene.database.records() as connection:
        note_refusal(connection, "ebay", scene.seller, Refusal(Channel.QUOTA, "5000 a day."), 1.0)
    yield
    with scene.database.records() as connection:
        note_accepted(connection, "ebay", scene.seller, frozenset({Channel.QUOTA}), 0.0)


@trouble(
    "plugin_offline", "vinted", "Jobs of 1 seller at vinted wait for the plugin, which is offline",
    of_job="plugin offline since",
)  # fmt: skip
def _plugin_offline(scene: Staged) -> Iterator[None]:
    scene.shows(scene.seller, "vinted", holds=["plugin_offline"])
    scene.tell("UPDATE public.plugin_presence SET connected = false WHERE tenant = {tenant}")
    yield
    scene.hides(scene.seller, "vinted")
    scene.tell("UPDATE public.plugin_presence SET connected = true WHERE tenant = {tenant}")


@trouble(
    "seller_must_act", "ebay", "Jobs of 1 seller at ebay wait for the seller, who must connect again",
    of_job="reconnect: eBay took your consent back",
)  # fmt: skip
def _reconnect(scene: Staged) -> Iterator[None]:
    scene.shows(scene.seller, "ebay", holds=["seller_must_act"])
    with scene.database.records() as connection:
        needs_seller(scene.seller, "ebay", "eBay took your consent back.").on(connection)
    yield
    scene.hides(scene.seller, "ebay")
    scene.tell("DELETE FROM user_{tenant}.connections")


@trouble("redis_full", "ebay", "No work is handed out: Redis is full")
def _redis_full(scene: Staged) -> Iterator[None]:
    used: Mapping[str, Any] = scene.client.info("memory")  # pyright: ignore[reportAssignmentType]
    scene.client.config_set("maxmemory", used["used_memory"] // 2)
    yield
    scene.client.config_set("maxmemory", 0)


@trouble("postgres_slow", "ebay", "PostgreSQL took", of_job="to answer a small question")
def _postgres_slow(scene: Staged) -> Iterator[None]:
    scene.tell("ALTER TABLE public.tenant_work RENAME TO its_work")
    scene.tell(f"CREATE VIEW public.tenant_work AS SELECT w.* FROM public.its_work w, pg_sleep({SLOWLY_S})")
    yield
    scene.tell("DROP VIEW public.tenant_work")
    scene.tell("ALTER TABLE public.its_work RENAME TO tenant_work")


@trouble("clock_skew", "ebay", "The clock of the worker")
def _clock_skew(scene: Staged) -> Iterator[None]:
    scene.boards["worker"].process["at"] = lambda: datetime.now(UTC).timestamp() + 100
    yield
    scene.boards["worker"].process["at"] = lambda: datetime.now(UTC).timestamp()


@dataclass
class Viewer:
    """Somebody signed in, with a token of theirs too, and the pages that they follow."""

    client: httpx.Client
    stack: ExitStack

    def ask(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def follow(self, path: str) -> Iterator[tuple[str, str]]:
        answer = self.stack.enter_context(self.client.stream("GET", path))
        assert answer.status_code == 200
        lines = answer.iter_lines()
        return (
            (line.removeprefix("event: "), json.loads(next(lines).removeprefix("data: ")))
            for line in lines
            if line.startswith("event: ")
        )


@pytest.fixture
def viewers(real_url: str, database: Database) -> Iterator[Callable[..., tuple[TenantId, Viewer]]]:
    with ExitStack() as stack:

        def make(name: str, role: Role = Role.USER) -> tuple[TenantId, Viewer]:
            own = {"email": f"{name}@example.com", "password": PASSWORD}
            client = stack.enter_context(httpx.Client(base_url=real_url, timeout=WAIT_S))
            tenant = TenantId(client.post("/auth/register", json=own).json()["tenant"])
            change_role(database, tenant, role, OPERATOR)
            assert client.post("/monitoring/sign-in", data=own, headers=OURS).status_code == 303
            token = client.post("/auth/login", json=own).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            return tenant, Viewer(client, stack)

        yield make


def until_read(events: Iterator[tuple[str, str]], block: str, words: str) -> None:
    escaped = str(escape(words))
    assert next(text for name, text in events if name == block and escaped in text)


def test_ten_staged_troubles_are_named_on_the_page_of_the_job_and_where_it_is_explained(
    viewers: Callable[..., tuple[TenantId, Viewer]],
    database: Database,
    redis_url: str,
) -> None:
    (_, helper), (seller, own) = viewers("helper", Role.SUPPORT), viewers("seller")
    jobs = {place: own.client.post(f"/api/{place}/jobs", json={"action_type": "sync"}).json()["id"] for place in PLACES}
    scene = Staged(database, redis_url, seller)
    scene.tell(
        "INSERT INTO public.plugin_presence (tenant, plugin_id, process, socket_id, connected)"
        " SELECT {tenant}, 'p', id, 's', true FROM public.processes WHERE kind = 'api'"
    )
    scene.write()
    overview = helper.follow("/monitoring/live")
    pages = {place: own.follow(f"/monitoring/live/jobs/{seller}/{jobs[place]}") for place in ("ebay", "vinted")}
    assert helper.ask("/monitoring/snapshot")["well"]

    for kind, place, told, reason, of_job, staging in STAGED:
        with staging(scene):
            scene.write()
            first = helper.ask("/monitoring/snapshot")["causes"][0]
            assert (first["kind"], first["detail"].startswith(told)) == (kind, True)
            for path in ("/explain", "/details"):
                said = own.ask(f"/api/jobs/{jobs[place]}{path}")
                said = said.get("explanation", said)
                assert reason in {each["kind"] for each in (*said["holds"], *said["troubles"])}, (kind, path)
            until_read(overview, "live_attention", told)
            until_read(pages[place], "live_standing", of_job)
    scene.write()
    assert helper.ask("/monitoring/snapshot")["well"]
