"""How many jobs wait, since when and for what, as it is counted of one tenant in one statement."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.ids import TenantId
from stoflow.monitoring.live.board import Board
from stoflow.storage.engine.connection_state import rest
from stoflow.storage.engine.reads.waiting import Waiting, read_waiting
from stoflow.upkeep.waiting import WaitingJobs

if TYPE_CHECKING:
    from conftest import Bench

PLACES = ("shop", "elsewhere")


def waiting(bench: "Bench") -> Waiting:
    with bench.database.records() as connection:
        found = read_waiting(connection, bench.tenant, PLACES)
    assert list(found) == ["shop"]
    return found["shop"]


def jobs_by_kind(found: Waiting) -> dict[str, Any]:
    return {kind: each["jobs"] for kind, each in found.kinds.items()}


def test_what_waits_is_counted_by_what_holds_it(bench: "Bench") -> None:
    product, later = bench.product(), datetime.now(UTC) + timedelta(hours=1)
    first = bench.submit(product)
    bench.submit(product)
    bench.submit(bench.product(), not_before=later)

    found = waiting(bench)

    assert found.pending == 3
    assert jobs_by_kind(found) == {"next": 1, "order": 1, "not_before": 1}
    assert found.kinds["not_before"]["until"] == pytest.approx(later.timestamp(), abs=1)
    assert found.oldest == bench.row(first)["created_at"]
    assert found.kinds["next"]["oldest"] == pytest.approx(bench.row(first)["created_at"].timestamp(), abs=0.001)


def test_a_job_under_way_one_that_is_retried_and_one_whose_answer_was_lost_are_told_apart(bench: "Bench") -> None:
    retried, lost, under_way = (bench.submit(bench.product()) for _ in range(3))
    bench.shop.plan(None, 429)
    bench.run(retried)
    bench.shop.plan(None, "lost")
    bench.run(lost)
    bench.hold(under_way, "validate", by=bench.process)

    found = jobs_by_kind(waiting(bench))

    assert (found["retry"], found["verifying"], found["under_way"]) == (1, 1, 1)


@pytest.mark.parametrize("rate_limit_ms", [60_000])
def test_a_job_that_waits_for_its_pace_is_one(bench: "Bench") -> None:
    first, second = bench.submit(bench.product()), bench.submit(bench.product())
    bench.run(first)
    bench.run(second)

    assert jobs_by_kind(waiting(bench)).get("pace", 0) >= 1


def test_where_nothing_waits_nothing_is_counted(bench: "Bench") -> None:
    with bench.database.records() as connection:
        assert read_waiting(connection, bench.tenant, PLACES) == {}


def test_who_was_named_is_counted_once_and_then_nobody_is_asked(bench: "Bench") -> None:
    board = Board("orchestrator")
    counting = WaitingJobs(bench.database, PLACES, board)
    bench.submit(bench.product())
    counting.want(bench.tenant)
    counting.want(bench.tenant)

    assert counting.turn()

    assert list(board.places()) == [(bench.tenant, "shop")]
    assert not WaitingJobs(bench.database, PLACES, board).turn()


def test_after_a_count_nothing_is_counted_for_many_times_as_long(
    bench: "Bench", tenants: Callable[[], TenantId]
) -> None:
    board, other = Board("orchestrator"), tenants()
    counting = WaitingJobs(bench.database, PLACES, board)
    bench.submit(bench.product())
    counting.want(bench.tenant)
    counting.turn()
    counting.want(other)

    assert counting.turn()  # there is something to count, when its time comes

    assert list(board.places()) == [(bench.tenant, "shop")]


def test_a_rest_of_the_marketplace_is_not_the_jobs_own(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.engine.recorder.write(bench.tenant, job, rest(bench.tenant, "shop", "", 60.0))

    assert jobs_by_kind(waiting(bench)) == {"next": 1}
