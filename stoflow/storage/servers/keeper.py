"""The keeper: a small process that runs one home's embedded servers for as long as anybody uses them.

It is nobody's child, holds `keeper.lock` while it lives, restarts a server that died, and ends, servers first, when it
gets `users.lock` for itself: the kernel takes that lock from a user however the user ends.
"""

import fcntl
import json
import os
import pwd
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO

from stoflow.domain.facts.processes import Stumbled
from stoflow.storage.servers.server_processes import (
    SOCKETS_PREFIX,
    Places,
    Server,
    ServerFailed,
    end_remains,
    failure_of,
    last_words,
    make_data_folder,
    postgresql,
    start,
    stop,
    valkey,
    wait_until_ready,
)
from stoflow.storage.servers.system_user import give, let_read, let_through, server_user

LOOK_EVERY_S = 0.5  # for a last user who was killed; what dies or is told wakes it at once
FAILED_PAUSE_S = 1.0
STARTS = 50
MEMORY_STILL_HELD = "shared memory"  # by processes of a killed PostgreSQL, for a moment
SHORT_TEMPORARY_FOLDER = "/tmp"  # noqa: S108 — mkdtemp makes a private folder in it
LONGEST_TEMPORARY_FOLDER = 70  # bytes, so that a socket's path below it stays under 104


@dataclass(frozen=True, slots=True)
class Order:
    """What the keeper is started with, as JSON on its command line."""

    folder: str
    postgresql_binaries: str
    valkey_binary: str
    durable: bool


class Keeper:
    def __init__(self, order: Order) -> None:
        self.folder = Path(order.folder)
        binaries = Path(order.postgresql_binaries)
        self._user = server_user(self.folder / "postgresql")
        if self._user is not None:
            self._open_to_user(binaries, Path(order.valkey_binary))
        self.places = Places(self.folder, socket_folder(self.folder / "sockets", self._user))
        self._servers = [
            postgresql(binaries, self.places, durable=order.durable),
            valkey(Path(order.valkey_binary), self.places),
        ]
        self._binaries = binaries
        self._durable = order.durable
        self._logs: dict[str, IO[bytes]] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        end_remains(self.places)
        for leftover in self.places.sockets.iterdir():
            leftover.unlink()
        make_data_folder(self._binaries, self.places, self._user, durable=self._durable)
        for server in self._servers:
            self._logs[server.name] = self.places.log(server.name).open("wb")
            self._run(server)
        for server in self._servers:
            self._until_ready(server)
        self._tell_pids()

    def mend(self) -> None:
        """Start again what died; what cannot start now (the disk is full) or hangs is tried again at the next look."""
        dead = [server for server in self._servers if self._processes[server.name].poll() is not None]
        for server in dead:
            self._run(server)
        if dead:
            self._tell_pids()
        for server in dead:
            process, log = self._processes[server.name], self.places.log(server.name)
            if not wait_until_ready(server, process, log):
                failure = failure_of(server, process, self.places)
                _tell(Stumbled(f"starting the embedded {server.name} again", str(failure)))
                stop(server, process, log)
                time.sleep(FAILED_PAUSE_S)

    def stop(self) -> None:
        for server in self._servers:
            if (process := self._processes.get(server.name)) is not None:
                stop(server, process, self.places.log(server.name))
        for log in self._logs.values():
            log.close()
        self.state.unlink(missing_ok=True)
        shutil.rmtree(self.places.sockets, ignore_errors=True)

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    def _run(self, server: Server) -> None:
        self._processes[server.name] = start(server, self._logs[server.name], self._user)

    def _until_ready(self, server: Server) -> None:
        log = self.places.log(server.name)
        for _ in range(STARTS):
            if wait_until_ready(server, self._processes[server.name], log):
                return
            if MEMORY_STILL_HELD not in last_words(log):
                break
            time.sleep(LOOK_EVERY_S)
            self._run(server)
        raise failure_of(server, self._processes[server.name], self.places)

    def _tell_pids(self) -> None:
        pids = {name: process.pid for name, process in self._processes.items()}
        unfinished = self.state.with_suffix(".new")
        unfinished.write_text(json.dumps({"sockets": str(self.places.sockets), "keeper": os.getpid(), **pids}))
        unfinished.replace(self.state)

    def _open_to_user(self, binaries: Path, valkey_binary: Path) -> None:
        let_read(binaries.parent)
        let_read(valkey_binary.parent)
        for path in (self.folder / "postgresql", binaries, valkey_binary):
            let_through(path)


def _tell(fact: Stumbled) -> None:
    """Word it by what is loaded now: half of what a keeper would hold, which has nothing to say for weeks."""
    import_module("stoflow.monitoring.record").record(fact)


def socket_folder(note: Path, user: pwd.struct_passwd | None) -> Path:
    """Return a private folder with a short path: the one noted before, so that an old URL works after a restart."""
    owner = os.geteuid() if user is None else user.pw_uid
    noted = Path(note.read_text()) if note.exists() else None
    if noted is None or not _is_private(noted, owner):
        parent = tempfile.gettempdir()
        noted = Path(
            tempfile.mkdtemp(prefix=SOCKETS_PREFIX, dir=parent if _is_short(parent) else SHORT_TEMPORARY_FOLDER)
        )
        give(noted, user)
        note.write_text(str(noted))
    if user is not None:
        let_through(noted)
    return noted


def _is_short(folder: str) -> bool:
    return len(os.fsencode(folder)) <= LONGEST_TEMPORARY_FOLDER


def _is_private(folder: Path, owner: int) -> bool:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) == stat.S_IRWXU


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(lock: int, kind: int = fcntl.LOCK_EX) -> bool:
    """Take the lock if it is free now."""
    with suppress(BlockingIOError):
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
        return True
    return False


def heed_signals() -> Sequence[int]:
    """Return where signals that ask to end are noted from now on."""
    asked_to_end: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: asked_to_end.append(received))
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return asked_to_end


def run(keeper: Keeper, wake: socket.socket, asked_to_end: Sequence[int]) -> None:
    """Mend the servers until nobody uses them or a signal asks to end; both with `start.lock` held by someone."""
    start_lock, users_lock = (open_lock(keeper.folder / name) for name in ("start.lock", "users.lock"))
    while not asked_to_end:
        keeper.mend()
        # Joining and leaving happen under start.lock only: with both held, nobody can come in between, and whoever
        # leaves last never takes this look for another user.
        if try_lock(start_lock):
            if try_lock(users_lock):
                return
            fcntl.flock(start_lock, fcntl.LOCK_UN)
        select.select([wake], [], [], LOOK_EVERY_S)
        with suppress(BlockingIOError):
            wake.recv(64)


def main() -> None:
    order = Order(**json.loads(sys.argv[1]))
    if os.fork():
        os._exit(0)
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    keeper_lock = open_lock(Path(order.folder) / "keeper.lock")
    fcntl.flock(keeper_lock, fcntl.LOCK_EX)
    wake, woken = socket.socketpair()
    woken.setblocking(False)
    wake.setblocking(False)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    asked_to_end = heed_signals()  # before anybody is told that the servers run: the first user may be gone at once
    keeper = None
    try:
        keeper = Keeper(order)
        keeper.start()
        answer.write(json.dumps({"ready": True}) + "\n")
        answer.close()
        run(keeper, wake, asked_to_end)
    except (ServerFailed, OSError) as error:
        with suppress(ValueError, OSError):
            answer.write(json.dumps({"failed": str(error)}) + "\n")
            answer.close()
    finally:
        if keeper is not None:
            keeper.stop()


if __name__ == "__main__":
    main()
