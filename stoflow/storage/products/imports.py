"""Imports as rows: asked for, claimed by a process, counted while they go on, and what they rejected."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from stoflow.domain.errors import Conflict, NotFound
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.domain.imported import FileReading, ImportStatus, ImportView, Rejection
from stoflow.storage.database.session import Database, Records

SHOWN = "id, status, rows, imported, rejected, reason, created_at, started_at, completed_at"
ADD = f"INSERT INTO public.imports (tenant, file, reading) VALUES (%(tenant)s, %(file)s, %(reading)s) RETURNING {SHOWN}"
FIND = f"SELECT {SHOWN} FROM public.imports WHERE tenant = %(tenant)s AND id = %(id)s"
REJECTED = """
SELECT id, line, reason, field, "column", value FROM public.import_rejections
WHERE import = %(id)s AND id > %(after)s ORDER BY id LIMIT %(limit)s
"""
LEFT = """
completed_at IS NULL AND NOT EXISTS (
  SELECT FROM public.processes p WHERE p.id = i.process AND NOT p.dead AND p.expires_at > clock_timestamp())
"""
WAITING = f"SELECT id, file FROM public.imports i WHERE {LEFT} ORDER BY id LIMIT 20"
CLAIM = f"""
UPDATE public.imports i SET status = 'running', process = %(process)s, rows = 0, imported = 0, rejected = 0,
  started_at = coalesce(started_at, clock_timestamp())
WHERE id = %(id)s AND {LEFT} RETURNING id, tenant, file, reading
"""
FORGET = "DELETE FROM public.import_rejections WHERE import = %(id)s"
MINE = "WHERE id = %(id)s AND process = %(process)s AND status = 'running' RETURNING id"
COUNT = f"UPDATE public.imports SET rows = %(rows)s, imported = %(imported)s, rejected = %(rejected)s {MINE}"
REJECT = """
INSERT INTO public.import_rejections (import, line, reason, field, "column", value)
VALUES (%(id)s, %(line)s, %(reason)s, %(field)s, %(column)s, %(value)s)
"""
FINISH = f"UPDATE public.imports SET status = %(status)s, reason = %(reason)s, completed_at = clock_timestamp() {MINE}"
RELEASE = f"UPDATE public.imports SET process = NULL {MINE}"


@dataclass(frozen=True, slots=True)
class ClaimedImport:
    """An import that this process has to do."""

    id: int
    tenant: TenantId
    file: str
    reading: FileReading


def add_import(database: Database, tenant: TenantId, file: str, reading: FileReading) -> ImportView:
    """Note that a file is to be imported; raise Conflict where another one of the tenant's is under way."""
    values = {"tenant": tenant, "file": file, "reading": Jsonb(asdict(reading))}
    with database.records() as connection:
        try:
            row = connection.execute(ADD, values).fetchone()
        except UniqueViolation:
            message = "An import is under way: wait until it has ended."
            raise Conflict(message) from None
    return _view(row)


def find_import(database: Database, tenant: TenantId, id_: int) -> ImportView:
    with database.records() as connection:
        row = connection.execute(FIND, {"tenant": tenant, "id": id_}).fetchone()
    if row is None:
        raise NotFound(f"There is no import {id_}.")
    return _view(row)


def rejections_of(database: Database, id_: int, *, after: int, limit: int) -> Sequence[Rejection]:
    """Return what an import rejected after the rejection `after`, in the order in which it found them."""
    with database.records() as connection:
        rows = connection.execute(REJECTED, {"id": id_, "after": after, "limit": limit}).fetchall()
    return [Rejection(**row) for row in rows]


def waiting_imports(database: Database) -> Mapping[int, str]:
    """Return the imports that nobody does, the oldest first, each with its file."""
    with database.records() as connection:
        return {row["id"]: row["file"] for row in connection.execute(WAITING)}


def claim_import(database: Database, id_: int, process: ProcessId) -> ClaimedImport | None:
    """Take an import, from its beginning; None where somebody else did."""
    with database.records() as connection:
        row = connection.execute(CLAIM, {"id": id_, "process": process}).fetchone()
        if row is None:
            return None
        connection.execute(FORGET, {"id": id_})
    return ClaimedImport(row["id"], TenantId(row["tenant"]), row["file"], FileReading(**row["reading"]))


def count_import(
    database: Database, id_: int, process: ProcessId, counts: Mapping[str, int], rejected: Sequence[Mapping[str, Any]]
) -> bool:
    """Say how far an import is and what it rejected since; False where it is no longer this process's."""
    with database.records() as connection:
        if connection.execute(COUNT, {"id": id_, "process": process, **counts}).fetchone() is None:
            return False
        with connection.cursor() as cursor:
            cursor.executemany(REJECT, [{"id": id_, **row} for row in rejected])
    return True


def finish_import(database: Database, id_: int, process: ProcessId, status: ImportStatus, reason: str = "") -> bool:
    with database.records() as connection:
        return _changed(connection, FINISH, id=id_, process=process, status=status, reason=reason)


def release_import(database: Database, id_: int, process: ProcessId) -> bool:
    """Leave an import to whoever takes it next."""
    with database.records() as connection:
        return _changed(connection, RELEASE, id=id_, process=process)


def _changed(connection: Records, statement: str, **values: Any) -> bool:
    return connection.execute(statement.encode(), values).fetchone() is not None


def _view(row: Mapping[str, Any] | None) -> ImportView:
    found: dict[str, Any] = dict(row or {})
    found["status"] = ImportStatus(found["status"])
    return ImportView(**found)
