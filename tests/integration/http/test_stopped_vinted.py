"""A captcha, or a lost session, stops Vinted for one seller and asks that person: through every part of StoFlow."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import redis

from stoflow.cli.simulate.demo_sellers import connect_sellers
from stoflow.domain.ids import TenantId
from stoflow.marketplaces.vinted.failures import DATADOME, LOG_IN, SELLER_MUST_ACT
from stoflow.resources.products.file import ReadProduct
from stoflow.resources.products.media import media_folder
from stoflow.settings import Settings
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.storage.engine.connection_state import NO_WORDS
from stoflow.storage.products.snapshots import add_product
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.api import make_api
from stoflow.wiring.installation import Installation, opened, prepare
from stoflow.wiring.orchestrator import make_orchestrator
from stoflow.wiring.tokens import access_tokens
from stoflow.wiring.worker import make_worker_process
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.application import Application
from stoflow_sandbox.demo.catalogue import demo_products
from stoflow_sandbox.faults import FaultKind, ScriptedFault
from stoflow_sandbox.plugin import HeadlessPlugin, PluginOptions
from stoflow_sandbox.server import SandboxServer

SPEED = 40.0
WITHIN_S = 40.0
FOR_EVER = 1_000_000
PLACES = ("vinted", "ebay")
ASKED = {SELLER_MUST_ACT[DATADOME]}
WATCHING = frozenset({"user.get", "session.refresh", "page.new_item"})
"""What a plugin may ask while the marketplace is stopped: whether the person is there again."""


@dataclass(frozen=True)
class Seller:
    """One seller: her own door to the api, her member on Vinted."""

    api: httpx.Client
    plugin: HeadlessPlugin
    member: str
    products: Iterator[int]

    def publish(self, marketplace: str) -> int:
        body = {"action_type": "publish", "product_id": next(self.products)}
        made = self.api.post(f"/api/{marketplace}/jobs", json=body)
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def page_says(self, event: str, payload: dict[str, Any]) -> None:
        """Let her browser say something by itself, and wait until it was heard."""
        socket = self.plugin._link._socket
        assert socket is not None
        assert socket.call(event, payload) == {"ok": True}


@dataclass(frozen=True)
class World:
    """Two sellers, each with a plugin, before one StoFlow and one sandbox."""

    sandbox: SandboxServer
    news: Any
    alice: Seller
    bob: Seller
    begun: int = 0

    def until(self, seller: Seller, job: int, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for the news that a job has changed, until it is so."""
        ends_at_s = time.monotonic() + WITHIN_S
        while time.monotonic() < ends_at_s:
            seen = seller.api.get(f"/api/jobs/{job}").json()
            if is_so(seen):
                return seen
            self.news.get_message(timeout=0.5)
        pytest.fail(f"Job {job} was not so within {WITHIN_S:.0f} s: {seller.api.get(f'/api/jobs/{job}').json()}")

    def wait_for_the_plugins(self) -> None:
        """Wait until each plugin has said that its session is good: its first word, before any command's answer."""
        for seller in (self.alice, self.bob):
            assert seller.plugin.ready.wait(WITHIN_S)
            self.completes_uncharged(seller, seller.publish("vinted"))

    def waits_for_the_person(self, seller: Seller, job: int, words: set[str]) -> None:
        self.until(seller, job, lambda seen: seen["waiting"] in words)

    def completes_uncharged(self, seller: Seller, job: int) -> None:
        seen = self.until(seller, job, lambda seen: seen["status"] == "completed")
        assert {task["failures"] for task in seen["tasks"]} == {0}

    def others_go_on(self) -> None:
        """See that Alice sells on eBay meanwhile, and Bob on Vinted."""
        hers, his = self.alice.publish("ebay"), self.bob.publish("vinted")
        self.completes_uncharged(self.alice, hers)
        self.completes_uncharged(self.bob, his)

    def calls(self, seller: Seller) -> Sequence[str]:
        """Return what a seller's browser did on Vinted, but for looking whether its person is there."""
        entries = self.sandbox.sandbox.ledger.since(self.begun)
        return [e.operation for e in entries if e.seller == seller.member and e.operation not in WATCHING]

    def control(self, seller: Seller, lever: str) -> None:
        """Let a member sign out of Vinted, or in."""
        assert httpx.post(f"{self.sandbox.url}/control/sellers/vinted/{seller.member}/{lever}").is_success

    def let(self, seller: Seller, **faults: FaultKind) -> None:
        """Let these operations of one member go wrong until the person has acted."""
        names = {name: name.replace("_", ".") for name in faults}
        script = [
            ScriptedFault("vinted", names[name], kind, seller.member, 1, FOR_EVER) for name, kind in faults.items()
        ]
        self.sandbox.sandbox.faults.add_script(script)


@pytest.fixture
def world(settings: Settings, tenants: Callable[[], TenantId], serving: Callable[[Any], Any]) -> Iterator[World]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(SandboxServer(SandboxOptions(speed=SPEED, latency_ms=(0.0, 0.0))))
        application = Application()
        known = {"ebay_client_id": application.client_id, "ebay_client_secret": application.client_secret}
        given = settings.model_copy(update={"speed": SPEED, "ebay_base_url": f"{sandbox.url}/ebay", **known})
        installation = stack.enter_context(opened(given, pool_size=24))
        prepare(installation)
        process, worker = make_api(installation), make_worker_process(installation, threads=4, marketplaces=PLACES)
        for part in (process, worker, *reversed(make_orchestrator(installation))):
            part.start()
            stack.callback(part.stop)
        url = stack.enter_context(serving(process.app))
        http = DirectClient()
        stack.callback(http.close)
        news = stack.enter_context(redis.Redis.from_url(installation.urls.redis_url)).pubsub()
        news.subscribe(installation.names().events)
        stack.callback(news.close)
        alice, bob = (_seller(installation, stack, http, sandbox, url, tenants()) for _ in range(2))
        made = World(sandbox, news, alice, bob)
        made.wait_for_the_plugins()
        yield replace(made, begun=len(sandbox.sandbox.ledger.since()))


def _seller(
    installation: Installation, stack: ExitStack, http: DirectClient, sandbox: SandboxServer, url: str, tenant: TenantId
) -> Seller:
    home = installation.settings.home
    connections = Connections(installation.database, Vault(secret_keys(installation.settings.secret_keys, home)))
    by_plugin = frozenset(installation.plugin_marketplaces)
    connect_sellers(connections, http, sandbox.url, [tenant], PLACES, by_plugin=by_plugin)
    token = access_tokens(installation.settings).issue_access_token(tenant)
    plugin = HeadlessPlugin(url, token, sandbox.url, PluginOptions(plugin_id=f"browser-{tenant}"))
    plugin.start()
    stack.callback(plugin.stop)
    client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=WITHIN_S)
    member = connections.account(tenant, "vinted").external_id
    return Seller(stack.enter_context(client), plugin, member, _products_store(installation, tenant))


def _products_store(installation: Installation, tenant: TenantId) -> Iterator[int]:
    for item in demo_products(media_folder(installation.settings.home)):
        assert isinstance(item, ReadProduct)
        with installation.database.tenant(tenant) as session:
            product = add_product(session, item.product)
        yield product


def test_a_captcha_stops_vinted_for_that_seller_until_the_person_has_answered(world: World) -> None:
    alice = world.alice
    world.let(alice, photo_upload=FaultKind.DATADOME, user_get=FaultKind.DATADOME)
    jobs = [alice.publish("vinted"), alice.publish("vinted")]
    world.waits_for_the_person(alice, jobs[0], {"Vinted asks the member to prove to be a person.", *ASKED})
    world.others_go_on()
    assert world.calls(alice) == ["photo.upload"]  # the one that met the captcha, and no second knock
    world.sandbox.sandbox.faults.clear_script(seller=alice.member)  # the person has answered
    for job in jobs:
        world.completes_uncharged(alice, job)


def test_a_lost_session_stops_vinted_for_that_seller_until_the_person_is_back(world: World) -> None:
    alice = world.alice
    world.control(alice, "revoke")
    jobs = [alice.publish("vinted"), alice.publish("vinted")]
    world.waits_for_the_person(alice, jobs[0], {"The member is signed out of Vinted.", LOG_IN})
    world.others_go_on()
    assert set(world.calls(alice)) <= {"photo.upload"}
    world.control(alice, "grant")  # the person has signed in again
    for job in jobs:
        world.completes_uncharged(alice, job)


def test_a_session_lost_without_a_word_stops_vinted_and_asks_the_person_too(world: World) -> None:
    alice = world.alice
    alice.page_says("vinted_session_update", {"ok": False, "reason": ""})
    world.waits_for_the_person(alice, alice.publish("vinted"), {NO_WORDS})
    world.others_go_on()
    assert world.calls(alice) == []


def test_a_captcha_that_the_page_met_by_itself_stops_vinted_before_any_call(world: World) -> None:
    alice = world.alice
    alice.page_says("datadome_detected", {"reason": "A captcha stands before the page."})
    job = alice.publish("vinted")
    world.waits_for_the_person(alice, job, {"A captcha stands before the page."})
    world.others_go_on()
    assert world.calls(alice) == []
    alice.page_says("vinted_session_update", {"ok": True, "reason": ""})
    world.completes_uncharged(alice, job)
