"""The command line: what every command begins with."""

import click

from stoflow.cli.commands import ListedGroup
from stoflow.monitoring import failpoints
from stoflow.monitoring.logs import setup_logging
from stoflow.monitoring.stacks import dump_stacks_on_signal
from stoflow.settings import SettingsError, load, variable_of
from stoflow.wiring.installation import check_marketplaces

CONTEXT = {"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 110}


@click.group(cls=ListedGroup, context_settings=CONTEXT)
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
