"""Tenants that a revision cannot reach, each for another reason, and how they are healed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

import psycopg

from campaigns.release import COLUMN, TABLE
from stoflow.storage.database.connecting import plain_url

ANOTHER_TYPE, IN_USE, FOREIGN = "the column is there with another type", "its table is in use", "a revision of others"
WORDS: Mapping[str, str] = {ANOTHER_TYPE: "already exists", IN_USE: "lock timeout", FOREIGN: "does not know"}
FOREIGN_REVISION = "28881231_0001_others"

READ_REVISION = "SELECT version_num FROM {schema}.alembic_version"
STAMP = "UPDATE {schema}.alembic_version SET version_num = %s"
ADD_COLUMN = f"ALTER TABLE {{schema}}.{TABLE} ADD COLUMN {COLUMN} integer"
DROP_COLUMN = f"ALTER TABLE {{schema}}.{TABLE} DROP COLUMN {COLUMN}"
USE = f"LOCK TABLE {{schema}}.{TABLE} IN ACCESS SHARE MODE"


@dataclass(frozen=True, slots=True)
class Poison:
    """Which schema cannot be upgraded, and why."""

    reasons: Mapping[str, str]

    def mismatches(self, failed: Sequence[Mapping[str, str]]) -> Iterator[str]:
        """Say of which poisoned schema a run did not name the reason, and which others it named."""
        named = {failure["schema"]: failure["reason"] for failure in failed}
        for schema, why in self.reasons.items():
            if WORDS[why] not in named.get(schema, ""):
                yield f"{schema} ({why}) was told as {named.get(schema)!r}"
        yield from (f"{schema} failed: {named[schema]}" for schema in named.keys() - self.reasons.keys())


@contextmanager
def poisoned(database_url: str, schemas: Sequence[str], random: Random) -> Iterator[Poison]:
    """Poison three of these schemas; healed at the end, with nothing of it left."""
    other_type, in_use, foreign = random.sample(list(schemas), 3)
    url = plain_url(database_url)
    with psycopg.connect(url, autocommit=True) as connection, psycopg.connect(url) as user:
        before = _execute(connection, READ_REVISION, foreign)
        _execute(connection, ADD_COLUMN, other_type)
        _execute(connection, STAMP, foreign, FOREIGN_REVISION)
        _execute(user, USE, in_use)
        yield Poison({other_type: ANOTHER_TYPE, in_use: IN_USE, foreign: FOREIGN})
        user.rollback()
        _execute(connection, DROP_COLUMN, other_type)
        _execute(connection, STAMP, foreign, before)


def _execute(connection: "psycopg.Connection[tuple[str]]", statement: str, schema: str, *values: str) -> str:
    cursor = connection.execute(statement.replace("{schema}", schema).encode(), values)
    row = cursor.fetchone() if cursor.description else None
    return row[0] if row else ""
