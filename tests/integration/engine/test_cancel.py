"""A cancel takes effect before anything is visible, and comes too late afterwards."""

from typing import TYPE_CHECKING

import pytest

from stoflow.domain.call import Reply
from stoflow.domain.errors import Conflict, NotFound
from stoflow.domain.ids import JobId
from stoflow.domain.run import NextMove
from stoflow.storage.engine.unfinished import finish_cancel

if TYPE_CHECKING:
    from conftest import Act, Bench


def finish(bench: "Bench", job: JobId) -> bool:
    """As the tenant's owner does when it reads a job whose cancel waits."""
    with bench.engine.database.records() as connection:
        return bool(finish_cancel(connection, bench.tenant, job))


def test_a_job_that_has_not_begun_is_cancelled_at_once(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    view = bench.cancel(job)

    assert (view.status, view.cancel_requested) == ("cancelled", True)
    assert {str(task.status) for task in view.tasks} == {"skipped"}
    assert bench.run(job).move is NextMove.NOTHING
    assert bench.shop.calls == []


def test_a_job_that_waits_between_two_tries_is_cancelled_at_once(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 429)
    bench.run(job)

    assert bench.cancel(job).status == "cancelled"


def test_while_a_call_is_out_the_cancel_waits_for_its_answer(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    seen = []

    def while_somebody_cancels(act: "Act") -> Reply:
        seen.append(bench.cancel(job))
        return act()

    bench.shop.plan(while_somebody_cancels)

    assert bench.run(job).move is NextMove.RELOAD

    assert (seen[0].status, seen[0].cancel_requested) == ("running", True)
    assert bench.shop.calls == ["PUT /photo"]
    assert bench.task(job, "upload")["status"] == "completed"
    assert finish(bench, job)
    assert bench.row(job)["status"] == "cancelled"


def test_a_draft_made_before_the_cancel_is_deleted_by_its_marker(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    def while_somebody_cancels(act: "Act") -> Reply:
        bench.cancel(job)
        return act()

    bench.shop.plan(None, while_somebody_cancels)
    bench.run(job)

    assert finish(bench, job)

    orphan = bench.one("SELECT * FROM {s}.strays")
    assert orphan["marker"] == bench.task(job, "create")["marker"]
    assert bench.one("SELECT external_id FROM {s}.listings")["external_id"] is None
    assert "POST /publish" not in bench.shop.calls


@pytest.mark.parametrize("refusal", [400, 503])
def test_a_last_call_that_is_refused_leaves_the_end_to_the_cancel(bench: "Bench", refusal: int) -> None:
    job = bench.submit(bench.product())
    bench.all("UPDATE {s}.marketplace_jobs SET max_retries = 0")

    def while_somebody_cancels(_: "Act") -> Reply:
        bench.cancel(job)
        return Reply(refusal)

    bench.shop.plan(None, None, while_somebody_cancels)
    assert bench.run(job).move is NextMove.RELOAD

    assert finish(bench, job)

    assert bench.row(job)["status"] == "cancelled"
    assert bench.one("SELECT marker FROM {s}.strays")["marker"] == bench.task(job, "create")["marker"]


def test_while_an_outcome_is_unknown_the_cancel_waits_until_it_is_known(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, "lost")
    bench.run(job)

    assert bench.cancel(job).status == "running"
    assert not finish(bench, job)

    assert bench.look(job).move is NextMove.RELOAD
    assert finish(bench, job)
    assert bench.row(job)["status"] == "cancelled"
    assert len(bench.all("SELECT * FROM {s}.strays")) == 1, "the draft that was found is collected"


def test_a_cancel_during_the_call_that_makes_it_visible_comes_too_late_and_says_so(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    def while_somebody_cancels(act: "Act") -> Reply:
        bench.cancel(job)
        return act()

    bench.shop.plan(None, None, while_somebody_cancels)

    assert bench.run(job).move is NextMove.NOTHING

    assert bench.row(job)["status"] == "completed"
    assert bench.causes(job)[-1] == "cancel came too late"
    assert bench.one("SELECT visible FROM {s}.listings")["visible"]


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_a_job_that_is_final_cannot_be_cancelled(bench: "Bench", end: str) -> None:
    job = bench.submit(bench.product())
    if end == "cancelled":
        bench.cancel(job)
    else:
        bench.shop.plan(None, 400 if end == "failed" else None)
        bench.run(job)
    before = bench.steps(job)

    with pytest.raises(Conflict, match=f"is {end}"):
        bench.cancel(job)

    assert bench.steps(job) == before


def test_a_job_nobody_made_cannot_be_cancelled(bench: "Bench") -> None:
    with pytest.raises(NotFound):
        bench.cancel(JobId(4711))
