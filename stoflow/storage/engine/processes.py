"""Leases belong to processes: one heartbeat row each, by PostgreSQL's clock."""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.ids import ProcessId
from stoflow.storage.database.transactions import Transaction

REGISTER = """
INSERT INTO public.processes (kind, host, pid, machine, begun, release, serves, told, folds, started_at, expires_at)
VALUES (%(kind)s, %(host)s, %(pid)s, %(machine)s, %(begun)s, %(release)s, %(serves)s::text[], %(told)s,
        true, clock_timestamp(), clock_timestamp() + %(lease_s)s::float8 * interval '1 second')
RETURNING id
"""

# Tenants may be taken as soon as their owner's lease has ended, and what a worker has only once it is buried.
BEAT = """
UPDATE public.processes SET expires_at = clock_timestamp() + %(lease_s)s::float8 * interval '1 second'
WHERE id = %(id)s AND NOT dead AND (kind <> 'orchestrator' OR expires_at > clock_timestamp()) RETURNING id
"""

MARK_DEAD = "UPDATE public.processes SET dead = true, expires_at = clock_timestamp() WHERE id = %(id)s AND NOT dead"

MARK_PIDS_DEAD = """
UPDATE public.processes SET dead = true, expires_at = clock_timestamp()
WHERE host = %(host)s AND pid = ANY(%(pids)s) AND NOT dead
"""

OF_MACHINE = "SELECT id, pid, begun FROM public.processes WHERE machine = %(machine)s AND NOT dead"

# Of several that look at once, each is told of those that it was the first to declare dead.
MARK_GONE_DEAD = """
UPDATE public.processes SET dead = true, expires_at = clock_timestamp()
WHERE id = ANY(%(gone)s::bigint[]) AND NOT dead RETURNING id, kind
"""

FORGET = "DELETE FROM public.processes WHERE dead AND expires_at < clock_timestamp() - interval '1 hour'"

# The dead for as long as they are remembered: a claim that began before the burial may commit after the first sweep,
# and that may come long after, where no orchestrator ran. Of a dead process `expires_at` is the time of its burial. One
# statement, since it is asked twice a second for ever.
MARK_EXPIRED_DEAD = """
WITH expired AS (
  UPDATE public.processes SET dead = true, expires_at = clock_timestamp()
  WHERE NOT dead AND expires_at <= clock_timestamp() RETURNING id, kind)
SELECT id, kind, true AS now FROM expired
UNION ALL
SELECT id, kind, false FROM public.processes WHERE dead AND expires_at > clock_timestamp() - interval '1 hour'
"""

# The newest, as it is the one of the settings of now while one after another is restarted.
TOLD = """
SELECT told FROM public.processes
WHERE kind = 'orchestrator' AND NOT dead AND expires_at > clock_timestamp() ORDER BY id DESC LIMIT 1
"""

LIVING = """
SELECT count(*) AS number FROM public.processes
WHERE kind = %(kind)s AND host = %(host)s AND NOT dead AND expires_at > clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Birth:
    """By what a process can be told from all others that have or had its pid.

    Those of one `machine` see the same pids; `begun` is in ticks since it was started.
    """

    machine: str
    begun: int


@dataclass(frozen=True, slots=True)
class Death:
    """Of which kind a dead process was, and whether it is declared dead just now, for its lease ended."""

    kind: str
    now: bool


def register_process(
    connection: Connection[DictRow],
    kind: str,
    *,
    lease_s: float,
    birth: Birth | None = None,
    serves: Sequence[str] | None = None,
    told: Mapping[str, Any] | None = None,
) -> ProcessId:
    """Return the identity of this process, alive for `lease_s` without a beat.

    `birth` is None where nobody is to look whether it has ended. `serves` are the marketplaces it works for, None where
    it does not say. `told` are the settings by which one judges that decides for others, None for one that does not.
    """
    params = {
        "kind": kind,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "machine": birth and birth.machine,
        "begun": birth and birth.begun,
        "release": release(),
        "serves": None if serves is None else list(serves),
        "told": None if told is None else Jsonb(dict(told)),
        "lease_s": lease_s,
    }
    row = connection.execute(REGISTER, params).fetchone()
    assert row is not None, "INSERT … RETURNING answers a row"
    return ProcessId(row["id"])


def read_told(connection: Connection[DictRow]) -> Mapping[str, Any]:
    """Return the settings by which the newest living orchestrator judges; empty where none says so."""
    row = connection.execute(TOLD).fetchone()
    return (row and row["told"]) or {}


@cache
def release() -> str:
    """Return which StoFlow this is; "" where it runs without having been installed."""
    try:
        return version("stoflow")
    except PackageNotFoundError:
        return ""


def beat(connection: Connection[DictRow], process: ProcessId, *, lease_s: float) -> bool:
    """Renew the lease; False where the process was declared dead meanwhile and must take a new identity, or where it is
    an orchestrator whose lease has ended."""
    return connection.execute(BEAT, {"id": process, "lease_s": lease_s}).fetchone() is not None


def mark_dead(connection: Connection[DictRow], process: ProcessId) -> None:
    """Declare a process dead: what it held may be taken at once."""
    connection.execute(MARK_DEAD, {"id": process})


def mark_children_dead(connection: Connection[DictRow], pids: Sequence[int]) -> None:
    """Declare processes of this host dead by their pids, which their parent has just reaped."""
    connection.execute(MARK_PIDS_DEAD, {"host": socket.gethostname(), "pids": list(pids)})


def mark_gone_dead(
    connection: Connection[DictRow], machine: str, is_gone: Callable[[int, int], bool]
) -> Mapping[ProcessId, str]:
    """Declare dead those of this machine that have ended, as their pids and births show; return their kinds, by id.

    Where everything is killed at once, nobody is left who would have said so, and its tenants would wait for the end of
    its leases.
    """
    rows = connection.execute(OF_MACHINE, {"machine": machine}).fetchall()
    gone = [row["id"] for row in rows if is_gone(row["pid"], row["begun"])]
    marked = connection.execute(MARK_GONE_DEAD, {"gone": gone}) if gone else ()
    return {ProcessId(row["id"]): row["kind"] for row in marked}


def mark_expired_dead(connection: Transaction) -> Mapping[ProcessId, Death]:
    """Declare every process dead whose lease has ended; return who died within the last hour."""
    rows = connection.execute(MARK_EXPIRED_DEAD)
    return {ProcessId(row["id"]): Death(row["kind"], now=row["now"]) for row in rows}


def forget_dead(connection: Connection[DictRow]) -> None:
    """Forget who died an hour ago: nothing names them any more."""
    connection.execute(FORGET)


def living(connection: Connection[DictRow], kind: str, *, host: str) -> int:
    """Return how many processes of this kind hold a lease on this host."""
    row = connection.execute(LIVING, {"kind": kind, "host": host}).fetchone()
    return row["number"] if row else 0
