"""`stoflow applications`: which marketplaces refuse StoFlow itself, since when, why, and when that is tried next."""

from dataclasses import asdict, fields

import click

from stoflow.cli.output import json_option, print_json
from stoflow.cli.tables import print_table
from stoflow.domain.application import RefusalView
from stoflow.settings import Settings
from stoflow.wiring.installation import prepared


@click.command()
@json_option
@click.pass_obj
def applications(settings: Settings, *, as_json: bool) -> None:
    """Show which marketplaces refuse StoFlow's own application: sellers' jobs there wait for you."""
    with prepared(settings) as installation:
        standing = [view for view, _ in installation.applications().read_refusals()]
    if as_json:
        print_json({"refusals": [asdict(view) for view in standing]})
        return
    columns = tuple(each.name for each in fields(RefusalView))
    print_table(columns, [tuple(asdict(view).values()) for view in standing])
