"""What a campaign reads from timelines."""

from datetime import UTC, datetime
from typing import Any

from campaigns.nemesis import Strike
from campaigns.plan import Blow
from campaigns.stories import recoveries, sometimes, stale_writes, takeovers
from stoflow.cli.simulate.demo_summary import JobOutcome
from stoflow.domain.ids import TenantId


def line(cause: str, attempt: int, *, at: float = 0.0, task: str | None = "create") -> dict[str, Any]:
    return {"task": task, "cause": cause, "attempt": attempt, "at": datetime.fromtimestamp(at, UTC).isoformat()}


def story(*lines: dict[str, Any]) -> list[JobOutcome]:
    return [JobOutcome(TenantId(1), {"id": 7}, lines)]


def test_a_write_after_a_later_claim_is_stale() -> None:
    told = story(line("claimed", 1), line("swept: interrupted", 1), line("claimed", 2), line("done", 1))

    (sentence,) = stale_writes(told)

    assert "attempt 1 at create of job 7" in sentence


def test_a_late_answer_before_the_next_claim_is_not_stale() -> None:
    assert not stale_writes(story(line("claimed", 1), line("swept: verifying", 1), line("done", 1)))


def test_a_look_is_a_claim_of_its_own() -> None:
    told = story(line("claimed", 1), line("outcome unknown", 1), line("looking", 2), line("done", 1))

    assert len(stale_writes(told)) == 1


def test_tasks_of_one_job_have_claims_of_their_own() -> None:
    assert not stale_writes(story(line("claimed", 2, task="create"), line("done", 1, task="upload:1")))


def test_rare_paths_are_counted_once_each() -> None:
    told = story(
        line("claimed", 1),
        line("outcome unknown", 1),
        line("looking", 2),
        line("absence confirmed", 2),
        line("claimed", 3),
        line("swept: interrupted", 3),
        line("claimed", 4),
        line("looked and adopted", 4),
    )

    assert sometimes(told) == {
        "resumed": 1,
        "outcome unknown": 1,
        "looked and adopted": 1,
        "looked and created": 1,
        "late answer while verifying": 0,
    }


def test_recovery_counts_from_the_death_to_the_next_claim() -> None:
    told = story(line("claimed", 1, at=100), line("swept: interrupted", 1, at=102.5), line("claimed", 2, at=103))
    strikes = [Strike(Blow.KILL_API, 101.5, 101.5), Strike(Blow.KILL_WORKER, 101, 101, (17,))]

    (recovery,) = recoveries(told, strikes)

    assert (recovery.blow, recovery.seconds, recovery.verifying) == (Blow.KILL_WORKER, 2.0, False)


def test_a_task_swept_without_a_death_recovers_from_nothing() -> None:
    told = story(line("claimed", 1, at=100), line("swept: verifying", 1, at=102), line("looking", 2, at=103))

    assert recoveries(told, [Strike(Blow.KILL_WORKER, 99, 99, (17,))]) == []


def test_a_dead_orchestrators_tenants_wait_for_the_next_taking() -> None:
    strikes = [Strike(Blow.KILL_ORCHESTRATOR, 10.0, 10.0, (3,)), Strike(Blow.KILL_ORCHESTRATOR, 30.0, 30.0, (4,))]

    assert [recovery.seconds for recovery in takeovers(strikes, [1.0, 13.5, 14.0])] == [3.5]
