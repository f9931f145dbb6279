"""What an empty tenant has on disk, and that whoever had more keeps every row and number."""

from contextlib import closing
from typing import LiteralString

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from stoflow.domain.ids import TenantId
from stoflow.migrations import runner
from stoflow.migrations.chains import TENANT, upgrade
from stoflow.storage.database.fingerprint import drift_of
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.database.tenants import create_tenant

FILES = 75
BEFORE = "20261130_1700_command_looks"
LARGEST_ROW = 8_160

# A table, its TOAST and that one's index, each index and each sequence are a file.
COUNT_FILES = """
WITH own AS (SELECT oid, reltoastrelid FROM pg_class WHERE relnamespace = %(schema)s::regnamespace),
     told AS (SELECT oid FROM own UNION SELECT reltoastrelid FROM own WHERE reltoastrelid <> 0)
SELECT count(pg_relation_filepath(each.oid)) AS files
FROM (SELECT oid FROM told UNION SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM told)) AS each
"""
TOASTED = """
SELECT relname FROM pg_class WHERE relnamespace = %(schema)s::regnamespace AND relkind = 'r' AND reltoastrelid <> 0
ORDER BY relname
"""
NEED_TOAST = [
    "connections",  # secrets, settings
    "consents",  # secrets
    "job_timeline",
    "listings",  # which photos were sent
    "marketplace_jobs",
    "marketplace_tasks",
    "plugin_commands",
    "products",
]
ROWS = """
INSERT INTO user_1.products (id, title) VALUES (7, 'Coat');
INSERT INTO user_1.listings (product_id, marketplace) SELECT 7, 'm' || n FROM generate_series(1, 40) AS n;
INSERT INTO user_1.job_timeline (job_id, cause) SELECT 1, 'c' FROM generate_series(1, 3);
INSERT INTO user_1.orders (marketplace, external_id, state, total) VALUES ('ebay', 'o', 'paid', 1.50);
INSERT INTO user_1.remote_listings (marketplace, external_id, state, title)
SELECT 'ebay', 'long', 'hidden', string_agg(md5(n::text), '') FROM generate_series(1, 700) AS n
"""
NEXT: LiteralString = """
INSERT INTO user_1.listings (product_id, marketplace) VALUES (7, 'next') RETURNING id
"""
# In the order of what is asked most often: the queue, the line of a product, late calls, sales nobody was told of.
ASKED: dict[str, LiteralString] = {
    "marketplace_jobs_open_idx": """SELECT id FROM {s}.marketplace_jobs
      WHERE status = 'pending' AND marketplace = 'ebay' ORDER BY priority, id LIMIT 5""",
    "marketplace_jobs_of_product_idx": """SELECT FROM {s}.marketplace_jobs WHERE marketplace = 'ebay'
      AND product_id = 1 AND id < 9 AND status IN ('pending', 'running')
      UNION ALL SELECT FROM {s}.marketplace_jobs WHERE marketplace = 'ebay'
      AND product_id = 1 AND id < 9 AND late_until > clock_timestamp()""",
    "order_lines_of_product_idx": "SELECT DISTINCT product_id FROM {s}.order_lines WHERE NOT spread",
}


@pytest.fixture
def opened(empty_database_url: str) -> psycopg.Connection[DictRow]:
    return psycopg.Connection[DictRow].connect(
        empty_database_url, autocommit=True, row_factory=dict_row, prepare_threshold=None
    )


def test_an_empty_tenant_has_few_files(database: Database, tenant: TenantId) -> None:
    with database.records() as connection:
        asked = {"schema": schema_name(tenant)}
        assert [row["files"] for row in connection.execute(COUNT_FILES, asked)] == [FILES]
        assert [row["relname"] for row in connection.execute(TOASTED, asked)] == NEED_TOAST


@pytest.mark.parametrize("index", ASKED)
def test_one_index_answers_what_two_did(database: Database, tenant: TenantId, index: str) -> None:
    with database.records() as connection:
        connection.execute("SET LOCAL enable_seqscan = off")
        query = f"EXPLAIN {ASKED[index].replace('{s}', schema_name(tenant))}"
        plan = "\n".join(row["QUERY PLAN"] for row in connection.execute(query.encode()))
    assert index in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan


def test_a_tenant_of_before_keeps_its_rows_and_counts_on(
    empty_database_url: str, opened: psycopg.Connection[DictRow]
) -> None:
    runner.shared_and_template(empty_database_url)
    with opened, closing(Database(empty_database_url)) as database:
        opened.execute("INSERT INTO public.users (email, hashed_password) VALUES ('mia@example.com', 'x')")
        opened.execute("CREATE SCHEMA user_1")
        with runner.engine_of(empty_database_url).begin() as connection:
            upgrade(connection, TENANT, "user_1", BEFORE)
        opened.execute(ROWS.encode())
        before = opened.execute("SELECT * FROM user_1.remote_listings").fetchall()
        assert runner.migrate(empty_database_url).succeeded
        assert opened.execute("SELECT * FROM user_1.remote_listings").fetchall() == before
        assert len(before[0]["title"]) > LARGEST_ROW
        assert opened.execute(NEXT).fetchall() == [{"id": 41}]
        toasted = [row["relname"] for row in opened.execute(TOASTED, {"schema": "user_1"})]
        assert toasted == sorted([*NEED_TOAST, "remote_listings"])
        create_tenant(database, "noa@example.com")
        assert drift_of(opened, "user_1") == drift_of(opened, "user_2") == ()
