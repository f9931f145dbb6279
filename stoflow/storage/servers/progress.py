"""Whether a server that does not answer yet is at work: recovery and last checkpoints take as long as there is data."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY_S = 0.5
# A server that only waits looks at its clock now and then, which is less than this share of the time.
WORKING_SHARE = 0.01
BLOCKED = frozenset("DU")  # waiting for the disk in a call that nothing interrupts: D on Linux, U on macOS
REFUSAL = b"FATAL"  # told to those who ask too early, and so as often as they ask
STAT_FIELDS = slice(11, 13)  # of those after the name: computed by the process itself, and for it by the system


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What the system says of a process: its parent, its state's letter, and how long it has computed."""

    parent: int
    letter: str
    computed_s: float


def process_states() -> Mapping[int, ProcessState]:
    return dict(_of_linux() if sys.platform == "linux" else _of_ps())


class Patience:
    """Waits for as long as a server is at work, and `still_s` after the last sign of it.

    Signs are new lines in its log, and processes of it that compute or wait for the disk. What clients cause who are
    refused meanwhile is none, else a server that hangs would be waited for as long as anybody asks.
    """

    def __init__(
        self,
        pid: Callable[[], int],
        log: Path,
        still_s: float,
        *,
        now: Callable[[], float] = time.monotonic,
        states: Callable[[], Mapping[int, ProcessState]] = process_states,
    ) -> None:
        self._pid, self._log, self._still_s = pid, log, still_s
        self._now, self._states = now, states
        self._read_bytes = _size_of(log)
        self._workers: Mapping[int, ProcessState] = {}
        self._computed_s = 0.0
        self._worked_at_s = self._looked_at_s = now()

    def is_over(self) -> bool:
        now_s = self._now()
        if now_s - self._looked_at_s >= LOOK_EVERY_S:
            self._looked_at_s = now_s
            has_logged, is_busy = self._has_logged(), self._is_busy(now_s - self._worked_at_s)
            if has_logged or is_busy:
                self._worked_at_s, self._computed_s = now_s, 0.0
        return now_s - self._worked_at_s > self._still_s

    def _has_logged(self) -> bool:
        with suppress(OSError), self._log.open("rb") as log:
            # Whoever starts the server anew begins its log anew.
            log.seek(min(self._read_bytes, _size_of(self._log)))
            fresh = log.read()
            self._read_bytes = log.tell()
            return any(line.strip() and REFUSAL not in line for line in fresh.splitlines())
        return False

    def _is_busy(self, since_s: float) -> bool:
        """Count what has been there since the last look: whoever is refused is gone by then."""
        before, self._workers = self._workers, workers_of(self._pid(), self._states())
        lasting = [(before[pid], state) for pid, state in self._workers.items() if pid in before]
        self._computed_s += sum(max(0.0, state.computed_s - earlier.computed_s) for earlier, state in lasting)
        is_blocked = any(state.letter in BLOCKED for _, state in lasting)
        return is_blocked or self._computed_s >= WORKING_SHARE * since_s


def workers_of(pid: int, states: Mapping[int, ProcessState]) -> Mapping[int, ProcessState]:
    """Return the processes that do a server's work: its children where it has some, itself where it has none."""
    children = {number: state for number, state in states.items() if state.parent == pid}
    return children or {number: state for number, state in states.items() if number == pid}


def _of_linux() -> Iterator[tuple[int, ProcessState]]:
    """Read /proc, as slim containers have no `ps`."""
    a_second = os.sysconf("SC_CLK_TCK")
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                # What stands before the last bracket is the program's name, which may hold anything.
                fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
                computed_s = sum(map(int, fields[STAT_FIELDS])) / a_second
                yield int(folder.name), ProcessState(int(fields[1]), fields[0], computed_s)


def _of_ps() -> Iterator[tuple[int, ProcessState]]:
    command = ["ps", "-axo", "pid=,ppid=,state=,time="]
    for line in subprocess.run(command, check=False, capture_output=True, text=True).stdout.splitlines():
        pid, parent, state, computed = line.split(maxsplit=3)
        yield int(pid), ProcessState(int(parent), state[0], seconds_of(computed))


def seconds_of(computed: str) -> float:
    """Read what `ps` says as 1:02.03, 1:02:03 or 4-01:02:03."""
    days, _, clock = computed.rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        seconds = seconds * 60 + float(part)
    return int(days or 0) * 86_400 + seconds


def _size_of(log: Path) -> int:
    try:
        return log.stat().st_size
    except OSError:
        return 0
