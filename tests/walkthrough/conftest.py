"""A whole StoFlow in one process: orchestrator, worker, simulated eBay and Etsy, one seller."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES
from stoflow.domain.product import NewProduct
from stoflow.resources.jobs.read import find_job, timeline
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import JobView, SubmitJob, TimelineEntry
from stoflow.resources.products.file import ReadProduct
from stoflow.resources.products.media import media_folder
from stoflow.settings import Settings
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.storage.database.tenants import create_tenant
from stoflow.storage.products.snapshots import add_product
from stoflow.transports.direct.tokens import Tokens
from stoflow.transports.feed import HintedFeed
from stoflow.transports.hints import Hints
from stoflow.wiring.installation import Installation, opened, prepare
from stoflow.wiring.orchestrator import make_orchestrator
from stoflow.wiring.worker import make_worker_process
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.application import Application
from stoflow_sandbox.demo.catalogue import demo_products
from stoflow_sandbox.faults import FaultKind, ScriptedFault
from stoflow_sandbox.ledger import LedgerEntry, read_ledger
from stoflow_sandbox.server import SandboxServer

SPEED = 40.0
WITHIN_S = 60.0
DECLARED = {"who_made": "someone_else", "when_made": "before_2007"}


@dataclass
class World:
    """What a reader needs: ask for a job, wait until it is final, look at what the marketplace saw."""

    installation: Installation
    sandbox: SandboxServer
    ledger_file: Path
    tenant: TenantId
    feed: HintedFeed
    news: Any
    products: Iterator[ReadProduct] = field(repr=False)

    def product(self) -> int:
        """Put the next product of the demo's catalogue on the seller's store."""
        product = next(item.product for item in self.products if isinstance(item, ReadProduct))
        with self.installation.database.tenant(self.tenant) as session:
            return add_product(session, product)

    def nothing_known(self) -> int:
        """Put a thing on the store of which the seller has said nothing but its name."""
        with self.installation.database.tenant(self.tenant) as session:
            return add_product(session, NewProduct(title="Something", description="", price=None))

    def publish(self, product: int, marketplace: str, **more: Any) -> JobId:
        asked = SubmitJob(marketplace, "publish", product, **more)
        job, _ = submit(self.installation.database, self.installation.registry, self.tenant, asked)
        self.feed.announced()
        return job

    def job(self, job: JobId) -> JobView:
        return find_job(self.installation, self.tenant, job)

    def timeline(self, job: JobId) -> list[TimelineEntry]:
        return timeline(self.installation, self.tenant, job)

    def when_final(self, job: JobId) -> JobView:
        """Wait for the news that a job has changed, until it is final."""
        ends_at_s = time.monotonic() + WITHIN_S
        while time.monotonic() < ends_at_s:
            seen = self.job(job)
            if seen.status in FINAL_JOB_STATUSES:
                return seen
            self.news.get_message(timeout=1.0)
        pytest.fail(f"Job {job} was not final within {WITHIN_S:.0f} s: {self.job(job)}")

    def calls(self, operation: str) -> list[LedgerEntry]:
        """Return what the marketplaces' own ledger says of one operation."""
        return [entry for entry in read_ledger(self.ledger_file) if entry.operation == operation]

    def let(self, fault: str, *, marketplace: str, operation: str) -> None:
        """Let the next call of an operation go wrong in this way."""
        self.sandbox.sandbox.faults.add_script([ScriptedFault(marketplace, operation, FaultKind(fault))])


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> Iterator[World]:
    ledger = tmp_path / "ledger.ndjson"
    with SandboxServer(SandboxOptions(ledger_file=ledger, speed=SPEED)) as sandbox:
        given = settings.model_copy(update=_leading_to(sandbox))
        with opened(given, pool_size=12) as installation:
            prepare(installation)
            tenant = create_tenant(installation.database, "seller@example.com")
            _connect(installation, sandbox, tenant)
            yield from _running(installation, sandbox, ledger, tenant)


def _leading_to(sandbox: SandboxServer) -> dict[str, Any]:
    application = Application()
    return {
        "speed": SPEED,
        "ebay_base_url": f"{sandbox.url}/ebay",
        "ebay_client_id": application.client_id,
        "ebay_client_secret": application.client_secret,
        "etsy_base_url": f"{sandbox.url}/etsy",
        "etsy_client_id": application.client_id,
        "etsy_shared_secret": application.client_secret,
    }


def _connect(installation: Installation, sandbox: SandboxServer, tenant: TenantId) -> None:
    given = installation.settings
    connections = Connections(installation.database, Vault(secret_keys(given.secret_keys, given.home)))
    for marketplace in ("ebay", "etsy"):
        made = sandbox.sandbox.control.make_seller(marketplace, tenant=tenant)
        tokens = Tokens(
            access=made["access_token"], refresh=made["refresh_token"], access_expires_in_s=float(made["expires_in"])
        )
        connections.save(
            tenant,
            marketplace,
            external_id=made["external_id"],
            settings={**made["settings"], **DECLARED},
            tokens=tokens,
        )


def _running(installation: Installation, sandbox: SandboxServer, ledger: Path, tenant: TenantId) -> Iterator[World]:
    hints = Hints(installation.urls.redis_url)
    worker = make_worker_process(installation, threads=4, marketplaces=["ebay", "etsy"])
    deciding, deciding_hints = make_orchestrator(installation)
    with redis.Redis.from_url(installation.urls.redis_url) as client, client.pubsub() as news:
        news.subscribe(installation.names().events)
        parts = (hints, deciding_hints, worker, deciding)
        for part in parts:
            part.start()
        try:
            products = demo_products(media_folder(installation.settings.home))
            yield World(
                installation, sandbox, ledger, tenant, HintedFeed(hints, installation.names()), news, iter(products)
            )
        finally:
            for part in reversed(parts):
                part.stop()
