"""A timeline tells what happened in its order, each line at its own time, by one clock."""

import threading
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import JobId
from stoflow.domain.outcome import Done, Outcome, Refused
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.resources.jobs.read import timeline
from stoflow.resources.jobs.views import TimelineEntry

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

INNER = ("one", "two", "three")
TROUBLE: dict[str, bool] = {}


def _refused_once_asked(attempt: Attempt) -> Outcome:
    return Refused("not so") if TROUBLE.get("three") else Done({"after": sorted(attempt.outputs)})


STEPS = (*(Step(name, lambda _: Done()) for name in INNER[:2]), Step("three", _refused_once_asked))


def lines(bench: "Bench", job: JobId) -> list[TimelineEntry]:
    return timeline(bench, bench.tenant, job)


def stored(bench: "Bench", job: JobId) -> list[dict[str, Any]]:
    return bench.all(f"SELECT * FROM {{s}}.job_timeline WHERE job_id = {job} ORDER BY id")


def assert_rising(bench: "Bench", job: JobId) -> list[TimelineEntry]:
    """Both as it is stored and as it is told."""
    told = lines(bench, job)
    assert [line["at"] for line in stored(bench, job)] == [line.at for line in told]
    assert all(before.at <= after.at for before, after in pairwise(told))
    return told


def said(told: list[TimelineEntry]) -> list[tuple[str | None, str]]:
    return [(line.task, line.cause) for line in told]


def now(bench: "Bench") -> datetime:
    return bench.one("SELECT clock_timestamp() AS now")["now"]


@pytest.fixture
def in_memory() -> bool:
    """Whether the shop's tasks touch nothing outside."""
    return False


in_memory_only = pytest.mark.parametrize("in_memory", [True])


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]", in_memory: bool) -> Marketplace:
    steps: Mapping[str, Any] = {"steps": STEPS} if in_memory else {}
    TROUBLE.clear()
    return Marketplace(
        name="shop",
        transport="direct",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=0),),
        handlers={"publish": shop_handler(**steps)},
        products=frozenset({"publish"}),
    )


def test_what_ran_in_memory_before_a_claim_stands_before_it_in_line_and_time(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    told = assert_rising(bench, job)
    assert said(told)[:5] == [
        (None, "submitted"), (None, "started"), ("validate", "run"), ("validate", "done"), ("upload", "claimed"),
    ]  # fmt: skip
    assert said(told)[-3:] == [("save", "run"), ("save", "done"), (None, "done")]


@in_memory_only
def test_inner_tasks_of_one_run_are_told_one_after_the_other(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    told = assert_rising(bench, job)
    each = [(name, cause) for name in INNER for cause in ("run", "done")]
    assert said(told) == [(None, "submitted"), (None, "started"), *each, (None, "done")]
    assert bench.row(job)["started_at"] == told[1].at


@in_memory_only
def test_a_retried_inner_task_is_told_to_run_when_it_ran(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    TROUBLE["three"] = True
    for _ in range(3):
        bench.run(job)
        bench.retry(job)
    TROUBLE.clear()
    retried_at = now(bench)
    bench.run(job)
    runs = [line for line in assert_rising(bench, job) if (line.task, line.cause) == ("three", "run")]
    assert [run.attempt for run in runs] == [1, 2, 3, 4]
    assert runs[-1].at > retried_at
    assert all(before.at < after.at for before, after in pairwise(runs))


@in_memory_only
def test_a_retry_that_fails_again_is_told_at_its_own_time(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    TROUBLE["three"] = True
    bench.run(job)
    bench.retry(job)
    retried_at = now(bench)
    bench.run(job)
    told = assert_rising(bench, job)
    assert [line.at > retried_at for line in told if line.task == "three" and line.cause == "run"] == [False, True]


def test_a_retried_call_and_what_followed_it_are_told_at_their_own_times(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, None, 400)
    bench.run(job)
    bench.retry(job)
    retried_at = now(bench)
    bench.run(job)
    told = assert_rising(bench, job)
    assert [line.at > retried_at for line in told if line.task == "publish" and line.cause == "claimed"] == [
        False,
        True,
    ]


def test_tries_looks_and_a_cancel_are_told_in_order(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 429, "lost")
    bench.run(job)
    bench.make_due()
    bench.run(job)
    bench.make_due()
    bench.look(job)
    assert_rising(bench, job)
    bench.cancel(job)
    assert assert_rising(bench, job)[-1].cause == "cancel"


def test_what_was_done_before_somebody_elses_line_and_recorded_after_it_does_not_make_the_times_fall(
    bench: "Bench",
) -> None:
    """A cancel comes in between: while the photo is sent, nothing of the run is written."""
    job = bench.submit(bench.product())
    bench.shop.plan(lambda act: (bench.cancel(job), act())[1])
    bench.run(job)
    bench.make_due()
    told = lines(bench, job)
    assert "cancel requested" in [line.cause for line in told]
    assert all(before.at <= after.at for before, after in pairwise(told))


def test_a_clock_that_was_set_back_does_not_make_a_timeline_fall(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    bench.all(
        f"INSERT INTO {{s}}.job_timeline (job_id, cause, at) VALUES ({job}, 'late', clock_timestamp() - interval '1 h')"
    )
    told = lines(bench, job)
    assert told[-1].cause == "late"
    assert told[-1].at == told[-2].at


def test_the_timelines_of_jobs_that_two_processes_run_at_once_rise(bench: "Bench") -> None:
    jobs = [bench.submit(bench.product()) for _ in range(12)]
    workers = [bench, bench.worker()]

    def work(worker: "Bench", mine: list[JobId]) -> None:
        for job in mine:
            worker.run(job)

    threads = [threading.Thread(target=work, args=(each, jobs[n::2])) for n, each in enumerate(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for job in jobs:
        assert bench.row(job)["status"] == "completed"
        assert_rising(bench, job)
