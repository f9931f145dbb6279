"""The processes one command runs: started and known to be ready in order, stopped in reverse, none left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from stoflow.cli.output import WorkFailed
from stoflow.cli.run.forking import CAN_FORK, EVERYBODYS, INHERITED, Forking, Process, lifeline
from stoflow.domain.facts.processes import Stumbled
from stoflow.monitoring.record import record

if TYPE_CHECKING:
    from stoflow.cli.run.fork import Become

POLL_S = 0.05
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 30.0
SHOWN_LOG_LINES = 8
BEGINS_FOR_S = 2.0  # who gives up by itself within so long would do so again at once
LOCALHOST = "127.0.0.1"
CHILD_MODULE = "stoflow.cli.run.child"
WORKER_PROCESS = "worker-process"


@dataclass(slots=True)
class Child:
    """One `stoflow` command running as a process; `log` is None where it writes to our own terminal.

    The `lifeline` is None once its end was seen to, though it may not be started again yet.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None
    process: Process
    lifeline: int | None
    started_s: float = field(default_factory=time.monotonic)

    @property
    def gave_up(self) -> bool:
        """Whether it ended with an error of its own while it began: others than it have to change first."""
        code = self.process.poll()
        return code is not None and code > 0 and time.monotonic() - self.started_s < BEGINS_FOR_S

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def last_words(self) -> str:
        """Return the end of its log, for the person who has to find out why it ended."""
        if self.log is None:
            return ""
        return "\n".join(self.log.read_text("utf-8", errors="replace").splitlines()[-SHOWN_LOG_LINES:])


def make_forking(
    loads: Sequence[str] = EVERYBODYS, *, become: "Become | None" = None, forks_itself: bool = False
) -> Forking:
    """Return what forks our commands from a process that has loaded these modules; the rest as in Forking."""
    return Forking([sys.executable, "-m", CHILD_MODULE], loads, become=become, forks_itself=forks_itself)


@dataclass(slots=True)
class Children:
    """A context: whatever is started inside is stopped at its end, the last one first.

    Each child runs in a process group of its own, so that Ctrl-C reaches only us, and holds the reading end of a
    pipe: when we are killed the pipe closes and the child ends by itself. With `logs`, each writes to its own file.
    Each has the sockets in `handed_on`, to listen on one port with the others.
    """

    environment: Mapping[str, str]
    logs: Path | None = None
    forking: Forking = field(default_factory=make_forking)
    handed_on: Sequence[socket.socket] = ()
    running: list[Child] = field(default_factory=list[Child])

    def __enter__(self) -> Self:
        self.forking.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop(together=error is not None)  # whoever interrupts does not wait for one after the other
        self.forking.close()

    def start(self, name: str, *arguments: str, **environment: str) -> Child:
        """Start `stoflow ARGUMENTS` with our environment and these variables; it may not be ready yet."""
        variables = {**self.environment, **environment}
        log = self.logs / f"{name}.log" if self.logs else None
        child = Child(name, arguments, variables, log, *self._spawn(arguments, variables, log))
        self.running.append(child)
        return child

    def start_worker_processes(self, count: int, *arguments: str, **environment: str) -> None:
        """Start so many worker processes: they are ours, as a supervisor of theirs below us would only cost memory."""
        for number in range(count):
            self.start(f"worker-{number}", WORKER_PROCESS, *arguments, **environment)

    def run(self, *arguments: str) -> None:
        """Run `stoflow ARGUMENTS` to its end; WorkFailed where it says so."""
        child = self.start(arguments[0], *arguments)
        try:
            if child.process.wait() != 0:
                raise _failure(child)
        finally:
            self.running.remove(child)
            _kill(child)

    def wait_until(self, is_ready: Callable[[], bool], child: Child, *, within_s: float = READY_WITHIN_S) -> None:
        """Return when the child is ready; WorkFailed where it ends first or takes too long."""
        deadline = time.monotonic() + within_s
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise WorkFailed(f"{child.name} was not ready within {within_s:.0f} s. {child.last_words()}")
            time.sleep(POLL_S)

    def check(self) -> None:
        """Raise WorkFailed if a child has ended."""
        for child in self.running:
            if child.has_ended:
                raise _failure(child)

    @property
    def ended(self) -> Sequence[Child]:
        """Those that have ended."""
        return [child for child in self.running if child.has_ended]

    def revive(self, ended: Sequence[Child]) -> Sequence[Child]:
        """Start these again, which have ended; return them. Those that the system has no room for stay as they are.

        So does, for two seconds from its start, who gave up by itself: PostgreSQL that can only be read ends a process
        in a third of a second, each time.
        """
        revived: list[Child] = []
        for child in ended:
            _kill(child)  # whatever it left behind
            if child.gave_up:
                continue
            try:
                child.process, child.lifeline = self._spawn(child.arguments, child.environment, child.log)
            except OSError as error:
                record(Stumbled(f"starting {child.name} again", str(error)))
            else:
                child.started_s = time.monotonic()
                revived.append(child)
        return revived

    def stop(self, *, within_s: float = STOP_WITHIN_S, together: bool = False) -> None:
        """Ask each to end, last started first, and wait for it; who takes too long is killed with its own children.

        `together` asks all of them before it waits: right where none needs another one to finish its work.
        """
        if together:
            for child in reversed(self.running):
                _ask_to_end(child.process)
        while self.running:
            child = self.running.pop()
            with ExitStack() as last:
                last.callback(_kill, child)
                _ask_to_end(child.process)
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(within_s)

    def _spawn(self, arguments: Sequence[str], variables: Mapping[str, str], log: Path | None) -> tuple[Process, int]:
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **variables}
        sockets = [each.fileno() for each in self.handed_on]
        with log.open("ab") if log else nullcontext() as output:
            try:
                if CAN_FORK:
                    logs = [output.fileno()] if output else []
                    return self.forking.fork(arguments, environment, *logs, inherited=sockets)
            except ConnectionError as error:
                record(Stumbled(f"forking {arguments[0]}", str(error)))
            return _run(arguments, environment, output, sockets)


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return probe.getsockname()[1]


def _run(
    arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes] | None, sockets: Sequence[int]
) -> tuple[Process, int]:
    """Start a child as a program of its own, where none can be forked: the same, with nothing shared."""
    told = {INHERITED: ",".join(map(str, sockets))} if sockets else {}
    with lifeline() as (theirs, ours):
        process = subprocess.Popen(
            [sys.executable, "-m", CHILD_MODULE, *arguments],
            stdin=theirs,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env={**environment, **told},
            pass_fds=sockets,
            start_new_session=True,
        )
        return process, ours


def _failure(child: Child) -> WorkFailed:
    return WorkFailed(f"{child.name} ended with code {child.process.returncode}. {child.last_words()}")


def _ask_to_end(process: Process) -> None:
    if process.poll() is None:
        process.terminate()


def _kill(child: Child) -> None:
    with suppress(ProcessLookupError, PermissionError):  # the whole group has ended, as it should
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()
    if child.lifeline is not None:
        os.close(child.lifeline)
        child.lifeline = None
