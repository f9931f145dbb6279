"""The command line: nothing is loaded before it is known which command is to run."""

import click

from stoflow.cli.commands import ListedGroup, loaded

CONTEXT = {"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 110}
BEGINNING = "beginning:begin"


@click.group(cls=ListedGroup, context_settings=CONTEXT)
@click.version_option(package_name="stoflow")
@click.pass_context
def stoflow(context: click.Context) -> None:
    """Publish a seller's products on several marketplaces, durably."""
    context.obj = loaded(BEGINNING)(context.invoked_subcommand or "")
