"""What marketplaces answered about their categories, kept with the version of the tree it was said of."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from threading import Lock
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.aspect import Aspect, CategoryAspects, TaxonomyAnswers
from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database

REREAD_S = 600.0
RETRY_S = 10.0

SAVE = """
INSERT INTO product_attributes.taxonomy_answers (marketplace, site, category_id, tree_id, tree_version, known, aspects)
VALUES (%(marketplace)s, %(site)s, %(category)s, %(tree_id)s, %(tree_version)s, %(known)s, %(aspects)s)
ON CONFLICT (marketplace, site, category_id) DO UPDATE SET tree_id = EXCLUDED.tree_id,
  tree_version = EXCLUDED.tree_version, known = EXCLUDED.known, aspects = EXCLUDED.aspects,
  fetched_at = clock_timestamp()
"""
FORGET = """
DELETE FROM product_attributes.taxonomy_answers
WHERE marketplace = %(marketplace)s AND site = %(site)s AND NOT category_id = ANY(%(categories)s)
"""
READ = """
SELECT site, category_id, tree_id, tree_version, known, aspects
FROM product_attributes.taxonomy_answers WHERE marketplace = %(marketplace)s
"""


def save_answer(database: Database, marketplace: str, site: str, category: str, answer: CategoryAspects) -> None:
    """Keep one answer in the place of the one before."""
    values = {
        "marketplace": marketplace,
        "site": site,
        "category": category,
        "tree_id": answer.tree_id,
        "tree_version": answer.tree_version,
        "known": answer.known,
        "aspects": Jsonb([asdict(aspect) for aspect in answer.aspects]),
    }
    with database.records() as connection:
        connection.execute(SAVE, values)


def forget_others(database: Database, marketplace: str, site: str, categories: Iterable[str]) -> None:
    """Forget what was answered about categories that nothing is listed in any more."""
    values = {"marketplace": marketplace, "site": site, "categories": list(categories)}
    with database.records() as connection:
        connection.execute(FORGET, values)


def read_answers(database: Database, marketplace: str) -> TaxonomyAnswers:
    """Return every answer of a marketplace, by site and category."""
    with database.records() as connection:
        return _read(connection, marketplace)


def _read(connection: Connection[DictRow], marketplace: str) -> TaxonomyAnswers:
    rows = connection.execute(READ, {"marketplace": marketplace})
    return {(row["site"], row["category_id"]): _answer(row) for row in rows}


def _answer(row: Mapping[str, Any]) -> CategoryAspects:
    aspects = tuple(
        Aspect(each["name"], each["required"], each["closed"], tuple(each["values"])) for each in row["aspects"]
    )
    return CategoryAspects(row["tree_id"], row["tree_version"], row["known"], aspects)


class TaxonomyCache:
    """The answers in this process's memory, read again every ten minutes; shared by threads.

    They are the same for every tenant and change with a season: no job waits for them, and without PostgreSQL the
    last ones go on.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, TaxonomyAnswers] = {}
        self._due_at: dict[str, float] = {}

    def of(self, marketplace: str) -> TaxonomyAnswers:
        """Return what the marketplace answered, {} where it was never asked."""
        with self._lock:
            if self._clock() >= self._due_at.get(marketplace, 0.0):
                self._due_at[marketplace] = self._clock() + self._read(marketplace)
            return self._kept.get(marketplace, {})

    def _read(self, marketplace: str) -> float:
        """Read the answers; return in how many seconds to do so again."""
        try:
            self._kept[marketplace] = read_answers(self._database, marketplace)
        except DatabaseError as error:
            record(database_failure("reading what is asked in each category", error))
            return RETRY_S
        return REREAD_S
