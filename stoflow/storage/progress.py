"""Whether a server that does not answer yet is at work: recovery and last checkpoints take as long as there is data."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY_S = 0.5
BUSY = frozenset("RDU")  # computing, or waiting for the disk in a call that nothing interrupts: D on Linux, U on macOS


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What the system says of a process: its parent, its state's letter, and how long it has computed."""

    parent: int
    letter: str
    computed: str


@dataclass(frozen=True, slots=True)
class Signs:
    """What changes while a server is at work; `is_busy` is work by itself."""

    log_bytes: int
    computed: tuple[str, ...]
    is_busy: bool


class Patience:
    """Waits for as long as a server is at work, and `still_s` after the last sign of it."""

    def __init__(self, pid: int, log: Path, still_s: float) -> None:
        self._pid, self._log, self._still_s = pid, log, still_s
        self._signs: Signs | None = None
        self._worked_at_s = self._looked_at_s = time.monotonic()

    def is_over(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at_s >= LOOK_EVERY_S:
            self._looked_at_s = now
            before, self._signs = self._signs, signs_of(self._pid, self._log)
            if self._signs.is_busy or (before is not None and before != self._signs):
                self._worked_at_s = now
        return now - self._worked_at_s > self._still_s


def signs_of(pid: int, log: Path) -> Signs:
    """Return the signs of a server and its children."""
    states = dict(process_states())
    own = [state for number, state in states.items() if pid in (number, state.parent)]
    log_bytes = 0
    with suppress(OSError):
        log_bytes = log.stat().st_size
    return Signs(log_bytes, tuple(state.computed for state in own), any(state.letter in BUSY for state in own))


def process_states() -> Mapping[int, ProcessState]:
    return dict(_of_linux() if sys.platform == "linux" else _of_ps())


def _of_linux() -> Iterator[tuple[int, ProcessState]]:
    """Read /proc, as slim containers have no `ps`."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                # What stands before the last bracket is the program's name, which may hold anything.
                fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
                yield int(folder.name), ProcessState(int(fields[1]), fields[0], f"{fields[11]} {fields[12]}")


def _of_ps() -> Iterator[tuple[int, ProcessState]]:
    command = ["ps", "-axo", "pid=,ppid=,state=,time="]
    for line in subprocess.run(command, check=False, capture_output=True, text=True).stdout.splitlines():
        pid, parent, state, computed = line.split(maxsplit=3)
        yield int(pid), ProcessState(int(parent), state[0], computed)
