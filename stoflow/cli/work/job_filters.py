"""The options that say which jobs are meant, the same for every command on jobs: those of `GET /api/jobs`."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from stoflow.cli.arguments import Day, Number, TenantNumber
from stoflow.domain.job import JobStatus
from stoflow.resources.jobs.views import JobFilter

Command = TypeVar("Command", bound=Callable[..., Any])
OPTIONS = (
    click.option("--marketplace", default=None),
    click.option("--status", default=None, type=click.Choice([status.value for status in JobStatus])),
    click.option("--action", default=None),
    click.option("--product", "product_id", default=None, type=Number(), help="Of this product of the seller's."),
    click.option("--batch", "batch_id", default=None, type=Number(), help="Of this batch of the seller's."),
    click.option("--from", "created_after", default=None, type=Day(), help="Made from this day on, in UTC."),
    click.option("--to", "created_before", default=None, type=Day(), help="Made before this day, in UTC."),
    click.option("--error-kind", default=None, help="Failed so: `stoflow errors` shows the kinds."),
    click.option("--error-code", default=None, help="And with the marketplace's own id of the error."),
    click.option("--hold", default=None, help="What holds them now, as `stoflow jobs explain` says."),
    click.option("--text", default=None, help="Stands in the error, or in what the job was given."),
)

some_tenant_option = click.option(
    "--tenant", "tenant_id", default=None, type=TenantNumber(), help="The seller's number; everybody's without it."
)


def job_filters(command: Command) -> Command:
    """Add the options to a command, which is given them by the names of a JobFilter's fields."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def filter_of(named: dict[str, Any], *, limit: int = 50, cursor: str | None = None) -> JobFilter:
    told: dict[str, Any] = {**named, "status": JobStatus(named["status"]) if named["status"] else None}
    return JobFilter(**told, limit=limit, cursor=cursor)
