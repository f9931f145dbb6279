"""One writer per process: groups the claims and settles of many threads into one pipelined commit."""

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.errors import DatabaseRefused, DatabaseUnavailable
from stoflow.domain.ids import TenantId
from stoflow.storage.engine.statement import Statement
from stoflow.storage.session import Database

Row = Mapping[str, Any] | None
BATCH = 64
GATHER_S = 0.002  # under load, the next commit waits so long for company; alone, a write never waits


@dataclass(frozen=True, slots=True)
class _Write:
    """Statements that stand or fall together, in order."""

    order: tuple[int, int]
    statements: Sequence[Statement]
    done: Future[tuple[Row, ...]] = field(default_factory=Future[tuple[Row, ...]])


class Recorder:
    """Writes for many tenants in one transaction. Engine tables only: everything else is one session, one tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writes: SimpleQueue[_Write | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Write what was handed in, then end."""
        if self._thread is not None:
            self._writes.put(None)
            self._thread.join()
            self._thread = None

    def write(self, tenant: TenantId, job: int, *statements: Statement, timeout_s: float = 30.0) -> tuple[Row, ...]:
        """Commit the statements, in order, and return each one's first row.

        Raise DatabaseUnavailable where PostgreSQL is away (then nothing is known to be written), DatabaseRefused
        where it refuses.
        """
        write = _Write((tenant, job), statements)
        self._writes.put(write)
        return write.done.result(timeout_s)

    def _run(self) -> None:
        while (first := self._writes.get()) is not None:
            batch, last = self._gather(first)
            # Rows are locked in one order everywhere (tenant, job), so two recorders cannot wait for each other.
            self._commit(sorted(batch, key=lambda write: write.order))
            if last:
                return
            if len(batch) > 1:
                time.sleep(GATHER_S)

    def _gather(self, first: _Write) -> tuple[list[_Write], bool]:
        batch = [first]
        try:
            while len(batch) < BATCH:
                write = self._writes.get_nowait()
                if write is None:
                    return batch, True
                batch.append(write)
        except Empty:
            return batch, False
        return batch, False

    def _commit(self, batch: Sequence[_Write]) -> None:
        try:
            with self._database.planned_records() as connection:
                answers = self._execute(connection, batch)
        except DatabaseUnavailable as error:
            _fail(batch, error)
        except DatabaseRefused as error:
            self._commit_singly(batch, error)
        else:
            for write, rows in zip(batch, answers, strict=True):
                write.done.set_result(rows)

    def _commit_singly(self, batch: Sequence[_Write], error: DatabaseRefused) -> None:
        """Separate the one write PostgreSQL refuses from the ones beside it."""
        if len(batch) > 1:
            for write in batch:
                self._commit([write])
        else:
            _fail(batch, error)

    def _execute(self, connection: Connection[DictRow], batch: Sequence[_Write]) -> list[tuple[Row, ...]]:
        with connection.pipeline():
            cursors = [[statement.on(connection) for statement in write.statements] for write in batch]
        return [tuple(cursor.fetchone() if cursor.description else None for cursor in row) for row in cursors]


def _fail(batch: Sequence[_Write], error: Exception) -> None:
    for write in batch:
        write.done.set_exception(error)
