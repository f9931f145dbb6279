"""Dramatiq alone: the speed of the transport StoFlow stands on, without anything recorded."""

import importlib
import json
import os
from collections.abc import Mapping
from types import ModuleType

from benchmarks.machine import Machine
from benchmarks.peer import CONTEXT, PROCESSES, THREADS
from benchmarks.workload import BenchJob


class DramatiqPeer:
    """`python -m dramatiq` with two processes of eight threads."""

    name = "dramatiq"
    durable = "nothing: messages in Redis, without persistence"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._done_folder = machine.home / "done"
        context = {"redis_url": machine.urls.redis_url, "done": str(self._done_folder)}
        self._environment = {CONTEXT: json.dumps(context)}
        self._worker: ModuleType | None = None
        self._done: dict[str, float] = {}
        self._read_up_to: dict[str, int] = {}

    def setup(self, *, tenants: int) -> None:
        del tenants  # they exist in the payload alone
        self._done_folder.mkdir()

    def open(self) -> None:
        os.environ.update(self._environment)
        # Its broker is made at import, from the context.
        loaded = importlib.import_module("benchmarks.dramatiq_worker")
        self._worker = importlib.reload(loaded)

    def start_workers(self) -> None:
        sizes = ["-p", str(PROCESSES), "-t", str(THREADS)]
        self._machine.python("workers", ["-m", "dramatiq", "benchmarks.dramatiq_worker", *sizes], self._environment)

    def enqueue(self, job: BenchJob) -> None:
        assert self._worker is not None
        self._worker.pipeline(job.payload()).run()

    def done_times(self, beginning: str) -> Mapping[str, float]:
        for path in self._done_folder.glob("*.done"):
            with path.open("rb") as file:
                file.seek(self._read_up_to.get(path.name, 0))
                lines = file.read()
            whole = lines[: lines.rfind(b"\n") + 1]
            self._read_up_to[path.name] = self._read_up_to.get(path.name, 0) + len(whole)
            for line in whole.decode().splitlines():
                name, at = line.split()
                self._done[name] = float(at)
        return {name: at for name, at in self._done.items() if name.startswith(beginning)}

    def stop(self) -> None:
        self._machine.end_processes()
