"""Every reason why a job does not go on is read from PostgreSQL as it stands, with until when and who ends it."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from stoflow.admission.facts import Conditions
from stoflow.admission.hold import Release
from stoflow.domain.errors import NotFound
from stoflow.domain.ids import JobId
from stoflow.domain.job import JobStatus
from stoflow.domain.run import NextMove
from stoflow.resources.jobs.explain import Explanation
from stoflow.resources.jobs.read import explain_job
from stoflow.settings import load
from stoflow.storage.engine.processes import mark_dead
from tests.harness.asking import Asking

if TYPE_CHECKING:
    from conftest import Bench

PACE_MS = 60_000


def explained(bench: "Bench", job: JobId, conditions: Conditions | None = None) -> Explanation:
    return explain_job(Asking(bench.database, conditions or bench.conditions, bench.registry), bench.tenant, job)


def kinds(bench: "Bench", job: JobId, conditions: Conditions | None = None) -> list[str]:
    return [hold.kind for hold in explained(bench, job, conditions).holds]


def test_a_job_that_nothing_holds_says_that_its_turn_comes_and_how_many_are_before_it(bench: "Bench") -> None:
    bench.submit(bench.product())
    second = bench.submit(bench.product())
    said = explained(bench, second)
    assert (said.status, said.reason, said.position, said.holds) == (JobStatus.PENDING, "next", 1, ())


def test_without_a_worker_it_is_said_and_that_the_operator_starts_one(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.dies()
    (hold,) = explained(bench, job).holds
    assert (hold.kind, hold.release, hold.until) == ("no_worker", Release.OPERATOR, None)


def test_without_an_orchestrator_it_is_said(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    with bench.engine.database.records() as connection:
        mark_dead(connection, bench.owner)
    assert kinds(bench, job) == ["no_orchestrator"]


def test_between_two_owners_it_is_said_that_one_takes_over(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.all("UPDATE public.tenant_work SET owner = NULL")
    assert kinds(bench, job) == ["owner_changing"]


def test_a_jobs_own_time_is_said(bench: "Bench") -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    said = explained(bench, bench.submit(bench.product(), not_before=at))
    assert (said.reason, said.until) == ("not_before", at)


@pytest.mark.parametrize("rate_limit_ms", [PACE_MS])
def test_the_rate_limit_is_said_until_its_next_call_is_due(bench: "Bench") -> None:
    bench.run(bench.submit(bench.product()))
    waiting = bench.submit(bench.product())
    bench.run(waiting, permit=False)  # up to its paced call
    said = explained(bench, waiting)
    due = bench.one("SELECT next_at FROM public.pace")["next_at"]
    assert (said.reason, said.until) == ("pace", due)


def test_the_cap_is_said_where_as_many_calls_are_under_way(bench: "Bench") -> None:
    waiting = bench.submit(bench.product())
    conditions = Conditions(caps={"shop": 1})
    assert kinds(bench, waiting, conditions) == []
    under_way = bench.submit(bench.product())
    bench.all(
        f"UPDATE {{s}}.marketplace_jobs SET status = 'running' WHERE id = {under_way};"
        f"UPDATE {{s}}.marketplace_tasks SET status = 'running', claimed_by = {bench.process}"
        f" WHERE id = (SELECT min(id) FROM {{s}}.marketplace_tasks WHERE job_id = {under_way})"
    )
    assert kinds(bench, waiting, conditions) == ["cap"]
    assert explained(bench, under_way, conditions).reason == "under_way"


def test_a_blackout_is_said_and_a_worker_begins_nothing_in_it(bench: "Bench") -> None:
    settings = load(env_file=None, blackout={"shop": "00:00-00:00"})
    job = bench.submit(bench.product())
    assert kinds(bench, job, Conditions(settings)) == ["blackout"]
    dark = bench.worker(settings=settings)
    dark.run(job)
    assert bench.view(job).status is JobStatus.PENDING
    assert bench.shop.calls == []


def test_a_final_job_says_how_it_ended(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.cancel(job)
    said = explained(bench, job)
    assert (said.status, said.reason, said.holds) == (JobStatus.CANCELLED, "final", ())


@pytest.mark.parametrize("rate_limit_ms", [PACE_MS])
def test_it_is_said_when_a_job_begins_and_ends_by_what_is_before_it_and_what_ended_lately(bench: "Bench") -> None:
    bench.run(bench.submit(bench.product()))
    first, second = bench.submit(bench.product()), bench.submit(bench.product())
    said = explained(bench, second)
    assert said.estimate is not None
    begins_in_s = (said.estimate.begins - datetime.now(UTC)).total_seconds()
    assert 0.5 * PACE_MS / 1000 < begins_in_s <= 1.05 * PACE_MS / 1000, "one of its action is before it"
    assert said.estimate.ends is not None
    assert said.estimate.ends >= said.estimate.begins
    assert bench.view(second).estimate is not None
    bench.run(first, permit=False)  # up to its paced call
    begun = explained(bench, first)
    assert begun.until is not None
    assert begun.estimate is not None
    assert begun.estimate.ends is not None
    assert begun.estimate.ends >= begun.until, "the hold that binds is waited for"


def test_no_time_is_said_where_only_a_person_can_let_it_go_on(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.dies()
    said = explained(bench, job)
    assert (said.estimate, said.outlook) == (None, "nobody can know when: the operator ends that")
    assert bench.view(job).estimate is None


def test_a_job_behind_another_of_its_product_begins_when_that_ends(bench: "Bench") -> None:
    bench.run(bench.submit(bench.product()))
    product = bench.product()
    first, second = bench.submit(product), bench.submit(product)
    before, said = explained(bench, first).estimate, explained(bench, second)
    assert (said.reason, said.holds[0].until) == ("order", None)
    assert before is not None
    assert before.ends is not None
    assert said.estimate is not None
    assert said.estimate.begins >= before.begins


def test_behind_a_job_that_is_put_off_it_is_said_which_one_and_until_when(bench: "Bench") -> None:
    """Jobs of a product take effect as they were accepted: what was put off until tomorrow holds what is asked now."""
    tomorrow, product = datetime.now(UTC) + timedelta(days=1), bench.product()
    put_off, now = bench.submit(product, not_before=tomorrow), bench.submit(product, priority=1)
    assert bench.run(now).move is NextMove.RELOAD
    assert bench.shop.calls == []
    said = explained(bench, now)
    assert (said.reason, said.until) == ("order", tomorrow)
    assert said.detail == f"behind job {put_off}, which does not begin before {tomorrow.isoformat()}"
    assert bench.view(now).waiting == said.detail
    assert kinds(bench, bench.submit(bench.product())) == [], "other products do not wait"


def test_of_several_before_a_job_the_one_that_is_put_off_for_longest_is_told(bench: "Bench") -> None:
    bench.run(bench.submit(bench.product()))
    tomorrow, product = datetime.now(UTC) + timedelta(days=1), bench.product()
    first, put_off = bench.submit(product), bench.submit(product, not_before=tomorrow)
    bench.submit(product, not_before=tomorrow - timedelta(hours=1))
    said = explained(bench, bench.submit(product))
    assert said.detail == f"behind job {first} and job {put_off}, which does not begin before {tomorrow.isoformat()}"
    assert said.estimate is not None
    assert said.estimate.begins >= tomorrow


def test_a_job_that_is_not_there_is_not_explained(bench: "Bench") -> None:
    with pytest.raises(NotFound):
        explained(bench, JobId(99))
