"""A connection that has met many tenants at once gives way to one that knows nobody; busy ones stay known."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import text

from stoflow.domain.ids import TenantId
from stoflow.storage.database import known_tenants
from stoflow.storage.database.known_tenants import KnownTenants
from stoflow.storage.database.session import Database
from stoflow.storage.engine.statement import bind

KNOWN_AT_ONCE = 3
PROCESS = "SELECT pg_backend_pid() AS pid"

Meeting = Callable[[Database, TenantId], int]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_tenants, "KNOWN_AT_ONCE", KNOWN_AT_ONCE)


@pytest.fixture
def alone(database_url: str) -> Iterator[Database]:
    """A handle with one connection of each kind, so that every transaction reuses it while it lives."""
    opened = Database(database_url, pool_size=1, planned_size=1)
    yield opened
    opened.close()


def by_statement(opened: AbstractContextManager[Any], tenant: TenantId) -> int:
    with opened as connection:
        rows = bind(PROCESS, tenant).on(connection)
        process = rows.fetchone()
        assert process is not None
        assert bind(PROCESS, tenant).on(connection).fetchone() == process, "not within a transaction"
    return process["pid"]


def by_session(database: Database, tenant: TenantId) -> int:
    with database.tenant(tenant) as session:
        return session.scalars(text(PROCESS)).one()


MEETINGS: dict[str, Meeting] = {
    "planned": lambda database, tenant: by_statement(database.planned_records(), tenant),
    "records": lambda database, tenant: by_statement(database.records(), tenant),
    "reading": lambda database, tenant: by_statement(database.reading(), tenant),
    "session": by_session,
}


@pytest.mark.parametrize("kind", sorted(MEETINGS))
def test_ever_new_tenants_get_a_new_connection_now_and_then(alone: Database, kind: str) -> None:
    processes = [MEETINGS[kind](alone, TenantId(tenant)) for tenant in range(1, 13)]
    assert [processes.count(process) for process in dict.fromkeys(processes)] == [KNOWN_AT_ONCE + 1] * 3


@pytest.mark.parametrize("kind", sorted(MEETINGS))
def test_as_many_as_may_be_known_stay_so_in_whatever_order(alone: Database, kind: str) -> None:
    tenants = [*range(1, KNOWN_AT_ONCE + 1)] * 3
    assert len({MEETINGS[kind](alone, TenantId(tenant)) for tenant in tenants}) == 1


def test_a_few_strangers_among_known_ones_end_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 1000.0
    monkeypatch.setattr(known_tenants.time, "monotonic", lambda: now_s)
    known = KnownTenants()
    told: list[bool] = []
    for tenant in range(KNOWN_AT_ONCE + 5):
        known.meet(tenant)
        told.append(known.are_too_many)
        now_s += 1 / known_tenants.STRANGERS_PER_S
    assert told == [False] * len(told)
    known.meet(-1)
    known.meet(-2)
    now_s -= KNOWN_AT_ONCE
    assert known.are_too_many
