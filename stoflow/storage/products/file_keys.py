"""The keys that the products of one file have given so far, kept on disk: a file may have a million."""

import sqlite3
from contextlib import closing
from types import TracebackType
from typing import Self

from stoflow.domain.product import NewProduct, NotStored
from stoflow.storage.products.keys import keys_of

TABLE = "CREATE TABLE keys (name TEXT, key TEXT, line INTEGER, PRIMARY KEY (name, key)) WITHOUT ROWID"
IN_A_FILE_OF_ITS_OWN = ""  # which SQLite makes, and deletes when it is closed


class FileKeys:
    """Each key with the line that gave it first; for one thread, closed at the end of a `with`."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect(IN_A_FILE_OF_ITS_OWN, isolation_level=None)
        self._kept.execute(TABLE)
        self._kept.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.close()

    def take(self, product: NewProduct, line: int) -> NotStored | None:
        """Keep the product's keys; return why not where an earlier line gave one of them."""
        keys = keys_of(product)
        for name, key in keys.items():
            if before := self._line_of(name, key):
                return taken_before(name, key, before)
        self._kept.executemany("INSERT INTO keys VALUES (?, ?, ?)", [(*each, line) for each in keys.items()])
        return None

    def _line_of(self, name: str, key: str) -> int | None:
        with closing(self._kept.execute("SELECT line FROM keys WHERE name = ? AND key = ?", (name, key))) as found:
            row = found.fetchone()
        return row and row[0]


def taken_before(name: str, key: str, line: int) -> NotStored:
    """Return that an earlier line of the same file gave the product with this key."""
    return NotStored(name, f'The product with the {name} "{key}" is in line {line} already.')
