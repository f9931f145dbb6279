"""A seller with the extension in a real browser, before everything that StoFlow is: where the scenes are played."""

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
    """One seller with a browser; what happens at it are the scenes."""

    made: World
    browser: Browser
    cable: Cable  # to StoFlow
    site_cable: Cable
    tenant: TenantId
    products: Iterator[int]
    listed: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    @property
    def site(self) -> str:
        return f"{self.site_cable.url}/{VINTED}"

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


def open_browser(stage: Stage) -> None:
    """Open it, and sign in at the site as a person does where the session did not outlive the last time."""
    stage.browser.launch()
    sign_in(stage)


def sign_in(stage: Stage) -> None:
    stage.browser.ask("sign_in", site=stage.site, login=f"demo_seller_{stage.tenant}")


def connected(stage: Stage) -> None:
    wait(lambda: stage.client.connection(VINTED)["connected"], "the plugin is connected")


def causes(stage: Stage, job: int) -> str:
    return " ".join(json.dumps(entry) for entry in stage.client.timeline(job))


def hold_of(stage: Stage, job: int) -> str:
    """Return the kind of what the job waits for, "" where it waits for nothing."""
    hold = stage.client.job(job).get("hold")
    return hold["kind"] if hold else ""
