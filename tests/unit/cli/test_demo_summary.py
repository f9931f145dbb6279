"""The demo's sums, and when it calls itself good."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from stoflow.cli.simulate.demo_summary import COUNTERS, FailureReason, JobCounts, JobOutcome, Summary, most_frequent
from stoflow.domain.ids import TenantId

ZEROS: dict[str, Any] = dict.fromkeys(COUNTERS, 0)
GOOD = Summary(
    tenants=1,
    products=1,
    rejected_rows=0,
    jobs={},
    tasks=5,
    listings={"etsy": 1, "ebay": 0},
    retries=0,
    looks=0,
    **ZEROS,
    failures=[],
    duration_s=1.0,
)


def task(name: str, status: str = "completed", failures: int = 0) -> Mapping[str, Any]:
    return {"name": name, "status": status, "failures": failures}


def job(status: str, *tasks: Mapping[str, Any], error: str | None = None, **errors: str) -> JobOutcome:
    named = [{"field": field, "message": message} for field, message in errors.items()]
    body = {"marketplace": "etsy", "status": status, "tasks": tasks, "error": error, "errors": named}
    return JobOutcome(TenantId(7), body)


def test_jobs_tasks_retries_and_looks_add_up():
    counts = JobCounts()
    looked = [
        {"cause": "looked: absent"},
        {"cause": "absence confirmed"},
        {"cause": "could not look"},
        {"cause": "done"},
    ]
    counts.add(replace(job("completed", task("validate"), task("create", failures=2)), timeline=looked))
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
    spoilt: dict[str, Any] = {counter: 1}
    assert GOOD.is_good(faults=0.25)
    assert not replace(GOOD, **spoilt).is_good(faults=0.25)


def test_only_with_faults_may_a_job_fail_outside_validate():
    summary = replace(GOOD, failed_outside_validate=1)
    assert summary.is_good(faults=0.25)
    assert not summary.is_good(faults=0)


@pytest.mark.parametrize("listings", [{}, {"etsy": 0, "ebay": 0}])
@pytest.mark.parametrize("faults", [0, 0.25])
def test_a_demo_that_listed_nothing_is_not_good(listings: Mapping[str, int], faults: float):
    assert not replace(GOOD, listings=listings).is_good(faults=faults)


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
    assert promised | set(COUNTERS) <= GOOD.document().keys()


def test_the_judge_hears_what_became_of_the_job_and_where():
    tasks = [{"name": "create", "output": {"listing_id": "11"}}, {"name": "save", "output": None}]
    body = {"id": 3, "product_id": 5, "marketplace": "etsy", "action": "publish", "status": "failed", "error": "No."}
    outcome = JobOutcome(
        TenantId(7), {**body, "result": None, "expires_at": None, "tasks": tasks}, [{"cause": "absence confirmed"}]
    )
    assert outcome.for_judge() == {**body, "tenant": 7, "external_id": "11", "absences": 1, "expiry_asked": False}


def test_the_result_names_the_listing_that_was_chosen():
    body = {"id": 3, "product_id": 5, "marketplace": "etsy", "action": "publish", "status": "completed", "error": None}
    tasks = [{"name": "create", "output": {"listing_id": "11"}}]
    outcome = JobOutcome(
        TenantId(7), {**body, "expires_at": None, "tasks": tasks, "result": {"result": {"listing_id": "12"}}}
    )
    assert outcome.for_judge()["external_id"] == "12"
