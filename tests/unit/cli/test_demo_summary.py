"""The demo's sums, and when it calls itself good."""

from collections.abc import Mapping
from typing import Any

import pytest

from stoflow.cli.demo_summary import COUNTERS, FailureReason, JobCounts, Summary, most_frequent

GOOD: dict[str, Any] = {
    "tenants": 1,
    "products": 1,
    "rejected_rows": 0,
    "jobs": {},
    "tasks": 5,
    "listings": {},
    "retries": 0,
    "looks": 0,
    **dict.fromkeys(COUNTERS, 0),
    "failures": [],
    "duration_s": 1.0,
}


def task(name: str, status: str = "completed", failures: int = 0) -> Mapping[str, Any]:
    return {"name": name, "status": status, "failures": failures}


def job(status: str, *tasks: Mapping[str, Any], error: str | None = None, **errors: str) -> Mapping[str, Any]:
    named = [{"field": field, "message": message} for field, message in errors.items()]
    return {"marketplace": "etsy", "status": status, "tasks": tasks, "error": error, "errors": named}


def test_jobs_tasks_retries_and_looks_add_up():
    counts = JobCounts()
    looked = [
        {"cause": "looked: absent"},
        {"cause": "absence confirmed"},
        {"cause": "could not look"},
        {"cause": "done"},
    ]
    counts.add(job("completed", task("validate"), task("create", failures=2)), looked)
    counts.add(job("cancelled", task("validate")))
    assert counts.jobs() == {"total": 2, "cancelled": 1, "completed": 1, "expired": 0, "failed": 0}
    assert (counts.tasks, counts.retries, counts.looks, counts.listings["etsy"]) == (3, 2, 2, 1)


def test_every_reason_of_a_failure_is_counted_by_its_field():
    counts = JobCounts()
    for _ in range(2):
        counts.add(job("failed", task("validate", "failed"), when_made="Too young.", price="Too low."))
    counts.add(job("failed", task("validate", "failed"), price="Too low."))
    assert most_frequent(counts.failures) == [
        FailureReason("etsy validate: price: Too low.", 3),
        FailureReason("etsy validate: when_made: Too young.", 2),
    ]
    assert counts.failed_outside_validate == 0


def test_a_failure_elsewhere_is_told_apart():
    counts = JobCounts()
    counts.add(job("failed", task("validate"), task("create", "failed"), error="Refused."))
    counts.add(job("failed"))
    assert counts.failed_outside_validate == 2
    assert set(counts.failures) == {"etsy create: Refused.", "etsy: no reason given"}


def test_a_job_on_its_way_is_not_final():
    counts = JobCounts()
    counts.add(job("running", task("validate")))
    assert counts.not_final == 1


@pytest.mark.parametrize("counter", [*COUNTERS, "not_final"])
def test_any_counter_spoils_the_demo(counter: str):
    assert Summary(**GOOD).is_good(faults=0.25)
    assert not Summary(**{**GOOD, counter: 1}).is_good(faults=0.25)


def test_only_with_faults_may_a_job_fail_outside_validate():
    summary = Summary(**GOOD, failed_outside_validate=1)
    assert summary.is_good(faults=0.25)
    assert not summary.is_good(faults=0)


def test_the_document_has_every_field_the_interface_promises():
    promised = {
        "tenants",
        "products",
        "rejected_rows",
        "jobs",
        "tasks",
        "listings",
        "retries",
        "looks",
        "failures",
        "duration_s",
    }
    assert promised | set(COUNTERS) <= Summary(**GOOD).document().keys()
