"""The two embedded server processes: how each is started, known to be ready, stopped, and cleaned up after."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from stoflow.storage.servers.progress import Patience
from stoflow.storage.servers.system_user import give

POLL_S = 0.02
# Without a sign of work meanwhile: with thousands of tenants recovery and the last checkpoint take minutes.
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0
LAST_LINES = 5
NO_PID = 2**22 + 1  # above the highest one of Linux and macOS
PR_SET_PDEATHSIG = 1
SOCKETS_PREFIX = "stoflow-"

POSTGRESQL_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",  # all of it is touched after some thousand jobs, and the system keeps the files as well
    "cluster_name": "stoflow",
}
# pg_dump locks all tables of all tenants at once. Half of the table of locks is written when PostgreSQL starts, 37 KiB
# for each of these: so it begins with what 1,700 tenants need, and has room for twice the files that it finds.
LEAST_LOCKS, MOST_LOCKS = 128, 512  # for each connection; the most are 7,000 tenants
FILES_A_LOCK = 350  # for each connection: a table, of which so many may be locked in all, is at least three files
# After a kill PostgreSQL makes sure of every file that there is: one call for all of them, where the system has it.
LINUX_SETTINGS = {"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}
# The collation that PostgreSQL brings itself: the same on every system and release.
INITDB_OPTIONS = (
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C",
    "--builtin-locale=C.UTF-8",
)
UNSAFE_BUT_FAST = {"fsync": "off", "full_page_writes": "off"}  # for tests only


class ServerFailed(Exception):
    """A server could not be started; the message ends with what it logged."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where one home's servers keep their things. `sockets` is short: a socket's path has at most 107 bytes."""

    folder: Path
    sockets: Path

    @property
    def data(self) -> Path:
        return self.folder / "postgresql"

    @property
    def postmaster_pid(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def valkey_pid(self) -> Path:
        return self.sockets / "valkey.pid"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


@dataclass(frozen=True, slots=True)
class Server:
    """One kind of server: its command, the proof that it answers, and the signals that end it, gentlest first."""

    name: str
    command: Sequence[str]
    is_ready: Callable[[int], bool]
    stop_signals: Sequence[signal.Signals]


def postgresql(binaries: Path, places: Places, *, durable: bool) -> Server:
    settings = POSTGRESQL_SETTINGS | LINUX_SETTINGS | {"unix_socket_directories": str(places.sockets)}
    settings |= {"max_locks_per_transaction": str(locks_for(places.data))}
    settings |= {} if durable else UNSAFE_BUT_FAST
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def is_ready(pid: int) -> bool:
        lines = _lines(places.postmaster_pid)
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"  # noqa: PLR2004

    return Server(
        "postgresql",
        [str(binaries / "postgres"), "-D", str(places.data), *options],
        is_ready,
        (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL),
    )


def locks_for(data: Path) -> int:
    """Return how many locks PostgreSQL is to have for each connection, by how many files there are of its databases."""
    files = 0
    for database in data.glob("base/*"):
        with os.scandir(database) as entries:
            files += sum(1 for _ in islice(entries, MOST_LOCKS * FILES_A_LOCK))  # more make no difference
    return max(LEAST_LOCKS, min(MOST_LOCKS, files // FILES_A_LOCK))


def valkey(binary: Path, places: Places) -> Server:
    """Redis may forget (it only carries hints), so nothing of it is written to disk."""
    options = {
        "port": "0",
        "unixsocket": str(places.valkey_socket),
        "unixsocketperm": "700",
        "pidfile": str(places.valkey_pid),
        "dir": str(places.sockets),
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "databases": "64",
        "loglevel": "warning",
        "hz": "4",  # its own ten turns a second are most of what it spends while nobody comes
    }

    def is_ready(_pid: int) -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(places.valkey_socket))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False

    return Server(
        "valkey",
        [str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))],
        is_ready,
        (signal.SIGTERM, signal.SIGKILL),
    )


def make_data_folder(binaries: Path, places: Places, user: pwd.struct_passwd | None, *, durable: bool) -> None:
    """Create the database's files once, beside their place and then moved, so that a kill leaves no half of it."""
    if (places.data / "PG_VERSION").exists():
        return
    unfinished = places.folder / "postgresql.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    give(unfinished, user)
    command = [str(binaries / "initdb"), "-D", str(unfinished), "-U", "postgres", *INITDB_OPTIONS]
    command += [] if durable else ["--no-sync"]
    with places.log("initdb").open("wb") as log:
        done = subprocess.run(command, check=False, stdout=log, stderr=log, **_as_user(user))
    if done.returncode != 0:
        raise ServerFailed(f"PostgreSQL could not make its data folder: {last_words(places.log('initdb'))}")
    unfinished.rename(places.data)


def start(server: Server, log: IO[bytes], user: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    """Start a server that ends with this process, however this process ends."""
    return subprocess.Popen[bytes](
        server.command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        preexec_fn=_ending_with_parent(server.stop_signals[0]),
        **_as_user(user),
    )


def wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> bool:
    """Return whether the server answers; False when it ended instead, or does nothing more to answer."""
    patience = Patience(lambda: process.pid, log, READY_WITHIN_S)
    while not patience.is_over() and process.poll() is None:
        if server.is_ready(process.pid):
            return True
        time.sleep(POLL_S)
    return False


def stop(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """End a server with the gentlest signal that ends it: a harder one costs the next start a recovery."""
    for number in server.stop_signals:
        process.send_signal(number)
        patience = Patience(lambda: process.pid, log, STOP_WITHIN_S)
        while not patience.is_over():
            with suppress(subprocess.TimeoutExpired):
                process.wait(POLL_S)
                return


def end_remains(places: Places) -> None:
    """End servers that outlived their keeper, and take dead ones' pids away: another process may have them now."""
    for pid_file, mark in ((places.postmaster_pid, str(places.data)), (places.valkey_pid, str(places.sockets))):
        lines = _lines(pid_file)
        if lines and lines[0].strip().isdigit():
            _end_orphan(int(lines[0]), mark)
    lines = _lines(places.postmaster_pid)
    if lines:
        # Only the pid: by the other lines PostgreSQL sees whether processes of a killed server still write.
        places.postmaster_pid.write_text("\n".join([str(NO_PID), *lines[1:], ""]))


def _end_orphan(pid: int, mark: str) -> None:
    for number in (signal.SIGQUIT, signal.SIGKILL):
        deadline = time.monotonic() + STOP_WITHIN_S
        if mark in _command_of(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        while mark in _command_of(pid) and time.monotonic() < deadline:
            time.sleep(POLL_S)


def _command_of(pid: int) -> str:
    """Return the command line of a process, empty where there is none; slim containers have no `ps`."""
    if sys.platform == "linux":
        return " ".join(_lines(Path(f"/proc/{pid}/cmdline"))).replace("\0", " ")
    found = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return found.stdout


def _ending_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None  # a later start finds and ends what outlived its keeper
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def _as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def failure_of(server: Server, process: subprocess.Popen[bytes], places: Places) -> ServerFailed:
    """Say in one line whether a server ended or hangs, and what it said last."""
    hangs = f"does not answer, and has done nothing for {READY_WITHIN_S:.0f} s"
    what = hangs if process.poll() is None else "could not be started"
    return ServerFailed(f"The embedded {server.name} {what}: {last_words(places.log(server.name))}")


def last_words(log: Path) -> str:
    return " | ".join(_lines(log)[-LAST_LINES:]) or "it logged nothing."


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []
