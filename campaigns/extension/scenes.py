"""What happens to a seller with the extension in a real browser, scene by scene."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.chromium import Browser, Cable
from campaigns.world import World
from stoflow.domain.call import Request
from stoflow.domain.ids import TenantId
from stoflow_sandbox.ledger import LedgerEntry, read_ledger

VINTED = "vinted"
LOOK_EVERY_S = 0.1
WITHIN_S = 90.0
ASKED_S = 30.0
CREATED = 201
FINAL = frozenset({"completed", "failed", "cancelled", "expired"})


@dataclass
class Stage:
    """One seller with a browser; what happens at it are the scenes below."""

    made: World
    browser: Browser
    cable: Cable
    tenant: TenantId
    products: Iterator[int]
    listed: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    @property
    def site(self) -> str:
        return f"{self.made.sandbox_url}/{VINTED}"

    @property
    def client(self) -> Any:
        return self.made.clients[self.tenant]

    @property
    def seller(self) -> str:
        return self.made.connections.account(self.tenant, VINTED).external_id

    def ask(self, action: str, product: int | None = None, **payload: Any) -> int:
        """Ask for a job; return its number."""
        body: dict[str, Any] = {"action_type": action}
        if product is not None:
            body["product_id"] = product
        if payload:
            body["payload"] = payload
        headers = {"authorization": f"Bearer {self.made.sellers[self.tenant]()}"}
        request = Request("POST", f"/api/{VINTED}/jobs", json=body)
        reply = self.made.http.exchange(self.made.api_url, request, headers=headers, deadline_s=ASKED_S)
        assert reply.status == CREATED, reply.text
        return int(reply.body["id"])

    def orders(self) -> Sequence[Mapping[str, Any]]:
        """Return the orders that StoFlow has recorded."""
        headers = {"authorization": f"Bearer {self.made.sellers[self.tenant]()}"}
        request = Request("GET", f"/api/{VINTED}/orders")
        return self.made.http.exchange(self.made.api_url, request, headers=headers, deadline_s=ASKED_S).body["items"]

    def wait_for(self, job: int, *, status: str = "completed") -> Mapping[str, Any]:
        """Return the job once it is final; AssertionError where it ends otherwise."""
        wait(lambda: self.client.job(job)["status"] in FINAL, f"job {job} ends")
        found = self.client.job(job)
        assert found["status"] == status, json.dumps(found, indent=1)
        return found

    def publish(self) -> tuple[int, str]:
        """Publish the next product; return it and its listing."""
        product = next(self.products)
        listing = str(self.wait_for(self.ask("publish", product))["result"]["result"]["listing_id"])
        self.listed.append((product, listing))
        return product, listing

    def ledger(self, operation: str = "") -> list[LedgerEntry]:
        entries = read_ledger(self.made.ledger)
        return [one for one in entries if one.marketplace == VINTED and operation in {"", one.operation}]

    def script(self, operation: str, fault: str, *, nth: int = 1) -> None:
        """Let the site do otherwise, once."""
        wish = {"marketplace": VINTED, "operation": operation, "fault": fault, "nth": nth}
        assert self.made.control("POST", "script", [wish]) is not None

    def behave(self, act: str, **wishes: Any) -> Mapping[str, Any]:
        done = self.made.control("POST", f"sellers/{VINTED}/{self.seller}/behave", {"act": act, **wishes})
        assert done is not None, act
        return done


def wait(is_so: Callable[[], bool], what: str, *, within_s: float = WITHIN_S) -> None:
    """Return when it is so; TimeoutError where it takes too long."""
    until = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > until:
            message = f"waited {within_s:.0f} s until {what}"
            raise TimeoutError(message)
        time.sleep(LOOK_EVERY_S)


# --- the scenes: each leaves the seller signed in, the extension connected, and no job open ---


def first_steps(stage: Stage) -> None:
    """Nothing is done before the seller has read the notice and switched the extension on."""
    open_browser(stage)
    assert stage.client.connection(VINTED)["connected"] is False
    assert stage.browser.ask("badge") == "off"
    said = stage.browser.ask("connect", token=stage.made.sellers[stage.tenant]())
    assert said["was_blocked"], "it could be switched on before the notice was read"
    assert "Vinted's own terms" in said["notice"], said["notice"]
    connected(stage)


def publish(stage: Stage) -> None:
    stage.publish()
    assert len(stage.ledger("draft.complete")) == 1
    assert stage.browser.state()["done"][0]["result"] == "done"


def worker_killed(stage: Stage) -> None:
    """The browser ends the service worker in the middle of the act: the act is done once, and answered."""
    before = len(stage.ledger("draft.complete"))
    stage.script("draft.complete", "slow")
    born = stage.browser.state()["born"]
    stage.browser.ask("arm", site=stage.site, part="/completion")
    job = stage.ask("publish", product := next(stage.products))
    stage.browser.ask("strike", blow="worker")
    found = stage.wait_for(job)
    stage.listed.append((product, str(found["result"]["result"]["listing_id"])))
    assert len(stage.ledger("draft.complete")) == before + 1
    assert "verifying" not in causes(stage, job), "the answer was lost"
    assert stage.browser.state()["born"] > born, "the worker was not ended"


def browser_killed(stage: Stage) -> None:
    """The browser dies between act and answer: StoFlow looks, and adopts what is there."""
    before = len(stage.ledger("draft.complete"))
    stage.script("draft.complete", "slow")
    stage.browser.ask("arm", site=stage.site, part="/completion")
    job = stage.ask("publish", next(stage.products))
    stage.browser.ask("strike", blow="browser")
    wait(lambda: len(stage.ledger("draft.complete")) > before, "the site has done it")
    open_browser(stage)
    stage.wait_for(job)
    assert len(stage.ledger("draft.complete")) == before + 1


def update(stage: Stage) -> None:
    product, listing = stage.listed[0]
    stage.client.change_product(product, {"title": "Another title for the same thing"})
    stage.wait_for(stage.ask("update", product))
    assert [one.listing_id for one in stage.ledger("item.update")] == [listing]


def sync(stage: Stage) -> None:
    stage.wait_for(stage.ask("sync"))
    seen = {listing["external_id"] for listing in stage.client.listings(VINTED)}
    assert {listing for _, listing in stage.listed} <= seen, seen


def orders(stage: Stage) -> None:
    _, listing = stage.listed[0]
    stage.behave("sell", listing_id=listing)
    stage.wait_for(stage.ask("orders"))
    assert [line["listing_id"] for order in stage.orders() for line in order["lines"]] == [listing]


def message(stage: Stage) -> None:
    _, listing = stage.listed[1]
    conversation = stage.behave("write", listing_id=listing, text="Is it still there?")["offer_id"]
    stage.wait_for(stage.ask("message", conversation_id=conversation, text="It is."))
    assert len(stage.ledger("message.send")) == 1


def delete(stage: Stage) -> None:
    product, _ = stage.listed[1]
    stage.wait_for(stage.ask("delete", product))
    assert len(stage.ledger("item.delete")) == 1


def two_windows(stage: Stage) -> None:
    before = len(stage.ledger("draft.create"))
    stage.browser.ask("second_window", site=stage.site)
    stage.publish()
    assert len(stage.ledger("draft.create")) == before + 1


def token_renewed(stage: Stage) -> None:
    """The platform's page hands a newer token over, and the open socket is told."""
    said = handed_over(stage, stage.tenant)
    assert said == {"ok": True, "is_on": True}, said
    wait(lambda: stage.browser.state()["renewed"], "StoFlow has taken the token")
    assert handed_over(stage, TenantId(stage.tenant + 1))["ok"] is False, "another seller's token was taken"
    stage.publish()


def offline(stage: Stage) -> None:
    """The line is cut in the middle of a command, and for a while: the answer is kept, and the next job waits."""
    before = len(stage.ledger("draft.create"))
    stage.script("draft.create", "slow")
    job = stage.ask("publish", next(stage.products))
    wait(lambda: stage.browser.state()["doing"] == "vinted.draft.create", "it is being done")
    stage.cable.cut()
    wait(lambda: len(stage.ledger("draft.create")) > before, "the site has done it")
    waiting = stage.ask("publish", next(stage.products))
    wait(lambda: hold_of(stage, waiting) != "", "it is said what the job waits for")
    stage.cable.mend()
    stage.wait_for(job)
    stage.wait_for(waiting)
    assert len(stage.ledger("draft.create")) == before + 2


def asleep(stage: Stage) -> None:
    """The laptop is closed until StoFlow takes the plugin for gone."""
    stage.browser.sleep()
    wait(lambda: stage.client.connection(VINTED)["state"] == "offline", "the plugin is taken for gone")
    job = stage.ask("publish", next(stage.products))
    wait(lambda: hold_of(stage, job) == "plugin_offline", "the job waits for the plugin")
    stage.browser.wake()
    stage.wait_for(job)


def challenged(stage: Stage) -> None:
    """The site asks for a person: everything stops and says so, until a person has answered and says so too."""
    stage.behave("challenge")
    job = stage.ask("publish", next(stage.products))
    wait(lambda: stage.client.connection(VINTED)["state"] == "needs_seller", "the seller is asked")
    assert stage.browser.ask("badge") == "!"
    calls = len(stage.ledger())
    assert hold_of(stage, job)
    stage.browser.ask("answer_challenge")
    assert [one.operation for one in stage.ledger()[calls:] if not one.operation.startswith("page.")] == []
    stage.browser.ask("press", button="go_on")
    stage.wait_for(job)


def signed_out(stage: Stage) -> None:
    """The seller is signed out of the site: nobody signs in for them."""
    assert stage.made.control("POST", f"sellers/{VINTED}/{stage.seller}/revoke", {}) is not None
    job = stage.ask("publish", next(stage.products))
    wait(lambda: stage.client.connection(VINTED)["state"] == "needs_seller", "the seller is asked")
    sign_in(stage)
    stage.browser.ask("press", button="go_on")
    stage.wait_for(job)


def paused(stage: Stage) -> None:
    stage.browser.ask("press", button="pause")
    wait(lambda: stage.client.connection(VINTED)["state"] == "needs_seller", "StoFlow knows of the pause")
    job, calls = stage.ask("publish", next(stage.products)), len(stage.ledger())
    wait(lambda: hold_of(stage, job) != "", "it is said what the job waits for")
    assert len(stage.ledger()) == calls
    stage.browser.ask("press", button="resume")
    stage.wait_for(job)


Scene = Callable[[Stage], None]
SHORT: Sequence[Scene] = (first_steps, publish, worker_killed)
ALL: Sequence[Scene] = (
    *SHORT,
    *(browser_killed, update, sync, orders, message, delete, two_windows, token_renewed),
    *(offline, challenged, signed_out, paused, asleep),
)


# --- what the scenes share ---


def open_browser(stage: Stage) -> None:
    """Open it, and sign in at the site as a person does where the session did not outlive the last time."""
    stage.browser.launch()
    sign_in(stage)


def sign_in(stage: Stage) -> None:
    stage.browser.ask("sign_in", site=stage.site, login=f"demo_seller_{stage.tenant}")


def handed_over(stage: Stage, tenant: TenantId) -> Mapping[str, Any]:
    """Let the platform's page hand over a new token of this tenant; return what it is answered."""
    token = stage.made.sellers[stage.tenant].tokens.issue_access_token(tenant)
    message = {"kind": "stoflow.token", "access_token": token}
    return stage.browser.ask("hand_over", url=f"{stage.made.api_url}/docs", message=message)


def connected(stage: Stage) -> None:
    wait(lambda: stage.client.connection(VINTED)["connected"], "the plugin is connected")


def causes(stage: Stage, job: int) -> str:
    return " ".join(json.dumps(entry) for entry in stage.client.timeline(job))


def hold_of(stage: Stage, job: int) -> str:
    """Return the kind of what the job waits for, "" where it waits for nothing."""
    hold = stage.client.job(job).get("hold")
    return hold["kind"] if hold else ""
