"""`stoflow batches`: list, show, cancel and retry a tenant's batches."""

from collections.abc import Callable

import click

from stoflow.cli.arguments import Number, tenant_option
from stoflow.cli.output import json_option, print_json, say
from stoflow.cli.tables import print_table
from stoflow.domain.batch import BatchStatus
from stoflow.domain.ids import BatchId, TenantId
from stoflow.resources.batches.change import cancel_batch, retry_batch
from stoflow.resources.batches.read import find_batch, list_batches
from stoflow.resources.batches.views import BatchFilter, BatchView
from stoflow.settings import Settings
from stoflow.wiring.installation import Installation, prepared

batch_argument = click.argument("batch_id", type=Number())


@click.group()
def batches() -> None:
    """List, show, cancel and retry a seller's batches."""


@batches.command(name="list")
@tenant_option
@click.option("--marketplace", default=None)
@click.option("--status", default=None, type=click.Choice([status.value for status in BatchStatus]))
@click.option("--limit", default=50, type=click.IntRange(1, 200))
@click.option("--cursor", default=None, help="Where the page before ended.")
@json_option
@click.pass_obj
def list_(
    settings: Settings,
    *,
    tenant_id: int,
    marketplace: str | None,
    status: str | None,
    limit: int,
    cursor: str | None,
    as_json: bool,
) -> None:
    """List batches, newest first."""
    wanted = BatchFilter(marketplace, BatchStatus(status) if status else None, limit, cursor)
    with prepared(settings, tenant=TenantId(tenant_id)) as installation:
        page = list_batches(installation, TenantId(tenant_id), wanted)
    if as_json:
        print_json(page)
        return
    print_table(
        ("id", "name", "marketplace", "action", "status", "jobs", "ended %", "failed"),
        [(each.id, each.name, each.marketplace, each.action, each.status, *_progress(each)) for each in page.items],
    )
    if page.next_cursor:
        say(f"More with --cursor {page.next_cursor}", err=True)


@batches.command()
@batch_argument
@tenant_option
@json_option
@click.pass_obj
def show(settings: Settings, *, batch_id: int, tenant_id: int, as_json: bool) -> None:
    """Show how many jobs of a batch are in each state."""
    batch = _asked(settings, tenant_id, batch_id, find_batch)
    if as_json:
        print_json(batch)
        return
    _say_status(batch)
    states = ("pending", "running", "completed", "failed", "cancelled", "expired")
    print_table(states, [tuple(getattr(batch.progress, state) for state in states)])


@batches.command()
@batch_argument
@tenant_option
@click.pass_obj
def cancel(settings: Settings, *, batch_id: int, tenant_id: int) -> None:
    """Cancel every job of a batch that has not ended."""
    _say_status(_asked(settings, tenant_id, batch_id, cancel_batch))


@batches.command()
@batch_argument
@tenant_option
@click.pass_obj
def retry(settings: Settings, *, batch_id: int, tenant_id: int) -> None:
    """Let what failed of a batch go on where it stopped."""
    _say_status(_asked(settings, tenant_id, batch_id, retry_batch))


def _asked(
    settings: Settings, tenant_id: int, batch_id: int, ask: Callable[[Installation, TenantId, BatchId], BatchView]
) -> BatchView:
    with prepared(settings, tenant=TenantId(tenant_id)) as installation:
        return ask(installation, TenantId(tenant_id), BatchId(batch_id))


def _say_status(batch: BatchView) -> None:
    named = f" “{batch.name}”" if batch.name else ""
    say(
        f"Batch {batch.id}{named}: {batch.action} on {batch.marketplace}, {batch.status}, "
        f"{batch.progress.percent} % of {batch.progress.total} jobs ended."
    )


def _progress(batch: BatchView) -> tuple[int, int, int]:
    return batch.progress.total, batch.progress.percent, batch.progress.failed + batch.progress.expired
