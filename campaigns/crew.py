"""The processes of a campaign: real commands in groups of their own, started again whenever they die."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

LOOK_EVERY_S = 0.1
STOP_WITHIN_S = 10.0


@dataclass(slots=True)
class Member:
    """One `stoflow` command; `module`, which is run with `arguments`, and these count from its next start on."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes]
    groups: list[int] = field(default_factory=list[int])

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def change(self, option: str, value: str) -> None:
        """Give an option another value, from the next start on."""
        arguments = list(self.arguments)
        arguments[arguments.index(option) + 1] = value
        self.arguments = arguments

    def children(self, word: str = "") -> list[psutil.Process]:
        """Return the processes it started and that live; with a `word`, those in whose command or title it stands."""
        with suppress(psutil.NoSuchProcess):
            return [child for child in psutil.Process(self.pid).children() if word in _command_of(child)]
        return []


class Crew:
    """A context: a thread revives who dies while it is open; at its end nobody is left."""

    def __init__(self, module: str, environment: Mapping[str, str], logs: Path) -> None:
        self._module = module
        self._environment = environment
        self._logs = logs
        self._members: dict[str, Member] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._revive, name="crew", daemon=True)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ending.set()
        self._thread.join()
        for member in self._members.values():
            signal_group(member.pid, signal.SIGCONT)
            if member.process.poll() is None:
                member.process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for member in self._members.values():
            with suppress(subprocess.TimeoutExpired):
                member.process.wait(max(0.0, deadline - time.monotonic()))
            for group in member.groups:
                signal_group(group, signal.SIGKILL)
            member.process.wait()
            _close_pipe(member.process)

    def __getitem__(self, name: str) -> Member:
        return self._members[name]

    def start(self, name: str, *arguments: str, **environment: str) -> Member:
        if name in self._members:
            message = f"{name} runs already: two of one name would do everything twice."
            raise ValueError(message)
        variables = {**self._environment, **environment}
        log = self._logs / f"{name}.log"
        process = _spawn(self._module, arguments, variables, log)
        member = Member(name, self._module, arguments, variables, log, process, [process.pid])
        with self._lock:
            self._members[name] = member
        return member

    def dismiss(self, name: str) -> None:
        """End one for good, as a person closes a browser; nothing happens where it is gone already."""
        with self._lock:
            member = self._members.pop(name, None)
        if member is not None:
            member.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                member.process.wait(STOP_WITHIN_S)
            signal_group(member.pid, signal.SIGKILL)
            _close_pipe(member.process)

    def named(self, prefix: str) -> list[Member]:
        return [member for name, member in self._members.items() if name.startswith(prefix)]

    def wait_for_new(self, member: Member, before: int, *, within_s: float) -> bool:
        """Return whether another process has taken the place of `before` in time."""
        deadline = time.monotonic() + within_s
        while member.pid == before or member.has_ended:
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_EVERY_S)
        return True

    def _revive(self) -> None:
        while not self._ending.wait(LOOK_EVERY_S):
            with self._lock:
                ended = [member for member in self._members.values() if member.has_ended]
            for member in ended:
                _close_pipe(member.process)  # what it left behind drains and ends by itself
                member.process = _spawn(member.module, member.arguments, member.environment, member.log)
                member.groups.append(member.pid)


def signal_group(leader: int, number: int) -> None:
    """Signal a process and whatever it started; a group that has ended hears nothing."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _command_of(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def signal_process(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _close_pipe(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()


def _spawn(module: str, arguments: Sequence[str], variables: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,  # closes with us, and the child ends by itself
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **variables},
            start_new_session=True,
        )
