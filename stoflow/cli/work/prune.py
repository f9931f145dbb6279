"""`stoflow prune`: forget jobs that ended long ago."""

from collections.abc import Mapping

import click

from stoflow.cli.arguments import TenantNumber
from stoflow.cli.output import WorkFailed, json_option, print_json, say
from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.ids import TenantId
from stoflow.migrations.prepared import why_refused
from stoflow.settings import LEAST_DAYS_KEPT, Settings
from stoflow.storage.database.tenants import list_tenants
from stoflow.upkeep.retention import forget_ended
from stoflow.wiring.installation import Installation, prepared


@click.command()
@click.option(
    "--days",
    type=click.FloatRange(min=LEAST_DAYS_KEPT),
    help="Forget what ended longer ago; by default STOFLOW_KEEP_DAYS, at least 2.",
)
@click.option("--tenant", "tenant_id", type=TenantNumber(), help="Only this seller's; by default everybody's.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@json_option
@click.pass_obj
def prune(settings: Settings, *, days: float | None, tenant_id: int | None, dry_run: bool, as_json: bool) -> None:
    """Forget jobs that ended long ago with their tasks, commands and timelines, and batches of which none is left."""
    days = days or settings.keep_days
    if not days:
        raise click.UsageError("Say how long jobs are kept: --days N, or STOFLOW_KEEP_DAYS.")
    tenant = TenantId(tenant_id) if tenant_id else None
    with prepared(settings, tenant=tenant) as installation:
        tenants = [tenant] if tenant else [each.id for each in list_tenants(installation.database)]
        forgotten = {each: _forget(installation, each, days, dry_run=dry_run) for each in tenants}
    _tell(forgotten, days, dry_run=dry_run, as_json=as_json)
    if None in forgotten.values():
        raise WorkFailed("Of some tenants nothing is forgotten: what their tables lack is told above.")


def _forget(installation: Installation, tenant: TenantId, days: float, *, dry_run: bool) -> int | None:
    """Return how many jobs, None for a tenant that is broken: the others are not held up by it."""
    try:
        return forget_ended(installation.database, tenant, days=days, only_count=dry_run)
    except DatabaseRefused as error:
        say(f"Tenant {tenant}: {why_refused(installation.database, tenant, str(error))}", err=True)
        return None


def _tell(forgotten: Mapping[TenantId, int | None], days: float, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        told = [{"tenant": tenant, "jobs": jobs} for tenant, jobs in forgotten.items()]
        print_json({"days": days, "dry_run": dry_run, "forgotten": told})
        return
    doing = "would be forgotten" if dry_run else "are forgotten"
    jobs = sum(number or 0 for number in forgotten.values())
    say(f"{jobs} jobs of {len(forgotten)} tenants {doing}: they ended more than {days:g} days ago.")
