"""A message is a hint: what is held does not begin, whatever a late, repeated or forged message says."""

from typing import TYPE_CHECKING

import pytest

from stoflow.domain.ids import ProcessId, TaskId
from stoflow.domain.run import NextMove, RunMode
from stoflow.execution.collect import collect
from stoflow.storage.database.tenants import resume_tenant, suspend_tenant
from stoflow.storage.engine.claim import Claim, claim_look
from stoflow.storage.engine.connection_state import connected_again, needs_seller

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Act, Bench

    from stoflow.domain.call import Reply
    from stoflow.domain.ids import JobId

LOST = "lost"


def _suspend(bench: "Bench", _job: "JobId") -> None:
    suspend_tenant(bench.engine.database, bench.tenant)


def _ask_the_seller(bench: "Bench", _job: "JobId") -> None:
    bench.engine.recorder.write(bench.tenant, 0, needs_seller(bench.tenant, "shop", "Log in again."))


def _wait(bench: "Bench", job: "JobId") -> None:
    bench.all(f"UPDATE {{s}}.marketplace_jobs SET not_before = clock_timestamp() + interval '1 hour' WHERE id = {job}")


HOLDS = [_suspend, _ask_the_seller, _wait]


def _claimed(bench: "Bench", job: "JobId", name: str = "upload") -> bool:
    """What PostgreSQL answers to a claim that nobody checked before."""
    task = bench.task(job, name)
    claim = Claim(
        tenant=bench.tenant,
        job=job,
        task=TaskId(task["id"]),
        name=name,
        claims=task["claims"],
        epoch=bench.epoch,
        process=bench.process,
        holder=bench.process,
        marketplace="shop",
        action="publish",
        pace_s=0.0,
        deadline_s=60.0,
        marker=None,
        digest="",
    )
    return bench.engine.recorder.write(bench.tenant, job, claim.statement()).granted


@pytest.mark.parametrize("hold", HOLDS)
def test_a_held_job_does_not_begin_whatever_a_message_says(
    bench: "Bench", hold: "Callable[[Bench, JobId], None]"
) -> None:
    job = bench.submit(bench.product())
    hold(bench, job)

    assert bench.run(job).move is NextMove.RELOAD
    assert bench.run(job, stepwise=True).move is NextMove.RELOAD

    assert bench.shop.calls == []
    assert bench.row(job)["status"] == "pending"
    assert bench.causes(job) == ["submitted"]


@pytest.mark.parametrize("hold", HOLDS)
def test_a_claim_of_a_held_job_is_not_granted(bench: "Bench", hold: "Callable[[Bench, JobId], None]") -> None:
    job, other = bench.submit(bench.product()), bench.submit(bench.product())
    for each in (job, other):
        bench.all(f"UPDATE {{s}}.marketplace_tasks SET position = 9 WHERE job_id = {each} AND name = 'validate'")
    assert _claimed(bench, other)

    hold(bench, job)
    assert not _claimed(bench, job)


def test_a_job_of_a_seller_suspended_in_the_middle_of_it_stops_there_and_goes_on_later(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    def suspended_meanwhile(act: "Act") -> "Reply":
        suspend_tenant(bench.engine.database, bench.tenant)
        return act()

    bench.shop.plan(None, suspended_meanwhile)
    bench.run(job)
    assert [call for call in bench.shop.calls if call == "POST /publish"] == []
    assert bench.task(job, "create")["status"] == "completed"
    assert bench.view(job).waiting == "suspended: the operator must let this account go on"

    resume_tenant(bench.engine.database, bench.tenant)
    bench.run(job)
    assert bench.row(job)["status"] == "completed"


def test_what_became_of_a_lost_answer_is_looked_for_though_the_seller_is_suspended(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, LOST)
    bench.run(job)
    suspend_tenant(bench.engine.database, bench.tenant)
    bench.make_due()

    bench.look(job)

    assert bench.task(job, "create")["status"] == "completed"


def test_no_look_is_claimed_while_the_seller_must_act(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, LOST)
    bench.run(job)
    bench.make_due()
    _ask_the_seller(bench, job)
    asked = len(bench.shop.calls)

    assert bench.look(job).move is NextMove.RELOAD
    assert len(bench.shop.calls) == asked

    bench.engine.recorder.write(bench.tenant, 0, connected_again(bench.tenant, "shop"))
    task = bench.task(job, "create")
    statement = claim_look(
        bench.tenant,
        task=TaskId(task["id"]),
        claims=task["claims"],
        epoch=bench.epoch,
        process=bench.process,
        holder=ProcessId(bench.process),
        deadline_s=60.0,
    )
    assert bench.engine.recorder.write(bench.tenant, job, statement)


def test_an_orphan_is_collected_for_its_own_job_only(bench: "Bench") -> None:
    owner, other = bench.submit(bench.product()), bench.submit(bench.product())
    bench.all(
        "INSERT INTO {s}.strays (job_id, marketplace, marker, look_after) "
        f"VALUES ({owner}, 'shop', 'mark', clock_timestamp())"
    )
    orphan = bench.one("SELECT id, claims FROM {s}.strays")
    about = {"task": orphan["id"], "claims": orphan["claims"], "mode": RunMode.COLLECT}

    collect(bench.engine, bench.message(other, **about))
    assert bench.one("SELECT claims FROM {s}.strays")["claims"] == 0

    collect(bench.engine, bench.message(owner, **about))
    assert bench.all("SELECT claims FROM {s}.strays") == []
