"""What docs/postgresql.md says of bringing one tenant back: nothing is numbered twice, and the shared tables agree."""

import shutil
import subprocess
from pathlib import Path

import pytest

from stoflow.domain.ids import TenantId
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.database.session import Database
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.testing.databases import Databases

SCRIPT = Path(__file__).parents[3] / "docs" / "backups" / "after-a-restore.sql"
PSQL = shutil.which("psql")
MAKE = """
INSERT INTO user_1.marketplace_jobs (marketplace, action_type_id, status, priority, expires_at)
SELECT 'ebay', min(id), 'pending', 3, now() + interval '1 day' FROM public.marketplace_action_types RETURNING id
"""
PRODUCT = "SELECT nextval('user_1.products_id_seq') AS number"
INDEX = "SELECT job, status FROM public.job_index WHERE tenant = 1 ORDER BY job"


def run_script(url: str, *options: str) -> None:
    if PSQL is None:
        pytest.skip("psql is Debian's package postgresql-client")
    command = [PSQL, plain_url(url), "--quiet", *options, "--file", str(SCRIPT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_of_a_tenant_that_is_brought_back_nothing_is_numbered_twice_and_the_index_is_true(
    server_urls: ServerUrls, databases: Databases, database_url: str, database: Database, tenant: TenantId
):
    with database.records() as connection:
        kept = connection.execute(MAKE).fetchone()
        number = connection.execute(PRODUCT).fetchone()
        assert kept is not None
        assert number is not None
        # As after the backup: the one that is there again had ended, and another was made that is not there any more.
        connection.execute("UPDATE public.job_index SET status = 'cancelled' WHERE tenant = 1")
        connection.execute("INSERT INTO public.job_index VALUES (1, 77, 1, 'pending', NULL, NULL, now())")
        connection.execute("DELETE FROM public.outbox")
    run_script(databases.at(server_urls.database_url, databases.name_of(database_url)), "--set", f"tenant={tenant}")
    with database.records() as connection:
        assert connection.execute(INDEX).fetchall() == [{"job": kept["id"], "status": "pending"}]
        assert connection.execute("SELECT tenant, job FROM public.outbox").fetchall() == [{"tenant": 1, "job": 0}]
        later = connection.execute(PRODUCT).fetchone(), connection.execute(MAKE).fetchone()
    assert later[0] is not None
    assert later[1] is not None
    assert later[0]["number"] > number["number"] + 99_999
    assert later[1]["id"] > 99_999


def test_after_the_whole_database_was_brought_back_no_number_of_a_tenant_is_given_twice(
    server_urls: ServerUrls, databases: Databases, database_url: str, database: Database, tenant: TenantId
):
    run_script(databases.at(server_urls.database_url, databases.name_of(database_url)))
    with database.records() as connection:
        number = connection.execute("SELECT nextval('public.users_id_seq') AS number").fetchone()
    assert number is not None
    assert number["number"] > tenant + 99_999
