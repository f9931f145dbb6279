"""What goes wrong leaves a line in the log: which tenant, job and task it was, and which request asked for it."""

import logging
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.errors import DatabaseUnavailable
from stoflow.domain.ids import JobId
from stoflow.monitoring.lines import FIELDS
from stoflow.storage.database.session import Database

if TYPE_CHECKING:
    from conftest import Bench

REQUEST = "4f1c-request"
NEVER = "never"


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [line.getMessage() for line in caplog.records if line.levelno >= logging.WARNING]
    caplog.clear()
    return lines


def asked(bench: "Bench", **fields: Any) -> JobId:
    return bench.submit(bench.product(), request_id=REQUEST, **fields)


def about(bench: "Bench", job: JobId, task: str) -> str:
    return f"(tenant {bench.tenant}, job {job}, task {task}, request {REQUEST})"


def test_a_refused_job_leaves_one_line(bench: "Bench", caplog: pytest.LogCaptureFixture) -> None:
    job = asked(bench)
    bench.shop.plan(None, None, 400)
    bench.run(job)
    assert told(caplog) == [
        f"A job failed {about(bench, job, 'publish')}: publish on shop, attempt 1, refused: bad listing"
    ]


def test_a_job_out_of_tries_leaves_one_line(bench: "Bench", caplog: pytest.LogCaptureFixture) -> None:
    job = asked(bench)
    bench.shop.plan(None, *[503] * 4)
    for _ in range(4):
        bench.run(job)
        bench.make_due()
    assert bench.row(job)["status"] == "failed"
    (line,) = [line for line in told(caplog) if line.startswith("A job failed")]
    assert line == f"A job failed {about(bench, job, 'create')}: publish on shop, attempt 4, try_again: unavailable"


def test_a_quarantined_job_leaves_one_line(bench: "Bench", caplog: pytest.LogCaptureFixture) -> None:
    job = asked(bench)
    for _ in range(3):
        victim = bench.worker()
        bench.hold(job, "upload", by=victim.process)
        victim.dies()
        bench.sweep()
    assert bench.row(job)["error_kind"] == "poison"
    (line,) = [line for line in told(caplog) if line.startswith("A job failed")]
    assert line.startswith(
        f"A job failed {about(bench, job, 'upload')}: publish on shop, attempt 3, poison: The process"
    )


def test_an_expired_job_leaves_one_line(bench: "Bench", caplog: pytest.LogCaptureFixture) -> None:
    job = asked(bench, expires_at=datetime.now(UTC) + timedelta(hours=1))
    bench.all("UPDATE {s}.marketplace_jobs SET expires_at = clock_timestamp()")
    bench.sweep()
    (line,) = told(caplog)
    assert line.startswith(f"A job failed {about(bench, job, 'none')}: publish on shop, attempt 0, expired: It was not")


def test_a_job_that_ends_well_or_is_cancelled_leaves_none(bench: "Bench", caplog: pytest.LogCaptureFixture) -> None:
    bench.run(asked(bench))
    bench.cancel(asked(bench))
    assert told(caplog) == []


def test_an_outage_of_a_marketplace_leaves_a_line_at_its_begin_and_one_at_its_end(
    bench: "Bench", caplog: pytest.LogCaptureFixture
) -> None:
    job = asked(bench)
    bench.shop.plan(*[NEVER] * 8)
    for _ in range(8):
        bench.run(job)
        bench.make_due()
    where = about(bench, job, "upload")
    assert told(caplog) == [f"shop does not answer {where}: No answer came."]
    bench.run(job)
    (line,) = told(caplog)
    assert line.startswith("shop answers again after ")
    assert line.endswith(f" s {where}.")


def test_every_line_of_an_attempt_bears_where_it_was_and_who_asked(
    bench: "Bench", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    job = asked(bench)
    bench.shop.plan(None, 401)
    bench.run(job)
    told = [fields for fields in (getattr(each, FIELDS, {}) for each in caplog.records) if "fact" in fields]
    where = {"tenant": bench.tenant, "job": job, "request_id": REQUEST}
    ended = [fields for fields in told if fields["fact"] == "AttemptEnded"]
    assert [fields["task"] for fields in ended] == ["upload", "create"]
    assert all(fields.items() >= {**where, "attempt": 1, "action": "publish"}.items() for fields in ended)
    (asked_for,) = [fields for fields in told if fields["fact"] == "SellerAsked"]
    assert asked_for.items() >= {**where, "task": "create", "reason": "Log in again."}.items()


def test_a_hiccup_of_a_marketplace_is_no_outage(bench: "Bench", caplog: pytest.LogCaptureFixture) -> None:
    job = asked(bench)
    bench.shop.plan(NEVER, None, 503)
    for _ in range(3):
        bench.run(job)
        bench.make_due()
    assert told(caplog) == []


def test_no_secret_that_a_marketplace_repeats_is_in_a_line(bench: "Bench", caplog: pytest.LogCaptureFixture) -> None:
    def tells(_: Any) -> Any:
        raise ValueError("Authorization: Bearer v1.secret-token&access_token=hunter22222&x=1")

    job = asked(bench)
    for _ in range(4):
        bench.shop.plan(tells)
        bench.run(job)
        bench.make_due()
    text = "\n".join(told(caplog))
    assert "A job failed" in text
    assert "secret-token" not in text
    assert "hunter2" not in text


@pytest.fixture
def away() -> Generator[Database]:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    yield database
    database.close()


def test_postgresql_away_is_told_once_by_each_process(away: Database, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable), away.records():
            pass
    lines = [line for line in told(caplog) if "PostgreSQL" in line]
    assert len(lines) == 1
    assert lines[0].startswith("PostgreSQL does not answer: PostgreSQL at 127.0.0.1:1 is not there")
