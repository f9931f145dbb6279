"""What a campaign demands, and how it says so."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from campaigns.evidence import Evidence, counted, takings
from campaigns.mutants import is_caught, unreached
from campaigns.nemesis import Strike
from campaigns.plan import Blow, Plan, full, short
from campaigns.report import EVERY_ACTION, Findings, Report, reported, spreads, worded
from campaigns.stories import Recovery
from stoflow.cli.simulate.demo_summary import JobOutcome
from stoflow.domain.ids import TenantId

PLAN = short(jobs=2, seed=3)
KILLS = [Strike(Blow.KILL_WORKER, 1.0, 1.0, (5,))] * PLAN.kills
GREEN = {"lost": 0, "doubled": 0, "stale_writes": 0}
SAID = {
    "stale worker fenced": 1,
    "lease expired": 1,
    "lease lost while paused": 1,
    "sweeper acted": 3,
    "tenant taken over": PLAN.tenants + 1,
}
STORIES = {"resumed": 2, "outcome unknown": 60, "looked and adopted": 1, "looked and created": 1}
EVIDENCE = Evidence(
    outcomes=[
        JobOutcome(TenantId(1), {"id": n, "status": "completed", "tasks": [], "marketplace": "ebay", "action": "sync"})
        for n in (1, 2)
    ],
    final_after_s=4.0,
    said=SAID,
    journaled={"lost": 9, "replayed": 2, "interrupted": 0},
)
FOUND = Findings(GREEN, (), {"ok": 2}, KILLS, STORIES, (), lasted_s=80.0)


def report(plan: Plan = PLAN, evidence: Evidence = EVIDENCE, found: Findings = FOUND) -> Report:
    return reported(plan, evidence, found)


def test_a_run_that_met_every_demand_is_green() -> None:
    made = report()

    assert made.is_green
    assert "GREEN" in worded(made)
    assert made.bounds["doubling per unknown outcome"] == pytest.approx(0.0487, abs=0.0005)


@pytest.mark.parametrize(
    ("evidence", "found", "said"),
    [
        (EVIDENCE, replace(FOUND, counters={**GREEN, "doubled": 1}), "doubled is 1"),
        (replace(EVIDENCE, final_after_s=None), FOUND, "not final"),
        (replace(EVIDENCE, outcomes=EVIDENCE.outcomes[:1]), FOUND, "only 1 of 2 jobs"),
        (EVIDENCE, replace(FOUND, strikes=KILLS[1:]), "kill -9: 19 times"),
        (EVIDENCE, replace(FOUND, strikes=[replace(KILLS[0], pids=())] * PLAN.kills), "kill -9: 0 times"),
        (EVIDENCE, replace(FOUND, stories={**STORIES, "resumed": 0}), "resumed: 0 times"),
        (EVIDENCE, replace(FOUND, stories={**STORIES, "outcome unknown": 3}), "outcome unknown: 3 times"),
        (replace(EVIDENCE, said={**SAID, "sweeper acted": 0}), FOUND, "sweeper acted: 0 times"),
        (replace(EVIDENCE, said={**SAID, "tenant taken over": PLAN.tenants}), FOUND, "tenant taken over: 0 times"),
    ],
)
def test_every_demand_that_is_not_met_turns_a_run_red(evidence: Evidence, found: Findings, said: str) -> None:
    made = report(evidence=evidence, found=found)

    assert not made.is_green
    assert said in worded(made)


def test_the_full_campaign_has_to_meet_every_action() -> None:
    made = report(replace(PLAN, is_short=False))

    assert sum(failure.endswith("wanted") and failure.split(":")[0] in EVERY_ACTION for failure in made.failures) == 16
    assert "vinted link_product: 0 times, at least 1 wanted" in made.failures


def test_a_mutant_is_judged_by_what_it_breaks_alone() -> None:
    assert report(replace(PLAN, mutant="b"), found=replace(FOUND, strikes=())).is_green


def test_a_mutant_that_publishes_nothing_on_a_marketplace_is_not_caught() -> None:
    def published(*places: str) -> Evidence:
        job = {"id": 1, "status": "completed", "tasks": [], "action": "publish"}
        return replace(EVIDENCE, outcomes=[JobOutcome(TenantId(1), {**job, "marketplace": place}) for place in places])

    found = replace(FOUND, counters={**GREEN, "doubled": 3})
    everywhere, halfway = (
        report(replace(PLAN, mutant="a"), evidence, found)
        for evidence in (published("vinted", "ebay", "etsy"), published("vinted", "ebay", "ebay"))
    )

    assert is_caught("a", everywhere)
    assert json.loads(json.dumps(everywhere.document()))["published"] == {"vinted": 1, "ebay": 1, "etsy": 1}
    assert (is_caught("a", halfway), unreached(halfway)) == (False, ["etsy"])


def test_where_something_was_doubled_there_is_no_bound() -> None:
    made = report(found=replace(FOUND, counters={**GREEN, "doubled": 1}))

    assert made.bounds["doubling per job"] is None


def test_recovery_of_tasks_to_be_verified_is_shown_apart() -> None:
    times = [Recovery(Blow.KILL_WORKER, seconds, verifying=False) for seconds in (3.0, 1.0, 2.0)]

    shown = spreads([*times, Recovery(Blow.KILL_WORKER, 9.0, verifying=True)])

    assert shown[str(Blow.KILL_WORKER)] == {"count": 3, "p50": 2.0, "p99": 3.0, "worst": 3.0}
    assert shown[f"{Blow.KILL_WORKER}, verifying"]["worst"] == 9.0


def test_logs_are_counted_by_sentence_and_the_sweeper_by_its_tasks() -> None:
    said = counted(iter(["… Of tenant 3, 2 tasks were freed and 0 jobs expired.", "Of tenant 1, 5 tasks were freed"]))
    again = counted(iter(["Of tenant 3, 2 tasks were freed and 0 jobs expired. (said 4 more times)"]))

    assert (said["sweeper acted"], again["sweeper acted"]) == (7, 8)
    assert said["stale worker fenced"] == 0


def test_takings_are_read_with_their_times_of_all_orchestrators() -> None:
    later, first = (
        f"2026-11-20T06:00:0{second}.500Z INFO    MainProcess Tenant 4 is ours, epoch 39.\nA line of something else"
        for second in (2, 1)
    )
    expected = [datetime(2026, 11, 20, 6, 0, second, 500_000, tzinfo=UTC).timestamp() for second in (1, 2)]

    assert takings([later, first]) == expected


def test_the_full_campaign_strikes_as_decided() -> None:
    plan = full(seed=1)
    besides = {Blow.KILL_REDIS, Blow.KILL_LOOK}
    kills = [blow for blow in plan.blows if "kill -9" in blow and blow not in besides]

    assert (plan.jobs, len(kills), plan.least_unknown, plan.least_lost_by_plugins) == (300, 60, 60, 30)
    assert sum("SIGSTOP" in blow for blow in plan.blows) == 5
    assert sum("Redis" in blow for blow in plan.blows) == 2
    assert plan.blows.count(Blow.KILL_LOOK) == 4
    assert plan.blows.count(Blow.STOP_POSTGRES) == plan.blows.count(Blow.ROLL) == 2
    assert {Blow.KILL_API, Blow.KILL_ORCHESTRATOR, Blow.KILL_WORKER, Blow.KILL_SUPERVISOR, Blow.KILL_PLUGIN} <= {*kills}


def test_what_ended_last_is_told_with_what_happened_to_it() -> None:
    def line(second: int, task: str | None, cause: str) -> dict[str, object]:
        return {"at": f"2026-11-30T10:00:{second:02}+00:00", "task": task, "cause": cause}

    early, late = EVIDENCE.outcomes
    outcomes = [
        replace(
            late, timeline=(line(1, None, "created"), line(3, "page:1", "outcome unknown"), line(33, None, "done"))
        ),
        replace(early, timeline=(line(1, None, "created"), line(2, None, "done"))),
    ]
    made = report(evidence=replace(EVIDENCE, outcomes=outcomes))
    assert made.last == [
        "ended last: sync on ebay, job 1: -1.0 job created; -0.0 job done",
        "ended last: sync on ebay, job 2: -32.0 job created; -30.0 page:1 outcome unknown; -0.0 job done",
    ]
    assert made.last[-1] in worded(made)
