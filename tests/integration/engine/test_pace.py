"""PostgreSQL judges the pace: one paced call per rate, whatever messages are sent."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.run import NextMove
from stoflow.domain.tempo import PACE_SLACK
from stoflow.execution.run import run
from stoflow.monitoring.failpoints import arm, disarm

if TYPE_CHECKING:
    from conftest import Bench

MINUTE_MS = 60_000
PAUSED_S = 1000.0  # longer than any permit
SLOW_S = 10.0  # longer than the pace


@pytest.fixture
def rate_limit_ms() -> int:
    return MINUTE_MS


def test_a_run_without_a_permit_stops_before_the_paced_call(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    assert bench.run(job, permit=False).move is NextMove.PACE

    assert bench.shop.calls == ["PUT /photo", "POST /offer"]
    assert bench.task(job, "create")["status"] == "completed"


def test_a_paced_claim_is_refused_before_its_time(bench: "Bench") -> None:
    first, second = bench.submit(bench.product("A coat")), bench.submit(bench.product("A hat"))
    assert bench.run(first).move is NextMove.NOTHING

    assert bench.run(second).move is NextMove.RELOAD

    assert bench.shop.calls.count("POST /publish") == 1
    assert bench.task(second, "publish")["claims"] == 0


def test_the_next_paced_claim_is_granted_once_its_time_has_come(bench: "Bench") -> None:
    first, second = bench.submit(bench.product("A coat")), bench.submit(bench.product("A hat"))
    bench.run(first)
    bench.run(second)
    bench.make_due()

    assert bench.run(second).move is NextMove.NOTHING


def test_a_claim_a_little_early_counts_and_moves_the_next_one_no_nearer(bench: "Bench") -> None:
    first, second = bench.submit(bench.product("A coat")), bench.submit(bench.product("A hat"))
    bench.run(first)
    pace_s = bench.engine.tempo.pace_s(MINUTE_MS)
    bench.all(f"UPDATE public.pace SET next_at = clock_timestamp() + interval '{pace_s * PACE_SLACK / 2} seconds'")
    due = bench.one("SELECT next_at FROM public.pace")["next_at"]

    assert bench.run(second).move is NextMove.NOTHING
    after = bench.one("SELECT next_at FROM public.pace")["next_at"]
    assert (after - due).total_seconds() == pytest.approx(pace_s)


def test_of_claims_at_the_same_moment_exactly_one_gets_the_slot(bench: "Bench") -> None:
    jobs = [bench.submit(bench.product(f"Coat {number}")) for number in range(4)]
    for job in jobs:
        bench.run(job, permit=False)
    messages = [bench.message(job) for job in jobs]

    with ThreadPoolExecutor(len(jobs)) as workers:
        list(workers.map(lambda message: run(bench.engine, message), messages))

    assert bench.shop.calls.count("POST /publish") == 1
    assert [str(bench.view(job).status) for job in jobs].count("completed") == 1


def test_a_call_is_not_made_once_its_permit_ran_out(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The worker is paused between its claim and its call."""
    job = bench.submit(bench.product())
    bench.run(job, permit=False)
    request.addfinalizer(disarm)
    arm("claim.after", lambda: monkeypatch.setattr("stoflow.execution.carriers.time", Later(PAUSED_S)))

    bench.run(job)

    assert "POST /publish" not in bench.shop.calls
    task = bench.task(job, "publish")
    assert (task["status"], task["failures"]) == ("pending", 0)
    assert task["error"] == "The permit for this call ran out before it was made."


@pytest.mark.parametrize("rate_limit_ms", [5_000])
def test_where_postgresql_is_slower_than_the_pace_the_next_permit_holds_longer(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Else each permit would run out, as long as it is slow."""
    job = bench.submit(bench.product())
    bench.run(job, permit=False)
    request.addfinalizer(disarm)
    for _ in range(2):
        bench.make_due()
        arm("claim.after", lambda: monkeypatch.setattr("stoflow.execution.carriers.time", Later(SLOW_S)))
        bench.run(job)
        monkeypatch.setattr("stoflow.execution.carriers.time", time)

    assert bench.row(job)["status"] == "completed"
    assert bench.shop.calls.count("POST /publish") == 1
    due = bench.one("SELECT extract(epoch FROM next_at - clock_timestamp()) AS in_s FROM public.pace")
    assert due["in_s"] > SLOW_S  # it took as much of the pace


@dataclass
class Later:
    by_s: float

    def monotonic(self) -> float:
        return time.monotonic() + self.by_s
