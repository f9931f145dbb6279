"""What a tenant costs among few and among many: whole, and without what PostgreSQL needs for its tables."""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import make_url

from stoflow.migrations import runner
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.database.schema_copy import copy_of_template
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant

FEW = "few_tenants"
FIRST = 10  # the tenant with whom the last ones are compared
MEASURED = 11
ROUNDS = 21
BEFORE = FIRST - 1 - MEASURED // 2  # so that the tenth is in the middle of those measured
SAY_EVERY = 100


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians, in milliseconds: of a whole tenant, and of what of it is reading the template, which is ours."""

    tenant_ms: float
    reading_ms: float


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def make_tenants(database: Database, tenants: int) -> Cost:
    """Make them one after the other; return what those around the tenth cost then."""
    spent_ms: list[float] = []
    reading_ms: list[float] = []
    for number in range(1, tenants + 1):
        spent_ms.append(_made_ms(database, f"tenant{number}"))
        if number == FIRST:
            reading_ms = [_read_ms(database) for _ in range(MEASURED)]
        if number % SAY_EVERY == 0:
            say(f"{number} tenants; half of the last took {statistics.median(spent_ms[-SAY_EVERY:]):.0f} ms.")
    return Cost(statistics.median(spent_ms[BEFORE : BEFORE + MEASURED]), statistics.median(reading_ms))


def compare(database: Database, url: str) -> tuple[Cost, Cost]:
    """Measure in turn those around the tenth of a fresh database of the same server, and further ones of this."""
    with _fresh(url) as fresh:
        for number in range(BEFORE):
            _made_ms(fresh, f"few{number}")
        rounds = [_in_turn(fresh, database, number) for number in range(ROUNDS)]
    return _median([few for few, _ in rounds]), _median([many for _, many in rounds])


def _in_turn(fresh: Database, full: Database, number: int) -> tuple[Cost, Cost]:
    """Measure both, the other one first each time."""
    costs: dict[Database, Cost] = {}
    for place in (fresh, full) if number % 2 else (full, fresh):
        costs[place] = Cost(_made_ms(place, f"in-turn{number}"), _read_ms(place))
    return costs[fresh], costs[full]


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.tenant_ms for cost in costs), statistics.median(cost.reading_ms for cost in costs)
    )


@contextmanager
def _fresh(url: str) -> Iterator[Database]:
    """Give a migrated database without tenants, on the same server; dropping it would cost a checkpoint of all."""
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {FEW} TEMPLATE template0".encode())
    its_url = make_url(plain_url(url)).set(database=FEW).render_as_string(hide_password=False)
    runner.migrate(its_url)
    database = Database(its_url)
    yield database
    database.close()


def _made_ms(database: Database, name: str) -> float:
    return _timed_ms(lambda: create_tenant(database, f"{name}@example.com"))


def _read_ms(database: Database) -> float:
    def read() -> None:
        with database.records() as connection:
            copy_of_template(connection, "user_0")

    return _timed_ms(read)


def _timed_ms(act: Callable[[], object]) -> float:
    begun_s = time.perf_counter()
    act()
    return (time.perf_counter() - begun_s) * 1_000
