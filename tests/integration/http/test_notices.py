"""What a marketplace pushes, from its own door to the end of the job: all of StoFlow, before a Kiosque that pushes."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest

from stoflow.domain.ids import TenantId
from stoflow.monitoring.lines import FIELDS
from stoflow.settings import Settings
from stoflow.transports.direct.signing import OutgoingCall
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.application import Application
from stoflow_sandbox.plugin import PluginOptions
from stoflow_sandbox.server import SandboxServer
from tests.harness.installing import installed
from tests.harness.played import MARKETS
from tests.harness.selling import OnlineSeller, Running, run_everything

KIOSQUE = next(market for market in MARKETS if market.name == "kiosque")
DOOR = "/api/marketplaces/kiosque/notices"
POLL_S = 5.0
TOO_MUCH = 256 * 1024 + 1
NOBODY = TenantId(999_999)


@dataclass
class Street:
    """A seller on Kiosque, and what Kiosque pushes to her StoFlow."""

    running: Running
    sandbox: SandboxServer
    seller: OnlineSeller
    answers: list[int] = field(default_factory=list[int])

    def push(self, headers: Mapping[str, str], raw: bytes, *, door: str = DOOR) -> httpx.Response:
        sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        return httpx.post(f"{self.running.url}{door}", headers=sent, content=raw)

    def pushed(self, headers: Mapping[str, str], raw: bytes) -> None:
        self.answers.append(self.push(headers, raw).status_code)

    def signed(self, raw: bytes) -> Mapping[str, str]:
        """Return the headers by which Kiosque signs this."""
        from kiosque.marketplace import KiosqueSettings, sign  # noqa: PLC0415  # installed by what is played

        call, secret = OutgoingCall("POST", "/notices", raw, time.time()), KiosqueSettings.read().notices_secret
        return sign(call, {"key": "KQ0", "secret": secret})

    def all(self, query: str) -> list[dict[str, Any]]:
        with self.running.installation.database.records() as connection:
            cursor = connection.execute(query.encode())
            return list(cursor.fetchall()) if cursor.description else []

    def polls(self) -> int:
        return sum(entry.operation == "operation.get" for entry in self.sandbox.sandbox.ledger.since())


@pytest.fixture
def street(
    settings: Settings,
    tenants: Callable[[], TenantId],
    serving: Callable[[Any], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Street]:
    with ExitStack() as stack:
        stack.enter_context(installed("kiosque"))
        sandbox = stack.enter_context(SandboxServer(SandboxOptions(latency_ms=(0.0, 0.0), markets=(KIOSQUE,))))
        for name, value in KIOSQUE.variables(f"{sandbox.url}/kiosque", Application()).items():
            monkeypatch.setenv(name, value)
        running = run_everything(stack, settings, serving, ("kiosque",))
        seller = running.seller(tenants(), sandbox.url, PluginOptions(markets=(KIOSQUE,)))
        street = Street(running, sandbox, seller)
        market: Any = sandbox.sandbox.markets[0]
        market.push, market.printed_s = street.pushed, 0.0
        yield street


def test_a_push_completes_the_job_long_before_its_poll_was_due(street: Street) -> None:
    job = street.seller.publish("kiosque")
    street.running.until(street.seller, job, lambda _: bool(street.all("SELECT task FROM public.operations")))
    street.sandbox.sandbox.control.settle()
    assert street.answers == [202]
    street.running.completes(street.seller, job)

    lines = street.seller.api.get(f"/api/jobs/{job}/timeline").json()["items"]
    at = {line["cause"]: datetime.fromisoformat(line["at"]) for line in lines}
    assert (at["looked and adopted"] - at["accepted"]).total_seconds() < POLL_S
    assert street.polls() == 1
    assert street.all("SELECT task FROM public.operations") == []


def test_the_door_tells_who_is_believed_and_nothing_else(street: Street) -> None:
    unknown = street.push(street.signed(b"7-1"), b"7-1")
    assert (unknown.status_code, unknown.json()) == (202, {"heard": True})
    for headers in (
        {},
        {"authorization": "Kiosque KQ0"},
        {"authorization": "Kiosque KQ0 \xe9 x"},
        street.signed(b"7-2"),
    ):
        refused = street.push(headers, b"7-1")
        assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    assert street.push(dict(street.seller.api.headers), b"7-1").status_code == 401
    assert street.push({}, b"0" * TOO_MUCH).status_code == 413
    for name in ("vinted", "nowhere"):
        assert street.push(street.signed(b"7-1"), b"7-1", door=f"/api/marketplaces/{name}/notices").status_code == 404


def test_who_says_to_be_a_marketplace_and_is_not_is_told_of(street: Street, caplog: pytest.LogCaptureFixture) -> None:
    assert street.push({"authorization": "Kiosque KQ0"}, b"7-1").status_code == 401
    told = [line for line in caplog.records if "Somebody who is not" in line.getMessage()]
    assert [(line.getMessage(), getattr(line, FIELDS)["client"]) for line in told] == [
        ("Somebody who is not kiosque says that they are: nothing was heard.", "127.0.0.1")
    ]


def test_a_push_for_a_tenant_that_was_dropped_is_heard_like_any_other(street: Street) -> None:
    until = "clock_timestamp() + interval '1 hour'"
    street.all(f"INSERT INTO public.operations VALUES ({NOBODY}, 1, 'kiosque', '7-1', {until})")
    answer = street.push(street.signed(b"7-1"), b"7-1")
    assert (answer.status_code, answer.json()) == (202, {"heard": True})
