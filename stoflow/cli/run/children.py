"""The processes one command runs: started and known to be ready in order, stopped in reverse, none left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from stoflow.cli.output import WorkFailed

POLL_S = 0.05
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 30.0
SHOWN_LOG_LINES = 8
LOCALHOST = "127.0.0.1"
CHILD_MODULE = "stoflow.cli.run.child"


@dataclass(slots=True)
class Child:
    """One `stoflow` command running as a process; `log` is None where it writes to our own terminal."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None
    process: subprocess.Popen[bytes]

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def last_words(self) -> str:
        """Return the end of its log, for the person who has to find out why it ended."""
        if self.log is None:
            return ""
        return "\n".join(self.log.read_text("utf-8", errors="replace").splitlines()[-SHOWN_LOG_LINES:])


@dataclass(slots=True)
class Children:
    """A context: whatever is started inside is stopped at its end, the last one first.

    Each child runs in a process group of its own, so that Ctrl-C reaches only us, and holds the reading end of a
    pipe: when we are killed the pipe closes and the child ends by itself. With `logs`, each writes to its own file.
    """

    environment: Mapping[str, str]
    logs: Path | None = None
    running: list[Child] = field(default_factory=list[Child])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop(together=error is not None)  # whoever interrupts does not wait for one after the other

    def start(self, name: str, *arguments: str, **environment: str) -> Child:
        """Start `stoflow ARGUMENTS` with our environment and these variables; it may not be ready yet."""
        variables = {**self.environment, **environment}
        log = self.logs / f"{name}.log" if self.logs else None
        child = Child(name, arguments, variables, log, _spawn(arguments, variables, log))
        self.running.append(child)
        return child

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
                code = child.process.returncode
                raise WorkFailed(f"{child.name} ended with code {code}. {child.last_words()}")

    def revive(self) -> Sequence[Child]:
        """Start again those that have ended; return them."""
        ended = [child for child in self.running if child.has_ended]
        for child in ended:
            _kill(child.process)  # whatever it left behind
            child.process = _spawn(child.arguments, child.environment, child.log)
        return ended

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
                last.callback(_kill, child.process)
                _ask_to_end(child.process)
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(within_s)


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return probe.getsockname()[1]


def _spawn(arguments: Sequence[str], variables: Mapping[str, str], log: Path | None) -> subprocess.Popen[bytes]:
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        output = files.enter_context(log.open("ab")) if log else None
        return subprocess.Popen(
            [sys.executable, "-m", CHILD_MODULE, *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env={**os.environ, **variables},
            start_new_session=True,
        )


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):  # the whole group has ended, as it should
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()
