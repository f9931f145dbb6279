"""Polls of what was accepted count for nothing, and end with its time, also where nobody can be asked any more."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Request, Response
from stoflow.domain.ids import JobId
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import CannotTell, Done, Failed, Listed, LookResult, Outcome, Pending, TryAgain
from stoflow.domain.retry import BLIND_LOOK_S, LONGEST_LOOK_AFTER_CANCEL_S
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.resources.jobs.read import timeline
from stoflow.storage.engine.connection_state import needs_seller

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

ACCEPTED = Pending("The shop prints it.", after_s=5.0, at_most_s=600.0, operation={"id": "op-1"})
MADE = Done({"listing_id": "7"}, listed=Listed("7", visible=True))
CLOSED = CannotTell("Closed for lunch.")
MANY = 30
SAYS: list[Outcome] = []
FOUND: list[LookResult] = []


def _do(_: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("POST", "/offer", query={"sku": "x"})
    return SAYS[-1]


def _look(_: Attempt) -> Generator[Call, Response, LookResult]:
    yield Request("GET", "/offer", query={"sku": "x"})
    return FOUND[-1]


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]") -> Marketplace:
    steps = (Step("create", _do, TaskKind.UNSAFE, paced=True, look=_look), Step("save", lambda _: Done()))
    return Marketplace(
        name="shop",
        transport="direct",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=0),),
        handlers={"publish": shop_handler(steps)},
        products=frozenset({"publish"}),
    )


def accepted(bench: "Bench", *, polls: int = 0) -> JobId:
    SAYS[:] = [ACCEPTED]
    job = bench.submit(bench.product())
    bench.run(job)
    for _ in range(polls):
        assert look(bench, job, ACCEPTED) == "running"
    return job


def look(bench: "Bench", job: JobId, found: LookResult) -> str:
    FOUND[:] = [found]
    bench.make_due()
    bench.look(job)
    return bench.row(job)["status"]


def is_over(bench: "Bench", job: JobId) -> None:
    over = "jsonb_set(output, '{until}', to_jsonb(clock_timestamp()))"
    bench.all(f"UPDATE {{s}}.marketplace_tasks SET output = {over} WHERE job_id = {job} AND status = 'running'")


def attempts(bench: "Bench", job: JobId) -> int:
    (task,) = [task for task in bench.view(job).tasks if task.name == "create"]
    return task.attempt


def waits_s(bench: "Bench", job: JobId) -> float:
    of = "extract(epoch FROM coalesce(look_at, not_before) - clock_timestamp())::float8"
    return bench.one(f"SELECT {of} AS s FROM {{s}}.marketplace_tasks WHERE job_id = {job} AND name = 'create'")["s"]


def assert_unknown(bench: "Bench", job: JobId) -> None:
    row = bench.row(job)
    assert (row["status"], row["error_kind"]) == ("failed", "unverified")
    assert "time that this may take" in row["error_message"]
    assert "a retry looks first" in row["error_message"]


def test_a_poll_that_finds_it_under_way_counts_as_no_attempt(bench: "Bench") -> None:
    job = accepted(bench, polls=MANY)
    assert attempts(bench, job) == 1
    look(bench, job, MADE)
    bench.run(job)
    assert bench.row(job)["status"] == "completed"
    assert attempts(bench, job) == 2
    assert max(entry.attempt for entry in timeline(bench, bench.tenant, job)) == 2


def test_polls_do_not_make_a_later_poll_wait_longer_that_nobody_answers(bench: "Bench") -> None:
    job = accepted(bench, polls=MANY)
    assert look(bench, job, CLOSED) == "running"
    assert waits_s(bench, job) <= BLIND_LOOK_S


def test_polls_do_not_make_a_later_act_wait_longer_for_a_marketplace_that_is_away(bench: "Bench") -> None:
    job = accepted(bench, polls=MANY)
    assert look(bench, job, Failed("Out of paper.")) == "running"
    SAYS[:] = [TryAgain("Away.", away=True)]
    bench.make_due()
    bench.run(job)
    assert 0 < waits_s(bench, job) <= 4.0  # the third attempt's, not the thirty-third's


def test_a_poll_of_before_is_fenced_as_any_attempt_is(bench: "Bench") -> None:
    job = accepted(bench, polls=1)
    stale = bench.message(job)
    assert look(bench, job, ACCEPTED) == "running"
    bench.make_due()
    claims = bench.task(job, "create")["claims"]
    bench.look(job, claims=stale.claims)
    assert bench.task(job, "create")["claims"] == claims


@pytest.mark.parametrize("found", [CLOSED, CannotTell("Log in.", seller=True), CannotTell("No.", application=True)])
def test_what_cannot_be_looked_for_ends_with_its_time(bench: "Bench", found: CannotTell) -> None:
    job = accepted(bench)
    is_over(bench, job)
    assert look(bench, job, found) == "failed"
    assert_unknown(bench, job)
    assert bench.causes(job)[-1] == "not done in time"


def test_a_marketplace_that_stays_away_is_not_polled_for_ever(bench: "Bench") -> None:
    job = accepted(bench)
    bench.shop.plan("never", "never")
    assert look(bench, job, MADE) == "running"
    is_over(bench, job)
    assert look(bench, job, MADE) == "failed"
    assert_unknown(bench, job)

    bench.retry(job)
    assert look(bench, job, MADE) != "failed"
    bench.run(job)
    assert bench.row(job)["status"] == "completed"


def test_a_marketplace_that_is_away_for_a_while_is_polled_on(bench: "Bench") -> None:
    job = accepted(bench)
    assert [look(bench, job, CLOSED) for _ in range(5)] == ["running"] * 5


def test_a_cancel_of_what_nobody_can_ask_for_says_so_before_its_time_is_over(bench: "Bench") -> None:
    job = accepted(bench)
    bench.cancel(job)
    assert [look(bench, job, CLOSED) for _ in range(3)] == ["running", "running", "failed"]
    assert bench.causes(job)[-1] == "cancelled before it was known"


def test_a_poll_whose_process_dies_ends_it_once_its_time_is_over(bench: "Bench") -> None:
    job = accepted(bench)
    bench.make_due()
    bench.hold(job, "create", by=bench.process, deadline_s=-1.0)
    bench.sweep()
    assert bench.row(job)["status"] == "running"
    is_over(bench, job)
    bench.sweep()
    assert bench.row(job)["status"] == "running"  # the look after its time is still owed

    bench.make_due()
    bench.hold(job, "create", by=bench.process, deadline_s=-1.0)
    bench.sweep()
    assert_unknown(bench, job)


def test_what_waits_for_its_seller_ends_with_its_time(bench: "Bench") -> None:
    job = accepted(bench)
    with bench.database.records() as connection:
        needs_seller(bench.tenant, "shop", "Log in again.").on(connection)
    bench.make_due()
    bench.sweep()
    assert bench.row(job)["status"] == "running"
    is_over(bench, job)
    bench.sweep()
    assert_unknown(bench, job)
    assert "Log in again." in bench.row(job)["error_message"]


def test_what_nobody_looks_for_ends_long_after_its_time(bench: "Bench") -> None:
    job = accepted(bench)
    is_over(bench, job)
    bench.make_due()
    bench.sweep()
    assert bench.row(job)["status"] == "running"
    long_ago = f"clock_timestamp() - interval '{LONGEST_LOOK_AFTER_CANCEL_S + 1} s'"
    bench.all(f"UPDATE {{s}}.marketplace_tasks SET look_at = {long_ago} WHERE look_at IS NOT NULL")
    bench.sweep()
    assert_unknown(bench, job)
