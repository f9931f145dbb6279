"""The sums behind the benchmarks' verdicts."""

import re
from collections.abc import Generator
from time import perf_counter

import pytest

from benchmarks.estimate import errors_of
from benchmarks.figures import medians, percentile
from benchmarks.many import Cost, told
from benchmarks.report import failures, worded
from benchmarks.stoflow_marketplace import ACTION, MARKETPLACE, NAME
from benchmarks.table import lines_of
from benchmarks.table import worded as table_worded
from benchmarks.throughput import ratio_to
from benchmarks.workload import STEPS, BenchJob, at_rate, jobs, run_step
from stoflow.domain.account import Account
from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done
from stoflow.marketplaces.registry import build_registry

COSTS = {50: 4.0, 5_000: 18.0}  # milliseconds of CPU a job, by active tenants


def test_an_estimate_is_off_by_a_share_of_what_was_left_and_less_than_a_second_counts_as_one() -> None:
    found = errors_of([(1.0, 10.0, 2.0), (4.0, 10.0, 2.0), (0.5, 0.1, 0.5)])
    assert (found.asked, found.median, found.p90) == (3, 0.4, 0.5)
    assert found.inside == pytest.approx(2 / 3)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 3.0), (0.99, 5.0), (1.0, 5.0)])
def test_a_percentile_is_one_of_the_values(share: float, expected: float) -> None:
    assert percentile([5.0, 1.0, 3.0, 2.0, 4.0], share) == expected


def test_rounds_come_down_to_their_medians() -> None:
    rounds = [{"jobs_per_s": 1.0, "kinds": "a"}, {"jobs_per_s": 9.0, "kinds": "b"}, {"jobs_per_s": 2.0, "kinds": "c"}]
    assert medians(rounds) == {"jobs_per_s": 2.0, "kinds": "c"}


def test_a_ratio_is_taken_inside_each_round() -> None:
    ours = [{"jobs_per_s": 300.0}, {"jobs_per_s": 30.0}, {"jobs_per_s": 500.0}]
    theirs = [{"jobs_per_s": 100.0}, {"jobs_per_s": 10.0}, {"jobs_per_s": 100.0}]
    assert ratio_to(theirs, ours) == 3.0


def test_jobs_are_dealt_over_the_tenants() -> None:
    assert [job.tenant for job in jobs("burst", 5, tenants=(1, 2, 3))] == [1, 2, 3, 1, 2]
    assert [job.name for job in jobs("burst", 2, tenants=(1,))] == ["burst-000000", "burst-000001"]


def test_no_job_comes_before_its_time() -> None:
    began_at = perf_counter()
    given = list(at_rate(jobs("trickle", 4, tenants=(1,)), per_s=100.0))
    assert len(given) == 4
    assert perf_counter() - began_at >= 0.03


def test_each_step_hands_on_about_two_hundred_bytes() -> None:
    given = BenchJob("burst-1", 7).payload()
    for position in range(len(STEPS)):
        given = run_step(position, given)
    assert (given["step"], given["n"], given["tenant"]) == ("save", 5, 7)
    assert 150 < len(str(given)) < 250


def test_our_marketplace_has_five_steps_of_which_two_are_outside_and_none_is_paced() -> None:
    handler = build_registry([MARKETPLACE], entry_points=False).handler(NAME, ACTION)
    plans = handler.create_tasks(None)
    assert [plan.name for plan in plans] == list(STEPS)
    assert [plan.name for plan in plans if plan.kind is TaskKind.REPEATABLE] == ["upload", "create"]
    assert not any(plan.paced for plan in plans)


def test_a_step_outside_is_a_conversation_without_a_call() -> None:
    handler = build_registry([MARKETPLACE], entry_points=False).handler(NAME, ACTION)
    given = BenchJob("burst-1", 7).payload()
    attempt = Attempt(
        TenantId(7), JobId(1), "upload", None, Account(NAME, ""), outputs={"map": given}, payload={"not": "read"}
    )
    conversation = handler.step("upload").do(attempt)
    assert isinstance(conversation, Generator)
    with pytest.raises(StopIteration) as stopped:
        next(conversation)
    assert stopped.value.value == Done({**given, "step": "upload", "n": 1})


def test_a_bound_that_does_not_hold_is_named() -> None:
    results = {
        "throughput": {"peers": {}, "ratios": {"dbos": 2.9, "dramatiq": 0.6}},
        "neighbour": {"stoflow": {"within_bound": True}, "dbos-partitioned": {"within_bound": False}},
        "idle": {"percent_of_a_core": 4.0, "within_bound": False},
    }
    assert failures(results) == ["throughput beside dbos", "idle"]
    assert "2.90 × the jobs/s of dbos" in worded(results)


def test_what_many_tenants_cost_is_worded_beside_what_few_do() -> None:
    costs = [Cost(active, 80, 9.0, warm, 500.0, {"workers": warm}, {"workers": 90.0}) for active, warm in COSTS.items()]
    shown = worded({"many": told(costs, [90.0] * 50 + [180.0] * 21)})
    assert re.search(r"5000 +80 +9\.00 +18 +4\.50", shown), shown
    assert re.search(r"90 +180 +2\.00", shown), shown


MANY = {"costs": [{"active": 50, "times_few": 1.0}, {"active": 500, "times_few": 1.3, "peak_pss_mib": 800.0}]}


def test_the_table_says_of_each_figure_whether_it_held_and_what_was_not_measured() -> None:
    lines = lines_of({"many": MANY, "recovery": {"answers_s": 12.25}})
    assert {line.target.figure: line.is_held for line in lines} == {
        "CPU a job, 500 active tenants ÷ 50": False,
        "CPU a job, 5,000 active tenants ÷ 50": None,
        "peak PSS, 5,000 active tenants": None,
        "creating tenant 5,000 ÷ tenant 10": None,
        "all killed with -9: answers again": True,
    }
    rows = table_worded(lines).splitlines()
    assert "| CPU a job, 500 active tenants ÷ 50 | ≤ 1.25 × | 1.30 × | NO |" in rows
    assert "| all killed with -9: answers again | ≤ 15 s | 12 s | yes |" in rows
    assert "| peak PSS, 5,000 active tenants | ≤ 900 MiB | not measured |  |" in rows


def test_a_target_that_asks_for_more_is_held_by_more() -> None:
    (dbos, *_) = lines_of({"throughput": {"ratios": {"dbos": 7.0, "dramatiq": 0.5}, "peers": {}}})
    assert (dbos.is_held, dbos.target.is_least) == (True, True)
