"""What a system must offer to be measured."""

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from benchmarks.machine import Machine
from benchmarks.workload import BenchJob

PROCESSES = 2
THREADS = 8
CONTEXT = "BENCH_CONTEXT"  # how a peer's worker script learns where things are


class Peer(Protocol):
    """One system on one machine. The order is setup, open, then any of the others, then stop.

    `enqueue` returns when the job is accepted as durably as the system promises. `done_times` gives the time (in
    seconds since 1970) at which the system itself recorded the completion of each job whose name begins so.
    """

    name: str
    durable: str  # what is recorded, in one line

    def setup(self, *, tenants: int) -> None: ...

    def open(self) -> None: ...

    def start_workers(self) -> None: ...

    def enqueue(self, job: BenchJob) -> None: ...

    def done_times(self, beginning: str) -> Mapping[str, float]: ...

    def stop(self) -> None: ...


MakePeer = Callable[[Machine], Peer]


def wait_until_done(peer: Peer, beginning: str, count: int, *, within_s: float, every_s: float = 0.5) -> bool:
    """Look until `count` jobs are done; say whether they are.

    When they were done is the peer's own record: looking seldom takes nothing from it but what looking costs.
    """
    ends_at = time.monotonic() + within_s
    while time.monotonic() < ends_at:
        if len(peer.done_times(beginning)) >= count:
            return True
        time.sleep(every_s)
    return False


def context() -> dict[str, Any]:
    """Return the context, in a worker's process."""
    return json.loads(os.environ[CONTEXT])
