"""An engine on a virtual clock: the real one in one thread, before marketplaces that do as a test says."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from stoflow.admission.rules.blackout import window_end
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.marketplaces.contract import Marketplace
from stoflow.settings import Settings, load
from stoflow.storage.database.session import schema_name
from stoflow.storage.engine.processes import register_process
from stoflow.storage.engine.reads.actors import page_read, read_together
from stoflow.testing.bench import KeptFeed, seen_by
from stoflow.testing.clock import VirtualClock
from stoflow.testing.doubles import DoubledTransport, Doubles, MarketplaceDouble
from stoflow.testing.examples import draw_photos
from stoflow.testing.sellers import Sellers
from stoflow.testing.stage import Stage, led_to_sandbox
from stoflow.testing.tenant import VirtualTenant
from stoflow.testing.words import described
from stoflow.wiring.engine import make_engine
from stoflow.wiring.installation import Installation, opened, prepare
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.server import SandboxServer

FOR_EVER_S = 3e9  # nobody beats for the processes of a virtual engine
TURNS = 1_000
PAGE = 50
PROGRESS = """
SELECT (SELECT max(id) FROM {s}.job_timeline) AS lines, (SELECT sum(fence) FROM {s}.marketplace_jobs) AS writings,
       (SELECT sum(claims) + count(*) FROM {s}.strays) AS orphans,
       (SELECT count(*) FROM {s}.plugin_commands) AS commands
"""


@dataclass(repr=False)
class VirtualEngine:
    """The whole engine in the thread of a test. Nothing happens but in `run_until_idle` and `advance`.

    Its database's clock stands still but for these two; `marketplaces` are the doubles, by name.
    """

    clock: VirtualClock
    installation: Installation
    sandbox: SandboxServer
    marketplaces: Mapping[str, MarketplaceDouble]
    sellers: Sellers

    @property
    def now(self) -> datetime:
        """The time by the virtual clock."""
        return self.clock.now

    def marketplace(self, name: str) -> MarketplaceDouble:
        """Return the double of a marketplace; raise ValueError for a name nobody registered."""
        return self.marketplaces[self.installation.registry.marketplace(name).name]

    def make_tenant(self, *marketplaces: str) -> VirtualTenant:
        """Make a seller with an account at these marketplaces, at each one where none is named."""
        places = [self.marketplace(name).place for name in marketplaces or self.marketplaces]
        return self.sellers.make_tenant(places)

    def run_until_idle(self) -> None:
        """Do all that is due; raise AssertionError where that has no end.

        The clock moves over the pace of marketplaces, from one paced call to the next, and over no other wait: a
        retry, a look, a job's own time come by `advance`.
        """
        self._run_due()
        while wait_s := self._pace_s():
            self.clock.move_to(self.now + timedelta(seconds=wait_s))
            self._run_due()

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Let so much time pass as it would: the clock stops at every time that something waits for, and it is done."""
        until = self.now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if until < self.now:
            raise ValueError("Time does not go back: advance by a positive time.")
        self._run_due()
        while self.now < until:
            self.clock.move_to(self._next_time(until))
            self._run_due()

    def assert_all_happened(self) -> None:
        """Raise AssertionError where something was planned for a call that was never made."""
        left = [f"{name} ({', '.join(met)})" for name, each in self.marketplaces.items() if (met := each.never_met())]
        if left:
            raise AssertionError(f"No call met what was planned for {'; '.join(left)}.")

    def _next_time(self, until: datetime) -> datetime:
        """Return where the clock stops next: what waits for the end of hours of rest has that in no row."""
        rests = (window_end(hours, self.now) for hours in self.installation.settings.blackout.values())
        return min([self.clock.next_time(self._schemas, until=until), *filter(None, rests)])

    @property
    def _schemas(self) -> list[str]:
        return ["public", *(schema_name(tenant.id) for tenant in self.sellers.tenants)]

    def _run_due(self) -> None:
        """Do what is due at this very moment."""
        for _ in range(TURNS):
            before = self._progress()
            self.sandbox.sandbox.control.settle()
            self.sellers.turn()
            if self._progress() == before:
                return
        going = [described(job) for tenant in self.sellers.tenants for job in tenant.jobs() if job.hold is None]
        raise AssertionError(f"There is no end to what is due after {TURNS} turns: {'; '.join(going)}.")

    def _progress(self) -> list[Any]:
        """Return what changes whenever anything was done."""
        with self.installation.database.records() as connection:
            queries = [PROGRESS.replace("{s}", schema_name(tenant.id)).encode() for tenant in self.sellers.tenants]
            return [connection.execute(query).fetchone() for query in queries]

    def _pace_s(self) -> float:
        """Return after how many seconds a job may go on that waits for its marketplace's pace alone, 0 if none does."""
        names = list(self.marketplaces)
        reads = [page_read(tenant.id, marketplaces=names, held=(), limit=PAGE) for tenant in self.sellers.tenants]
        jobs = [job for page in read_together(self.installation.database, reads) for job in page.jobs]
        due = [job for job in jobs if job.paced and job.due_in_s <= 0 and not (job.in_flight or job.verifying)]
        return min((job.pace_in_s for job in due if job.pace_in_s > 0), default=0.0)


@contextmanager
def opened_engine(stage: Stage, home: Path, **settings: Any) -> Iterator[VirtualEngine]:
    """Open an engine with a database of its own; `settings` are fields of Settings that are other than usual.

    `home` is an empty folder. Accounts are not synced, nor orders looked for, by themselves, unless `sync_every_s` and
    `orders_every_s` say so, and no seller has to accept a plugin's notice first, unless `plugin_terms` is "required".
    """
    with ExitStack() as stack:
        url = stack.enter_context(stage.database())
        clock = stack.enter_context(closing(VirtualClock(url)))
        options = SandboxOptions(latency_ms=(0.0, 0.0), clock=clock.epoch_s)
        sandbox = stack.enter_context(SandboxServer(options))
        with led_to_sandbox(sandbox.url, sandbox.sandbox.markets):
            plain = stack.enter_context(opened(_settings(home, url, settings), with_redis=False))
            installation = replace(plain, clock=clock.epoch_s)
            prepare(installation)
            registry = installation.registry
            engine = make_engine(installation, installation.lease("worker"), KeptFeed())
        installation.media.root.mkdir(parents=True)
        draw_photos(installation.media.root)
        doubles = {place.name: _double(place, installation, sandbox) for place in registry.marketplaces.values()}
        transport = DoubledTransport(Doubles(doubles), engine.transport)
        owner, worker = (_register(installation, kind) for kind in ("orchestrator", "worker"))
        told = replace(engine, transport=transport, process=lambda: worker)
        sellers = stack.enter_context(closing(Sellers(installation, told, owner, sandbox, Doubles(doubles))))
        yield VirtualEngine(clock, installation, sandbox, doubles, sellers)


def _settings(home: Path, url: str, given: Mapping[str, Any]) -> Settings:
    usual = {
        "secret_keys": (Fernet.generate_key().decode(),),
        "sync_every_s": 0.0,
        "orders_every_s": 0.0,
        "plugin_terms": "told",  # those who play the marketplace have no terms
    }
    return load(env_file=None, home=home, database_url=url, **{**usual, **given})


def _double(place: Marketplace, of: Installation, sandbox: SandboxServer) -> MarketplaceDouble:
    def name_of(tenant: int, task: int) -> str:
        query = seen_by("SELECT name FROM {s}.marketplace_tasks WHERE id = %s").replace(
            "{s}", schema_name(TenantId(tenant))
        )
        with of.database.records() as connection:
            row = connection.execute(query.encode(), [task]).fetchone()
        assert row is not None
        return str(row["name"])

    return MarketplaceDouble(place, sandbox.sandbox, name_of)


def _register(of: Installation, kind: str) -> ProcessId:
    with of.database.records() as connection:
        return register_process(connection, kind, lease_s=FOR_EVER_S, serves=list(of.registry.marketplaces))
