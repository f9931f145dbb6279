"""PostgreSQL under thousands of tenants: killed and back by itself, dumped with the settings of docker-compose.yml."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from stoflow.domain.errors import DatabaseError
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.storage.database.session import Database
from stoflow.storage.products.snapshots import add_product, get_product
from stoflow.storage.servers.embedded import FOLDER, server_pids
from stoflow.storage.servers.keeper import socket_folder
from stoflow.storage.servers.keeping import postgresql_binaries
from stoflow.storage.servers.server_processes import Places, postgresql, start, stop, wait_until_ready
from stoflow.storage.servers.system_user import server_user

COMPOSE = Path(__file__).parents[1] / "docker-compose.yml"
SOCKETS_NOTE = "sockets"
READY_WITHIN_S = 3_600.0
LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Dump:
    """How long `pg_dump` took, and its last words where it failed."""

    seconds: float
    failure: str


def database_figures(database: Database) -> Mapping[str, float]:
    with database.records() as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM pg_class) AS relations, pg_database_size(current_database()) AS bytes"
        ).fetchone()
    assert row is not None
    return {"relations": row["relations"], "database_mib": round(row["bytes"] / 2**20)}


def kill_and_wait(home: Path, database: Database) -> float | None:
    """Kill PostgreSQL; return after how many seconds it answers again by itself, None where it stays away."""
    before = _started(database)
    os.kill(server_pids(home).postgresql, signal.SIGKILL)
    killed_s = time.monotonic()
    while time.monotonic() - killed_s < READY_WITHIN_S:
        # For a moment the processes of the killed server answer still.
        if _started(database) not in {before, None}:
            return time.monotonic() - killed_s
        time.sleep(LOOK_EVERY_S)
    return None


def _started(database: Database) -> datetime | None:
    """Return when the server that answers was started, None where none does."""
    try:
        with database.records() as connection:
            found = connection.execute("SELECT pg_postmaster_start_time() AS at").fetchone()
    except DatabaseError:
        return None
    return found["at"] if found else None


def is_at_work(database: Database, tenant: TenantId) -> bool:
    """Write something of this tenant, and read it again."""
    try:
        with database.tenant(tenant) as session:
            product = add_product(session, NewProduct(title="A coat", description="Warm.", price=None))
        with database.tenant(tenant) as session:
            return get_product(session, product).title == "A coat"
    except DatabaseError:
        return False


def compose_settings() -> Mapping[str, str]:
    """Return what docker-compose.yml sets for PostgreSQL."""
    service: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]["postgres"]
    words = [str(word) for word in service["command"]]
    given = (after for word, after in pairwise(words) if word == "-c")
    return dict(setting.split("=", 1) for setting in given)


def dump(home: Path) -> Dump:
    """Dump everything from a server over the same data that has compose's settings, else PostgreSQL's own."""
    with _as_in_compose(home / FOLDER) as sockets:
        begun_s = time.monotonic()
        command = [postgresql_binaries() / "pg_dump", "--host", sockets, "--username", "postgres"]
        done = subprocess.run(
            [*map(str, command), "--file", os.devnull, "postgres"], check=False, capture_output=True, text=True
        )
        failure = "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it said nothing."])[-1]
        return Dump(time.monotonic() - begun_s, failure)


@contextmanager
def _as_in_compose(folder: Path) -> Iterator[Path]:
    user = server_user(folder / "postgresql")
    places = Places(folder, socket_folder(folder / SOCKETS_NOTE, user))
    server = postgresql(postgresql_binaries(), places, durable=True)
    own = {"listen_addresses": "", "unix_socket_directories": str(places.sockets), **compose_settings()}
    options = [part for name, value in own.items() for part in ("-c", f"{name}={value}")]
    server = replace(server, command=[*server.command[:3], *options])
    log = places.log("compose")
    with log.open("wb") as said:
        process = start(server, said, user)
        try:
            if not wait_until_ready(server, process, log):
                message = f"PostgreSQL does not start with the settings of {COMPOSE.name}: {log.read_text()}"
                raise RuntimeError(message)
            yield places.sockets
        finally:
            stop(server, process, log)
