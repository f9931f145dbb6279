"""An engine without Redis: runs are called directly, what they report is kept, the marketplace is a small class."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from stoflow.admission.facts import Conditions
from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.errors import APITimeoutError
from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.job import JobChanged, TaskKind
from stoflow.domain.outcome import (
    Absent,
    Done,
    FieldError,
    Listed,
    LookResult,
    Outcome,
    Refused,
    SellerMustAct,
    TryAgain,
    Unknown,
)
from stoflow.domain.product import NewProduct, Product
from stoflow.domain.run import RunMessage, RunMode, RunReport
from stoflow.domain.tempo import Tempo
from stoflow.execution.collect import collect
from stoflow.execution.engine import Engine
from stoflow.execution.look import look
from stoflow.execution.run import run
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step, TaskPlan
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.resources.jobs.change import cancel_job, retry_job
from stoflow.resources.jobs.read import find_job
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import JobView, SubmitJob
from stoflow.storage.applications import Applications
from stoflow.storage.database.recorder import Recorder
from stoflow.storage.database.session import Database
from stoflow.storage.engine.ownership import acquire_tenants, consume_outbox
from stoflow.storage.engine.processes import mark_dead, register_process
from stoflow.storage.products.snapshots import add_product
from stoflow.upkeep.action_types import register_action_types
from stoflow.upkeep.sweep import Sweep

SHOP = "shop"
LEASE_S = 30.0
HELD_S = 3_600.0  # nobody beats for these processes, so their leases outlast the longest test


LOST = "lost"  # the work is done, its answer never comes
NEVER = "never"  # the call never arrives, and nobody says so
Act = Callable[[], Reply]
Planned = Callable[[Act], Reply] | int | str | None


def _planned(call: Planned) -> Callable[[Act], Reply]:
    def act_upon(act: Act) -> Reply:
        if call is None or call == LOST:
            reply = act()
            if call is None:
                return reply
        elif isinstance(call, int):
            return Reply(call)
        elif callable(call):
            return call(act)
        raise APITimeoutError("No answer came.")

    return act_upon


@dataclass
class Shop:
    """A marketplace in memory: listings by product, calls in order, and what to do with the next call."""

    calls: list[str] = field(default_factory=list)
    listings: dict[str, str] = field(default_factory=dict)
    visible: set[str] = field(default_factory=set)
    script: list[Callable[[Callable[[], Reply]], Reply]] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)

    def plan(self, *calls: "Planned") -> None:
        """Say what becomes of the next calls: None as usual, a status instead of the work, LOST, NEVER, or a function
        that is handed the work."""
        self.script += [_planned(call) for call in calls]

    def send(
        self,
        request: Request,
        *,
        tenant: TenantId,
        marketplace: str,
        account: str,
        deadline_s: float,
        attempt: str = "",
    ) -> Reply:
        self.calls.append(f"{request.method} {request.path}")
        self.attempts.append(attempt)
        act = lambda: self._answer(request)  # noqa: E731
        return self.script.pop(0)(act) if self.script else act()

    def _answer(self, request: Request) -> Reply:
        sku = request.query.get("sku", "")
        match request.method, request.path:
            case "POST", "/offer":
                self.listings.setdefault(sku, f"offer-{sku}")
                return Reply(201, body={"id": self.listings[sku]})
            case "POST", "/publish":
                self.visible.add(sku)
                return Reply(200, body={"id": self.listings[sku]})
            case "DELETE", "/offer":
                self.visible.discard(sku)
                return Reply(204 if self.listings.pop(sku, None) else 404)
            case "GET", "/offer":
                found = self.listings.get(sku)
                return Reply(200, body={"id": found, "visible": sku in self.visible}) if found else Reply(404)
            case _:
                return Reply(200, body={})


def _sku(attempt: Attempt) -> str:
    return f"{attempt.tenant}p{attempt.product.id if attempt.product else 0}"


def _validate(attempt: Attempt) -> Outcome:
    return Done({"title": attempt.product.title if attempt.product else ""})


def _upload(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("PUT", "/photo", query={"sku": _sku(attempt)})
    return Done({"photos": 1})


def _create(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    reply = yield Request("POST", "/offer", query={"sku": _sku(attempt)})
    if isinstance(reply, Reply) and reply.status == 410:
        return TryAgain("It is gone.", after_s=0.0, charged=False, ended=reply.body["id"])
    return _outcome(reply, visible=False)


def _publish(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    reply = yield Request("POST", "/publish", query={"sku": _sku(attempt)})
    return _outcome(reply, visible=True)


UNHAPPY: dict[int, Outcome] = {
    429: TryAgain("slow down", after_s=7.0, charged=False),
    503: TryAgain("unavailable", after_s=0.0),
    504: TryAgain("back in half a minute", after_s=30.0, away=True),
    500: Unknown("it may have been done"),
    400: Refused("bad listing"),
    401: SellerMustAct("Log in again."),
}


def _outcome(reply: Response, *, visible: bool) -> Outcome:
    assert isinstance(reply, Reply)
    if reply.status in UNHAPPY:
        return UNHAPPY[reply.status]
    listed = Listed(reply.body["id"], visible=visible, replaces=reply.body.get("replaces", ""))
    return Done({"id": reply.body["id"]}, listed)


def _look(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    reply = yield Request("GET", "/offer", query={"sku": _sku(attempt)})
    assert isinstance(reply, Reply)
    return Absent() if reply.status == 404 else Done({"id": reply.body["id"]}, Listed(reply.body["id"]))


def _look_visible(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    reply = yield Request("GET", "/offer", query={"sku": _sku(attempt)})
    assert isinstance(reply, Reply)
    if reply.status == 404 or not reply.body["visible"]:
        return Absent()
    return Done({"id": reply.body["id"]}, Listed(reply.body["id"], visible=True))


def _save(attempt: Attempt) -> Outcome:
    return Done({"listing": attempt.listing_id})


STEPS = (
    Step("validate", _validate),
    Step("upload", _upload, TaskKind.REPEATABLE),
    Step("create", _create, TaskKind.UNSAFE, look=_look, marked=True),
    Step("publish", _publish, TaskKind.UNSAFE, paced=True, look=_look_visible),
    Step("save", _save),
)


class ShopHandler:
    marketplace = SHOP

    def __init__(self, steps: tuple[Step, ...] = STEPS, action: str = "publish") -> None:
        self.steps = steps
        self.action = action

    def create_tasks(self, product: Product | None) -> list[TaskPlan]:
        return [TaskPlan(step.name, step.kind, step.paced) for step in self.steps]

    def payload_errors(self, payload: Mapping[str, Any]) -> tuple[FieldError, ...]:
        return ()

    def step(self, task_name: str) -> Step:
        return {step.name: step for step in self.steps}[task_name]


def shop_marketplace(steps: tuple[Step, ...] = STEPS, *, rate_limit_ms: int = 0) -> Marketplace:
    return Marketplace(
        name=SHOP,
        transport="direct",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=rate_limit_ms),),
        handlers={"publish": ShopHandler(steps)},
        products=frozenset({"publish"}),
    )


@dataclass
class KeptFeed:
    """Keeps what was reported instead of sending it."""

    reports: list[RunReport] = field(default_factory=list)
    changes: list[JobChanged] = field(default_factory=list)

    def report(self, owner: ProcessId, report: RunReport) -> None:
        self.reports.append(report)

    def job_changed(self, news: JobChanged) -> None:
        self.changes.append(news)

    def commands_waiting(self, tenant: TenantId) -> None:
        pass


@dataclass
class Bench:
    """An engine and one tenant, whose owner and worker are this process."""

    engine: Engine
    shop: Shop
    feed: KeptFeed
    tenant: TenantId
    owner: ProcessId
    epoch: Epoch
    process: ProcessId

    @property
    def plugins(self) -> list[str]:
        places = self.engine.registry.marketplaces.values()
        return [place.name for place in places if place.transport == "plugin"]

    @property
    def conditions(self) -> Conditions:
        return Conditions(plugins=frozenset(self.plugins))

    def product(self, title: str = "A coat") -> int:
        with self.engine.database.tenant(self.tenant) as session:
            return add_product(session, NewProduct(title=title, description="Warm.", price=None))

    def submit(self, product: int | None, action: str = "publish", **fields: Any) -> JobId:
        asked = SubmitJob(SHOP, action, product, **fields)
        job, _ = submit(self.engine.database, self.engine.registry, self.tenant, asked)
        return job

    def row(self, job: JobId) -> dict[str, Any]:
        return self.one(f"SELECT * FROM {{s}}.marketplace_jobs WHERE id = {job}")

    def task(self, job: JobId, name: str) -> dict[str, Any]:
        return self.one(f"SELECT * FROM {{s}}.marketplace_tasks WHERE job_id = {job} AND name = '{name}'")

    def one(self, query: str) -> dict[str, Any]:
        rows = self.all(query)
        assert len(rows) == 1, rows
        return rows[0]

    def all(self, query: str) -> list[dict[str, Any]]:
        with self.engine.database.records() as connection:
            cursor = connection.execute(query.replace("{s}", f"user_{self.tenant}").encode())
            return list(cursor.fetchall()) if cursor.description else []

    def message(self, job: JobId, **fields: Any) -> RunMessage:
        """A message for the job's next task as it stands."""
        task = self.all(
            f"SELECT id, claims, look_at FROM {{s}}.marketplace_tasks WHERE job_id = {job} "
            "AND status NOT IN ('completed', 'skipped') ORDER BY position LIMIT 1"
        )
        message = RunMessage(
            tenant=self.tenant,
            job=job,
            task=TaskId(task[0]["id"] if task else 0),
            claims=task[0]["claims"] if task else 0,
            epoch=self.epoch,
            owner=self.owner,
            mode=RunMode.LOOK if task and task[0]["look_at"] else RunMode.ACT,
            permit=True,
            stepwise=False,
        )
        return replace(message, **fields)

    def run(self, job: JobId, **fields: Any) -> RunReport:
        run(self.engine, self.message(job, **fields))
        return self.feed.reports[-1]

    def look(self, job: JobId, **fields: Any) -> RunReport:
        look(self.engine, self.message(job, **fields))
        return self.feed.reports[-1]

    def collect(self) -> None:
        """Look for every orphan as it stands."""
        for orphan in self.all("SELECT id, job_id, claims FROM {s}.strays"):
            about = {"task": orphan["id"], "claims": orphan["claims"], "mode": RunMode.COLLECT}
            collect(self.engine, self.message(orphan["job_id"], **about))

    def view(self, job: JobId) -> JobView:
        return find_job(self.engine.database, self.tenant, job, self.conditions)

    def cancel(self, job: JobId) -> JobView:
        return cancel_job(self.engine.database, self.tenant, job, self.conditions)

    def retry(self, job: JobId) -> JobView:
        return retry_job(self.engine.database, self.tenant, job, self.conditions)

    def steps(self, job: JobId) -> list[tuple[str | None, str | None, str | None]]:
        """Every change of status in the timeline: whose (None: the job's), from, to."""
        lines = self.all(
            f"SELECT task, from_status, to_status FROM {{s}}.job_timeline WHERE job_id = {job} ORDER BY id"
        )
        changes = [(line["task"], line["from_status"], line["to_status"]) for line in lines]
        return [change for change in changes if change[2] is not None]

    def causes(self, job: JobId) -> list[str]:
        lines = self.all(f"SELECT cause FROM {{s}}.job_timeline WHERE job_id = {job} ORDER BY id")
        return [line["cause"] for line in lines]

    def hold(self, job: JobId, name: str, *, by: ProcessId | None, deadline_s: float = 60.0) -> None:
        """Let a task be as a worker's claim leaves it; nobody answers for it."""
        holder = "NULL" if by is None else by
        self.all(
            f"UPDATE {{s}}.marketplace_tasks SET status = 'running', claims = claims + 1, claimed_by = {holder}, "
            f"deadline = clock_timestamp() + interval '{deadline_s} s' WHERE job_id = {job} AND name = '{name}'"
        )
        self.all(f"UPDATE {{s}}.marketplace_jobs SET status = 'running' WHERE id = {job}")

    def make_due(self) -> None:
        """Let the time come that retries, looks, orphans and paces wait for."""
        self.all(
            "UPDATE {s}.marketplace_tasks SET not_before = NULL WHERE status = 'pending' AND not_before IS NOT NULL;"
            "UPDATE {s}.marketplace_tasks SET look_at = clock_timestamp() WHERE look_at IS NOT NULL;"
            "UPDATE {s}.strays SET look_after = clock_timestamp();"
            "UPDATE public.application_refusals SET next_try = clock_timestamp();"
            "UPDATE public.pace SET next_at = clock_timestamp()"
        )

    def end_quiet_time(self) -> None:
        """Let the time pass in which a call whose answer was lost may still be carried out."""
        self.all("UPDATE {s}.marketplace_jobs SET late_until = clock_timestamp() WHERE late_until > clock_timestamp()")

    def worker(self, **parts: Any) -> "Bench":
        """Another worker process of the same tenant; `parts` of its engine may be its own."""
        with self.engine.database.records() as connection:
            process = register_process(connection, "worker", lease_s=HELD_S)
        return replace(self, engine=replace(self.engine, process=lambda: process, **parts), process=process)

    def dies(self) -> None:
        """This worker process is gone, and its parent has noticed."""
        with self.engine.database.records() as connection:
            mark_dead(connection, self.process)

    def sweep(self, *, quiet_s: float = 0.0) -> None:
        sweep = Sweep(self.engine.database, {SHOP: quiet_s}, self.plugins)
        sweep.mark_dead()
        sweep.tenants([self.tenant])


def applications_of(database: Database, registry: Registry) -> Applications:
    refusals = {name: place.refusal for name, place in registry.marketplaces.items() if place.refusal}
    return Applications(database, refusals)


@pytest.fixture
def shop_handler() -> type[ShopHandler]:
    """For marketplaces of a test's own steps."""
    return ShopHandler


@pytest.fixture
def rate_limit_ms() -> int:
    """The pace of the shop's publish; 0 is no limit."""
    return 0


@pytest.fixture
def marketplace(rate_limit_ms: int) -> Marketplace:
    return shop_marketplace(rate_limit_ms=rate_limit_ms)


@pytest.fixture
def registry(marketplace: Marketplace) -> Registry:
    return build_registry((marketplace,), entry_points=False)


@pytest.fixture
def bench(database: Database, tenant: TenantId, registry: Registry) -> Bench:
    register_action_types(database, registry)
    with database.records() as connection:
        owner = register_process(connection, "orchestrator", lease_s=HELD_S)
        me = register_process(connection, "worker", lease_s=HELD_S)
        connection.execute(b"INSERT INTO public.outbox (tenant, job) VALUES (%s, 0)", [tenant])
        consume_outbox(connection, owner, limit=10)
        ((_, epoch),) = acquire_tenants(connection, owner, limit=10)
    shop, feed = Shop(), KeptFeed()
    engine = Engine(
        database=database,
        recorder=Recorder(database),
        registry=registry,
        transport=shop,
        feed=feed,
        tempo=Tempo(),
        process=lambda: me,
        lease_s=LEASE_S,
        quiet_s=lambda _: 0.0,
        second_look_s=lambda _: 0.0,
        media_root="",
        taxonomy=lambda _: {},
        applications=applications_of(database, registry),
        random=Random(1),
    )
    return Bench(engine, shop, feed, tenant, owner, epoch, me)
