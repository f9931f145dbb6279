"""A second marketplace by plugin: one browser of the seller acts on both, and trouble on one leaves the other alone."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from stoflow.cli.simulate.demo_sellers import connect_sellers
from stoflow.domain.ids import TenantId
from stoflow.resources.products.file import ReadProduct
from stoflow.resources.products.media import media_folder
from stoflow.settings import Settings
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.storage.products.snapshots import add_product
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.api import make_api
from stoflow.wiring.installation import opened, prepare
from stoflow.wiring.orchestrator import make_orchestrator
from stoflow.wiring.tokens import access_tokens
from stoflow.wiring.worker import make_worker_process
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.demo.catalogue import demo_products
from stoflow_sandbox.plugin import HeadlessPlugin, PluginOptions
from stoflow_sandbox.server import SandboxServer
from stoflow_sandbox.vinted.market import VintedMarket
from tests.harness.attic.market import AtticMarket
from tests.harness.attic.marketplace import ATTIC

SPEED = 40.0
WITHIN_S = 40.0
MARKETS = (VintedMarket, AtticMarket)
PLACES = ("vinted", "attic")


@dataclass(frozen=True)
class Seller:
    """A seller with one plugin for both marketplaces."""

    api: httpx.Client
    sandbox: SandboxServer
    on_attic: str
    products: Iterator[int]

    def publish(self, marketplace: str) -> int:
        body = {"action_type": "publish", "product_id": next(self.products)}
        made = self.api.post(f"/api/{marketplace}/jobs", json=body)
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def until(self, job: int, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        ends_at_s = time.monotonic() + WITHIN_S
        while not is_so(seen := self.api.get(f"/api/jobs/{job}").json()):
            assert time.monotonic() < ends_at_s, seen
        return seen

    def completes(self, job: int) -> dict[str, Any]:
        return self.until(job, lambda seen: seen["status"] == "completed")

    def attic(self, lever: str) -> None:
        path = f"/control/sellers/attic/{self.on_attic}/{lever}"
        assert httpx.post(f"{self.sandbox.url}{path}").is_success


@pytest.fixture
def seller(settings: Settings, tenants: Callable[[], TenantId], serving: Callable[[Any], Any]) -> Iterator[Seller]:
    with ExitStack() as stack:
        options = SandboxOptions(speed=SPEED, latency_ms=(0.0, 0.0), markets=MARKETS)
        sandbox = stack.enter_context(SandboxServer(options))
        given = settings.model_copy(update={"speed": SPEED})
        installation = stack.enter_context(opened(given, extra=[ATTIC], pool_size=24))
        prepare(installation)
        process, worker = make_api(installation), make_worker_process(installation, threads=4, marketplaces=PLACES)
        for part in (process, worker, *reversed(make_orchestrator(installation))):
            part.start()
            stack.callback(part.stop)
        url = stack.enter_context(serving(process.app))
        http = DirectClient()
        stack.callback(http.close)
        tenant, home = tenants(), installation.settings.home
        vault = Vault(secret_keys(installation.settings.secret_keys, home))
        connections = Connections(installation.database, vault)
        connect_sellers(connections, http, sandbox.url, [tenant], PLACES, by_plugin=frozenset(PLACES))
        token = access_tokens(installation.settings).issue_access_token(tenant)
        plugin = HeadlessPlugin(url, token, sandbox.url, PluginOptions(markets=MARKETS))
        plugin.start()
        stack.callback(plugin.stop)
        assert plugin.ready.wait(WITHIN_S)
        headers = {"Authorization": f"Bearer {token}"}
        api = stack.enter_context(httpx.Client(base_url=url, headers=headers, timeout=WITHIN_S))

        def products() -> Iterator[int]:
            for item in demo_products(media_folder(home)):
                assert isinstance(item, ReadProduct)
                with installation.database.tenant(tenant) as session:
                    product = add_product(session, item.product)
                yield product

        yield Seller(api, sandbox, connections.account(tenant, "attic").external_id, products())


def test_one_plugin_publishes_on_both_of_its_marketplaces(seller: Seller) -> None:
    on_attic, on_vinted = seller.publish("attic"), seller.publish("vinted")
    seller.completes(on_vinted)
    seller.completes(on_attic)
    offered = [entry for entry in seller.sandbox.sandbox.ledger.since() if entry.operation == "lot.offer"]
    assert [(entry.marketplace, entry.seller, entry.state) for entry in offered] == [
        ("attic", seller.on_attic, "active")
    ]


def test_a_session_lost_on_one_stops_that_one_until_its_seller_is_back(seller: Seller) -> None:
    seller.completes(seller.publish("attic"))
    seller.attic("revoke")
    waits = seller.publish("attic")
    seller.until(waits, lambda seen: "signed out of Attic" in (seen["waiting"] or ""))
    seller.completes(seller.publish("vinted"))
    seller.attic("grant")
    seller.completes(waits)
