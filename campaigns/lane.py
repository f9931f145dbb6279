"""A lane works cases off one after the other: a database, a seller and products of its own, in front of one sandbox."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from campaigns import victim
from campaigns.cases import Blow, Case, faulty
from campaigns.person import LIFE, MEND
from campaigns.victim import Scenario
from stoflow.cli.simulate.demo_sellers import connect_sellers
from stoflow.cli.simulate.demo_summary import JobOutcome
from stoflow.cli.simulate.demo_world import LEDGER, marketplace_variables
from stoflow.domain.call import Request
from stoflow.domain.ids import TenantId
from stoflow.migrations import runner
from stoflow.resources.jobs.read import find_job, list_jobs, timeline
from stoflow.resources.jobs.views import JobFilter, JobView
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.media import media_folder
from stoflow.resources.products.photo_source import PhotoSource
from stoflow.resources.products.store import Products
from stoflow.settings import ENV_PREFIX, Settings, load
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.database.tenants import create_tenant
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.installation import Installation, opened, prepare
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.demo.catalogue import demo_products
from stoflow_sandbox.faults import FaultKind
from stoflow_sandbox.ledger import LedgerEntry, read_ledger
from stoflow_sandbox.server import SandboxServer

SPEED = 50.0
LEASE_S = 1.0
HEARTBEAT_S = 0.25
QUIET_S = 10.0  # before speed: above the latest late commit, which is 3 s after the caller gave up
SECOND_LOOK_S = 15.0
HOLD_S = 15.0
PAST_LEASE_S = 1.5 * LEASE_S
POLL_S = 0.005
JOIN_S = 40.0
FIRED_WITHIN_S = 15.0
PRODUCTS = 60  # of the catalogue; more cases list copies of them
CONTROL_S = 10.0
TENANTS_APART = 1000
PAGE = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case ended on a lane's product; without problems all is well."""

    tenant: TenantId
    product: int
    case: Case
    has_fired: bool
    problems: Sequence[str]
    took_s: float


@dataclass(slots=True)
class Lane:
    """One case at a time."""

    installation: Installation
    settings: Settings
    tenant: TenantId
    seller: str
    products: Iterator[int]
    sandbox: SandboxServer
    folder: Path
    children: ForkServerContext
    http: DirectClient
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def quiet(self, story: str, fault: FaultKind | None) -> Mapping[str, int]:
        """Return how often each failpoint is passed where nothing but the creating call goes wrong."""
        marketplace = next(iter(self.settings.quiet_s))
        scenario = self._scenario(f"quiet-{self.tenant}-{story}", story)
        self._script(marketplace, faulty(marketplace, story), fault)
        child = self._started(victim.be_quiet, scenario, marketplace, story)
        child.join(JOIN_S)
        return Counter(_lines(scenario.log))

    def strike(self, case: Case) -> Outcome:
        """Strike at the case's passing, or where it never comes to that at an earlier one.

        How often a failpoint is passed depends on time: a quiet run on a busy machine passes some of them once more.
        """
        outcome = self._strike(case)
        while not outcome.has_fired and outcome.case.passing > 1:
            outcome = self._strike(replace(case, passing=outcome.case.passing - 1))
        return outcome

    def _strike(self, case: Case) -> Outcome:
        """Let a child be struck, and another one clean up; say what is not as it should be."""
        begun_s = time.monotonic()
        scenario = self._scenario(f"case-{self.tenant}-{next(self._numbers)}", case.story)
        self._script(case.marketplace, case.faulty, case.fault)
        struck = self._started(victim.be_struck, scenario, case)
        problems: list[str] = []
        if case.blow is Blow.PAUSE:
            healthy = self._paused(scenario, case, struck)
        else:
            struck.join(JOIN_S)
            healthy = self._started(victim.be_healthy, scenario, case, struck.pid)
        healthy.join(JOIN_S)
        has_fired = case.failpoint in _lines(scenario.log)
        if not has_fired:
            problems.append("the failpoint never fired")
        if not scenario.ended(victim.HEALTHY).exists():
            problems.append(f"the healthy engine did not bring it to an end: {self._open_jobs()}")
        problems += [f"job {job.id} is {job.status}: {job.error}" for job in self._of(scenario) if _is_wrong(case, job)]
        for child in (struck, healthy):
            if child.is_alive():
                child.kill()
        return Outcome(self.tenant, scenario.product, case, has_fired, problems, time.monotonic() - begun_s)

    def jobs(self) -> list[JobOutcome]:
        """Return every job of the lane with its timeline, as the judge reads them."""
        return [self._outcome(job) for job in self._all()]

    def ledger(self) -> list[LedgerEntry]:
        return list(read_ledger(self.folder / LEDGER))

    def _paused(self, scenario: Scenario, case: Case, struck: ForkServerProcess) -> ForkServerProcess:
        """Start the healthy engine while the victim stands still; let the victim go on once its lease has ended."""
        give_up_s = time.monotonic() + FIRED_WITHIN_S
        while case.failpoint not in _lines(scenario.log) and struck.is_alive() and time.monotonic() < give_up_s:
            time.sleep(POLL_S)
        healthy = self._started(victim.be_healthy, scenario, case, None)
        time.sleep(PAST_LEASE_S)
        if struck.pid is not None and struck.is_alive():
            os.kill(struck.pid, signal.SIGCONT)
        struck.join(JOIN_S)
        return healthy

    def _scenario(self, key: str, story: str) -> Scenario:
        product = next(self.products)
        if story == MEND:
            self._run(sql.SQL("UPDATE {}.products SET price = NULL WHERE id = {}"), product)
        if story == LIFE:  # with one photo each, every life passes its failpoints equally often
            self._run(sql.SQL("DELETE FROM {}.product_images WHERE product_id = {} AND position > 1"), product)
        return Scenario(self.settings, self.tenant, product, key, self.sandbox.url, self.folder)

    def _run(self, statement: sql.SQL, product: int) -> None:
        with self.installation.database.records() as connection:
            connection.execute(statement.format(sql.Identifier(f"user_{self.tenant}"), sql.Literal(product)))

    def _script(self, marketplace: str, operation: str, fault: FaultKind | None) -> None:
        """Let this fault meet the case, and none that the case before never came to."""
        script = {"marketplace": marketplace, "operation": operation, "fault": fault, "seller": self.seller}
        requests = [Request("DELETE", "/control/script", query={"seller": self.seller})]
        requests += [Request("POST", "/control/script", json=[script])] if fault else []
        for request in requests:
            self.http.exchange(self.sandbox.url, request, headers={}, deadline_s=CONTROL_S)

    def _started(self, work: Any, *arguments: object) -> ForkServerProcess:
        child = self.children.Process(target=work, args=arguments)
        child.start()
        return child

    def _all(self) -> Iterator[JobView]:
        wanted = JobFilter(limit=PAGE)
        while True:
            page = list_jobs(self.installation, self.tenant, wanted)
            for job in page.items:
                yield find_job(self.installation, self.tenant, job.id)
            if page.next_cursor is None:
                return
            wanted = JobFilter(limit=PAGE, cursor=page.next_cursor)

    def _of(self, scenario: Scenario) -> Iterator[JobView]:
        wanted = JobFilter(product_id=scenario.product)
        return iter(list_jobs(self.installation, self.tenant, wanted).items)

    def _open_jobs(self) -> str:
        found = list_jobs(self.installation, self.tenant, JobFilter(limit=5)).items
        return "; ".join(f"job {job.id} {job.status} {job.waiting or job.error or ''}" for job in found)

    def _outcome(self, job: JobView) -> JobOutcome:
        told = timeline(self.installation, self.tenant, job.id)
        body = {
            "id": job.id,
            "product_id": job.product_id,
            "marketplace": job.marketplace,
            "action": job.action,
            "status": str(job.status),
            "error": job.error,
            "expires_at": job.expires_at,
            "result": {"result": job.result},
            "tasks": [{"output": task.output} for task in job.tasks],
        }
        lines = [{"task": line.task, "cause": line.cause, "attempt": line.attempt} for line in told]
        return JobOutcome(self.tenant, body, lines)


def _is_wrong(case: Case, job: JobView) -> bool:
    """Only a job somebody cancelled may end otherwise than completed, or one whose own step was told to break."""
    if job.status == "failed":
        return not (case.failpoint.startswith("inner.") and case.blow is Blow.RAISE and job.error_kind == "broken")
    return job.status != "completed" and not (job.cancel_requested and job.status == "cancelled")


def _lines(log: Path) -> list[str]:
    return log.read_text("utf-8").splitlines() if log.exists() else []


@contextmanager
def lanes(marketplace: str, folder: Path, children: ForkServerContext, number: int) -> Iterator[Sequence[Lane]]:
    """Give lanes in front of a fresh sandbox; their databases are copies of one."""
    options = SandboxOptions(
        ledger_file=folder / LEDGER, speed=SPEED, token_speed=1.0, latency_ms=(0.0, 20.0), hold_s=HOLD_S
    )
    with ExitStack() as stack:
        sandbox = stack.enter_context(SandboxServer(options))
        http = DirectClient()
        stack.callback(http.close)
        settings = _settings(marketplace, folder, sandbox.url)
        origin = stack.enter_context(opened(settings))
        runner.migrate(origin.urls.database_url)
        prepare(origin)
        origin.database.close()
        yield [_lane(stack, settings, origin, sandbox, folder, children, http, lane) for lane in range(1, number + 1)]


def _settings(marketplace: str, folder: Path, sandbox_url: str) -> Settings:
    variables = marketplace_variables(sandbox_url)
    given = {name.removeprefix(ENV_PREFIX).lower(): value for name, value in variables.items()}
    return load(
        None,
        home=folder / "home",
        speed=SPEED,
        process_lease_s=LEASE_S,
        heartbeat_s=HEARTBEAT_S,
        quiet_s={marketplace: QUIET_S},
        second_look_s={marketplace: SECOND_LOOK_S},
        **given,
    )


def _lane(
    stack: ExitStack,
    settings: Settings,
    origin: Installation,
    sandbox: SandboxServer,
    folder: Path,
    children: ForkServerContext,
    http: DirectClient,
    number: int,
) -> Lane:
    marketplace = next(iter(settings.quiet_s))
    url = _copied(origin.urls.database_url, number)
    own = settings.model_copy(update={"database_url": url, "redis_url": origin.urls.redis_url})
    installation = stack.enter_context(opened(own))
    with installation.database.records() as connection:
        connection.execute("SELECT setval(pg_get_serial_sequence('public.users', 'id'), %s)", [number * TENANTS_APART])
    tenant = create_tenant(installation.database, f"lane-{number}@failpoints.invalid")
    vault = Vault(secret_keys(own.secret_keys, own.home))
    connections = Connections(installation.database, vault)
    by_plugin = frozenset(installation.plugin_marketplaces)
    connect_sellers(connections, http, sandbox.url, [tenant], [marketplace], by_plugin=by_plugin)
    with installation.database.records() as connection:
        schema = sql.Identifier(f"user_{tenant}")
        row = connection.execute(sql.SQL("SELECT external_id FROM {}.connections").format(schema)).fetchone()
    assert row is not None, "the seller was connected above"
    media = media_folder(own.home)
    photos = PhotoSource(media.root, media)
    made = import_products(
        Products(installation.database).put, [tenant], demo_products(media), photos=photos, limit=PRODUCTS
    )
    products = iter(made.products[tenant])
    return Lane(installation, own, tenant, row["external_id"], products, sandbox, folder, children, http)


def _copied(database_url: str, number: int) -> str:
    name = f"lane_{number}"
    with psycopg.connect(plain_url(database_url), dbname="postgres", autocommit=True) as connection:
        origin = make_url(database_url).database or ""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(origin)))
    return make_url(database_url).set(database=name).render_as_string(hide_password=False)
