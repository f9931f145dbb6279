"""What is tried again, by itself and by request, and what never is."""

from typing import TYPE_CHECKING

import pytest

from stoflow.domain.errors import Conflict, DatabaseMisnamed, DatabaseUnavailable
from stoflow.domain.retry import OUTAGE_S, OUTAGE_TRIES
from stoflow.domain.run import NextMove

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from conftest import Bench

    from stoflow.domain.call import Reply

MAX_RETRIES = 3
NEVER = "never"  # the call never arrives, and nobody says so


def test_a_manual_retry_goes_on_at_the_first_unfinished_task(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, None, 400)
    bench.run(job)
    assert bench.row(job)["status"] == "failed"

    view = bench.retry(job)

    assert (view.status, view.error) == ("pending", None)
    assert bench.run(job).move is NextMove.NOTHING
    assert bench.shop.calls == ["PUT /photo", "POST /offer", "POST /publish", "POST /publish"]
    assert bench.row(job)["retry_count"] == 1


def test_a_completed_task_keeps_its_output_and_its_times_through_a_retry(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, None, 400)
    bench.run(job)
    before = bench.task(job, "create")

    bench.retry(job)
    bench.run(job)

    assert bench.task(job, "create") == before


@pytest.mark.parametrize("kind", [DatabaseUnavailable, DatabaseMisnamed])
def test_a_call_whose_token_cannot_be_read_costs_no_attempt_and_tells_nobody_of_our_servers(
    bench: "Bench", kind: "type[DatabaseUnavailable]"
) -> None:
    """As with a PostgreSQL of which some connections answer: claims and settles come through."""
    job = bench.submit(bench.product())

    def cannot_read_the_token(_: "Callable[[], Reply]") -> "NoReturn":
        raise kind("PostgreSQL at 10.0.0.7:5432 has no connection free: end some.")

    bench.shop.script = [cannot_read_the_token] * (MAX_RETRIES + 1)
    for _ in range(MAX_RETRIES + 1):
        assert bench.run(job).move is NextMove.RUN
        bench.make_due()
    task = bench.task(job, "upload")
    assert (task["status"], task["failures"]) == ("pending", 0)
    assert "10.0.0.7" not in str(task) + str(bench.row(job)) + str(bench.all("SELECT detail FROM {s}.job_timeline"))

    assert bench.run(job).move is NextMove.NOTHING
    assert bench.row(job)["status"] == "completed"


def test_a_marketplace_that_is_away_costs_no_attempt_until_an_outage_has_gone_on_for_hours(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    away = OUTAGE_TRIES + 5  # however often it was tried, while it is not hours ago that it began
    bench.shop.plan(*[NEVER] * away)

    for _ in range(away):
        assert bench.run(job).move is NextMove.RUN
        bench.make_due()
    task = bench.task(job, "upload")
    assert (task["claims"], task["failures"], task["error_kind"]) == (away, 0, "away")

    bench.all(f"UPDATE {{s}}.marketplace_tasks SET started_at = started_at - interval '{OUTAGE_S} s'")
    bench.shop.plan(*[NEVER] * (MAX_RETRIES + 1))
    while bench.run(job).move is NextMove.RUN:
        bench.make_due()
    assert bench.row(job)["status"] == "failed"


def test_a_task_that_had_to_wait_for_hours_and_then_meets_an_outage_is_not_charged(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(*[NEVER] * 10)
    bench.run(job)
    bench.all(f"UPDATE {{s}}.marketplace_tasks SET started_at = started_at - interval '{OUTAGE_S} s'")
    for _ in range(9):
        bench.make_due()
        assert bench.run(job).move is NextMove.RUN
    assert bench.task(job, "upload")["failures"] == 0


def test_a_marketplace_that_says_when_it_is_back_is_asked_then(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 504)
    report = bench.run(job)
    assert (report.move, report.delay_s) == (NextMove.RUN, 30.0)
    assert bench.task(job, "create")["failures"] == 0


def test_a_job_goes_on_where_it_was_once_the_marketplace_is_back(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, *[NEVER] * 9)
    bench.run(job)
    while bench.row(job)["status"] != "completed":
        bench.make_due()
        bench.look(job) if bench.task(job, "create")["look_at"] else bench.run(job)
    assert bench.shop.calls.count("PUT /photo") == 1


@pytest.mark.parametrize("end", ["pending", "completed", "cancelled"])
def test_only_a_failed_job_can_be_retried(bench: "Bench", end: str) -> None:
    job = bench.submit(bench.product())
    if end == "completed":
        bench.run(job)
    elif end == "cancelled":
        bench.cancel(job)

    with pytest.raises(Conflict, match=f"it is {end}"):
        bench.retry(job)


def test_a_retry_is_refused_once_a_later_job_of_the_product_has_started(bench: "Bench") -> None:
    product = bench.product()
    first = bench.submit(product)
    bench.shop.plan(None, 400)
    bench.run(first)
    bench.run(bench.submit(product))

    with pytest.raises(Conflict, match="a later job of its product has started"):
        bench.retry(first)

    assert bench.row(first)["status"] == "failed"


def test_a_task_is_tried_as_often_as_its_action_allows_and_then_fails_with_the_reason(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, *[503] * (MAX_RETRIES + 1))
    for _ in range(MAX_RETRIES):
        assert bench.run(job).move is NextMove.RUN

    assert bench.run(job).move is NextMove.NOTHING

    row, task = bench.row(job), bench.task(job, "create")
    assert (row["status"], row["error_message"]) == ("failed", "unavailable")
    assert (task["status"], task["failures"], task["claims"]) == ("failed", MAX_RETRIES + 1, MAX_RETRIES + 1)


def test_a_429_costs_no_retry_however_often_it_comes(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, *[429] * (MAX_RETRIES * 2))
    for _ in range(MAX_RETRIES * 2):
        assert bench.run(job).move is NextMove.RUN
        bench.make_due()

    assert bench.run(job).move is NextMove.NOTHING

    task = bench.task(job, "create")
    assert (task["status"], task["failures"], task["claims"]) == ("completed", 0, MAX_RETRIES * 2 + 1)


def test_a_task_is_not_run_before_its_time_has_come(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 429)
    assert bench.run(job).delay_s == 7.0

    assert bench.run(job).move is NextMove.RELOAD

    assert bench.shop.calls.count("POST /offer") == 1
    assert bench.view(job).waiting.startswith("retry at ")


def test_a_manual_retry_gives_the_task_all_its_tries_again(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, *[503] * (MAX_RETRIES + 1))
    for _ in range(MAX_RETRIES + 1):
        bench.run(job)

    bench.retry(job)

    task = bench.task(job, "create")
    assert (task["status"], task["failures"], task["deaths"]) == ("pending", 0, 0)
    assert task["claims"] == MAX_RETRIES + 1, "the fence never falls"
