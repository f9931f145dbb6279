"""`stoflow errors`: why jobs fail, in groups, and which of them are new."""

import click

from stoflow.cli.output import json_option, print_json
from stoflow.cli.tables import print_table
from stoflow.cli.work.job_filters import some_tenant_option
from stoflow.domain.ids import TenantId
from stoflow.resources.jobs.errors import ErrorKind, list_errors
from stoflow.settings import Settings
from stoflow.wiring.installation import prepared


@click.command()
@some_tenant_option
@click.option("--marketplace", default=None)
@json_option
@click.pass_obj
def errors(settings: Settings, *, tenant_id: int | None, marketplace: str | None, as_json: bool) -> None:
    """Show why jobs fail, those with the most failed jobs first; `stoflow jobs bulk` retries them by kind and id."""
    tenant = TenantId(tenant_id) if tenant_id is not None else None
    with prepared(settings, tenant=tenant) as installation:
        found = list_errors(installation, tenant, marketplace)
    if as_json:
        print_json({"items": found})
        return
    columns = ("marketplace", "kind", "id", "course", "failed", "sellers", "first seen", "last seen", "the last said")
    print_table(columns, [_row(each) for each in found])


def _row(kind: ErrorKind) -> tuple[object, ...]:
    of = kind.group
    seen = (of.first_seen.isoformat(" ", "seconds"), of.last_seen.isoformat(" ", "seconds"))
    return of.marketplace, of.kind, of.code, of.course, of.failed, of.tenants, *seen, kind.message
