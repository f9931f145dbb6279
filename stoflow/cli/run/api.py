"""`stoflow api`: the HTTP and Socket.IO doors, one process of them or several on one port."""

from contextlib import ExitStack

import click

from stoflow.cli.commands import loaded
from stoflow.cli.run.child import run_command
from stoflow.cli.run.children import Children, make_forking
from stoflow.cli.run.forking import EVERYBODYS
from stoflow.cli.run.replacing import replace_dead
from stoflow.cli.run.serving import until_stopped
from stoflow.http.listening import DRAIN_S, listen
from stoflow.settings import Settings
from stoflow.wiring.installation import looked_at, prepare
from stoflow.wiring.tokens import access_tokens

CHECK_EVERY_S = 0.2
STOP_GRACE_S = 5.0  # beyond what a process may take to finish
SERVE = "run.api_process:serve"
LOADS = (*EVERYBODYS, "stoflow.cli.run.api_process")


@click.command()
@click.option("--host", default=None, help="Where to listen; STOFLOW_HOST by default.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=None, help="STOFLOW_PORT by default; 0 takes a free one."
)
@click.option(
    "--processes", type=click.IntRange(1, 64), default=1, help="How many share the port; one that dies is replaced."
)
@click.pass_obj
def api(settings: Settings, *, host: str | None, port: int | None, processes: int) -> None:
    """Serve the HTTP API and the sockets until SIGTERM, then finish what is under way."""
    host, port = host or settings.host, settings.port if port is None else port
    if processes == 1:
        loaded(SERVE)(settings, host, port)
    else:
        _supervise(settings, host, port, processes)


def _supervise(settings: Settings, host: str, port: int, processes: int) -> None:
    """Keep so many apis at work that listen on what is opened here."""
    with (
        make_forking(LOADS, become=run_command, forks_itself=True) as forks,
        until_stopped() as stopped,
        looked_at(settings, prepare) as urls,
    ):
        access_tokens(settings)  # the first keys are made by one, not by each
        environment = {"STOFLOW_DATABASE_URL": urls.database_url, "STOFLOW_REDIS_URL": urls.redis_url}
        with ExitStack() as opened, Children(environment, forking=forks) as children:
            children.handed_on = [opened.enter_context(each) for each in listen(host, port)]
            for number in range(processes):
                children.start(f"api-{number}", "api", "--host", host, "--port", str(port))
            while not stopped.wait(CHECK_EVERY_S):
                replace_dead(children, urls.database_url)
            opened.close()  # who comes now is refused at once
            children.stop(within_s=DRAIN_S + STOP_GRACE_S, together=True)
