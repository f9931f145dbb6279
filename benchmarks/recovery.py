"""How soon everything answers again that was killed at once, servers too, with thousands of tenants at work.

`python -m benchmarks.recovery --tenants 2000 --active 400` measures it at another size.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass

import psutil

from benchmarks.idle import UpPeer
from benchmarks.machine import Machine, machine
from benchmarks.workload import BenchJob, jobs
from stoflow.domain.errors import DatabaseError
from stoflow.storage.database.session import Database
from stoflow.storage.servers.embedded import server_pids
from stoflow.transports.probe import is_ready

AT_MOST_S = 15.0
TENANTS, ACTIVE = 10_000, 2_000
GIVEN_UP_AFTER_S = 900.0
LOOK_EVERY_S = 0.1
JOBS_A_TENANT = 2
BEGUN = 1 / 20  # of the jobs are done before the kill: what is killed is at work
AFTER = "after"
SAY_EVERY = 250


@dataclass(frozen=True, slots=True)
class Plan:
    """So many tenants there are, and so many of them have work when everything dies."""

    tenants: int = TENANTS
    active: int = ACTIVE


SHORT = Plan(tenants=30, active=10)


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from the kill until PostgreSQL answers, the api is ready, and a job asked for then was done."""

    tenants: int
    active: int
    postgresql_s: float
    api_s: float
    job_s: float
    answers_s: float
    within_bound: bool


class OwnServersPeer(UpPeer):
    """`stoflow up` as somebody starts it who names no servers: it joins those of its home, or starts them."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.environment = {"STOFLOW_HOME": str(machine.home)}


def measure(plan: Plan) -> Recovery:
    """Make the tenants, let the active ones have work, kill all of it with -9, and start `stoflow up` again."""
    with machine() as place:
        peer = OwnServersPeer(place)
        try:
            peer.setup(tenants=0)
            for number in range(plan.tenants):
                peer.add_tenant()
                if (number + 1) % SAY_EVERY == 0:
                    print(f"{number + 1} tenants …", file=sys.stderr, flush=True)
            _settle(peer)
            peer.open()
            peer.start_workers()
            _wait(lambda: _is_ready(peer), "the api", place)
            for job in jobs("work", plan.active * JOBS_A_TENANT, tenants=range(1, plan.active + 1)):
                peer.enqueue(job)
            begun = BEGUN * plan.active * JOBS_A_TENANT
            _wait(lambda: len(peer.done_times("work")) >= begun, "the first jobs", place)
            return _killed_and_back(peer, place, plan)
        finally:
            peer.stop()


def _settle(peer: OwnServersPeer) -> None:
    """Let what making the tenants wrote be of long ago, as it is where they were not all made in the last minutes.

    A row's first reader notes in it that its writer has committed: whoever starts StoFlow reads one of each tenant.
    """
    peer.machine.run(["-m", "stoflow", "migrate"], peer.environment)
    with peer.database.reading() as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("CHECKPOINT")
        connection.execute("RESET statement_timeout")
    os.sync()


def _killed_and_back(peer: OwnServersPeer, place: Machine, plan: Plan) -> Recovery:
    killed_at = _kill_all(place)
    peer.start_workers()
    database = Database(place.urls.database_url, pool_size=1)
    found: dict[str, float] = {}
    after = _JobAfter(peer)

    def is_back() -> bool:
        """Note what answers for the first time; each is asked for by itself, in any order."""
        asked: Mapping[str, bool] = {
            "postgresql_s": "postgresql_s" in found or _answers(database),
            "api_s": "api_s" in found or _is_ready(peer),
        }
        asked = {**asked, "job_s": asked["postgresql_s"] and after.is_done()}
        for name, answers in asked.items():
            if answers:
                found.setdefault(name, time.monotonic() - killed_at)
        return len(found) == len(asked)

    try:
        _wait(is_back, "everything", place)
    finally:
        database.close()
    answers_s = max(found.values())
    return Recovery(plan.tenants, plan.active, **found, answers_s=answers_s, within_bound=answers_s <= AT_MOST_S)


def _kill_all(place: Machine) -> float:
    """Kill the servers, their keeper and every process of `stoflow up`; return when, in monotonic seconds."""
    pids = server_pids(place.home)
    ours = {process.pid for kind, process in place.processes() if kind == "up"}
    backends = {child.pid for child in psutil.Process(pids.postgresql).children(recursive=True)}
    for pid in (pids.keeper, pids.postgresql, pids.valkey, *ours, *backends):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return time.monotonic()


def _is_ready(peer: OwnServersPeer) -> bool:
    return is_ready(f"http://127.0.0.1:{peer.port}/readyz")


def _answers(database: Database) -> bool:
    try:
        with database.records() as connection:
            return connection.execute("SELECT 1").fetchone() is not None
    except DatabaseError:
        return False


@dataclass(slots=True)
class _JobAfter:
    """One urgent job, asked for as soon as that is possible again, behind which all that was under way stands."""

    peer: OwnServersPeer
    is_asked: bool = False

    def is_done(self) -> bool:
        with suppress(DatabaseError):
            if not self.is_asked:
                self.peer.enqueue(BenchJob(AFTER, 1), priority=1)
                self.is_asked = True
            return bool(self.peer.done_times(AFTER))
        return False


def _wait(is_so: Callable[[], bool], what: str, place: Machine) -> None:
    ends_at = time.monotonic() + GIVEN_UP_AFTER_S
    while not is_so():
        if time.monotonic() > ends_at:
            message = f"{what} did not come within {GIVEN_UP_AFTER_S:.0f} s.\n{place.logs()}"
            raise TimeoutError(message)
        time.sleep(LOOK_EVERY_S)


def main() -> int:
    """Return 0 where all answered in time, 1 otherwise."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recovery", description=__doc__)
    parser.add_argument("--tenants", type=int, default=TENANTS)
    parser.add_argument("--active", type=int, default=ACTIVE)
    arguments = parser.parse_args()
    found = measure(Plan(arguments.tenants, arguments.active))
    print(json.dumps(asdict(found), indent=2))
    return 0 if found.within_bound else 1


if __name__ == "__main__":
    sys.exit(main())
