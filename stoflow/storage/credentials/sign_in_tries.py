"""How often something may be tried: so many at once, then one more every so often; shared by all processes.

A key's row says until when its tries are spent: each one adds `every_s`, and time takes it off again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import ceil

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.errors import TooManyTries
from stoflow.storage.database.session import Database

TAKE = """
INSERT INTO public.sign_in_tries AS t (key, spent_until)
VALUES (%(key)s, clock_timestamp() + %(every_s)s::float8 * interval '1 second')
ON CONFLICT (key) DO UPDATE
SET spent_until = greatest(t.spent_until, clock_timestamp()) + %(every_s)s::float8 * interval '1 second'
WHERE t.spent_until <= clock_timestamp() + %(spare_s)s::float8 * interval '1 second'
RETURNING key
"""
WAIT = """
SELECT extract(epoch FROM spent_until - clock_timestamp())::float8 - %(spare_s)s::float8 AS wait_s
FROM public.sign_in_tries WHERE key = %(key)s
"""
GIVE_BACK = """
UPDATE public.sign_in_tries SET spent_until = spent_until - %(every_s)s::float8 * interval '1 second'
WHERE key = %(key)s
"""
# A few each time are more than are made.
FORGET_OLD = """
DELETE FROM public.sign_in_tries WHERE key IN (
  SELECT key FROM public.sign_in_tries WHERE spent_until < clock_timestamp() LIMIT 10 FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """`burst` tries at once, then one more every `every_s` seconds."""

    burst: int
    every_s: float


@dataclass(frozen=True, slots=True)
class Try:
    """One try of what `about` names, such as an account and where it is asked for; kept as a digest."""

    about: str
    allowance: Allowance

    def values(self) -> dict[str, object]:
        every_s = self.allowance.every_s
        key = sha256(self.about.encode()).hexdigest()
        return {"key": key, "every_s": every_s, "spare_s": every_s * (self.allowance.burst - 1)}


def take_tries(database: Database, tries: Sequence[Try]) -> None:
    """Count one try of each, before it is made: guesses made at once count too. Raise TooManyTries, counting none.

    Whoever takes several gives them in the same order as others do.
    """
    with database.records() as connection:
        for each in tries:
            if connection.execute(TAKE, each.values()).fetchone() is None:
                raise TooManyTries(_wait_s(connection, each))
        connection.execute(FORGET_OLD)


def give_back(database: Database, tries: Sequence[Try]) -> None:
    """Count one try of each less: it was no guess."""
    with database.records() as connection:
        for each in tries:
            connection.execute(GIVE_BACK, each.values())


def _wait_s(connection: Connection[DictRow], refused: Try) -> int:
    row = connection.execute(WAIT, refused.values()).fetchone()
    return max(1, ceil(row["wait_s"])) if row else 1
