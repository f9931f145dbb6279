"""A second marketplace by plugin: one browser of the seller acts on both, and trouble on one leaves the other alone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.plugin import PluginOptions
from stoflow_sandbox.server import SandboxServer
from stoflow_sandbox.vinted.market import VintedMarket
from tests.harness.attic.market import AtticMarket
from tests.harness.attic.marketplace import ATTIC
from tests.harness.selling import WITHIN_S, OnlineSeller, Running, run_everything

SPEED = 40.0
MARKETS = (VintedMarket, AtticMarket)
PLACES = ("vinted", "attic")


@dataclass(frozen=True)
class Seller:
    """A seller with one plugin for both marketplaces."""

    running: Running
    online: OnlineSeller
    sandbox: SandboxServer

    @property
    def on_attic(self) -> str:
        return self.online.members["attic"]

    def publish(self, marketplace: str) -> int:
        return self.online.publish(marketplace)

    def until(self, job: int, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        return self.running.until(self.online, job, is_so)

    def completes(self, job: int) -> dict[str, Any]:
        return self.running.completes(self.online, job)

    def attic(self, lever: str) -> None:
        path = f"/control/sellers/attic/{self.on_attic}/{lever}"
        assert httpx.post(f"{self.sandbox.url}{path}").is_success


@pytest.fixture
def seller(settings: Settings, tenants: Callable[[], TenantId], serving: Callable[[Any], Any]) -> Iterator[Seller]:
    with ExitStack() as stack:
        options = SandboxOptions(speed=SPEED, latency_ms=(0.0, 0.0), markets=MARKETS)
        sandbox = stack.enter_context(SandboxServer(options))
        given = settings.model_copy(update={"speed": SPEED})
        running = run_everything(stack, given, serving, PLACES, extra=[ATTIC])
        online = running.seller(tenants(), sandbox.url, PluginOptions(markets=MARKETS))
        assert online.plugin.ready.wait(WITHIN_S)
        yield Seller(running, online, sandbox)


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
