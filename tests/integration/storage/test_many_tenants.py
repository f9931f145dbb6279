"""With thousands of tenants nothing that a person waits for reads more of PostgreSQL's catalogue than with a few."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.migrations.prepared import check_prepared, check_tenant_prepared
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.database.health import reach
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import are_active, create_tenant
from stoflow.storage.products.snapshots import add_product, list_products
from stoflow.storage.servers.embedded import servers
from stoflow.testing.databases import Databases

MANY = 3_000
FIRST_OF_MANY = 100_000
A_TRANSACTION = 250
TIMES = 5  # the middle one: the first connection of all reads more, and figures may be told late
MORE_AT_MOST = MANY // 3  # some hundred are read more or less where PostgreSQL has to make its own cache anew
COUNTED = "counted"
ONE = TenantId(1)
# What counts is how many of them there are, not what is in each: three relations instead of a whole tenant's hundred.
SMALL_TENANTS = """
DO $$ BEGIN
  FOR number IN {first}..{last} LOOP
    EXECUTE format('CREATE SCHEMA user_%1$s', number);
    EXECUTE format('CREATE TABLE user_%1$s.alembic_version (version_num text PRIMARY KEY)', number);
    INSERT INTO public.users (id, email, hashed_password, role)
    VALUES (number, format('small%1$s@example.com', number), '!', 'user');
  END LOOP;
END $$
"""
ROWS_READ = """
SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_sys_tables WHERE schemaname = 'pg_catalog'
"""
STILL_THERE = "SELECT FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
numbers = count(1)

Act = Callable[[Database], object]


def make_a_tenant(database: Database) -> None:
    create_tenant(database, f"seller{next(numbers)}@example.com")


def make_and_list_a_product(database: Database) -> None:
    with database.tenant(ONE) as session:
        add_product(session, NewProduct(title="A coat", description="Warm.", price=None))
    with database.tenant(ONE) as session:
        assert list_products(session)


ACTS: dict[str, Act] = {
    "a tenant is made": make_a_tenant,
    "a product is made and listed": make_and_list_a_product,
    "a command begins": lambda database: check_tenant_prepared(database, ONE),
    "a process says that it is ready": lambda database: (reach(database), check_prepared(database)),
    "a request is let in": lambda database: are_active(database, [ONE]),
}


@dataclass(frozen=True, slots=True)
class Meter:
    """Counts the rows of the catalogue that PostgreSQL reads for an act, on connections that know nothing yet."""

    url: str

    def rows_for(self, act: Act) -> int:
        return sorted(self._once(act) for _ in range(TIMES))[TIMES // 2]

    def _once(self, act: Act) -> int:
        with psycopg.connect(self.url, autocommit=True) as watching:
            before = self._rows(watching)
            database = Database(self.url, application_name=COUNTED)
            act(database)
            database.close()
            while watching.execute(STILL_THERE, [COUNTED]).fetchone():
                continue  # its figures are told when it is gone
            return self._rows(watching) - before

    @staticmethod
    def _rows(watching: "psycopg.Connection[tuple[int]]") -> int:
        found = watching.execute(ROWS_READ).fetchone()
        assert found is not None
        return found[0]


@pytest.fixture(scope="module")
def meter() -> Iterator[Meter]:
    """On a server of its own: what others create makes every connection forget the catalogue and read it again.

    Not below tmp_path: each session of pytest closes the folders above it to the user as whom PostgreSQL runs.
    """
    with TemporaryDirectory(prefix="stoflow-home-") as folder, servers(Path(folder), durable=False) as own:
        with psycopg.connect(plain_url(own.database_url), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET autovacuum = off")
            connection.execute("SELECT pg_reload_conf()")
        databases = Databases(own.database_url, own.database_url)
        yield Meter(databases.url_of(databases.migrated))


@pytest.fixture(scope="module")
def with_few(meter: Meter) -> dict[str, int]:
    """What each act reads while there are few; from then on there are thousands more."""
    database = Database(meter.url)
    assert create_tenant(database, "first@example.com") == ONE
    few = {name: meter.rows_for(act) for name, act in ACTS.items()}
    for first in range(FIRST_OF_MANY, FIRST_OF_MANY + MANY, A_TRANSACTION):
        with database.records() as connection:
            connection.execute("SET LOCAL statement_timeout = 0")
            connection.execute(SMALL_TENANTS.format(first=first, last=first + A_TRANSACTION - 1).encode())
    database.close()
    return few


@pytest.mark.parametrize("name", ACTS)
def test_no_more_of_the_catalogue_is_read_for_it_than_among_few(meter: Meter, with_few: dict[str, int], name: str):
    assert meter.rows_for(ACTS[name]) - with_few[name] < MORE_AT_MOST


def test_a_read_that_grows_with_the_tenants_would_be_seen(meter: Meter, with_few: dict[str, int]):
    def looks_through_all(database: Database) -> None:
        with database.records() as connection:
            connection.execute("SELECT count(*) FROM pg_class WHERE relkind = 'm'")

    assert with_few
    assert meter.rows_for(looks_through_all) > MANY
