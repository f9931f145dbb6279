"""`stoflow jobs views`: the views of the jobs' list that an account keeps."""

import click

from stoflow.cli.arguments import tenant_option
from stoflow.cli.output import json_option, print_json
from stoflow.cli.tables import print_table
from stoflow.domain.ids import TenantId
from stoflow.resources.jobs.saved_views import list_views
from stoflow.settings import Settings
from stoflow.wiring.installation import prepared


@click.command()
@tenant_option
@json_option
@click.pass_obj
def views(settings: Settings, *, tenant_id: int, as_json: bool) -> None:
    """Show the views that an account keeps; the page of jobs and `POST /api/views` save them."""
    with prepared(settings, tenant=TenantId(tenant_id)) as installation:
        found = list_views(installation, TenantId(tenant_id))
    if as_json:
        print_json({"items": found})
        return
    print_table(("id", "name", "filter"), [(view.id, view.name, _words(view.filter)) for view in found])


def _words(wanted: object) -> str:
    return ", ".join(f"{name} {value}" for name, value in wanted.items()) if isinstance(wanted, dict) else ""
