"""All of StoFlow in one process, before a simulated world, for sellers with a door to the api and a plugin each."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import redis

from stoflow.cli.simulate.demo_sellers import connect_sellers
from stoflow.domain.ids import TenantId
from stoflow.marketplaces.contract import Marketplace
from stoflow.resources.products.file import ReadProduct
from stoflow.resources.products.media import media_folder
from stoflow.settings import Settings
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.storage.products.snapshots import add_product
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.api import make_api
from stoflow.wiring.installation import Installation, opened, prepare
from stoflow.wiring.orchestrator import make_orchestrator
from stoflow.wiring.tokens import access_tokens
from stoflow.wiring.worker import make_worker_process
from stoflow_sandbox.demo.catalogue import demo_products
from stoflow_sandbox.plugin import HeadlessPlugin, PluginOptions
from tests.harness.trust import TRUST

WITHIN_S = 40.0


@dataclass(frozen=True)
class OnlineSeller:
    """One seller: her own door to the api, her plugin, and who she is on each marketplace."""

    api: httpx.Client
    plugin: HeadlessPlugin
    members: dict[str, str]
    products: Iterator[int]

    def publish(self, marketplace: str) -> int:
        """Ask for a further product of hers to be published; return the job."""
        body = {"action_type": "publish", "product_id": next(self.products)}
        made = self.api.post(f"/api/{marketplace}/jobs", json=body)
        assert made.status_code == 201, made.text
        return made.json()["id"]


@dataclass(frozen=True)
class Running:
    """An api, an orchestrator and a worker that serve these places; ended with the stack they were started on."""

    stack: ExitStack
    installation: Installation
    places: Sequence[str]
    url: str
    news: Any

    def seller(self, tenant: TenantId, sandbox_url: str, options: PluginOptions) -> OnlineSeller:
        """Connect the tenant everywhere, and start a plugin."""
        installation, http = self.installation, DirectClient()
        self.stack.callback(http.close)
        home = installation.settings.home
        connections = Connections(installation.database, Vault(secret_keys(installation.settings.secret_keys, home)))
        by_plugin = frozenset(installation.plugin_marketplaces)
        connect_sellers(connections, http, sandbox_url, [tenant], self.places, by_plugin=by_plugin)
        token = access_tokens(installation.settings).issue_access_token(tenant)
        plugin = HeadlessPlugin(self.url, token, sandbox_url, options)
        plugin.start()
        self.stack.callback(plugin.stop)
        api = httpx.Client(
            verify=TRUST, base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=WITHIN_S
        )
        members = {place: connections.account(tenant, place).external_id for place in self.places}
        return OnlineSeller(self.stack.enter_context(api), plugin, members, _stored(installation, tenant))

    def until(self, seller: OnlineSeller, job: int, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for the news that a job has changed, until it is so."""
        ends_at_s = time.monotonic() + WITHIN_S
        while time.monotonic() < ends_at_s:
            seen = seller.api.get(f"/api/jobs/{job}").json()
            if is_so(seen):
                return seen
            self.news.get_message(timeout=0.5)
        pytest.fail(f"Job {job} was not so within {WITHIN_S:.0f} s: {seller.api.get(f'/api/jobs/{job}').json()}")

    def completes(self, seller: OnlineSeller, job: int) -> dict[str, Any]:
        return self.until(seller, job, lambda seen: seen["status"] == "completed")


def run_everything(
    stack: ExitStack,
    settings: Settings,
    serving: Callable[[Any], Any],
    places: Sequence[str],
    *,
    extra: Sequence[Marketplace] = (),
) -> Running:
    """Start all parts of an installation with these settings."""
    installation = stack.enter_context(opened(settings, extra=extra, pool_size=24))
    prepare(installation)
    process, worker = make_api(installation), make_worker_process(installation, threads=4, marketplaces=places)
    for part in (process, worker, *reversed(make_orchestrator(installation))):
        part.start()
        stack.callback(part.stop)
    url = stack.enter_context(serving(process.app))
    news = stack.enter_context(redis.Redis.from_url(installation.urls.redis_url)).pubsub()
    news.subscribe(installation.names().events)
    stack.callback(news.close)
    return Running(stack, installation, places, url, news)


def _stored(installation: Installation, tenant: TenantId) -> Iterator[int]:
    for item in demo_products(media_folder(installation.settings.home)):
        assert isinstance(item, ReadProduct)
        with installation.database.tenant(tenant) as session:
            product = add_product(session, item.product)
        yield product
