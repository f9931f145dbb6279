"""The real api in front of the simulated marketplaces, and sellers who consent there in their browsers."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import redis

from stoflow.domain.ids import TenantId
from stoflow.marketplaces.contract import Marketplace
from stoflow.resources.products.file import ReadProduct
from stoflow.resources.products.media import media_folder
from stoflow.settings import Settings
from stoflow.storage.database.session import schema_name
from stoflow.storage.products.snapshots import add_product
from stoflow.wiring.api import make_api
from stoflow.wiring.installation import Installation, opened, prepare
from stoflow.wiring.orchestrator import make_orchestrator
from stoflow.wiring.tokens import access_tokens
from stoflow.wiring.worker import make_worker_process
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.application import Application
from stoflow_sandbox.demo.catalogue import demo_products
from stoflow_sandbox.ebay.consent import RU_NAME
from stoflow_sandbox.server import SandboxServer
from tests.harness.serving import serving
from tests.harness.trust import TRUST

WAIT_S = 10.0
WITHIN_S = 60.0
SPEED = 40.0
DECLARED = {"who_made": "someone_else", "when_made": "before_2007"}
FINAL = {"completed", "failed", "cancelled", "expired"}


@dataclass
class Platform:
    """One StoFlow beside one sandbox."""

    installation: Installation
    sandbox: SandboxServer
    url: str
    stack: ExitStack = field(repr=False)

    def account(self, marketplace: str, tenant: TenantId | None = None, **wishes: Any) -> dict[str, Any]:
        """Make an account at a simulated marketplace; its tokens are nobody's business here."""
        return self.sandbox.sandbox.control.make_seller(marketplace, tenant=tenant, wishes=wishes)

    def let(self, fault: str, *, marketplace: str, operation: str, count: int = 1) -> None:
        script = [{"marketplace": marketplace, "operation": operation, "fault": fault, "count": count}]
        assert httpx.post(f"{self.sandbox.url}/control/script", json=script).status_code == 200

    def revoke(self, marketplace: str, external_id: str) -> None:
        """Let the person withdraw the consent at the marketplace."""
        address = f"{self.sandbox.url}/control/sellers/{marketplace}/{external_id}/revoke"
        assert httpx.post(address).status_code == 204

    def calls(self, operation: str) -> int:
        return sum(entry.operation == operation for entry in self.sandbox.sandbox.ledger.since())

    def sql(self, tenant: TenantId, query: str) -> list[dict[str, Any]]:
        with self.installation.database.records() as connection:
            cursor = connection.execute(query.replace("{s}", schema_name(tenant)).encode())
            return list(cursor.fetchall()) if cursor.description else []


@dataclass
class SellerAtHome:
    """One tenant: a page of the platform that has an access token, and a browser that has none."""

    platform: Platform
    tenant: TenantId
    page: httpx.Client
    browser: httpx.Client

    def invited(self, marketplace: str) -> str:
        answer = self.page.get(f"/api/{marketplace}/oauth/authorize")
        assert answer.status_code == 200, answer.text
        for cookie in answer.cookies.jar:
            self.browser.cookies.jar.set_cookie(cookie)
        return answer.json()["url"]

    def allows(self, url: str, external_id: str) -> dict[str, str]:
        """Press the button at the marketplace; return what the browser is sent back with."""
        sent = self.browser.get(url, params={**dict(parse_qsl(urlsplit(url).query)), "allow": external_id})
        assert sent.status_code == 302, sent.text
        return dict(parse_qsl(urlsplit(sent.headers["location"]).query))

    def denies(self, url: str) -> dict[str, str]:
        sent = self.browser.get(url, params={**dict(parse_qsl(urlsplit(url).query)), "deny": "1"})
        return dict(parse_qsl(urlsplit(sent.headers["location"]).query))

    def brings(self, marketplace: str, returned: dict[str, str], **more: Any) -> httpx.Response:
        """Open the callback in the browser."""
        address = f"{self.platform.url}/api/{marketplace}/oauth/callback"
        return self.browser.get(address, params=returned, **more)

    def connects(self, marketplace: str, account: dict[str, Any]) -> httpx.Response:
        """Consent, from the first click to the last."""
        return self.brings(marketplace, self.allows(self.invited(marketplace), account["external_id"]))

    def connection(self, marketplace: str) -> dict[str, Any]:
        answer = self.page.get(f"/api/{marketplace}/connection")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def chooses(self, marketplace: str, **settings: Any) -> httpx.Response:
        return self.page.patch(f"/api/{marketplace}/connection", json={"settings": settings})

    def refreshes(self, marketplace: str) -> httpx.Response:
        return self.page.post(f"/api/{marketplace}/connection/refresh")

    def disconnects(self, marketplace: str) -> httpx.Response:
        return self.page.delete(f"/api/{marketplace}/connection")

    def declares(self, marketplace: str, account: dict[str, Any]) -> None:
        """Say what is needed to sell there: policies, profiles, who made it."""
        settings = json.dumps({**account["settings"], **DECLARED})
        change = f"SET settings = settings || '{settings}' WHERE marketplace = '{marketplace}'"
        self.platform.sql(self.tenant, f"UPDATE {{s}}.connections {change}")

    def settings(self, marketplace: str) -> dict[str, Any]:
        query = f"SELECT settings FROM {{s}}.connections WHERE marketplace = '{marketplace}'"
        return self.platform.sql(self.tenant, query)[0]["settings"]

    def publishes(self, product: int, marketplace: str) -> int:
        body = {"action_type": "publish", "product_id": product}
        answer = self.page.post(f"/api/{marketplace}/jobs", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def job(self, job: int) -> dict[str, Any]:
        return self.page.get(f"/api/jobs/{job}").json()


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(speed=SPEED, latency_ms=(0.0, 0.0))) as server:
        yield server


@pytest.fixture
def given(settings: Settings, sandbox: SandboxServer) -> Settings:
    application = Application()
    leading_to_the_sandbox = {
        "speed": SPEED,
        "ebay_base_url": f"{sandbox.url}/ebay",
        "ebay_client_id": application.client_id,
        "ebay_client_secret": application.client_secret,
        "ebay_redirect_uri": RU_NAME,
        "etsy_base_url": f"{sandbox.url}/etsy",
        "etsy_client_id": application.client_id,
        "etsy_shared_secret": application.client_secret,
        "etsy_redirect_uri": "https://platform.example/connected",
    }
    return settings.model_copy(update=leading_to_the_sandbox)


@pytest.fixture
def extra() -> Sequence[Marketplace]:
    """Marketplaces beside the built-in ones."""
    return ()


@pytest.fixture
def platform(given: Settings, sandbox: SandboxServer, extra: Sequence[Marketplace]) -> Iterator[Platform]:
    with ExitStack() as stack:
        installation = stack.enter_context(opened(given, pool_size=12, extra=extra))
        prepare(installation)
        api = make_api(installation)
        api.start()
        stack.callback(api.stop)
        yield Platform(installation, sandbox, stack.enter_context(serving(api.app)), stack)


SellerMaker = Callable[[], SellerAtHome]


@pytest.fixture
def make_seller(platform: Platform, tenants: Callable[[], TenantId]) -> SellerMaker:
    tokens = access_tokens(platform.installation.settings)

    def make() -> SellerAtHome:
        tenant = tenants()
        headers = {"Authorization": f"Bearer {tokens.issue_access_token(tenant)}"}
        page = platform.stack.enter_context(
            httpx.Client(verify=TRUST, base_url=platform.url, headers=headers, timeout=WAIT_S)
        )
        return SellerAtHome(
            platform, tenant, page, platform.stack.enter_context(httpx.Client(verify=TRUST, timeout=WAIT_S))
        )

    return make


@pytest.fixture
def alice(make_seller: SellerMaker) -> SellerAtHome:
    return make_seller()


@pytest.fixture
def bob(make_seller: SellerMaker) -> SellerAtHome:
    return make_seller()


@dataclass
class Engine:
    """The orchestrator and one worker, running; `until` waits for the news of jobs."""

    platform: Platform
    news: Any
    products: Iterator[Any]

    def product(self, seller: SellerAtHome) -> int:
        product = next(item.product for item in self.products if isinstance(item, ReadProduct))
        with self.platform.installation.database.tenant(seller.tenant) as session:
            return add_product(session, product)

    def until(self, seller: SellerAtHome, job: int, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        ends_at_s = time.monotonic() + WITHIN_S
        while time.monotonic() < ends_at_s:
            seen = seller.job(job)
            if holds(seen):
                return seen
            self.news.get_message(timeout=0.2)
        pytest.fail(f"It did not come to that within {WITHIN_S:.0f} s: {seller.job(job)}")

    def when_final(self, seller: SellerAtHome, job: int) -> dict[str, Any]:
        return self.until(seller, job, lambda seen: seen["status"] in FINAL)


@pytest.fixture
def engine(platform: Platform) -> Iterator[Engine]:
    installation = platform.installation
    served = [place.name for place in installation.registry.marketplaces.values() if place.transport == "direct"]
    worker = make_worker_process(installation, threads=4, marketplaces=served)
    deciding, hints = make_orchestrator(installation)
    with redis.Redis.from_url(installation.urls.redis_url) as client, client.pubsub() as news:
        news.subscribe(installation.names().events)
        parts = (hints, worker, deciding)
        for part in parts:
            part.start()
        try:
            products = demo_products(media_folder(installation.settings.home))
            yield Engine(platform, news, iter(products))
        finally:
            for part in reversed(parts):
                part.stop()
