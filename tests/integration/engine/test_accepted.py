"""What a marketplace accepts and finishes later: one line in the timeline, asked now and then, with an end."""

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Request, Response
from stoflow.domain.ids import JobId
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import CannotTell, Done, Failed, Listed, LookResult, Outcome, Pending, Refused
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.resources.jobs.read import explain_job

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

ACCEPTED = Pending("The shop prints it.", after_s=5.0, at_most_s=600.0, operation={"id": "op-1"})
STILL = Pending("The shop prints it.", after_s=5.0, at_most_s=600.0)
MADE = Done({"listing_id": "7"}, listed=Listed("7", visible=True))
SAYS: list[Outcome] = []
FOUND: list[LookResult] = []
ASKED: list[Mapping[str, Any]] = []
ACTS: list[str] = []


def _do(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    ACTS.append(attempt.task_name)
    assert attempt.operation == {}
    yield Request("POST", "/offer", query={"sku": "x"})
    return SAYS[-1]


def _look(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    ASKED.append(attempt.operation)
    yield Request("GET", "/offer", query={"sku": "x"})
    return FOUND[-1]


@pytest.fixture(params=[TaskKind.UNSAFE, TaskKind.REPEATABLE])
def kind(request: pytest.FixtureRequest) -> TaskKind:
    return request.param


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]", kind: TaskKind) -> Marketplace:
    for told in (SAYS, FOUND, ASKED, ACTS):
        told.clear()
    steps = (Step("create", _do, kind, paced=True, look=_look), Step("save", lambda _: Done()))
    return Marketplace(
        name="shop",
        transport="direct",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=0),),
        handlers={"publish": shop_handler(steps)},
        products=frozenset({"publish"}),
    )


def accepted(bench: "Bench", says: Outcome = ACCEPTED) -> JobId:
    SAYS[:] = [says]
    job = bench.submit(bench.product())
    bench.run(job)
    return job


def look(bench: "Bench", job: JobId, found: LookResult) -> str:
    FOUND[:] = [found]
    bench.make_due()
    bench.look(job)
    return bench.row(job)["status"]


def since_accepted(bench: "Bench", job: JobId) -> list[str]:
    causes = bench.causes(job)
    return causes[causes.index("accepted") :]


def is_over(bench: "Bench", job: JobId) -> None:
    over = "jsonb_set(output, '{until}', to_jsonb(clock_timestamp() - interval '1 second'))"
    bench.all(f"UPDATE {{s}}.marketplace_tasks SET output = {over} WHERE job_id = {job} AND status = 'running'")


def test_what_is_accepted_is_asked_by_its_operation_until_it_is_done(bench: "Bench") -> None:
    job = accepted(bench)
    assert [look(bench, job, STILL) for _ in range(3)] == ["running"] * 3
    assert ASKED == [{"id": "op-1"}] * 3
    assert since_accepted(bench, job) == ["accepted"]

    look(bench, job, MADE)
    bench.run(job)
    assert bench.row(job)["status"] == "completed"
    assert (len(ACTS), bench.row(job)["error_message"]) == (1, None)


def test_it_says_why_it_waits_and_until_when(bench: "Bench") -> None:
    job = accepted(bench)
    holds = explain_job(bench, bench.tenant, job).holds
    assert [hold.kind for hold in holds] == ["accepted"]
    assert holds[0].until is not None
    assert "The shop prints it." in holds[0].detail


def test_what_came_to_nothing_begins_again_at_its_step_and_is_charged(bench: "Bench") -> None:
    job = accepted(bench)
    assert look(bench, job, Failed("Out of paper.")) == "running"
    task = bench.all(f"SELECT status, failures, output FROM {{s}}.marketplace_tasks WHERE job_id = {job} ORDER BY id")[
        0
    ]
    assert (task["status"], task["failures"], task["output"]) == ("pending", 1, None)
    assert bench.causes(job)[-1] == "operation failed"

    SAYS[:] = [MADE]
    bench.make_due()
    bench.run(job)
    assert (bench.row(job)["status"], len(ACTS)) == ("completed", 2)


def test_what_comes_to_nothing_again_and_again_fails_with_its_words(bench: "Bench") -> None:
    job = accepted(bench)
    for _ in range(4):
        bench.make_due()
        if look(bench, job, Failed("Out of paper.")) == "running":
            bench.make_due()
            bench.run(job)
    row = bench.row(job)
    assert (row["status"], row["error_message"]) == ("failed", "Out of paper.")


def test_a_look_may_conclude_that_it_is_refused(bench: "Bench") -> None:
    job = accepted(bench)
    assert look(bench, job, Refused("Not a thing we print.")) == "failed"
    assert bench.row(job)["error_message"] == "Not a thing we print."


def test_what_is_not_done_in_its_time_fails_and_a_retry_looks_first(bench: "Bench") -> None:
    job = accepted(bench)
    is_over(bench, job)
    assert look(bench, job, STILL) == "failed"
    row = bench.row(job)
    assert row["error_kind"] == "unverified"
    assert "has not finished it in the time" in row["error_message"]
    assert since_accepted(bench, job) == ["accepted", "accepted, and not done in time", "not done in time"]

    bench.retry(job)
    look(bench, job, MADE)
    bench.run(job)
    assert (bench.row(job)["status"], len(ACTS), ASKED[-1]) == ("completed", 1, {"id": "op-1"})


def test_what_is_done_after_its_time_is_adopted(bench: "Bench") -> None:
    job = accepted(bench)
    is_over(bench, job)
    look(bench, job, MADE)
    bench.run(job)
    assert bench.row(job)["status"] == "completed"


def test_a_poll_that_cannot_tell_forgets_nothing(bench: "Bench") -> None:
    job = accepted(bench)
    look(bench, job, CannotTell("Closed for lunch."))
    look(bench, job, STILL)
    assert ASKED == [{"id": "op-1"}] * 2


def test_a_worker_that_died_in_a_poll_leaves_it_to_the_next(bench: "Bench") -> None:
    job = accepted(bench)
    bench.make_due()
    bench.hold(job, "create", by=None, deadline_s=-1.0)
    bench.sweep()
    assert look(bench, job, STILL) == "running"
    assert (ASKED, len(ACTS)) == ([{"id": "op-1"}], 1)


def test_a_cancel_waits_for_what_was_accepted(bench: "Bench") -> None:
    job = accepted(bench)
    bench.cancel(job)
    assert look(bench, job, STILL) == "running"
    look(bench, job, MADE)
    bench.run(job)
    assert bench.row(job)["status"] == "completed"


@pytest.mark.parametrize("kind", [TaskKind.UNSAFE], indirect=True)
def test_a_lost_answer_whose_look_finds_it_accepted_is_waited_for(bench: "Bench") -> None:
    bench.shop.plan("lost")
    job = accepted(bench)
    assert look(bench, job, ACCEPTED) == "running"
    assert since_accepted(bench, job) == ["accepted"]
    look(bench, job, MADE)
    bench.run(job)
    assert (bench.row(job)["status"], len(ACTS)) == ("completed", 1)
