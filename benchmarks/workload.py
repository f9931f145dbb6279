"""The work every peer does: a job of five steps that hand about 200 bytes from one to the next."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

STEPS = ("validate", "map", "upload", "create", "save")
PADDING = "x" * 110
FLOOD = "flood"
STARTED_FILE = "BENCH_STARTED_FILE"  # the variable that names a file, made when the first step of a flood runs
STEP_OF_NEIGHBOUR_S = 0.005


@dataclass(frozen=True, slots=True)
class BenchJob:
    """`name` is unique in a run and begins with its measurement's name; `tenant` counts from 1."""

    name: str
    tenant: int
    step_s: float = 0.0

    def payload(self) -> dict[str, Any]:
        return {"job": self.name, "tenant": self.tenant, "step": "", "n": 0, "step_s": self.step_s, "pad": PADDING}


def run_step(position: int, given: dict[str, Any]) -> dict[str, Any]:
    """Do the step at this position, which is nothing or a nap, and return what the next one gets."""
    if given["job"].startswith(FLOOD):
        _note_start()
    if given["step_s"]:
        time.sleep(given["step_s"])
    return {**given, "step": STEPS[position], "n": given["n"] + 1}


@cache
def _note_start() -> None:
    if path := os.environ.get(STARTED_FILE):
        Path(path).touch()


def jobs(measurement: str, count: int, *, tenants: Sequence[int], step_s: float = 0.0) -> list[BenchJob]:
    """Deal `count` jobs round-robin over the tenants."""
    return [BenchJob(f"{measurement}-{number:06d}", tenants[number % len(tenants)], step_s) for number in range(count)]


def at_rate(work: Sequence[BenchJob], per_s: float) -> Iterator[BenchJob]:
    """Yield each job at its own time, however long the one before took."""
    began_at = time.perf_counter()
    for number, job in enumerate(work):
        time.sleep(max(0.0, began_at + number / per_s - time.perf_counter()))
        yield job
