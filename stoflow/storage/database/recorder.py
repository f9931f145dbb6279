"""Group commit: whoever finds nobody writing commits at once; who comes meanwhile goes together in the next commit.

Nobody waits for company: with what others do meanwhile there is enough of it (docs/decisions/0088).
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg.rows import DictRow

from stoflow.domain.errors import DatabaseRefused, DatabaseUnavailable
from stoflow.domain.ids import TenantId
from stoflow.storage.database.session import Database
from stoflow.storage.engine.statement import Statement

Answer = TypeVar("Answer")
BATCH = 64


@dataclass(slots=True)
class _Write:
    """Statements that stand or fall together, in order. Woken without an answer, its thread commits for the line.

    Its thread waits in line by taking `asleep` a second time: an event would be three locks.
    """

    order: tuple[int, int]
    statements: Sequence[Statement[Any]]
    asleep: "threading.Lock | None" = None
    answer: tuple[DictRow | None] | Exception | None = None


class Recorder:
    """Writes for many tenants in one transaction. Engine tables only: everything else is one session, one tenant.

    It has no thread of its own: a write alone costs no change of threads.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._line: deque[_Write] = deque()
        self._writing = False

    def write(self, tenant: TenantId, job: int, first: Statement[Answer], *more: Statement[Any]) -> Answer:
        """Commit the statements, in order, and return what the first one answers.

        Raise DatabaseUnavailable where PostgreSQL is away (then nothing is known to be written), DatabaseRefused
        where it refuses.
        """
        write = _Write((tenant, job), (first, *more))
        if (asleep := self._stand_in_line(write)) is not None:
            asleep.acquire()
        if write.answer is None:
            self._lead(write)
        if isinstance(write.answer, Exception):
            raise write.answer
        assert write.answer is not None
        return first.read(write.answer[0])

    def read(self, tenant: TenantId, job: int, statement: Statement[Answer]) -> Answer:
        """Return what a statement answers that only reads: with the writes of others it is no transaction of its own.

        It may see what others write in that commit, and answers only once that is committed; it raises as `write` does.
        """
        return self.write(tenant, job, statement)

    def _stand_in_line(self, write: _Write) -> "threading.Lock | None":
        """Return what to wait for, None where nobody is writing."""
        with self._lock:
            if not self._writing:
                self._writing = True
                return None
            write.asleep = asleep = threading.Lock()
            asleep.acquire()
            self._line.append(write)
            return asleep

    def _lead(self, first: _Write) -> None:
        with self._lock:
            batch = [first, *(self._line.popleft() for _ in range(min(len(self._line), BATCH - 1)))]
        try:
            # Rows are locked in one order everywhere (tenant, job), so two recorders cannot wait for each other.
            self._commit(sorted(batch, key=lambda write: write.order))
        finally:
            self._hand_over(batch)

    def _hand_over(self, batch: Sequence[_Write]) -> None:
        with self._lock:
            woken = [*batch, self._line.popleft()] if self._line else batch
            self._writing = len(woken) > len(batch)
        for write in batch:
            if write.answer is None:
                write.answer = DatabaseUnavailable("The thread that was to write this ended.")
        for write in woken:
            if write.asleep is not None:
                write.asleep.release()

    def _commit(self, batch: Sequence[_Write]) -> None:
        try:
            with self._database.planned_records() as connection:
                answers = [[statement.on(connection) for statement in write.statements] for write in batch]
        except DatabaseUnavailable as error:
            _fail(batch, error)
        except DatabaseRefused as error:
            self._commit_singly(batch, error)
        else:
            for write, (first, *_) in zip(batch, answers, strict=True):
                write.answer = (first.fetchone(),)

    def _commit_singly(self, batch: Sequence[_Write], error: DatabaseRefused) -> None:
        """Separate the one write PostgreSQL refuses from the ones beside it."""
        if len(batch) > 1:
            for write in batch:
                self._commit([write])
        else:
            _fail(batch, error)


def _fail(batch: Sequence[_Write], error: Exception) -> None:
    for write in batch:
        write.answer = error
