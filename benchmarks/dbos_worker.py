"""DBOS Transact: a workflow of five steps, taken from a queue in PostgreSQL."""

import signal
import sys
from typing import Any

from dbos import DBOS

from benchmarks.peer import THREADS, context
from benchmarks.workload import run_step

QUEUE = "jobs"


@DBOS.step(name="validate")
def validate(given: dict[str, Any]) -> dict[str, Any]:
    return run_step(0, given)


@DBOS.step(name="map")
def map_(given: dict[str, Any]) -> dict[str, Any]:
    return run_step(1, given)


@DBOS.step(name="upload")
def upload(given: dict[str, Any]) -> dict[str, Any]:
    return run_step(2, given)


@DBOS.step(name="create")
def create(given: dict[str, Any]) -> dict[str, Any]:
    return run_step(3, given)


@DBOS.step(name="save")
def save(given: dict[str, Any]) -> dict[str, Any]:
    return run_step(4, given)


@DBOS.workflow(name="job")
def job(given: dict[str, Any]) -> dict[str, Any]:
    return save(create(upload(map_(validate(given)))))


def main(number: str) -> None:
    """Work until told to end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # in every thread, so that this one receives it
    DBOS(
        config={
            "name": "peer",
            "system_database_url": context()["database_url"],
            "executor_id": f"worker-{number}",
            "application_version": "1",
            "max_executor_threads": THREADS,
            "sys_db_pool_size": THREADS + 4,
            "log_level": "ERROR",
        }
    )
    DBOS.launch()
    DBOS.register_queue(QUEUE, **context()["queue"])
    signal.sigwait({signal.SIGTERM})
    DBOS.destroy()


if __name__ == "__main__":
    main(sys.argv[1])
