"""The pipeline of libpq spoken directly: a statement costs an eighth of what it costs through psycopg's cursors.

Parameters are dumped and rows are loaded by psycopg's adapters; what is not here is what cursors do besides.
"""

import select
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.rows import DictRow

from stoflow.storage.database.known_tenants import KnownTenants
from stoflow.storage.database.plans import Key, Plans
from stoflow.storage.database.transactions import Parameters, in_schema, numbered

AS_PSYCOPG_DOES = PyFormat.AUTO  # bound once: Python 3.11 finds an enum's member by a call
TEXT = Format.TEXT
TUPLES_OK, COMMAND_OK = ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK


class Answer:
    """What came of one statement of a pipeline; it may still be fetched from when the pipeline has ended."""

    __slots__ = ("_at", "_pipeline", "_rowcount", "_rows")

    def __init__(self, pipeline: "Pipeline") -> None:
        self._pipeline = pipeline
        self._rows: list[DictRow] | None = None
        self._rowcount = -1
        self._at = 0

    @property
    def rowcount(self) -> int:
        self._read()
        return self._rowcount

    def fetchone(self) -> DictRow | None:
        """Return the next row; None where there is none (any more), or the statement returns none."""
        rows = self._read()
        if self._at >= len(rows):
            return None
        self._at += 1
        return rows[self._at - 1]

    def fetchall(self) -> list[DictRow]:
        rest = self._read()[self._at :]
        self._at += len(rest)
        return rest

    def __iter__(self) -> Iterator[DictRow]:
        return iter(self.fetchall())

    def take(self, rows: list[DictRow], rowcount: int) -> None:
        self._rows, self._rowcount = rows, rowcount

    def _read(self) -> list[DictRow]:
        if self._rows is None:
            self._pipeline.read(self)
        if self._rows is None:
            raise psycopg.InterfaceError("nothing came of this statement, as its pipeline failed")
        return self._rows


class Pipeline:
    """A connection's pipeline, opened once for each transaction; `is_pooled` behind a pooler, where no plan is kept."""

    def __init__(self, connection: psycopg.Connection[Any], known_tenants: KnownTenants, *, is_pooled: bool) -> None:
        self.known_tenants = known_tenants
        self._pgconn = connection.pgconn
        self._encoding = connection.info.encoding
        self._adapters = Transformer(connection)
        self._plans = None if is_pooled else Plans()
        self._awaited = deque[Answer]()
        self._readable, self._either = select.poll(), select.poll()
        self._readable.register(self._pgconn.socket, select.POLLIN)
        self._either.register(self._pgconn.socket, select.POLLIN | select.POLLOUT)
        self._failed: psycopg.Error | None = None

    @contextmanager
    def opened(self) -> Iterator["Pipeline"]:
        """Open a transaction: what stands before a pipeline's end is one without a BEGIN or COMMIT of its own.

        After an error the connection is closed, since one of its plans may be what failed.
        """
        try:
            self._pgconn.enter_pipeline_mode()
            yield self
            if self._plans is None:  # a pooler's transaction has been begun
                self._say(b"COMMIT")
            self._end()
        except psycopg.Error:
            self._pgconn.finish()
            raise
        except Exception:
            self._roll_back()
            raise
        except BaseException:
            self._pgconn.finish()
            raise

    def execute(self, query: LiteralString | bytes, params: Parameters | None = None, /) -> Answer:
        """Execute what has %s or %(name)s; it goes out with the first fetch or at the end."""
        text = query.decode() if isinstance(query, bytes) else query
        return self.run(text) if params is None else self.run(*numbered(text, params))

    def run(self, text: str, values: Sequence[Any] = (), schema: str = "") -> Answer:
        """Execute what has $1, $2 …, and {s} for the schema where there is one."""
        dumped = self._adapters.dump_sequence(values, [AS_PSYCOPG_DOES] * len(values))
        types, formats = self._adapters.types or (), self._adapters.formats
        name = self._planned((text, schema, types)) if self._plans is not None else None
        if name is None:
            self._pgconn.send_query_params(in_schema(text, schema).encode(), dumped, types, formats, TEXT)
        else:
            self._pgconn.send_query_prepared(name, dumped, formats, TEXT)
        return self._await()

    def read(self, answer: Answer) -> None:
        """Read what came until this answer, where it is awaited."""
        if answer in self._awaited and self._failed is None:
            self._pgconn.send_flush_request()
            self._read_until(answer)

    def _planned(self, key: Key) -> bytes | None:
        """Return the name of the statement's plan, which is made where it is due."""
        assert self._plans is not None
        name = self._plans.find(key)
        if name is not None or not self._plans.is_due(key):
            return name
        name, dropped = self._plans.keep(key)
        if dropped is not None:
            self._say(b"DEALLOCATE " + dropped)
        text, schema, types = key
        self._pgconn.send_prepare(name, in_schema(text, schema).encode(), types)
        self._await()
        return name

    def _say(self, command: bytes) -> None:
        self._pgconn.send_query_params(command, ())
        self._await()

    def _await(self) -> Answer:
        answer = Answer(self)
        self._awaited.append(answer)
        return answer

    def _end(self) -> None:
        """Commit, unless something failed before and whoever fetched it went on."""
        if self._failed is not None:
            raise self._failed
        self._pgconn.pipeline_sync()
        self._read_until(None)
        end = self._next()
        if end is None or end.status != ExecStatus.PIPELINE_SYNC:
            raise self._failure(end)
        self._pgconn.exit_pipeline_mode()

    def _roll_back(self) -> None:
        try:
            self._say(b"ROLLBACK")
            self._end()
        except psycopg.Error:
            self._pgconn.finish()

    def _read_until(self, last: Answer | None) -> None:
        try:
            self._flush()
            answer = None
            while self._awaited and (last is None or answer is not last):
                answer, result = self._awaited.popleft(), self._next()
                self._next()  # the end of its results
                self._take(answer, result)
        except psycopg.Error as error:
            self._failed = error
            raise

    def _take(self, answer: Answer, result: PGresult | None) -> None:
        if result is not None and result.status == TUPLES_OK:
            answer.take(self._loaded(result), result.ntuples)
        elif result is not None and result.status == COMMAND_OK:
            answer.take([], -1 if result.command_tuples is None else result.command_tuples)
        else:
            raise self._failure(result)

    def _loaded(self, result: PGresult) -> list[DictRow]:
        if not result.ntuples:
            return []
        names = [(result.fname(column) or b"").decode(self._encoding) for column in range(result.nfields)]
        self._adapters.set_pgresult(result)
        return self._adapters.load_rows(0, result.ntuples, lambda values: dict(zip(names, values, strict=True)))

    def _failure(self, result: PGresult | None) -> psycopg.Error:
        if result is None or (
            self._pgconn.status == ConnStatus.BAD and not result.error_field(DiagnosticField.SQLSTATE)
        ):
            return psycopg.OperationalError(self._pgconn.get_error_message(self._encoding))
        if result.status == ExecStatus.PIPELINE_ABORTED:
            return psycopg.errors.PipelineAborted("a statement before it failed")
        return error_from_result(result, self._encoding)

    def _flush(self) -> None:
        """Send everything; what the server says meanwhile is taken in, or it would not go on reading."""
        while self._pgconn.flush():
            if self._either.poll()[0][1] & ~select.POLLOUT:
                self._pgconn.consume_input()

    def _next(self) -> PGresult | None:
        while self._pgconn.is_busy():
            self._readable.poll()
            self._pgconn.consume_input()
        return self._pgconn.get_result()
