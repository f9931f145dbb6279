"""How our children are forked: here, or by a fork server that is started, asked for them, and started again."""

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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import active_count
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from stoflow.cli.run.fork import Become

FORK_SERVER = "fork-server"
INHERITED = "INHERITED_SOCKETS"  # the numbers of what a child is to listen on
# Elsewhere a system's own libraries may start threads, and a fork between them is not safe.
CAN_FORK = sys.platform == "linux" and find_spec("setproctitle") is not None
EVERYBODYS = (
    "stoflow.cli.beginning",
    "stoflow.wiring.installation",
    "stoflow.wiring.photos",
    "stoflow.storage.credentials.vault",
    "stoflow.cli.run.serving",
)
ANSWERS_WITHIN_S = 60.0  # it loads first, which takes a second, or many on a busy machine
ENDS_WITHIN_S = 5.0
TIMES_ASKED = 2
POLL_S = 0.02
LONGEST_ANSWER = 16
ENDED_WITHIN_S = 0.1
LAST_STANDARD = 2  # of the files that every process has
PR_SET_CHILD_SUBREAPER = 36
FORK = "stoflow.cli.run.fork"  # loaded by who forks: no other command pays for multiprocessing
FORK_SERVER_MODULE = "stoflow.cli.run.fork_server"


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
    """A context that forks our commands from a process that has loaded these modules; without forks nothing happens.

    Which process that is: this one where it `forks_itself` and has no thread beside its first one, so that whoever
    opens nothing for long needs no other process. Else a fork server, forked from this process where what it is to
    `become` is known and it has no thread yet, so that nothing is loaded twice; one that is started later is a program
    of its own, as `command` says.
    """

    def __init__(
        self,
        command: Sequence[str],
        loads: Sequence[str] = EVERYBODYS,
        *,
        become: "Become | None" = None,
        forks_itself: bool = False,
    ) -> None:
        self._command = [*command, FORK_SERVER, *loads]
        self._loads = loads
        self._become = become
        self._forks_itself = forks_itself
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        _fill_standard_files()
        if CAN_FORK and self._server is None and not self._forks_itself:
            ours = self._become if has_one_thread() else None
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

        It has our sockets that are `inherited` too, under numbers of its own. Raise ConnectionError where nothing is
        forked: the system has no process to spare, or one fork server after the other is killed or hangs.
        """
        wanted = {"arguments": arguments, "environment": dict(environment), "inherited": len(inherited)}
        if self._become is not None and self._forks_itself and has_one_thread():
            load_for_all(self._loads)
            with lifeline() as (theirs, ours), _adopting():
                return _ours(_fork_here(wanted, (theirs, *logs, *inherited), self._become)), ours
        asked = json.dumps(wanted).encode() + b"\n"
        for _ in range(TIMES_ASKED):
            server = self._server = self._server or _started(self._command)
            with suppress(OSError), lifeline() as (theirs, ours), _adopting():
                return _ours(_ask(server.door, asked, (theirs, *logs, *inherited))), ours
            self.close(within_s=0.0)
        raise ConnectionError("one fork server after the other ended, or hung")


def load_for_all(loads: Sequence[str]) -> None:
    """Load what all children need before they are forked."""
    for name in loads:
        import_module(name)
    gc.collect()
    gc.freeze()  # the collector writes on what it looks at, and what is written on is shared no more


def has_one_thread() -> bool:
    """Say whether nobody else runs in this process: a fork would leave others' locks as they are then.

    A thread that has ended, and was waited for, is one of the system's for a millisecond more.
    """
    ends_at = time.monotonic() + ENDED_WITHIN_S
    while sum(1 for _ in Path("/proc/self/task").iterdir()) > 1:
        if active_count() > 1 or time.monotonic() > ends_at:
            return False
        time.sleep(0)
    return True


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


def _fill_standard_files() -> None:
    """Open what is closed of the standard files: a pipe would stand there, and a child has another input."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= LAST_STANDARD:
        continue
    os.close(number)
    # Python has none where they were closed when it began; a child's log comes in their place.
    sys.stdout = sys.stdout or os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", buffering=1, closefd=False)


def _started(command: Sequence[str]) -> _Server:
    ours, theirs = socket.socketpair()
    ours.settimeout(ANSWERS_WITHIN_S)
    with theirs:
        # In a session of its own: Ctrl-C is not for it, since whoever asks for children drains them first.
        return _Server(subprocess.Popen(command, stdin=theirs.fileno(), start_new_session=True), ours)


def _forked(become: "Become", loads: Sequence[str]) -> _Server:
    """Fork the server from this process, once it has loaded what all need."""
    load_for_all(loads)
    ours, theirs = socket.socketpair()
    ours.settimeout(ANSWERS_WITHIN_S)
    if pid := os.fork():
        theirs.close()
        return _Server(Forked(pid), ours)
    code = 1
    try:
        os.setsid()
        import_module(FORK).keep_only(theirs.fileno())
        import_module(FORK_SERVER_MODULE).serve(theirs, loads, become)
        code = 0
    except Exception:  # noqa: BLE001 - it goes no further than this process, whose parent sees its end only
        traceback.print_exc()
    finally:
        os._exit(code)


def _fork_here(wanted: Mapping[str, Any], files: Sequence[int], become: "Become") -> int:
    fork = import_module(FORK)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # nobody reads it any more
            stream.flush()  # what waits to be written would be written by the child too
    try:
        return _pid(fork.fork_child(fork.Request(**wanted, files=files), become))
    except OSError as error:
        raise ConnectionError(str(error)) from error


def _ask(door: socket.socket, asked: bytes, files: Sequence[int]) -> int:
    sent = socket.send_fds(door, [asked], files)
    door.sendall(asked[sent:])
    return _pid(door.recv(LONGEST_ANSWER))


def _pid(answer: bytes) -> int:
    if not answer.strip():
        raise ConnectionError("nothing was forked")
    return int(answer)


def _ours(pid: int) -> Forked:
    forked = Forked(pid)
    forked.poll()  # fails where it is not ours
    return forked


@contextmanager
def _adopting() -> Iterator[None]:
    """Be given, as a child, what a descendant leaves behind: only meanwhile, since what else it leaves is not ours."""
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
