"""A database of before January 2026, with rows as life leaves them, carried over while its old program writes."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from campaigns.legacy.old_house import Size, add_tenant, build
from campaigns.legacy.old_writer import Notes, OldWriter
from stoflow.migrations import plan, runner
from stoflow.migrations.changing_over import contract_all, undo_all
from stoflow.migrations.old_house import expand
from stoflow.migrations.old_house.carrying import Pace, carry_rows
from stoflow.storage.database.fingerprint import drift_of, shape_of
from stoflow.storage.database.session import Database
from stoflow.storage.old_batches import count_old_batches
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.testing.databases import Databases

SIZE = Size(products=12, batches=10, jobs=180, tasks=12, days=24)


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[psycopg.Connection[DictRow]]:
    with psycopg.Connection[DictRow].connect(empty_database_url, autocommit=True, row_factory=dict_row) as opened:
        opened.prepare_threshold = None  # behind a pooler the next statement may run elsewhere
        build(opened, 1, SIZE)
        yield opened


@pytest.fixture
def old_way_in(empty_database_url: str, databases: Databases, server_urls: ServerUrls) -> str:
    """Past a pooler: the old program sets its search path for a session, as it always did."""
    return databases.at(server_urls.database_url, databases.name_of(empty_database_url))


def counts(connection: psycopg.Connection[DictRow], query: str) -> Mapping[Any, int]:
    return {row["name"]: row["count"] for row in connection.execute(query.encode())}


def test_every_row_is_kept_and_nothing_of_the_old_names_is_left(
    empty_database_url: str, connection: psycopg.Connection[DictRow]
) -> None:
    connection.execute("CREATE SCHEMA user_2")
    add_tenant(connection, "user_3", SIZE)
    connection.execute("DROP TABLE user_3.vinted_job_stats, user_3.marketplace_tasks")
    assert runner.migrate(empty_database_url) == runner.Report(
        ("public", "template_tenant", "user_1", "user_2", "user_3"), 0, ()
    )
    assert runner.status(empty_database_url).keeping == ("user_1", "user_3")
    assert [row["code"] for row in connection.execute("SELECT code FROM vinted.action_types ORDER BY id")][
        2
    ] == "publish"
    assert contract_all(empty_database_url, unused_h=0.0).migrated == ("user_1", "user_3")
    assert [drift_of(connection, f"user_{tenant}") for tenant in (1, 2, 3)] == [(), (), ()]
    assert connection.execute("SELECT FROM pg_namespace WHERE nspname = 'vinted'").fetchone() is None
    statuses = counts(connection, "SELECT status AS name, count(*) FROM user_1.marketplace_jobs GROUP BY 1")
    assert sum(statuses.values()) == SIZE.jobs
    # What an old program ran for two days, and what has an action that nobody knows, has failed.
    assert statuses == {"completed": 60, "failed": 40, "cancelled": 20, "expired": 20, "pending": 40}


def test_what_was_half_broken_is_whole(empty_database_url: str, connection: psycopg.Connection[DictRow]) -> None:
    connection.execute("UPDATE user_1.marketplace_jobs SET action_type_id = 99 WHERE id = 6 OR id = 15")
    runner.migrate(empty_database_url)
    assert connection.execute("SELECT FROM user_1.marketplace_jobs WHERE marketplace IS NULL").fetchone() is None
    elsewhere = connection.execute(
        "SELECT FROM user_1.marketplace_jobs j JOIN public.marketplace_action_types a ON a.id = j.action_type_id"
        " WHERE a.marketplace <> j.marketplace"
    )
    assert elsewhere.fetchone() is None
    refused = connection.execute("SELECT status, error_message FROM user_1.marketplace_jobs WHERE id = 6").fetchone()
    assert refused == {"status": "failed", "error_message": "Unknown action: 99"}
    orphan = connection.execute("SELECT id, total_count FROM user_1.batch_jobs WHERE batch_id = 'batch-2'").fetchone()
    assert orphan is not None
    theirs = "SELECT count(*) AS jobs FROM user_1.marketplace_jobs WHERE batch_job_id = %s"
    found = connection.execute(theirs, [orphan["id"]]).fetchone()
    assert found == {"jobs": orphan["total_count"]}
    assert orphan["total_count"] > 0
    forgotten = connection.execute(
        "SELECT FROM user_1.marketplace_jobs WHERE batch_id IS NOT NULL AND batch_job_id IS NULL"
    )
    assert forgotten.fetchone() is None
    unheard = connection.execute("SELECT tenant, job FROM public.outbox WHERE job = 0").fetchall()
    assert unheard == [{"tenant": 1, "job": 0}]


def test_an_old_program_meets_nothing_odd_in_any_step(
    empty_database_url: str, old_way_in: str, connection: psycopg.Connection[DictRow]
) -> None:
    notes = Notes()
    writer = OldWriter(old_way_in, notes)
    writer.use("user_1")

    def live() -> None:
        """Do everything that the old program does."""
        job = writer.create(1, batch="of-old", place="ebay")
        other = writer.create(2, batch=None, place=None)
        assert {writer.read(job), writer.read(other)} == {"pending"}
        writer.pause(job)
        assert writer.read(job) in {"paused", "pending"}
        writer.resume(job)
        writer.pause(other)
        writer.cancel(job)
        writer.count(3, 1)
        writer.look()

    live()
    engine = runner.engine_of(empty_database_url)
    runner.shared_and_template(empty_database_url)
    live()
    expand(engine, "user_1", within_ms=2_000)
    live()
    carry_rows(engine, "user_1", Pace(rest_s=0.0), lambda _: None)
    live()
    assert runner.migrate(empty_database_url).migrated == ("user_1",)
    live()
    writer.close()
    assert (notes.errors, notes.odd) == ([], [])
    made = connection.execute(
        "SELECT j.id, j.status, j.marketplace, b.batch_id AS batch, j.not_before IS NOT NULL AS held, j.cancel_requested"
        " FROM user_1.marketplace_jobs j LEFT JOIN user_1.batch_jobs b ON b.id = j.batch_job_id WHERE j.id > %s ORDER BY j.id",
        [SIZE.jobs],
    ).fetchall()
    assert len(made) == len({row["id"] for row in made}) == len(notes.made) == 10
    for cancelled, paused in zip(made[::2], made[1::2], strict=True):
        assert (cancelled["status"], cancelled["marketplace"], cancelled["batch"]) == ("cancelled", "ebay", "of-old")
        assert (cancelled["held"], cancelled["cancel_requested"]) == (False, True)
        assert (paused["status"], paused["marketplace"], paused["held"]) == ("pending", "vinted", True)
    last = notes.made[-2][1]
    heard = connection.execute("SELECT count(*) AS times FROM public.outbox WHERE job = %s", [last]).fetchone()
    assert heard == {"times": 3}  # made, resumed, cancelled
    counted = connection.execute(
        "SELECT sum(total_jobs) AS jobs FROM user_1.marketplace_job_stats WHERE date = current_date - 1"
    ).fetchone()
    assert counted == {"jobs": 5}


def test_an_old_page_reads_of_its_batches_what_became_of_their_jobs(
    empty_database_url: str, old_way_in: str, connection: psycopg.Connection[DictRow]
) -> None:
    runner.migrate(empty_database_url)
    writer = OldWriter(old_way_in, Notes())
    writer.use("user_1")
    done, failed, expired, waits = (writer.create(each, batch="old-1", place="ebay") for each in (1, 2, 3, 4))
    database = Database(empty_database_url)
    counted = "SELECT status, total_count, completed_count AS done, failed_count, cancelled_count FROM batch_jobs"

    def becomes(job: int, status: str) -> None:
        connection.execute(
            "UPDATE user_1.marketplace_jobs SET status = %s, completed_at = now() WHERE id = %s", [status, job]
        )

    def read() -> tuple[object, ...]:
        count_old_batches(database)
        return tuple(writer.ask(f"{counted} WHERE batch_id = 'old-1'")[0])

    assert read() == ("pending", 4, 0, 0, 0)
    becomes(done, "completed")
    assert read() == ("running", 4, 1, 0, 0)
    writer.cancel(waits)
    becomes(failed, "failed")
    with psycopg.connect(empty_database_url) as other:  # whose row nobody waits for
        other.execute("SELECT FROM user_1.batch_jobs FOR UPDATE")
        assert read() == ("running", 4, 1, 0, 0)
    becomes(expired, "expired")
    assert read() == ("partially_failed", 4, 1, 2, 1)
    assert writer.batches_off() == []
    writer.close()
    database.close()
    assert connection.execute("SELECT FROM user_1.old_batches").fetchone() is None


def test_the_contract_is_refused_while_an_old_program_writes(
    empty_database_url: str, old_way_in: str, connection: psycopg.Connection[DictRow]
) -> None:
    runner.migrate(empty_database_url)
    connection.execute("UPDATE user_1.old_writes SET at = now() - interval '25 hours'")
    writer = OldWriter(old_way_in, Notes())
    writer.use("user_1")
    held = writer.create(1, batch=None)
    writer.pause(held)
    writer.close()
    (refused,) = contract_all(empty_database_url).failed
    assert refused.schema == "user_1"
    assert refused.reason.startswith("An old program wrote marketplace_jobs at ")
    connection.execute("UPDATE user_1.old_writes SET at = now() - interval '25 hours'")
    assert contract_all(empty_database_url).migrated == ("user_1",)
    found = connection.execute("SELECT not_before FROM user_1.marketplace_jobs WHERE id = %s", [held]).fetchone()
    assert found == {"not_before": None}


def test_a_run_that_was_killed_before_its_last_step_is_finished_by_the_next(
    empty_database_url: str, connection: psycopg.Connection[DictRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("stoflow.migrations.old_house.write_finish", killed)
        with pytest.raises(KeyboardInterrupt):
            runner.migrate(empty_database_url)
    assert runner.migrate(empty_database_url).migrated == ("user_1",)
    assert runner.migrate(empty_database_url).migrated == ()
    shape = connection.execute(
        "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'user_1.marketplace_jobs'::regclass AND attname = 'priority'"
    )
    assert shape.fetchone() == {"attnotnull": True}


def test_what_is_kept_as_one_row_is_not_given_up(
    empty_database_url: str, connection: psycopg.Connection[DictRow]
) -> None:
    runner.migrate(empty_database_url)
    connection.execute(
        "INSERT INTO user_1.marketplace_jobs (marketplace, action_type_id, status, started_at, folded, task_ids, claimed_by)"
        " SELECT marketplace, id, 'running', clock_timestamp() - interval '2 hours',"
        """ '[{"name": "a", "kind": "inner", "paced": false, "begun": 1}]', ARRAY[1000], 1"""
        " FROM public.marketplace_action_types WHERE marketplace = 'ebay' AND code = 'publish'"
    )
    runner.migrate(empty_database_url)
    assert counts(
        connection, "SELECT status AS name, count(*) FROM user_1.marketplace_jobs WHERE folded IS NOT NULL GROUP BY 1"
    ) == {"running": 1}


def test_an_expand_is_taken_back_whole(empty_database_url: str, connection: psycopg.Connection[DictRow]) -> None:
    before = shape_of(connection, "user_1")
    rows = connection.execute("SELECT * FROM user_1.marketplace_jobs ORDER BY id").fetchall()
    runner.shared_and_template(empty_database_url)
    engine = runner.engine_of(empty_database_url)
    expand(engine, "user_1", within_ms=2_000)
    assert undo_all(empty_database_url).migrated == ("user_1",)
    defaults = {line for line in shape_of(connection, "user_1") ^ before if not line.startswith("column")}
    assert defaults == set()
    after = connection.execute("SELECT * FROM user_1.marketplace_jobs ORDER BY id").fetchall()
    assert after == rows
    assert runner.migrate(empty_database_url).migrated == ("user_1",)


def test_the_plan_says_what_a_run_then_does(empty_database_url: str, connection: psycopg.Connection[DictRow]) -> None:
    planned = plan.plan(empty_database_url)
    assert [each.schema for each in planned.schemas] == ["public", "template_tenant", "user_1"]
    tenant = planned.schemas[-1]
    assert tenant.rows == SIZE.jobs + SIZE.products + 9
    assert "user_1.marketplace_jobs" in tenant.holds
    assert (planned.measured_here, planned.unknown != ()) == (False, True)
    report = runner.migrate(empty_database_url)
    assert report.migrated == tuple(each.schema for each in planned.schemas)
    done = plan.plan(empty_database_url)
    assert (done.schemas, tuple(done.contracts)) == ((), ("user_1",))
