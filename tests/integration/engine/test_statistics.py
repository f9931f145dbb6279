"""What came of a seller's jobs: counted from the jobs there are, and from kept days of which none are left."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from stoflow.cli.main import stoflow
from stoflow.domain.errors import InputError
from stoflow.resources.statistics.read import ActionStatistics, read_statistics
from stoflow.settings import Settings
from stoflow.upkeep.rounds import ROUND_EVERY_S, Rounds
from stoflow.upkeep.statistics import keep_statistics

if TYPE_CHECKING:
    from conftest import Bench

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BY_DEFAULT: dict[str, Any] = {"since": NOON - DAY, "until": NOON + DAY}


def ended(bench: "Bench", status: str, *, at: datetime = NOON, took_s: float = 1.0, **more: Any) -> None:
    """Let a job have ended so."""
    job = bench.submit(bench.product(), **{name: more[name] for name in more if name != "kind"})
    began, kind = at - timedelta(seconds=took_s), f"'{more['kind']}'" if "kind" in more else "NULL"
    bench.all(
        f"UPDATE {{s}}.marketplace_jobs SET status = '{status}', started_at = '{began.isoformat()}',"
        f" completed_at = '{at.isoformat()}', error_kind = {kind} WHERE id = {job}"
    )


def read(bench: "Bench", **asked: Any) -> tuple[ActionStatistics, ...]:
    return read_statistics(bench, bench.tenant, **{**BY_DEFAULT, **asked}).actions


def test_counts_rate_durations_and_errors_are_told_of_each_action(bench: "Bench") -> None:
    for took_s in (1, 2, 3, 4, 100):
        ended(bench, "completed", took_s=took_s)
    ended(bench, "failed", kind="refused")
    ended(bench, "failed", kind="refused", took_s=5000)
    ended(bench, "failed", kind="unverified")
    ended(bench, "expired")
    ended(bench, "cancelled")
    bench.submit(bench.product())
    (found,) = read(bench)
    assert (found.marketplace, found.action, found.total) == ("shop", "publish", 10)
    assert (found.completed, found.failed, found.expired, found.cancelled) == (5, 3, 1, 1)
    assert found.success_rate == round(5 / 9, 4)
    assert (found.p50_ms, found.p95_ms) == (3000, 80_800)
    assert found.errors == {"refused": 2, "unverified": 1}


def test_only_what_ended_in_the_time_and_at_the_marketplace_is_counted(bench: "Bench") -> None:
    ended(bench, "completed", at=NOON)
    ended(bench, "completed", at=NOON + DAY)
    (found,) = read(bench, since=NOON, until=NOON + DAY)
    assert found.total == 1
    assert read(bench, marketplace="bazaar") == ()
    assert read(bench, since=NOON + 2 * DAY, until=NOON + 3 * DAY) == ()


def test_without_an_end_all_that_ended_until_now_is_counted(bench: "Bench") -> None:
    for days in (1, 100):
        ended(bench, "completed", at=datetime.now(UTC) - days * DAY)
    (found,) = read_statistics(bench, bench.tenant, since=datetime.now(UTC) - 200 * DAY).actions
    (lately,) = read_statistics(bench, bench.tenant).actions
    assert (found.total, lately.total) == (2, 1)


@pytest.mark.parametrize(("since", "until"), [(NOON, NOON), (NOON, NOON - DAY), (NOON - 367 * DAY, NOON)])
def test_a_time_that_is_none_or_over_a_year_is_refused(bench: "Bench", since: datetime, until: datetime) -> None:
    with pytest.raises(InputError):
        read(bench, since=since, until=until)


def test_days_that_are_over_are_kept_once_and_told_when_their_jobs_are_gone(bench: "Bench") -> None:
    ended(bench, "completed", at=NOON - DAY, took_s=2)
    ended(bench, "completed", at=NOON - DAY, took_s=4)
    ended(bench, "failed", at=NOON - DAY, kind="refused")
    ended(bench, "cancelled", at=NOON)
    ended(bench, "completed", at=datetime.now(UTC))
    assert keep_statistics(bench.database, bench.tenant) == 2
    assert keep_statistics(bench.database, bench.tenant) == 0
    rows = bench.all("SELECT total_jobs, success_count, failure_count, avg_duration_ms FROM {s}.marketplace_job_stats")
    assert [tuple(row.values()) for row in rows] == [(3, 2, 1, 3000), (1, 0, 0, None)]
    before = read(bench, since=NOON - 2 * DAY)
    bench.all("UPDATE {s}.marketplace_jobs SET completed_at = NULL WHERE completed_at < '2026-11-21'")
    (after,) = read(bench, since=NOON - 2 * DAY)
    assert (after.total, after.completed, after.failed, after.cancelled) == (4, 2, 1, 1)
    assert [(one.total, one.completed) for one in before] == [(4, 2)]


def test_a_round_ends_with_the_last_tenant_and_rests_until_the_next(bench: "Bench") -> None:
    now = [0.0]
    keep = partial(keep_statistics, bench.database)
    rounds = Rounds(bench.database, keep, "keeping the statistics", clock=lambda: now[0])
    ended(bench, "completed")
    assert rounds.turn() == 1
    ended(bench, "completed", at=NOON + DAY)
    assert rounds.turn() == 0, "it rests"
    now[0] = ROUND_EVERY_S
    assert rounds.turn() == 1


def test_a_year_of_jobs_is_counted_from_the_index_alone(bench: "Bench") -> None:
    bench.all(
        "INSERT INTO {s}.marketplace_jobs (marketplace, action_type_id, status, started_at, completed_at, created_at)"
        " SELECT 'shop', (SELECT min(id) FROM public.marketplace_action_types WHERE marketplace = 'shop'), 'completed',"
        " at, at + interval '2 s', at FROM generate_series(timestamptz '2026-01-01', '2026-11-01', '10 min') AS at"
    )
    bench.all("ANALYZE {s}.marketplace_jobs")
    plan = bench.all(
        "EXPLAIN SELECT marketplace, action_type_id, status, error_kind, started_at FROM {s}.marketplace_jobs"
        " WHERE completed_at >= '2026-10-30' AND completed_at < '2026-11-01'"
    )
    assert any("marketplace_jobs_ended_idx" in str(row) for row in plan)
    (found,) = read(bench, since=NOON - 300 * DAY, until=NOON)
    assert found.completed > 40_000


def test_the_command_tells_the_same(settings: Settings, bench: "Bench") -> None:
    ended(bench, "completed")
    variables = {"STOFLOW_DATABASE_URL": settings.database_url, "STOFLOW_REDIS_URL": settings.redis_url}
    words = ["jobs", "stats", "--tenant", str(bench.tenant), "--from", "2026-11-20", "--to", "2026-11-21"]
    for more, tells in (([], "shop"), (["--json"], '"success_rate": 1.0')):
        result = CliRunner().invoke(stoflow, [*words, *more], env={**variables, "STOFLOW_HOME": str(settings.home)})
        assert result.exit_code == 0, result.output
        assert tells in result.output
    assert json.loads(result.output)["actions"][0]["total"] == 1
