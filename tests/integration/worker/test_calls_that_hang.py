"""A marketplace whose calls hang keeps no other marketplace's job waiting."""

from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import TYPE_CHECKING

from stoflow import settings as stoflow_settings
from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.tenants import create_tenant
from stoflow.storage.products.snapshots import add_product
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.wiring.installation import opened, prepare
from stoflow.wiring.orchestrator import make_orchestrator
from stoflow.wiring.worker import make_worker_process
from tests.harness.flea import FLEA, flea

if TYPE_CHECKING:
    from conftest import Databases

WITHIN_S = 20.0
SLOW = "slow"
THREADS = 4


def test_a_job_of_another_marketplace_is_done_while_all_calls_of_one_hang(
    databases: "Databases", server_urls: ServerUrls, tmp_path: Path
) -> None:
    hang, begun, done = Event(), SimpleQueue[TenantId](), SimpleQueue[TenantId]()

    def hangs(attempt: Attempt) -> None:
        begun.put(attempt.tenant)
        assert hang.wait(2 * WITHIN_S)

    with ExitStack() as stack:
        name = databases.create(databases.migrated)
        stack.callback(databases.drop, name)
        settings = stoflow_settings.load(
            env_file=None,
            home=tmp_path,
            database_url=databases.url_of(name),
            redis_url=server_urls.redis_url,
            sync_every_s=0,
            orders_every_s=0,
        )
        places = [flea(lambda attempt: done.put(attempt.tenant)), flea(hangs, SLOW)]
        installation = stack.enter_context(opened(settings, pool_size=12, extra=places))
        prepare(installation)
        tenants = [create_tenant(installation.database, f"seller{n}@example.com") for n in range(8)]

        def ask(tenant: TenantId, marketplace: str) -> None:
            with installation.database.tenant(tenant) as session:
                product = add_product(session, NewProduct(title="Coat", description="", price=None))
            asked = SubmitJob(marketplace, "publish", product)
            submit(installation.database, installation.registry, tenant, asked)

        orchestrator, hints = make_orchestrator(installation)
        worker = make_worker_process(installation, threads=THREADS, marketplaces=[FLEA, SLOW])
        for part in (hints, worker, orchestrator):
            part.start()
            stack.callback(part.stop)
        stack.callback(hang.set)

        for tenant in tenants[:-1]:
            ask(tenant, SLOW)
        for _ in range(THREADS - 1):
            begun.get(timeout=WITHIN_S)
        ask(tenants[-1], FLEA)

        assert done.get(timeout=WITHIN_S) == tenants[-1]
        assert not hang.is_set()
        assert begun.empty()  # it had to leave a thread
