"""Our side of the fork server: it is started, asked for children, and started again where it was killed."""

import ctypes
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

FORK_SERVER = "fork-server"
INHERITED = "INHERITED_SOCKETS"  # the numbers of what a child is to listen on
# Elsewhere a system's own libraries may start threads, and a fork between them is not safe.
CAN_FORK = sys.platform == "linux" and find_spec("setproctitle") is not None
EVERYBODYS = ("stoflow.cli.beginning", "stoflow.wiring.installation", "stoflow.cli.run.serving")
ANSWERS_WITHIN_S = 60.0  # it loads first, which takes a second, or many on a busy machine
ENDS_WITHIN_S = 5.0
TIMES_ASKED = 2
POLL_S = 0.02
LONGEST_ANSWER = 16
PR_SET_CHILD_SUBREAPER = 36
LAST_STANDARD = 2  # of the files that every process has


class Process(Protocol):
    """A child of ours, forked or a program of its own, as `subprocess` describes one."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


@dataclass(slots=True)
class Forked:
    """A child that was forked for us."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0.0)
            time.sleep(POLL_S)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:  # its pid may be another's by now
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Serve = Callable[[socket.socket, Sequence[str]], None]
"""Forks whoever is asked for at this door, from a process that has loaded these modules."""


@dataclass(frozen=True, slots=True)
class _Server:
    process: Process
    door: socket.socket

    def close(self, *, within_s: float = ENDS_WITHIN_S) -> None:
        """End it, or kill it where it hangs: its children are ours and go on."""
        self.door.close()
        self.process.terminate()  # it may be loading, and not look at its door for a while
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(within_s)
        self.process.kill()
        self.process.wait()


class Forking:
    """A context with a fork server in it, which loads these modules while others do something else.

    `command` starts it; without forks nothing happens. With `serve` the first one is forked from this process where it
    has no thread yet: it shares what is loaded with us too, and nothing is loaded twice.
    """

    def __init__(
        self, command: Sequence[str], loads: Sequence[str] = EVERYBODYS, *, serve: Serve | None = None
    ) -> None:
        self._command = [*command, FORK_SERVER, *loads]
        self._loads = loads
        self._serve = serve
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        if CAN_FORK and self._server is None:
            ours = self._serve if has_one_thread() else None
            self._server = _started(self._command) if ours is None else _forked(ours, self._loads)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self, *, within_s: float = ENDS_WITHIN_S) -> None:
        server, self._server = self._server, None
        if server:
            server.close(within_s=within_s)

    def fork(
        self, arguments: Sequence[str], environment: Mapping[str, str], *logs: int, inherited: Sequence[int] = ()
    ) -> tuple[Forked, int]:
        """Return a child of ours that runs our command with these arguments, and the end of the pipe it lives by.

        It has our sockets that are `inherited` too, under numbers of its own. Raise ConnectionError where one fork
        server after the other is killed or hangs.
        """
        wanted = {"arguments": arguments, "environment": dict(environment), "inherited": len(inherited)}
        asked = json.dumps(wanted).encode() + b"\n"
        for _ in range(TIMES_ASKED):
            server = self._server = self._server or _started(self._command)
            with suppress(OSError), lifeline() as (theirs, ours), _adopting():
                forked = Forked(_ask(server.door, asked, (theirs, *logs, *inherited)))
                forked.poll()  # fails where it is not ours
                return forked, ours
            self.close(within_s=0.0)
        raise ConnectionError("one fork server after the other ended, or hung")


def has_one_thread() -> bool:
    """Say whether nobody else runs in this process: a fork would leave others' locks as they are then."""
    return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1


def inherited_sockets() -> Sequence[socket.socket]:
    """Return what our parent has opened for us to listen on, if it has; once, for who asks us for it is no parent."""
    return [socket.socket(fileno=int(number)) for number in os.environ.pop(INHERITED, "").split(",") if number]


@contextmanager
def lifeline() -> Iterator[tuple[int, int]]:
    """Give both ends of a pipe, of which only ours is open at its end; neither after an error, which ends a child."""
    theirs, ours = os.pipe()
    try:
        yield theirs, ours
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)


def _started(command: Sequence[str]) -> _Server:
    ours, theirs = socket.socketpair()
    ours.settimeout(ANSWERS_WITHIN_S)
    with theirs:
        # In a session of its own: Ctrl-C is not for it, since whoever asks for children drains them first.
        return _Server(subprocess.Popen(command, stdin=theirs.fileno(), start_new_session=True), ours)


def _forked(serve: Serve, loads: Sequence[str]) -> _Server:
    """Fork the server from this process, once it has loaded what all need."""
    for name in loads:
        import_module(name)
    gc.collect()
    gc.freeze()  # the collector writes on what it looks at, and what is written on is shared no more
    ours, theirs = socket.socketpair()
    ours.settimeout(ANSWERS_WITHIN_S)
    if pid := os.fork():
        theirs.close()
        return _Server(Forked(pid), ours)
    code = 1
    try:
        os.setsid()
        _keep_only(theirs)
        serve(theirs, loads)
        code = 0
    except Exception:  # noqa: BLE001 - it goes no further than this process, whose parent sees its end only
        traceback.print_exc()
    finally:
        os._exit(code)


def _keep_only(door: socket.socket) -> None:
    """Close all that this process opened before it was forked, locks among it: they are the parent's."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number in [int(file.name) for file in Path("/proc/self/fd").iterdir()]:
        if number > LAST_STANDARD and number != door.fileno():
            with suppress(OSError):
                os.close(number)


def _ask(door: socket.socket, asked: bytes, files: Sequence[int]) -> int:
    sent = socket.send_fds(door, [asked], files)
    door.sendall(asked[sent:])
    answer = door.recv(LONGEST_ANSWER).strip()
    if not answer:
        raise ConnectionError("nothing was forked")
    return int(answer)


@contextmanager
def _adopting() -> Iterator[None]:
    """Be given, as a child, what a descendant leaves behind: only meanwhile, since what else it leaves is not ours."""
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
