"""The pipeline says what psycopg's cursors say, in its order, and nothing of what fails is left."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stoflow.domain.errors import DatabaseRefused, DatabaseUnavailable
from stoflow.domain.ids import TenantId
from stoflow.storage.database.plans import KEPT_FROM_TIMES, PLANS_KEPT
from stoflow.storage.database.session import Database
from stoflow.storage.database.transactions import Transaction, with_numbers
from stoflow.storage.engine.statement import bind

ASKED: LiteralString = "INSERT INTO public.outbox (tenant, job) VALUES (%(tenant)s, 77)"
FOUND: LiteralString = "SELECT count(*) AS n FROM public.outbox WHERE job = 77"
LARGE = "é" * 3_000_000  # more than sockets hold, both ways
VALUES: dict[str, tuple[LiteralString, Any]] = {
    "small": ("int", 7),
    "large": ("bigint", 2**40),
    "huge": ("numeric", 2**80),
    "nothing": ("text", None),
    "yes": ("bool", True),
    "text": ("text", "100 % 'é'"),
    "money": ("numeric", Decimal("12.50")),
    "time": ("timestamptz", datetime(2026, 11, 29, 12, tzinfo=UTC)),
    "document": ("jsonb", Jsonb({"a": [1, None, "é"]})),
    "numbers": ("int[]", [1, 2, 3]),
    "texts": ("text[]", ["a,b", 'c"d', "é"]),
    "empty": ("text[]", []),
    "bytes": ("bytea", b"\0\xff"),
}


@pytest.fixture
def alone(database_url: str) -> Iterator[Database]:
    """A handle with one connection, so that every transaction reuses it while it lives."""
    opened = Database(database_url, pool_size=1, planned_size=1)
    yield opened
    opened.close()


def count(transaction: Transaction, text: LiteralString = FOUND) -> int:
    row = transaction.execute(text).fetchone()
    assert row is not None
    return row["n"]


def stored(database: Database) -> int:
    with database.planned_records() as transaction:
        return count(transaction)


def test_values_come_back_as_through_a_cursor_planned_or_not(alone: Database):
    columns = ", ".join(f"%({name})s::{kind} AS {name}" for name, (kind, _) in VALUES.items())
    text: Any = f"SELECT {columns}, '%%' AS sign"
    values = {name: value for name, (_, value) in VALUES.items()}
    with alone.records() as connection:
        expected = connection.execute(text, values).fetchone()
    for _ in range(KEPT_FROM_TIMES + 2):
        with alone.planned_records() as transaction:
            row = transaction.execute(text, values)
        assert row.fetchone() == expected


def test_a_statement_is_translated_once_for_all_tenants_and_planned_for_each(alone: Database):
    template: LiteralString = "SELECT '{s}' AS schema, %(tenant)s::int AS tenant, '100 %%' AS sign"
    translated = with_numbers.cache_info().misses
    for tenant in [TenantId(number) for number in range(1, 6)] * (KEPT_FROM_TIMES + 2):
        expected = {"schema": f"user_{tenant}", "tenant": tenant, "sign": "100 %"}
        for opened in (alone.planned_records(), alone.records()):
            with opened as transaction:
                assert bind(template, tenant).on(transaction).fetchone() == expected
    assert with_numbers.cache_info().misses == translated + 1


def test_answers_keep_their_order_whenever_they_are_fetched(alone: Database):
    with alone.planned_records() as transaction:
        several = [transaction.execute("SELECT %s::int AS n FROM generate_series(1, %s)", [n, n]) for n in range(4)]
        changed = transaction.execute(ASKED, {"tenant": 1})
        assert several[2].fetchone() == {"n": 2}
        later = transaction.execute("SELECT 9 AS n")
    assert [rows.rowcount for rows in (*several, changed, later)] == [0, 1, 2, 3, 1, 1]
    assert [row["n"] for rows in several for row in rows] == [1, 2, 3, 3, 3]  # one of the twos was taken before
    assert (changed.fetchone(), changed.fetchall(), later.fetchall()) == (None, [], [{"n": 9}])


def test_what_is_larger_than_a_socket_holds_goes_both_ways(alone: Database):
    with alone.planned_records() as transaction:
        answers = [transaction.execute("SELECT %s::text AS said", [LARGE]) for _ in range(3)]
    assert [answer.fetchall() == [{"said": LARGE}] for answer in answers] == [True] * 3


def test_a_refusal_that_comes_with_the_commit_is_told(alone: Database):
    with pytest.raises(DatabaseRefused, match="duplicate key"), alone.planned_records() as transaction:
        transaction.execute("CREATE TEMP TABLE once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        transaction.execute("INSERT INTO pg_temp.once VALUES (1), (1)")
        transaction.execute(ASKED, {"tenant": 1})
    assert stored(alone) == 0


def test_a_refusal_that_is_passed_over_is_told_at_the_end(alone: Database):
    with pytest.raises(DatabaseRefused), alone.planned_records() as transaction:
        transaction.execute(ASKED, {"tenant": 1})
        with pytest.raises(psycopg.errors.DivisionByZero):
            transaction.execute("SELECT 1 / 0").fetchone()
    assert stored(alone) == 0


def test_a_parameter_that_no_column_can_take_is_refused_before_anything_is_stored(alone: Database):
    with pytest.raises(DatabaseRefused), alone.planned_records() as transaction:
        transaction.execute(ASKED, {"tenant": 1})
        transaction.execute("SELECT %s", [object()])
    assert stored(alone) == 0


def test_an_interrupted_thread_leaves_nothing(alone: Database):
    with pytest.raises(KeyboardInterrupt), alone.planned_records() as transaction:
        transaction.execute(ASKED, {"tenant": 1}).rowcount.bit_count()
        raise KeyboardInterrupt
    assert stored(alone) == 0


def test_a_server_process_that_ends_is_unavailable_and_the_next_transaction_has_another(alone: Database):
    with pytest.raises(DatabaseUnavailable), alone.planned_records() as transaction:
        transaction.execute(ASKED, {"tenant": 1})
        transaction.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert stored(alone) == 0


def test_a_table_that_was_changed_is_planned_anew_after_one_refusal(alone: Database, database_url: str):
    if not keeps_plans(alone):
        pytest.skip("Behind a pooler no plan is kept.")
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("CREATE TABLE public.reshaped (n int)")
        for _ in range(KEPT_FROM_TIMES + 1):
            with alone.planned_records() as transaction:
                transaction.execute("SELECT * FROM public.reshaped")
        other.execute("ALTER TABLE public.reshaped ALTER n TYPE text")
        with pytest.raises(DatabaseRefused, match="must not change"), alone.planned_records() as transaction:
            transaction.execute("SELECT * FROM public.reshaped")
        with alone.planned_records() as transaction:
            transaction.execute("SELECT * FROM public.reshaped")
        other.execute("DROP TABLE public.reshaped")


def keeps_plans(database: Database) -> bool:
    for _ in range(KEPT_FROM_TIMES + 1):
        with database.planned_records() as transaction:
            transaction.execute("SELECT 1")
    return plans(database) == 1


def plans(database: Database) -> int:
    with database.planned_records() as transaction:
        return count(transaction, "SELECT count(*) AS n FROM pg_prepared_statements")


def test_the_plans_that_were_used_last_are_kept_and_no_others(alone: Database):
    if not keeps_plans(alone):
        pytest.skip("Behind a pooler no plan is kept.")
    texts: list[Any] = [f"SELECT {number} AS n" for number in range(PLANS_KEPT + 10)]
    for text in texts:
        with alone.planned_records() as transaction:
            answers = [transaction.execute(text) for _ in range(KEPT_FROM_TIMES + 1)]
        assert len({answer.fetchall()[0]["n"] for answer in answers}) == 1
    assert plans(alone) == PLANS_KEPT
    with alone.planned_records() as transaction:
        first = [transaction.execute(text).fetchall() for text in texts]
    assert first == [[{"n": number}] for number in range(PLANS_KEPT + 10)]


def test_many_statements_of_one_commit_are_one_commit(alone: Database):
    with alone.planned_records() as transaction:
        for tenant in range(1, 500):
            transaction.execute(ASKED, {"tenant": tenant})
    with alone.planned_records() as transaction:
        assert count(transaction, "SELECT count(DISTINCT xmin::text) AS n FROM public.outbox WHERE job = 77") == 1
        transaction.execute("DELETE FROM public.outbox WHERE job = 77")
