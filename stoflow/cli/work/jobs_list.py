"""`stoflow jobs list`: a seller's jobs, or everybody's, by the same filter as over HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from stoflow.admission.facts import Conditions
from stoflow.cli.output import json_option, print_json, say
from stoflow.cli.tables import print_table
from stoflow.cli.work.job_filters import filter_of, job_filters, some_tenant_option
from stoflow.domain.ids import TenantId
from stoflow.domain.page import Page
from stoflow.marketplaces.registry import Registry
from stoflow.resources.jobs.everywhere import list_everywhere
from stoflow.resources.jobs.read import list_jobs
from stoflow.resources.jobs.views import JobFilter, JobView
from stoflow.resources.monitoring.snapshot import Watching
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.engine.reads.job_index import TenantJob
from stoflow.wiring.installation import Installation, prepared
from stoflow.wiring.watching import make_watching

Table = tuple[Sequence[str], Sequence[Sequence[object]]]


@click.command(name="list")
@some_tenant_option
@job_filters
@click.option("--limit", default=50, type=click.IntRange(1, 200))
@click.option("--cursor", default=None, help="Where the page before ended.")
@json_option
@click.pass_obj
def list_(
    settings: Settings, *, tenant_id: int | None, limit: int, cursor: str | None, as_json: bool, **named: Any
) -> None:
    """List a seller's jobs, or everybody's, newest first."""
    wanted = filter_of(named, limit=limit, cursor=cursor)
    tenant = TenantId(tenant_id) if tenant_id is not None else None
    with prepared(settings, tenant=tenant, with_redis=tenant is None) as installation:
        if tenant is None:
            page = _list_everybodys(installation, wanted)
            table = _rows_of_tenants(page)
        else:
            page = list_jobs(installation, tenant, wanted)
            table = _rows(page)
    if as_json:
        print_json(page)
        return
    print_table(*table)
    if page.next_cursor:
        say(f"More with --cursor {page.next_cursor}", err=True)


@dataclass(frozen=True, slots=True)
class _Looking:
    """An installation, and what looks at the whole of it."""

    database: Database
    registry: Registry
    conditions: Conditions
    watching: Watching


def _list_everybodys(installation: Installation, wanted: JobFilter) -> Page[TenantJob]:
    looking = _Looking(
        installation.database, installation.registry, installation.conditions, make_watching(installation)
    )
    return list_everywhere(looking, wanted)


def _rows(page: Page[JobView]) -> Table:
    columns = ("id", "marketplace", "action", "product", "status", "waiting", "error")
    return columns, [
        (job.id, job.marketplace, job.action, job.product_id, job.status, job.waiting, job.error) for job in page.items
    ]


def _rows_of_tenants(page: Page[TenantJob]) -> Table:
    columns = ("seller", "id", "marketplace", "action", "product", "status", "kind", "its id", "error")
    return columns, [
        (
            job.tenant,
            job.id,
            job.marketplace,
            job.action,
            job.product_id,
            job.status,
            job.error_kind,
            job.error_code,
            job.error,
        )
        for job in page.items
    ]
