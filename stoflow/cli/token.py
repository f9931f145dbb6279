"""`stoflow token`: an access token, for scripts and the plugin."""

import click

from stoflow import bootstrap
from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow.storage.tenants import standings_of


@click.command()
@click.option("--tenant", "tenant_id", required=True, type=click.IntRange(1), help="The seller's id.")
@click.pass_obj
def token(settings: Settings, *, tenant_id: int) -> None:
    """Print an access token that is good for 15 minutes."""
    tenant = TenantId(tenant_id)
    with bootstrap.opened(settings) as installation:
        if not standings_of(installation.database, [tenant]).get(tenant):
            message = f"There is no active tenant {tenant_id}."
            raise NotFound(message)
    click.echo(bootstrap.access_tokens(settings).issue_access_token(tenant))
