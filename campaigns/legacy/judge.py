"""What is counted before and after a change-over, and what must not differ."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from campaigns.legacy.old_house import Size
from campaigns.legacy.old_writer import Notes

LONGEST_LOCK_S = 1.0
SLOWEST_MS = 2_000.0
TABLES = ("products", "batch_jobs", "marketplace_jobs")
STATUS = "SELECT status FROM {s}.marketplace_jobs WHERE id = %s"
COUNT = "SELECT count(*) FROM {s} WHERE id <= %s"
ENDED = """
SELECT count(*) FROM {s}.marketplace_jobs
WHERE id <= %s AND status::text = %s AND completed_at < now() - interval '12 hours'
"""
LISTED = """
SELECT l.external_id FROM {s}.marketplace_jobs j
JOIN {s}.listings l ON l.product_id = j.product_id AND l.marketplace = j.marketplace
WHERE j.id = %s AND l.visible
"""
FINAL = ("completed", "cancelled", "expired")


@dataclass(frozen=True, slots=True)
class Before:
    """Rows by schema and table, final jobs by schema and status, jobs counted in the statistics by schema."""

    rows: Mapping[tuple[str, str], int]
    final: Mapping[tuple[str, str], int]
    counted: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    seed: int
    rows: int
    rows_lost: int
    jobs_lost: int
    doubled: int
    statements: int
    errors: Sequence[str]
    odd: Sequence[str]
    made: int
    done: int
    published: int
    listed: int
    killed: int
    carried_s: float
    longest_lock_s: float
    longest_lock: str
    slowest_ms: float
    failures: Sequence[str]
    seconds: float = 0.0


def counted(url: str, schemas: Sequence[str], size: Size) -> Before:
    """Count the rows that were there before the old program went on."""
    rows, final, days = dict[tuple[str, str], int](), dict[tuple[str, str], int](), dict[str, int]()
    with psycopg.connect(url, autocommit=True) as connection:
        for schema in schemas:
            for table, last in zip(TABLES, (size.products, size.batches, size.jobs), strict=True):
                rows[schema, table] = _one(connection, f"{schema}.{table}", COUNT, last)
            for status in FINAL:
                final[schema, status] = _one(connection, schema, ENDED, size.jobs, status)
            is_old = _one(connection, schema, "SELECT (to_regclass('{s}.vinted_job_stats') IS NOT NULL)::int")
            table = "vinted_job_stats" if is_old else "marketplace_job_stats"
            days[schema] = _one(connection, f"{schema}.{table}", "SELECT coalesce(sum(total_jobs), 0) FROM {s}")
    return Before(rows, final, days)


def judged(
    seed: int,
    before: Before,
    kept: Before,
    notes: Notes,
    failures: Sequence[str],
    *,
    url: str,
    sold_at: Mapping[str, set[str]],
    killed: int,
    carried_s: float,
    lock_s: float,
    locked: str,
    is_timed: bool,
) -> Report:
    """Return the report; `failures` are those that were found on the way, `sold_at` the listings by marketplace.

    `is_timed`: how long the old program waited, and for what, is judged too.
    """
    lost = sum(max(0, count - kept.rows[key]) for key, count in before.rows.items())
    with psycopg.connect(url, autocommit=True) as connection:
        states = {job: status_of(connection, *job) for job in notes.made}
        listed = sum(_listing(connection, *job) in sold_at[notes.left[job]] for job in notes.published)
        twice = sum(_completed_twice(connection, schema) for schema in before.counted)
    doubled = twice + sum(times - 1 for times in Counter(notes.made).values())
    report = Report(
        seed, sum(before.rows.values()), lost, sum(state is None for state in states.values()), doubled,
        notes.statements, notes.errors, notes.odd, len(notes.made),
        sum(states[job] == "completed" for job in notes.left), len(notes.published), listed, killed, carried_s,
        lock_s, locked, notes.slowest_ms, failures,
    )  # fmt: skip
    found = [*failures, *_failures(report, before, kept, notes, states), *(_too_long(report) if is_timed else ())]
    return replace(report, failures=found)


def _failures(
    report: Report, before: Before, kept: Before, notes: Notes, states: Mapping[tuple[str, int], str | None]
) -> Iterator[str]:
    for what in ("rows_lost", "jobs_lost", "doubled"):
        if getattr(report, what):
            yield f"{what}: {getattr(report, what)}"
    if before.final != kept.final:
        yield "jobs that had ended before have another status"
    if sum(kept.counted.values()) < sum(before.counted.values()) + notes.counted:
        yield f"statistics of {sum(kept.counted.values())} jobs, not {sum(before.counted.values()) + notes.counted}"
    if report.errors or report.odd:
        yield f"the old program met {len(report.errors)} errors and {len(report.odd)} odd states: {report.errors[:3]}"
    not_done = [job for job in notes.left if states[job] != "completed"]
    if not_done or not notes.left:
        yield f"{len(not_done)} of {len(notes.left)} jobs for the new engine were not done: {not_done[:3]}"
    if report.listed != report.published or not report.published:
        yield f"{report.listed} of {report.published} products are for sale at the simulated marketplaces"


def _too_long(report: Report) -> Iterator[str]:
    if report.longest_lock_s > LONGEST_LOCK_S:
        yield f"{report.longest_lock} was held for {report.longest_lock_s:.2f} s"
    if report.slowest_ms > SLOWEST_MS:
        yield f"the old program waited for {report.slowest_ms:.0f} ms"


def worded(report: Report) -> str:
    """Return the report as a person reads it."""
    met = f"{len(report.errors)} errors, {len(report.odd)} odd states, slowest {report.slowest_ms:.0f} ms"
    lines = [
        f"seed {report.seed}: {report.rows:,} rows, {report.killed} runs killed, the last {report.carried_s:.0f} s",
        f"rows lost {report.rows_lost}, jobs lost {report.jobs_lost}, doubled {report.doubled}",
        f"the old program: {report.statements:,} statements, {met}",
        f"{report.made:,} jobs made by it, {report.done} done of those that the engine could do",
        f"{report.listed} of {report.published} products that it published are for sale at the marketplaces",
        f"longest lock {report.longest_lock_s:.2f} s ({report.longest_lock}); all of it {report.seconds:.0f} s",
    ]
    return "\n".join([*lines, "RED: " + "; ".join(report.failures) if report.failures else "GREEN"])


def _one(connection: "psycopg.Connection[Any]", place: str, query: str, *values: object) -> int:
    row = connection.execute(query.replace("{s}", place).encode(), values or None).fetchone()
    assert row is not None
    return int(row[0])


def status_of(connection: "psycopg.Connection[Any]", schema: str, job: int) -> str | None:
    """Return the status of a job, None where it is not there."""
    query = STATUS.replace("{s}", schema)
    row = connection.execute(query.encode(), [job]).fetchone()
    return row[0] if row else None


def _listing(connection: "psycopg.Connection[Any]", schema: str, job: int) -> str:
    row = connection.execute(LISTED.replace("{s}", schema).encode(), [job]).fetchone()
    return row[0] if row else ""


def _completed_twice(connection: "psycopg.Connection[Any]", schema: str) -> int:
    return _one(
        connection,
        schema,
        "SELECT count(*) FROM (SELECT job FROM ("
        "SELECT job_id FROM {s}.job_timeline WHERE task IS NULL AND to_status = 'completed' UNION ALL"
        " SELECT id FROM {s}.marketplace_jobs WHERE folded IS NOT NULL AND status = 'completed') AS told (job)"
        " GROUP BY job HAVING count(*) > 1) AS twice",
    )
