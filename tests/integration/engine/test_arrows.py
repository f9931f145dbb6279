"""Every arrow of the two tables is gone along by a real job, and no job goes along any other."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.ids import JobId
from stoflow.domain.job import JOB_TRANSITIONS, TASK_TRANSITIONS

if TYPE_CHECKING:
    from conftest import Bench

Scenario = Callable[["Bench"], JobId]
Arrow = tuple[str, str]


def published(bench: "Bench") -> JobId:
    job = bench.submit(bench.product())
    bench.run(job)
    return job


def refused(bench: "Bench") -> JobId:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 400)
    bench.run(job)
    return job


def refused_and_retried(bench: "Bench") -> JobId:
    job = refused(bench)
    bench.retry(job)
    return job


def told_to_come_again(bench: "Bench") -> JobId:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 429)
    bench.run(job)
    return job


def cancelled_before_it_began(bench: "Bench") -> JobId:
    job = bench.submit(bench.product())
    bench.cancel(job)
    return job


def cancelled_while_it_waited(bench: "Bench") -> JobId:
    job = told_to_come_again(bench)
    bench.cancel(job)
    return job


def expired_before_it_began(bench: "Bench") -> JobId:
    job = bench.submit(bench.product(), expires_at=datetime.now(UTC) + timedelta(hours=1))
    bench.all("UPDATE {s}.marketplace_jobs SET expires_at = clock_timestamp()")
    bench.sweep()
    return job


def expired_while_it_waited(bench: "Bench") -> JobId:
    job = told_to_come_again(bench)
    bench.all("UPDATE {s}.marketplace_jobs SET expires_at = clock_timestamp()")
    bench.sweep()
    return job


JOB_ARROWS: dict[Arrow, Scenario] = {
    ("pending", "running"): published,
    ("pending", "cancelled"): cancelled_before_it_began,
    ("pending", "expired"): expired_before_it_began,
    ("running", "completed"): published,
    ("running", "failed"): refused,
    ("running", "cancelled"): cancelled_while_it_waited,
    ("running", "expired"): expired_while_it_waited,
    ("failed", "pending"): refused_and_retried,
}
TASK_ARROWS: dict[Arrow, Scenario] = {
    ("pending", "running"): published,
    ("pending", "skipped"): cancelled_before_it_began,
    ("running", "completed"): published,
    ("running", "failed"): refused,
    ("running", "pending"): told_to_come_again,
    ("failed", "pending"): refused_and_retried,
}


def arrows_of(table: Mapping[Any, Iterable[Any]]) -> set[Arrow]:
    return {(str(source), str(target)) for source, targets in table.items() for target in targets}


def test_every_arrow_of_the_tables_has_a_job_that_goes_along_it() -> None:
    assert set(JOB_ARROWS) == arrows_of(JOB_TRANSITIONS)
    assert set(TASK_ARROWS) == arrows_of(TASK_TRANSITIONS)


@pytest.mark.parametrize(("arrow", "scenario"), JOB_ARROWS.items(), ids=map("-".join, JOB_ARROWS))
def test_a_job_goes_along_the_arrow_and_along_no_other(bench: "Bench", arrow: Arrow, scenario: Scenario) -> None:
    steps = bench.steps(scenario(bench))
    assert (None, *arrow) in steps
    gone_along = {(source, target) for task, source, target in steps if task is None}
    assert gone_along - {(None, "pending")} <= arrows_of(JOB_TRANSITIONS)


@pytest.mark.parametrize(("arrow", "scenario"), TASK_ARROWS.items(), ids=map("-".join, TASK_ARROWS))
def test_a_task_goes_along_the_arrow_and_along_no_other(bench: "Bench", arrow: Arrow, scenario: Scenario) -> None:
    gone_along = {(source, target) for task, source, target in bench.steps(scenario(bench)) if task is not None}
    assert arrow in gone_along
    assert gone_along <= arrows_of(TASK_TRANSITIONS)


@pytest.mark.parametrize("scenario", [cancelled_while_it_waited, expired_while_it_waited])
def test_a_job_that_ends_early_skips_what_is_left_of_it_and_keeps_what_is_done(
    bench: "Bench", scenario: Scenario
) -> None:
    job = scenario(bench)
    statuses = {task.name: str(task.status) for task in bench.view(job).tasks}
    assert statuses == {
        "validate": "completed",
        "upload": "completed",
        "create": "skipped",
        "publish": "skipped",
        "save": "skipped",
    }
