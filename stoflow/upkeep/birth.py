"""Which process a pid means: pids are used again, so what names one is its machine, its pid and when it was begun."""

import os
import socket
from functools import cache
from pathlib import Path

from stoflow.storage.engine.processes import Birth

PROC = Path("/proc")
# Of proc_pid_stat(5), counted behind the name in brackets, which may hold anything.
STATE, BEGUN = 0, 19
ENDED = frozenset("ZXx")


def birth() -> Birth | None:
    """Return how this process can be told from all others of its machine; None where the system does not say."""
    machine, said = machine_name(), _stat(os.getpid())
    return Birth(machine, int(said[BEGUN])) if machine and said else None


@cache
def machine_name() -> str | None:
    """Return what only those share that see the same pids: a machine since it was started, or a container on it."""
    try:
        booted = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()} {booted} {(PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return None


def is_gone(pid: int, begun: int) -> bool:
    """Say whether the process of this machine that was begun then has ended; False where that cannot be known."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    said = _stat(pid)  # empty where nobody may know
    return bool(said) and (said[STATE] in ENDED or int(said[BEGUN]) != begun)


def _stat(pid: int) -> list[str]:
    """Return what Linux says of a process, times in ticks since the machine was started; nothing where it does not."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
