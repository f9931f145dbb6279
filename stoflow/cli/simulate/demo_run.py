"""One run of the demo, from empty schemas to the judge's verdict."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from stoflow.cli.output import WorkFailed
from stoflow.cli.run.child import run_command
from stoflow.cli.run.children import Children, make_forking
from stoflow.cli.run.migrate import bring_forward
from stoflow.cli.simulate.demo_jobs import DemoJobs
from stoflow.cli.simulate.demo_progress import Teller
from stoflow.cli.simulate.demo_sellers import connect_sellers, make_tenants
from stoflow.cli.simulate.demo_summary import JobCounts, JobOutcome, Summary, most_frequent
from stoflow.cli.simulate.demo_tokens import SellerToken
from stoflow.cli.simulate.demo_world import (
    LEDGER,
    SandboxTempo,
    World,
    environment,
    plugins,
    start_processes,
    wait_for_api,
    wait_for_sandbox,
)
from stoflow.domain.ids import TenantId
from stoflow.marketplaces.contract import Marketplace
from stoflow.resources.products.fields.mapping import Mapped
from stoflow.resources.products.file import ReadProduct, read_products
from stoflow.resources.products.files.rows import RejectedRow
from stoflow.resources.products.import_report import ImportReport
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.media import media_folder
from stoflow.resources.products.store import Products
from stoflow.settings import Settings
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.storage.database.health import reach
from stoflow.transports.api_client import ApiClient
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.installation import Installation, opened
from stoflow.wiring.photos import photo_source
from stoflow.wiring.tokens import access_tokens
from stoflow_sandbox.demo.catalogue import demo_products
from stoflow_sandbox.demo.photos import PlaceholderPhotos, with_a_photo
from stoflow_sandbox.judge import Paces, Verdict, judge
from stoflow_sandbox.ledger import read_ledger

SHOWN_REJECTIONS = 20


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What was asked for. Without `file` the demo's own catalogue is dealt; `folder` is for ledger, logs, tokens."""

    tenants: int
    marketplaces: Sequence[Marketplace]
    products: int | None
    file: Path | None
    mapping: Mapped
    group_by: str | None
    placeholder_photos: bool
    tempo: SandboxTempo
    folder: Path

    @property
    def names(self) -> Sequence[str]:
        return [marketplace.name for marketplace in self.marketplaces]

    @property
    def paces(self) -> Paces:
        """Return the milliseconds between two paced calls, as in force."""
        return {
            marketplace.name: {spec.code: spec.rate_limit_ms / self.tempo.speed for spec in marketplace.actions}
            for marketplace in self.marketplaces
        }


@dataclass(frozen=True, slots=True)
class _Run:
    """What every part of a run uses."""

    installation: Installation
    plan: DemoPlan
    http: DirectClient
    teller: Teller


def run_demo(settings: Settings, plan: DemoPlan, teller: Teller) -> tuple[Summary, Verdict]:
    """Do everything, leave no process behind, and return what it came to."""
    # Read first, so that a wrong file or option ends the run before anything has begun.
    items = read_products(plan.file, mapping=plan.mapping, group_by=plan.group_by) if plan.file else None
    with ExitStack() as stack:
        forks = stack.enter_context(make_forking(become=run_command))
        installation = stack.enter_context(opened(settings))
        reach(installation.database)
        began = time.monotonic()
        teller.say("The servers answer.")
        bring_forward(installation)
        http = DirectClient()
        stack.callback(http.close)
        run = _Run(installation, plan, http, teller)
        variables = environment(installation.urls, home=settings.home, speed=plan.tempo.speed)
        children = stack.enter_context(Children(variables, plan.folder, forks))
        report, jobs = _published(run, children, stack, items)
        outcomes = list(jobs.outcomes())
        verdict = judge(read_ledger(plan.folder / LEDGER), [outcome.for_judge() for outcome in outcomes], plan.paces)
        summary = _summary(plan, report, outcomes, verdict, duration_s=time.monotonic() - began)
        children.stop(together=True)  # every job is final, so nobody waits for anybody
        return summary, verdict


def _published(
    run: _Run, children: Children, stack: ExitStack, items: Iterator[ReadProduct | RejectedRow] | None
) -> tuple[ImportReport, DemoJobs]:
    """Start the processes, make sellers and products, submit the jobs and wait until each is final."""
    world, doors = start_processes(children, run.plan.folder, run.plan.tempo)
    wait_for_sandbox(children, run.http, world, doors)
    sellers = _sellers(run, world)
    report = _imported(run, list(sellers), items)
    wait_for_api(children, run.http, world, doors)
    if not set(run.plan.names).isdisjoint(run.installation.plugin_marketplaces):
        stack.enter_context(plugins(world, sellers))
    run.teller.say(f"Sandbox, api, orchestrator, workers and plugins are running; their logs are in {world.folder}.")
    for row in report.rejected[:SHOWN_REJECTIONS]:
        run.teller.say(row.sentence)
    run.teller.say(f"{report.sentence} {len(sellers)} sellers share them.")
    if not report.imported:
        raise WorkFailed(f"There is no product to publish in {run.plan.file}.")
    jobs = DemoJobs({tenant: ApiClient(run.http, world.api_url, token) for tenant, token in sellers.items()})
    jobs.submit(report.products, run.plan.names)
    jobs.watch(run.teller.show, _check(children, sellers))
    return report, jobs


def _sellers(run: _Run, world: World) -> Mapping[TenantId, SellerToken]:
    """Make tenants with an account at every marketplace, and a token each."""
    tenants = make_tenants(run.installation.database, run.plan.tenants)
    settings = run.installation.settings
    vault = Vault(secret_keys(settings.secret_keys, settings.home))
    connections = Connections(run.installation.database, vault)
    by_plugin = frozenset(run.installation.plugin_marketplaces)
    connect_sellers(connections, run.http, world.sandbox_url, tenants, run.plan.names, by_plugin=by_plugin)
    tokens = access_tokens(settings)
    return {tenant: SellerToken(tenant, tokens, world.folder / f"token-{tenant}") for tenant in tenants}


def _imported(
    run: _Run, tenants: Sequence[TenantId], items: Iterator[ReadProduct | RejectedRow] | None
) -> ImportReport:
    media = media_folder(run.installation.settings.home)
    folder = run.plan.file.parent if run.plan.file else media.root
    dealt = demo_products(media) if items is None else items
    source = photo_source(run.installation, folder)
    drawing = PlaceholderPhotos(source, media)
    given = run.plan.placeholder_photos
    report = import_products(
        Products(run.installation.database).put,
        tenants,
        with_a_photo(dealt) if given else dealt,
        photos=drawing if given else source,
        limit=run.plan.products,
    )
    if drawing.drawings:
        run.teller.say(f"{len(drawing.drawings)} photos were not there and were drawn.")
    return report


def _check(children: Children, sellers: Mapping[TenantId, SellerToken]) -> Callable[[], None]:
    """Return what is looked after while waiting: that every process lives, and that no token grows old."""

    def check() -> None:
        children.check()
        for token in sellers.values():
            token()

    return check


def _summary(
    plan: DemoPlan, report: ImportReport, outcomes: Sequence[JobOutcome], verdict: Verdict, *, duration_s: float
) -> Summary:
    counts = JobCounts()
    for outcome in outcomes:
        counts.add(outcome)
    return Summary(
        tenants=plan.tenants,
        products=report.imported,
        rejected_rows=report.rejected_rows,
        jobs=counts.jobs(),
        tasks=counts.tasks,
        listings={name: counts.listings[name] for name in plan.names},
        retries=counts.retries,
        looks=counts.looks,
        **verdict.counters,
        failures=most_frequent(counts.failures),
        duration_s=round(duration_s, 1),
        descriptions_filled=report.descriptions_filled,
        currencies_assumed=report.currencies_assumed,
        failed_outside_validate=counts.failed_outside_validate,
        not_final=counts.not_final,
        rejected=report.rejected,
    )
