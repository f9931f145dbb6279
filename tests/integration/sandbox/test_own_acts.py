"""A notice of the kiosque example ends by itself, by the clock of the sandbox, and the judge knows who ended it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import pytest

from stoflow.transports.direct.signing import OutgoingCall
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.judge import Verdict, judge
from stoflow_sandbox.server import SandboxServer
from stoflow_sandbox.sightings import _known_deeds
from tests.harness.installing import installed
from tests.harness.played import MARKETS

DAY_S = 86_400.0
JOB = {"tenant": 7, "product_id": 1, "marketplace": "kiosque", "action": "publish", "status": "completed"}


@dataclass
class Stand:
    """A seller who calls Kiosque, and a clock that is set by hand."""

    url: str = ""
    days: float = 0.0
    key: str = ""
    secret: str = ""
    moments: Iterator[float] = field(default_factory=lambda: count(step=1e-6))  # Kiosque takes each signature once

    def clock(self) -> float:
        return self.days * DAY_S

    def call(self, method: str, path: str, body: Any = None) -> Any:
        from kiosque.marketplace import sign  # noqa: PLC0415  # installed by what is played

        content = json.dumps(body).encode() if body else b""
        headers = sign(
            OutgoingCall(method, f"/kiosque{path}", content, self.clock() + next(self.moments)),
            {"key": self.key, "secret": self.secret},
        )
        json_type = {"content-type": "application/json"}
        reply = httpx.request(method, f"{self.url}/kiosque{path}", content=content, headers={**headers, **json_type})
        assert reply.is_success, reply.text
        return reply.json()

    def published(self) -> str:
        """Put the notice up; return its number."""
        number = self.call("PUT", "/notices/sf7p1", {"headline": "A coat"})["id"]
        self.call("PUT", f"/notices/{number}/photos/1")
        self.call("POST", f"/notices/{number}/print")
        assert [self.call("GET", f"/notices/{number}")["state"] for _ in range(2)] == ["printing", "live"]
        return number

    def ledger(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in httpx.get(f"{self.url}/control/ledger").text.splitlines()]

    def verdict(self, jobs: int) -> Verdict:
        return judge(self.ledger(), [{**JOB, "id": number} for number in range(1, jobs + 1)], {})


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand()
    options = SandboxOptions(latency_ms=(0.0, 0.0), markets=MARKETS, clock=made.clock)
    with installed("kiosque"), SandboxServer(options) as server:
        _known_deeds.cache_clear()
        granted = server.sandbox.control.make_seller("kiosque", tenant=7)["credentials"]
        made.url, made.key, made.secret = server.url, granted["key"], granted["secret"]
        yield made
    _known_deeds.cache_clear()


def test_a_notice_is_over_once_its_days_are_and_the_ledger_says_who_ended_it(stand: Stand) -> None:
    number = stand.published()
    stand.days = 29.9
    assert stand.call("GET", f"/notices/{number}")["state"] == "live"
    stand.days = 30.1
    assert stand.call("GET", f"/notices/{number}")["state"] == "over"
    assert [entry["operation"] for entry in stand.ledger()][-2:] == ["itself.expire", "notice.get"]


def test_nobody_has_to_call_for_the_ledger_to_know_that_it_ended(stand: Stand) -> None:
    stand.published()
    stand.days = 31
    assert stand.ledger()[-1]["operation"] == "itself.expire"
    assert stand.verdict(jobs=1).is_green


def test_it_can_be_put_up_again_and_ends_again(stand: Stand) -> None:
    stand.published()
    stand.days = 31
    stand.published()
    assert stand.verdict(jobs=2).is_green
    stand.days = 62
    assert [entry["operation"] for entry in stand.ledger()].count("itself.expire") == 2
    assert stand.verdict(jobs=2).is_green


def test_a_notice_that_was_taken_down_does_not_end_a_second_time(stand: Stand) -> None:
    stand.call("DELETE", f"/notices/{stand.published()}")
    stand.days = 31
    assert "itself.expire" not in [entry["operation"] for entry in stand.ledger()]
