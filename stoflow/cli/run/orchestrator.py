"""`stoflow orchestrator`: the process in which the actors decide."""

import sys

import click

from stoflow.cli.run.serving import spare_the_collector, until_stopped, until_stopped_or_broken
from stoflow.domain.facts.processes import ThreadsGone
from stoflow.monitoring.record import record
from stoflow.settings import Settings
from stoflow.wiring.installation import prepare, serving
from stoflow.wiring.orchestrator import make_orchestrator

CONNECTIONS = 8


@click.command()
@click.pass_obj
def orchestrator(settings: Settings) -> None:
    """Decide who is next: own tenants, permit their tasks, sweep. Several may run."""
    with until_stopped() as stopped, serving(settings, pool_size=CONNECTIONS, planned_size=1) as installation:
        prepare(installation)
        deciding, hints = make_orchestrator(installation)
        gone = ""
        hints.start()
        try:
            deciding.start()
            spare_the_collector()
            gone = until_stopped_or_broken(deciding, stopped)
        finally:
            deciding.stop()
            hints.stop()
    if gone:
        record(ThreadsGone("orchestrator", gone))
        sys.exit(1)
