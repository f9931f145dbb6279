"""The same code on the servers a distribution ships: PostgreSQL 15 and Redis, started here on sockets of their own.

Where STOFLOW_REQUIRE_REAL_SERVERS is set (continuous integration) nothing here is skipped.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import redis
from psycopg import OperationalError
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from stoflow import settings as stoflow_settings
from stoflow.domain.errors import DatabaseRefused, DatabaseUnavailable
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.migrations.runner import Report, migrate, status
from stoflow.storage.database.fingerprint import drift_of
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.database.tenants import create_tenant
from stoflow.storage.products.snapshots import add_product, get_product
from stoflow.storage.servers.embedded import resolve_servers
from stoflow.storage.servers.system_user import give, server_user

POSTGRESQL_15 = Path(os.environ.get("STOFLOW_POSTGRESQL_15", "/usr/lib/postgresql/15/bin"))
READY_ATTEMPTS = 200
MISSING = "PostgreSQL 15 and redis-server are not both installed here; continuous integration installs them."


def program(path: str | Path) -> str:
    found = shutil.which(str(path))
    if found is None:
        if os.environ.get("STOFLOW_REQUIRE_REAL_SERVERS"):
            pytest.fail(f"{path} is missing, and STOFLOW_REQUIRE_REAL_SERVERS is set.")
        pytest.skip(MISSING)
    return found


@contextmanager
def own_folder() -> Iterator[Path]:
    """A short folder that belongs to the ordinary user the servers run as."""
    with TemporaryDirectory(prefix="stoflow-real-") as name:
        folder = Path(name)
        give(folder, server_user(folder))
        yield folder


@contextmanager
def running(command: Sequence[str], folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    user = server_user(folder)
    identity = (None, None, None) if user is None else (user.pw_uid, user.pw_gid, [])
    with (folder / "log").open("wb") as log, subprocess.Popen(
        command, stdout=log, stderr=log, cwd=folder, user=identity[0], group=identity[1], extra_groups=identity[2]
    ) as server:  # fmt: skip
        yield server
        server.send_signal(signal.SIGINT)


def run_to_its_end(command: Sequence[str], folder: Path) -> None:
    with running(command, folder) as program_:
        assert program_.wait(60) == 0, (folder / "log").read_text()


@pytest.fixture(scope="module")
def postgresql_15() -> Iterator[str]:
    initdb, postgres = program(POSTGRESQL_15 / "initdb"), program(POSTGRESQL_15 / "postgres")
    with own_folder() as folder:
        data = str(folder / "data")
        run_to_its_end([initdb, "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"], folder)
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
        with running([postgres, "-D", data, *options], folder):
            url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
            until_it_answers(url)
            yield url


def until_it_answers(url: str) -> None:
    refusals: list[OperationalError] = []
    for _ in range(READY_ATTEMPTS):
        database = Database(url)
        try:
            with database.records() as connection:
                connection.execute("SELECT 1")
                return
        except DatabaseUnavailable as refusal:
            refusals.extend([refusal.__cause__] if isinstance(refusal.__cause__, OperationalError) else [])
        finally:
            database.close()
    pytest.fail(f"PostgreSQL 15 did not start: {refusals[-1:]}")


@pytest.fixture(scope="module")
def debian_redis() -> Iterator[str]:
    server = program("redis-server")
    with own_folder() as folder:
        socket = folder / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
        with running([server, *options], folder):
            url = f"unix://{socket}?db=0"
            with redis.Redis.from_url(url, retry=Retry(ConstantBackoff(0.05), READY_ATTEMPTS)) as client:
                client.ping()
            yield url


@pytest.fixture(scope="module")
def migrated(postgresql_15: str) -> Iterator[Database]:
    assert migrate(postgresql_15).succeeded
    database = Database(postgresql_15)
    yield database
    database.close()


@pytest.fixture(scope="module")
def seller(migrated: Database) -> TenantId:
    return create_tenant(migrated, "seller@example.com")


def test_it_is_postgresql_15(migrated: Database):
    with migrated.records() as connection:
        assert connection.info.server_version // 10_000 == 15


def test_the_whole_chain_runs_and_runs_again_without_effect(migrated: Database, seller: TenantId):
    assert migrate(migrated.url) == Report((), 1, ())
    assert status(migrated.url).behind == ()


def test_a_tenant_equals_the_template(migrated: Database, seller: TenantId):
    with migrated.records() as connection:
        assert drift_of(connection, schema_name(seller)) == ()


def test_a_product_is_stored_in_its_tenant_and_nowhere_else(migrated: Database, seller: TenantId):
    other = create_tenant(migrated, "other@example.com")
    with migrated.tenant(seller) as session:
        product = add_product(session, NewProduct("Wool coat", "", Decimal("12.50")))
    with migrated.tenant(seller) as session:
        assert get_product(session, product).title == "Wool coat"
    with migrated.records() as connection:
        assert connection.execute(f"SELECT * FROM {schema_name(other)}.products".encode()).fetchall() == []


def test_sql_without_a_schema_fails_closed(migrated: Database, seller: TenantId):
    with pytest.raises(DatabaseRefused), migrated.records() as connection:
        connection.execute("SELECT * FROM products")


def test_a_job_is_announced_by_schema(migrated: Database, seller: TenantId):
    with migrated.records() as connection:
        connection.execute(f"INSERT INTO {schema_name(seller)}.marketplace_jobs (action_type_id) VALUES (1)".encode())
        announced = connection.execute("SELECT tenant, job FROM public.outbox").fetchall()
    assert announced == [{"tenant": seller, "job": 1}]


def test_both_are_taken_from_the_settings(postgresql_15: str, debian_redis: str, tmp_path: Path):
    named = stoflow_settings.load(
        env_file=None, home=tmp_path / "home", database_url=postgresql_15, redis_url=debian_redis
    )
    with resolve_servers(named) as urls, redis.Redis.from_url(urls.redis_url) as client:
        client.set("key", "value")
        assert client.get("key") == b"value"
    assert not (tmp_path / "home").exists()
