"""`stoflow alive KIND`: what a container's health check asks."""

import socket

import click

from stoflow.cli.output import WorkFailed
from stoflow.settings import Settings
from stoflow.storage.engine.processes import living
from stoflow.wiring.installation import prepared

KINDS = ("api", "orchestrator", "worker")


@click.command(hidden=True)
@click.argument("kind", type=click.Choice(KINDS))
@click.pass_obj
def alive(settings: Settings, *, kind: str) -> None:
    """End with 0 where a process of this kind on this host holds a lease, with 1 where none does."""
    with prepared(settings, pool_size=1) as installation, installation.database.records() as connection:
        if not living(connection, kind, host=socket.gethostname()):
            message = f"No {kind} of this host is alive: start one with `stoflow {kind}`."
            raise WorkFailed(message)
