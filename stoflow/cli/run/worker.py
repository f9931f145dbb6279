"""`stoflow worker`: worker processes under our supervision, each with its own consumers and threads."""

import sys
from threading import Event

import click

from stoflow.cli.run.children import Children
from stoflow.cli.run.serving import spare_the_collector, until_stopped
from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.processes import ProcessDied, ThreadsGone
from stoflow.monitoring.record import record
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import mark_child_dead
from stoflow.wiring.installation import Installation, serving
from stoflow.wiring.worker import make_worker_process
from stoflow.worker.process import WorkerProcess

CHECK_EVERY_S = 0.2
CHECK_THREADS_EVERY_S = 1.0
BROKEN_DRAIN_S = 2.0
CONNECTIONS_BESIDE_THREADS = 3

threads_option = click.option("--threads", default=8, type=click.IntRange(1, 256), help="Threads in each process.")
queues_option = click.option("--queues", default="", help="Marketplaces to work for, by commas; all by default.")


@click.command()
@click.option("--processes", default=2, type=click.IntRange(1, 64), help="Worker processes.")
@threads_option
@queues_option
@click.pass_obj
def worker(settings: Settings, *, processes: int, threads: int, queues: str) -> None:
    """Run worker processes; one that dies is buried and replaced, and its siblings do not notice."""
    arguments = ["worker-process", "--threads", str(threads), "--queues", queues]
    with until_stopped() as stopped, serving(settings, pool_size=1) as installation:
        _known_queues(installation, queues)
        urls = installation.urls
        environment = {"STOFLOW_DATABASE_URL": urls.database_url, "STOFLOW_REDIS_URL": urls.redis_url}
        with Children(environment) as children:
            for number in range(processes):
                children.start(f"worker-{number}", *arguments)
            _watch_over(children, installation.database, stopped)
            children.stop(within_s=settings.drain_s + 2, together=True)


def _watch_over(children: Children, database: Database, stopped: Event) -> None:
    while not stopped.wait(CHECK_EVERY_S):
        for child in [child for child in children.running if child.has_ended]:
            record(ProcessDied("worker", child.process.pid, f"exit code {child.process.returncode}"))
            _mark_dead(database, child.process.pid)
        children.revive()


def _mark_dead(database: Database, pid: int) -> None:
    """Let the sweeper free what the child held now, instead of at the end of its lease."""
    try:
        with database.records() as connection:
            mark_child_dead(connection, pid)
    except DatabaseError as error:
        record(database_failure("burying a worker process", error))


@click.command(name="worker-process", hidden=True)
@threads_option
@queues_option
@click.pass_obj
def worker_process(settings: Settings, *, threads: int, queues: str) -> None:
    """Run one worker process."""
    pool_size = threads + CONNECTIONS_BESIDE_THREADS
    with until_stopped() as stopped, serving(settings, pool_size=pool_size, planned_size=1) as installation:
        working = make_worker_process(installation, threads=threads, marketplaces=_known_queues(installation, queues))
        gone = ""
        try:
            working.start()
            spare_the_collector()
            gone = until_stopped_or_broken(working, stopped)
        finally:
            working.stop(within_s=BROKEN_DRAIN_S if gone else None)
    if gone:
        record(ThreadsGone("worker", gone))
        sys.exit(1)


def until_stopped_or_broken(working: WorkerProcess, stopped: Event) -> str:
    """Return what ended by itself: half a worker would go on renewing its lease and do nothing."""
    while not stopped.wait(CHECK_THREADS_EVERY_S):
        if gone := working.gone():
            return gone
    return ""


def _known_queues(installation: Installation, queues: str) -> list[str]:
    names = [name.strip() for name in queues.split(",") if name.strip()]
    for name in names:
        if name not in installation.registry.marketplaces:
            message = f"--queues names an unknown marketplace: {name}"
            raise click.UsageError(message)
    return names
