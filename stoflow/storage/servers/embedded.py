"""The embedded PostgreSQL and Valkey of one home: joined by every process that uses them, gone with the last one."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stoflow.domain.errors import ConfigurationError
from stoflow.domain.facts.processes import ServersKeptAgain, Stumbled
from stoflow.monitoring.record import record
from stoflow.settings import Settings
from stoflow.storage.servers.keeper import open_lock, try_lock
from stoflow.storage.servers.keeping import (
    STOPPED_WITHIN_S,
    ServerPids,
    ServerUrls,
    end_keeper,
    is_kept,
    is_orphaned,
    read_state,
    start_keeper,
    start_lock,
    urls_of,
)

FOLDER = "servers"
LOOK_EVERY_S = 0.5


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
        with usable(home), start_lock(folder):
            if not is_kept(folder):
                start_keeper(folder, durable=durable)
            fcntl.flock(users_lock, fcntl.LOCK_SH)
        with _kept(folder, durable=durable):
            yield urls_of(folder)
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
    if not is_orphaned(folder):
        return
    with start_lock(folder):
        if is_orphaned(folder):
            start_keeper(folder, durable=durable)
            record(ServersKeptAgain())


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
    state = read_state(home.absolute() / FOLDER)
    return ServerPids(state["keeper"], state["postgresql"], state["valkey"])


def _stop_unless_used(folder: Path) -> None:
    with start_lock(folder):
        lock = open_lock(folder / "users.lock")
        try:
            if try_lock(lock) and (folder / "state.json").exists():
                end_keeper(folder)
        finally:
            os.close(lock)
