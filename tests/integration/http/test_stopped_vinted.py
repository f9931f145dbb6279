"""A captcha, or a lost session, stops Vinted for one seller and asks that person: through every part of StoFlow."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from stoflow.domain.ids import TenantId
from stoflow.marketplaces.vinted.failures import DATADOME, LOG_IN, SELLER_MUST_ACT
from stoflow.marketplaces.vinted.terms import TERMS
from stoflow.settings import Settings
from stoflow.storage.engine.connection_state import NO_WORDS
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.application import Application
from stoflow_sandbox.faults import FaultKind, ScriptedFault
from stoflow_sandbox.plugin import PluginOptions
from stoflow_sandbox.server import SandboxServer
from tests.harness.selling import WITHIN_S, OnlineSeller, Running, run_everything

SPEED = 40.0
FOR_EVER = 1_000_000
PLACES = ("vinted", "ebay")
ASKED = {SELLER_MUST_ACT[DATADOME]}
WATCHING = frozenset({"user.get", "session.refresh", "page.new_item"})
"""What a plugin may ask while the marketplace is stopped: whether the person is there again."""


@dataclass(frozen=True)
class Seller(OnlineSeller):
    """One seller whose browser can be spoken for."""

    @property
    def member(self) -> str:
        return self.members["vinted"]

    def accepts_the_notice(self) -> None:
        answer = self.api.put("/api/vinted/plugin-terms", json={"version": TERMS.version})
        assert answer.status_code == 200, answer.text

    def page_says(self, event: str, payload: dict[str, Any]) -> None:
        """Let her browser say something by itself, and wait until it was heard."""
        socket = self.plugin._link._socket
        assert socket is not None
        assert socket.call(event, payload) == {"ok": True}


@dataclass(frozen=True)
class World:
    """Two sellers, each with a plugin, before one StoFlow and one sandbox."""

    running: Running
    sandbox: SandboxServer
    alice: Seller
    bob: Seller
    begun: int = 0

    def wait_for_the_plugins(self) -> None:
        """Wait until each plugin has said that its session is good: its first word, before any command's answer."""
        for seller in (self.alice, self.bob):
            seller.accepts_the_notice()
            assert seller.plugin.ready.wait(WITHIN_S)
            self.completes_uncharged(seller, seller.publish("vinted"))

    def waits_for_the_person(self, seller: Seller, job: int, words: set[str]) -> None:
        self.running.until(seller, job, lambda seen: seen["waiting"] in words)

    def completes_uncharged(self, seller: Seller, job: int) -> None:
        seen = self.running.completes(seller, job)
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
        given = given.model_copy(update={"plugin_terms": "required"})
        running = run_everything(stack, given, serving, PLACES)
        alice, bob = (_seller(running, sandbox, tenants()) for _ in range(2))
        made = World(running, sandbox, alice, bob)
        made.wait_for_the_plugins()
        yield replace(made, begun=len(sandbox.sandbox.ledger.since()))


def test_a_plugin_is_asked_nothing_for_who_has_not_accepted_its_notice(
    world: World, tenants: Callable[[], TenantId]
) -> None:
    carol = _seller(world.running, world.sandbox, tenants())
    assert carol.plugin.ready.wait(WITHIN_S)
    job, elsewhere = carol.publish("vinted"), carol.publish("ebay")
    world.completes_uncharged(carol, elsewhere)
    hold = carol.api.get(f"/api/jobs/{job}").json()["hold"]
    assert (hold["kind"], hold["release"]) == ("terms_not_accepted", "seller")
    assert hold["detail"].endswith("GET /api/vinted/plugin-terms, and PUT there what they accepted")
    assert world.calls(carol) == []
    carol.accepts_the_notice()
    world.completes_uncharged(carol, job)


def _seller(running: Running, sandbox: SandboxServer, tenant: TenantId) -> Seller:
    online = running.seller(tenant, sandbox.url, PluginOptions(plugin_id=f"browser-{tenant}"))
    return Seller(online.api, online.plugin, online.members, online.products)


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
