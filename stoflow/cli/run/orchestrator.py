"""`stoflow orchestrator`: the process in which the actors decide."""

import click

from stoflow.cli.run.serving import spare_the_collector, until_stopped
from stoflow.settings import Settings
from stoflow.wiring import bootstrap

CONNECTIONS = 6


@click.command()
@click.pass_obj
def orchestrator(settings: Settings) -> None:
    """Decide who is next: own tenants, permit their tasks, sweep. Several may run."""
    with until_stopped() as stopped, bootstrap.serving(settings, pool_size=CONNECTIONS, planned_size=1) as installation:
        bootstrap.prepare(installation)
        deciding, hints = bootstrap.orchestrator(installation)
        hints.start()
        try:
            deciding.start()
            spare_the_collector()
            stopped.wait()
        finally:
            deciding.stop()
            hints.stop()
