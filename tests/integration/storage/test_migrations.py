"""From nothing, from the old shape with its rows, and from the middle of a run that failed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, LiteralString, cast

import psutil
import psycopg
import pytest
from psycopg.rows import DictRow, dict_row
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

import stoflow
from stoflow.domain.errors import DatabaseUnavailable, NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus, TaskKind, TaskStatus
from stoflow.migrations import runner
from stoflow.migrations.chains import PUBLIC_SCHEMA, TEMPLATE_SCHEMA, upgrade
from stoflow.migrations.changing_over import contract_all
from stoflow.migrations.revisions import BASELINE, SHARED, TENANT, head_of
from stoflow.storage.database.fingerprint import drift_of, fingerprint_of
from stoflow.storage.database.session import Database

LEGACY_ROWS = """
INSERT INTO {s}.products (id, title, price, color, material, size_original, images) VALUES
    (5, 'Wool coat', 120.50, 'navy, grey', 'wool', '42', '["a.jpg", {"url": "b.jpg"}, {"alt": "no file"}]'),
    (6, 'Silk scarf', NULL, NULL, NULL, NULL, NULL);
INSERT INTO {s}.batch_jobs (batch_id, marketplace, action_code, total_count) VALUES ('known', 'vinted', 'publish', 1);
INSERT INTO {s}.marketplace_jobs (id, action_type_id, product_id, status, batch_id, retry_count, error_message) VALUES
    (10, 3, 5, 'completed', 'known', 2, NULL),
    (11, 3, 6, 'paused', 'orphan', 0, NULL),
    (12, 4, 5, 'failed', 'orphan', 3, 'no answer'),
    (13, 1, NULL, 'pending', NULL, 0, NULL);
INSERT INTO {s}.marketplace_tasks (job_id, task_type, status, description, result) VALUES
    (10, 'db_operation', 'success', 'load', '{"a": 1}'),
    (10, 'plugin_http', 'timeout', NULL, NULL);
INSERT INTO {s}.vinted_job_stats
    (action_type_id, date, total_jobs, success_count, failure_count, avg_duration_ms) VALUES
    (3, '2026-01-02', 10, 8, 2, 100),
    (3, '2026-01-02', 30, 30, 0, 300),
    (8, '2026-01-03', 1, 1, 0, NULL);
"""

SECOND_INSTALLATION = """
ALTER TABLE {s}.marketplace_jobs ADD COLUMN cancel_requested boolean, ADD COLUMN idempotency_key varchar(64);
CREATE UNIQUE INDEX ix_jobs_key ON {s}.marketplace_jobs (idempotency_key);
UPDATE {s}.marketplace_jobs SET idempotency_key = 'key-' || id
"""


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[psycopg.Connection[DictRow]]:
    with psycopg.Connection[DictRow].connect(empty_database_url, autocommit=True, row_factory=dict_row) as opened:
        opened.prepare_threshold = None  # behind a pooler the next statement may run elsewhere
        opened.execute("SET search_path = ''")
        yield opened


def run(connection: psycopg.Connection[DictRow], statement: str, schema: str = "") -> list[DictRow]:
    cursor = connection.execute(cast("LiteralString", statement.replace("{s}", schema)))
    return cursor.fetchall() if cursor.description else []


def column(connection: psycopg.Connection[DictRow], query: str) -> list[Any]:
    return [next(iter(row.values())) for row in run(connection, query)]


@pytest.fixture
def legacy(empty_database_url: str, connection: psycopg.Connection[DictRow]) -> Callable[[Sequence[int]], None]:
    """Make an installation of the old shape, stamped in `public` only, with these tenants."""

    def make(tenants: Sequence[int]) -> None:
        engine = create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(empty_database_url), poolclass=NullPool
        )
        with engine.begin() as opened:
            upgrade(opened, SHARED, PUBLIC_SCHEMA, BASELINE)
        for tenant in tenants:
            run(
                connection,
                "INSERT INTO public.users (email, hashed_password) VALUES ('{s}@example.com', 'x')",
                f"{tenant}",
            )
            run(connection, "CREATE SCHEMA {s}", f"user_{tenant}")
            with engine.begin() as opened:
                upgrade(opened, TENANT, f"user_{tenant}", BASELINE)
            run(connection, "DROP TABLE {s}.alembic_version", f"user_{tenant}")

    return make


def test_a_fresh_installation_runs_the_whole_chain_and_a_second_run_changes_nothing(empty_database_url: str):
    assert runner.status(empty_database_url).behind == (PUBLIC_SCHEMA, TEMPLATE_SCHEMA)
    assert runner.migrate(empty_database_url).migrated == (PUBLIC_SCHEMA, TEMPLATE_SCHEMA)
    assert runner.status(empty_database_url).behind == ()
    assert runner.migrate(empty_database_url) == runner.Report((), 0, ())


def test_there_are_seventeen_action_types_and_vinted_keeps_its_ids(
    empty_database_url: str, connection: psycopg.Connection[DictRow]
):
    runner.migrate(empty_database_url)
    found = run(
        connection, "SELECT id, marketplace, code, rate_limit_ms FROM public.marketplace_action_types ORDER BY id"
    )
    assert [row["code"] for row in found[:7]] == [
        "message",
        "orders",
        "publish",
        "update",
        "delete",
        "sync",
        "link_product",
    ]
    assert [(row["marketplace"], row["code"]) for row in found[7:]] == [
        (marketplace, code)
        for marketplace in ("ebay", "etsy")
        for code in ("publish", "update", "delete", "sync", "sync_orders")
    ]
    assert [row["id"] for row in found] == list(range(1, 18))
    assert column(connection, "SELECT 1 FROM pg_namespace WHERE nspname = 'vinted'") == []


@pytest.mark.parametrize(
    ("table", "name", "members"),
    [
        ("marketplace_jobs", "marketplace_jobs_status_check", JobStatus),
        ("marketplace_tasks", "marketplace_tasks_status_check", TaskStatus),
        ("marketplace_tasks", "marketplace_tasks_kind_check", TaskKind),
    ],
)
def test_the_frozen_checks_allow_exactly_what_the_domain_knows(
    database: Database, table: str, name: str, members: type[JobStatus | TaskStatus | TaskKind]
):
    with database.records() as opened:
        row = opened.execute(
            "SELECT regexp_matches(pg_get_constraintdef(oid), 'ARRAY.*') AS found, ARRAY("
            "  SELECT m[1] FROM regexp_matches(pg_get_constraintdef(oid), '''(\\w+)''::text', 'g') AS m) AS allowed"
            " FROM pg_constraint WHERE conname = %s AND conrelid = ('template_tenant.' || %s)::regclass",
            [name, table],
        ).fetchone()
    assert row is not None
    assert set(row["allowed"]) == set(members)


def test_an_old_installation_upgrades_in_place_and_keeps_its_rows(
    empty_database_url: str, connection: psycopg.Connection[DictRow], legacy: Callable[[Sequence[int]], None]
):
    legacy([1, 2])
    run(connection, LEGACY_ROWS, "user_1")
    run(connection, LEGACY_ROWS, "user_2")
    run(connection, SECOND_INSTALLATION, "user_2")
    report = runner.migrate(empty_database_url)
    assert report == runner.Report((PUBLIC_SCHEMA, TEMPLATE_SCHEMA, "user_1", "user_2"), 0, ())
    assert contract_all(empty_database_url, unused_h=0.0).migrated == ("user_1", "user_2")
    for schema in ("user_1", "user_2"):
        assert drift_of(connection, schema) == ()
        jobs = run(
            connection, "SELECT id, status, batch_job_id, retry_count FROM {s}.marketplace_jobs ORDER BY id", schema
        )
        assert [(job["id"], job["status"], job["retry_count"]) for job in jobs] == [
            (10, "completed", 2),
            (11, "pending", 0),
            (12, "failed", 3),
            (13, "pending", 0),
        ]
        batches = run(connection, "SELECT id, batch_id, total_count FROM {s}.batch_jobs ORDER BY id", schema)
        assert [(batch["batch_id"], batch["total_count"]) for batch in batches] == [("known", 1), ("orphan", 2)]
        known, orphan = (batch["id"] for batch in batches)
        assert [job["batch_job_id"] for job in jobs] == [known, orphan, orphan, None]
    assert column(connection, "SELECT idempotency_key FROM user_2.marketplace_jobs ORDER BY id") == [
        "key-10", "key-11", "key-12", "key-13"
    ]  # fmt: skip


def test_products_tasks_and_statistics_of_the_old_shape_are_carried_over(
    empty_database_url: str, connection: psycopg.Connection[DictRow], legacy: Callable[[Sequence[int]], None]
):
    legacy([1])
    run(connection, LEGACY_ROWS, "user_1")
    runner.migrate(empty_database_url)
    coat, scarf = run(connection, "SELECT size, colors, materials FROM user_1.products ORDER BY id")
    assert coat == {"size": "42", "colors": ["navy", "grey"], "materials": ["wool"]}
    assert scarf == {"size": None, "colors": [], "materials": []}
    photos = run(connection, "SELECT product_id, position, path FROM user_1.product_images ORDER BY id")
    assert [tuple(photo.values()) for photo in photos] == [(5, 1, "a.jpg"), (5, 2, "b.jpg")]
    tasks = run(connection, "SELECT name, position, kind, status, output FROM user_1.marketplace_tasks ORDER BY id")
    assert [tuple(task.values()) for task in tasks] == [
        ("load", 1, "inner", "completed", {"a": 1}),
        ("plugin_http", 2, "unsafe", "failed", None),
    ]
    statistics = run(
        connection,
        "SELECT marketplace, total_jobs, success_count, failure_count, avg_duration_ms"
        " FROM user_1.marketplace_job_stats ORDER BY id",
    )
    assert [tuple(day.values()) for day in statistics] == [("vinted", 40, 38, 2, 250), ("ebay", 1, 1, 0, None)]


def test_ids_go_on_where_the_old_ones_ended(
    empty_database_url: str, connection: psycopg.Connection[DictRow], legacy: Callable[[Sequence[int]], None]
):
    legacy([1])
    run(connection, LEGACY_ROWS, "user_1")
    runner.migrate(empty_database_url)
    new = "INSERT INTO user_1.marketplace_jobs (action_type_id) VALUES (3) RETURNING id"
    assert column(connection, new) == [14]
    assert column(connection, "INSERT INTO user_1.products (title) VALUES ('Hat') RETURNING id") == [7]


def test_an_old_writer_is_still_heard_after_the_upgrade(
    empty_database_url: str, connection: psycopg.Connection[DictRow], legacy: Callable[[Sequence[int]], None]
):
    legacy([1])
    runner.migrate(empty_database_url)
    run(connection, "SET search_path = user_1, public")
    run(
        connection, "INSERT INTO marketplace_jobs (marketplace, action_type_id, status) VALUES ('vinted', 3, 'pending')"
    )
    assert run(connection, "SELECT tenant, job FROM public.outbox WHERE job > 0") == [{"tenant": 1, "job": 1}]


def test_a_tenant_that_fails_is_named_the_rest_go_on_and_the_next_run_resumes(
    empty_database_url: str, connection: psycopg.Connection[DictRow], legacy: Callable[[Sequence[int]], None]
):
    legacy([1, 2, 3])
    run(connection, "CREATE TABLE user_2.job_timeline (in_the_way int)")
    report = runner.migrate(empty_database_url)
    assert report.migrated == (PUBLIC_SCHEMA, TEMPLATE_SCHEMA, "user_1", "user_3")
    assert [failure.schema for failure in report.failed] == ["user_2"]
    assert "job_timeline" in report.failed[0].reason
    assert not report.succeeded
    assert runner.status(empty_database_url).tenants[1] == ("user_2", None)
    run(connection, "DROP TABLE user_2.job_timeline")
    assert runner.migrate(empty_database_url) == runner.Report(("user_2",), 2, ())


def test_a_tenant_whose_table_is_in_use_is_left_for_the_next_run(
    empty_database_url: str,
    connection: psycopg.Connection[DictRow],
    legacy: Callable[[Sequence[int]], None],
    monkeypatch: pytest.MonkeyPatch,
):
    legacy([1])
    monkeypatch.setattr(runner, "LOCK_MS", 50)
    with psycopg.connect(empty_database_url) as other:
        other.execute("SELECT * FROM user_1.products")
        assert [failure.schema for failure in runner.migrate(empty_database_url).failed] == ["user_1"]
    assert runner.migrate(empty_database_url).migrated == ("user_1",)


def test_without_the_shared_tables_no_tenant_is_touched(
    empty_database_url: str, connection: psycopg.Connection[DictRow]
):
    run(connection, "CREATE TABLE public.users (in_the_way int)")
    report = runner.migrate(empty_database_url)
    assert (report.migrated, [failure.schema for failure in report.failed]) == ((), [PUBLIC_SCHEMA])
    assert column(connection, "SELECT 1 FROM pg_namespace WHERE nspname = 'template_tenant'") == []


def test_two_runs_at_once_take_turns(
    empty_database_url: str, connection: psycopg.Connection[DictRow], legacy: Callable[[Sequence[int]], None]
):
    legacy([1, 2])
    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(runner.migrate, [empty_database_url] * 2))
    assert sorted(len(report.migrated) for report in reports) == [0, 4]
    assert all(report.succeeded for report in reports)
    contract_all(empty_database_url, unused_h=0.0)
    assert drift_of(connection, "user_2") == ()


def test_a_run_killed_in_the_middle_of_a_tenant_is_resumed_without_a_trace(
    empty_database_url: str, connection: psycopg.Connection[DictRow], legacy: Callable[[Sequence[int]], None]
):
    legacy([1, 2, 3])
    with psycopg.connect(empty_database_url) as other:
        other.execute("LOCK TABLE user_2.batch_jobs")
        program = "import sys; from stoflow.migrations.runner import migrate; migrate(sys.argv[1])"
        root = str(Path(stoflow.__file__).parent.parent)
        killed = subprocess.Popen(
            [sys.executable, "-c", program, empty_database_url], env={**os.environ, "PYTHONPATH": root}
        )
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'user_2.batch_jobs'::regclass"
        while not column(connection, waiting) and killed.poll() is None:
            column(connection, "SELECT pg_sleep(0.01)")
        killed.kill()
        killed.wait()
    assert runner.status(empty_database_url).behind == ("user_2", "user_3")
    assert runner.migrate(empty_database_url) == runner.Report(("user_2", "user_3"), 1, ())
    contract_all(empty_database_url, unused_h=0.0)
    assert [drift_of(connection, schema) for schema in ("user_1", "user_2", "user_3")] == [(), (), ()]


def test_a_run_killed_with_its_processes_at_work_leaves_none_of_them(
    empty_database_url: str, connection: psycopg.Connection[DictRow], legacy: Callable[[Sequence[int]], None]
):
    legacy([1, 2, 3, 4])
    program = "import sys; from stoflow.migrations.runner import migrate; migrate(sys.argv[1], parallel=2)"
    environment = {**os.environ, "PYTHONPATH": str(Path(stoflow.__file__).parent.parent)}
    with psycopg.connect(empty_database_url) as other:
        for tenant in (1, 2):
            other.execute(f"LOCK TABLE user_{tenant}.batch_jobs".encode())
        killed = subprocess.Popen([sys.executable, "-c", program, empty_database_url], env=environment)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IN ({})".format(
            ", ".join(f"'user_{tenant}.batch_jobs'::regclass" for tenant in (1, 2))
        )
        while column(connection, waiting) == [0] and killed.poll() is None:
            column(connection, "SELECT pg_sleep(0.01)")
        children = psutil.Process(killed.pid).children(recursive=True)
        killed.kill()
        killed.wait()
        _, alive = psutil.wait_procs(children, timeout=30)
        assert not alive
    assert runner.migrate(empty_database_url, parallel=2).succeeded
    contract_all(empty_database_url, unused_h=0.0)
    assert [drift_of(connection, f"user_{tenant}") for tenant in (1, 2, 3, 4)] == [()] * 4


def test_what_a_newer_release_brought_further_is_not_behind(
    empty_database_url: str, connection: psycopg.Connection[DictRow]
):
    runner.migrate(empty_database_url)
    for schema in (PUBLIC_SCHEMA, TEMPLATE_SCHEMA):
        run(connection, "UPDATE {s}.alembic_version SET version_num = '29990101_0001_newer'", schema)
    assert runner.status(empty_database_url).behind == ()


def test_one_tenant_can_be_upgraded_alone(empty_database_url: str, legacy: Callable[[Sequence[int]], None]):
    legacy([1, 2])
    assert runner.migrate(empty_database_url, tenant=TenantId(2)).migrated[-1] == "user_2"
    assert runner.status(empty_database_url).behind == ("user_1",)
    with pytest.raises(NotFound):
        runner.migrate(empty_database_url, tenant=TenantId(9))


def test_tenants_are_upgraded_in_parallel_to_the_same_shape(
    empty_database_url: str, connection: psycopg.Connection[DictRow], legacy: Callable[[Sequence[int]], None]
):
    legacy([1, 2, 3])
    report = runner.migrate(empty_database_url, parallel=2)
    assert sorted(report.migrated[2:]) == ["user_1", "user_2", "user_3"]
    contract_all(empty_database_url, unused_h=0.0)
    shapes = {fingerprint_of(connection, schema) for schema in (TEMPLATE_SCHEMA, "user_1", "user_2", "user_3")}
    assert len(shapes) == 1


def test_a_schema_that_differs_from_the_template_is_told(
    empty_database_url: str, connection: psycopg.Connection[DictRow], legacy: Callable[[Sequence[int]], None]
):
    legacy([1])
    runner.migrate(empty_database_url)
    contract_all(empty_database_url, unused_h=0.0)
    run(connection, "ALTER TABLE user_1.products ADD COLUMN note text")
    run(connection, "DROP TRIGGER announce_job ON user_1.marketplace_jobs")
    added, missing = drift_of(connection, "user_1")
    assert added.startswith("+ column products.note text")
    assert missing.startswith("- trigger O CREATE TRIGGER announce_job")


def test_a_database_that_is_away_is_named_so():
    with pytest.raises(DatabaseUnavailable):
        runner.migrate("postgresql://nobody@127.0.0.1:1/nothing")


def test_both_streams_have_one_head():
    assert (head_of(SHARED), head_of(TENANT)) == ("20261201_0010_described", "20261201_0020_offered")


BEFORE_KEYS = ("20261122_0400_catalogues", "20261122_0500_choices")
IMPORTED_TWICE = """
INSERT INTO {s}.products (id, title, external_ref, deleted_at) VALUES
    (1, 'Coat', 'row-1', NULL), (2, 'Coat', 'row-1', NULL), (3, 'Coat', 'row-1', NULL),
    (4, 'Hat', 'row-2', now()), (5, 'Hat', 'row-2', NULL), (6, 'Hat', 'row-2', NULL),
    (7, 'Scarf', NULL, NULL), (8, 'Scarf', '', NULL), (9, 'Belt', 'row-3', NULL);
INSERT INTO {s}.listings (product_id, marketplace, external_id, visible) VALUES
    (2, 'vinted', '20', true), (2, 'ebay', '21', true), (3, 'vinted', NULL, false)
"""


@pytest.fixture
def before_keys(empty_database_url: str, connection: psycopg.Connection[DictRow]) -> None:
    """Make an installation of before products had keys of their own, with one tenant."""
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(empty_database_url), poolclass=NullPool
    )
    shared, tenant = BEFORE_KEYS
    for stream, schema, revision in (
        (SHARED, PUBLIC_SCHEMA, shared), (TENANT, TEMPLATE_SCHEMA, tenant), (TENANT, "user_1", tenant)
    ):  # fmt: skip
        run(connection, "CREATE SCHEMA IF NOT EXISTS {s}", schema)
        with engine.begin() as opened:
            upgrade(opened, stream, schema, revision)


@pytest.mark.usefixtures("before_keys")
def test_of_products_imported_twice_the_one_that_buyers_see_has_the_key_else_the_first(
    empty_database_url: str, connection: psycopg.Connection[DictRow]
):
    run(connection, IMPORTED_TWICE, "user_1")
    report = runner.migrate(empty_database_url)
    assert report.succeeded
    assert report.notices == ("user_1: 3 products were imported more than once: an import will not change them.",)
    kept = run(connection, "SELECT id, external_id FROM user_1.products WHERE external_id IS NOT NULL ORDER BY id")
    assert [tuple(row.values()) for row in kept] == [(2, "row-1"), (5, "row-2"), (9, "row-3")]
    assert column(connection, "SELECT count(*) FROM user_1.products WHERE external_ref <> ''") == [7]
    assert drift_of(connection, "user_1") == ()


@pytest.mark.usefixtures("before_keys")
def test_what_old_code_imports_after_the_upgrade_has_its_key_once(
    empty_database_url: str, connection: psycopg.Connection[DictRow]
):
    runner.migrate(empty_database_url)
    old = "INSERT INTO user_1.products (title, external_ref) VALUES ('Coat', 'row-1'), ('Coat', 'row-1'), ('Hat', NULL)"
    run(connection, old)
    run(connection, old)
    keys = column(connection, "SELECT external_id FROM user_1.products ORDER BY id")
    assert keys == ["row-1", None, None, None, None, None]
