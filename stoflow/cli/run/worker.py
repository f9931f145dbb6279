"""`stoflow worker`: worker processes under our supervision, each with its own consumers and threads."""

import sys

import click

from stoflow.cli.run.child import run_command
from stoflow.cli.run.children import WORKER_PROCESS, Children, make_forking
from stoflow.cli.run.replacing import replace_dead
from stoflow.cli.run.serving import spare_the_collector, until_stopped, until_stopped_or_broken
from stoflow.domain.facts.processes import ThreadsGone
from stoflow.monitoring.record import record
from stoflow.settings import Settings
from stoflow.wiring.installation import Installation, looked_at, serving
from stoflow.wiring.worker import make_worker_process

CHECK_EVERY_S = 0.2
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
    arguments = ["--threads", str(threads), "--queues", queues]
    with (
        make_forking([__name__], become=run_command, forks_itself=True) as forks,
        until_stopped() as stopped,
        looked_at(settings, lambda installation: _known_queues(installation, queues)) as urls,
    ):
        environment = {"STOFLOW_DATABASE_URL": urls.database_url, "STOFLOW_REDIS_URL": urls.redis_url}
        with Children(environment, forking=forks) as children:
            children.start_worker_processes(processes, *arguments)
            while not stopped.wait(CHECK_EVERY_S):
                replace_dead(children, urls.database_url)
            children.stop(within_s=settings.drain_s + 2, together=True)


@click.command(name=WORKER_PROCESS, hidden=True)
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


def _known_queues(installation: Installation, queues: str) -> list[str]:
    names = [name.strip() for name in queues.split(",") if name.strip()]
    for name in names:
        if name not in installation.registry.marketplaces:
            message = f"--queues names an unknown marketplace: {name}"
            raise click.UsageError(message)
    return names
