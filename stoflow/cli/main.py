"""The command line: every command, in one list."""

import click

from stoflow.cli.alive import alive
from stoflow.cli.api import api
from stoflow.cli.applications import applications
from stoflow.cli.attributes import attributes
from stoflow.cli.config import config
from stoflow.cli.demo import demo
from stoflow.cli.jobs import jobs
from stoflow.cli.keys import keys
from stoflow.cli.limits import limits
from stoflow.cli.migrate import migrate
from stoflow.cli.orchestrator import orchestrator
from stoflow.cli.output import StoflowGroup
from stoflow.cli.plugin import plugin
from stoflow.cli.products import products
from stoflow.cli.sandbox import sandbox
from stoflow.cli.tenant import tenant
from stoflow.cli.token import token
from stoflow.cli.up import up
from stoflow.cli.worker import worker, worker_process
from stoflow.installation import check_marketplaces
from stoflow.monitoring import failpoints
from stoflow.monitoring.logs import setup_logging
from stoflow.monitoring.stacks import dump_stacks_on_signal
from stoflow.settings import SettingsError, load, variable_of

CONTEXT = {"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 110}


@click.group(cls=StoflowGroup, context_settings=CONTEXT)
@click.version_option(package_name="stoflow")
@click.pass_context
def stoflow(context: click.Context) -> None:
    """Publish a seller's products on several marketplaces, durably."""
    settings = load()
    check_marketplaces(settings)
    setup_logging(settings.log_level)
    try:
        failpoints.arm_text(settings.failpoints)
    except ValueError as error:
        raise SettingsError(f"{variable_of('failpoints')} is wrong: {error}") from None
    dump_stacks_on_signal()
    context.obj = settings


COMMANDS: tuple[click.Command, ...] = (
    # see it work
    demo,
    # prepare and look
    config,
    migrate,
    keys,
    # run
    up,
    api,
    orchestrator,
    worker,
    worker_process,
    alive,
    # work with what is there
    tenant,
    token,
    products,
    attributes,
    limits,
    applications,
    jobs,
    # play the outside world
    sandbox,
    plugin,
)

for command in COMMANDS:
    stoflow.add_command(command)
