"""A marketplace that tells how many calls are left is called when there are more, through every part of StoFlow."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.ledger import LedgerEntry
from stoflow_sandbox.plugin import PluginOptions
from stoflow_sandbox.server import SandboxServer
from tests.harness.installing import installed
from tests.harness.played import MARKETS
from tests.harness.selling import OnlineSeller, Running, run_everything

SPEED = 40.0
A_SWEEP_S = 3600.0
"""Nothing goes on because it was swept."""
PROMPTLY_S = 1.5
"""Sooner than what is missed is looked for."""
KIOSQUE: Any = next(market for market in MARKETS if market.name == "kiosque")
TELLING = {"notice.put", "photo.put", "notice.print"}
"""The calls whose answers say what is left."""


@dataclass(frozen=True)
class Stand:
    """A seller of Kiosque, before one StoFlow."""

    running: Running
    online: OnlineSeller
    sandbox: SandboxServer

    def publish(self) -> int:
        return self.online.publish("kiosque")

    def until(self, job: int, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        return self.running.until(self.online, job, is_so)

    def completes(self, job: int) -> None:
        seen = self.running.completes(self.online, job)
        assert {task["failures"] for task in seen["tasks"]} == {0}

    @property
    def calls(self) -> list[LedgerEntry]:
        return [entry for entry in self.sandbox.sandbox.ledger.since() if entry.seller]


@contextmanager
def stand_of(settings: Settings, tenant: TenantId, serving: Any, counted: Mapping[str, Any]) -> Iterator[Stand]:
    class Counting(KIOSQUE):
        def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Any:
            return super().make_seller(name=name, tenant=tenant, wishes={**wishes, **counted})

    with ExitStack() as stack:
        stack.enter_context(installed("kiosque"))
        options = SandboxOptions(speed=SPEED, latency_ms=(0.0, 0.0), markets=(Counting,))
        sandbox = stack.enter_context(SandboxServer(options))
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("STOFLOW_KIOSQUE_BASE_URL", f"{sandbox.url}/kiosque")
        given = settings.model_copy(update={"speed": SPEED, "sweep_every_s": A_SWEEP_S, "concurrency": {"kiosque": 1}})
        running = run_everything(stack, given, serving, ["kiosque"])
        online = running.seller(tenant, sandbox.url, PluginOptions(markets=(Counting,)))
        yield Stand(running, online, sandbox)


@pytest.fixture
def stand(settings: Settings, tenants: Callable[[], TenantId], serving: Any) -> Iterator[Callable[..., Stand]]:
    with ExitStack() as stack:
        yield lambda **wishes: stack.enter_context(stand_of(settings, tenants(), serving, wishes))


def test_jobs_go_on_by_themselves_when_there_are_calls_again_and_not_before(stand: Callable[..., Stand]) -> None:
    seller = stand(left=0, resets_s=SPEED / 2)  # each answer says: none left, and in half a second there are
    for job in [seller.publish(), seller.publish()]:
        seller.completes(job)
    calls = seller.calls
    assert {call.status for call in calls} == {200}
    waited_s = [after.time - call.time for call, after in pairwise(calls) if call.operation in TELLING]
    assert len(waited_s) >= 6
    assert min(waited_s) > 0.45
    assert median(waited_s) < PROMPTLY_S


def test_a_job_says_that_it_waits_for_calls_and_until_when(stand: Callable[..., Stand]) -> None:
    seller = stand(left=0, resets_s=3600 * SPEED)
    job = seller.publish()
    seen = seller.until(job, lambda seen: seen["hold"] is not None and seen["hold"]["until"] is not None)
    hold = seen["hold"]
    assert (hold["kind"], hold["release"]) == ("limit_reached", "itself")
    assert timedelta(minutes=58) < datetime.fromisoformat(hold["until"]) - datetime.now(UTC) <= timedelta(hours=1)
    assert seen["waiting"].startswith("kiosque takes no more calls until")
    assert [call.operation for call in seller.calls] == ["notice.put"]
