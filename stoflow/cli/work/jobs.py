"""`stoflow jobs`: list, show, explain, count, retry and cancel a tenant's jobs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import click

from stoflow.cli.arguments import Day, Number, tenant_option
from stoflow.cli.output import json_option, print_json, say
from stoflow.cli.tables import print_table
from stoflow.cli.work.jobs_bulk import bulk
from stoflow.cli.work.jobs_list import list_
from stoflow.cli.work.jobs_views import views
from stoflow.domain.errors import NotFound
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.resources.jobs.change import cancel_job, retry_job
from stoflow.resources.jobs.details import read_details
from stoflow.resources.jobs.explain import Explanation
from stoflow.resources.jobs.read import explain_job
from stoflow.resources.jobs.troubles import with_troubles
from stoflow.resources.jobs.views import JobView, TimelineEntry
from stoflow.resources.monitoring.snapshot import look
from stoflow.resources.statistics.read import ActionStatistics, read_statistics
from stoflow.settings import Settings
from stoflow.wiring.installation import Installation, prepared
from stoflow.wiring.watching import make_watching

job_argument = click.argument("job_id", type=Number())


@click.group()
def jobs() -> None:
    """List, show, explain, count, retry and cancel jobs, one by one or all that a filter means."""


jobs.add_command(bulk)
jobs.add_command(list_)
jobs.add_command(views)


@jobs.command()
@job_argument
@tenant_option
@json_option
@click.pass_obj
def show(settings: Settings, *, job_id: int, tenant_id: int, as_json: bool) -> None:
    """Show a job, its tasks and its timeline."""
    with _with_job(settings, tenant_id, with_redis=as_json) as installation:
        found = read_details(installation, TenantId(tenant_id), JobId(job_id))
        if as_json:
            said = _with_troubles(installation, TenantId(tenant_id), found.explanation)
            print_json(replace(found, explanation=said))
            return
    _print_job(found.job)
    _print_timeline(found.timeline)


@jobs.command()
@job_argument
@tenant_option
@json_option
@click.pass_obj
def explain(settings: Settings, *, job_id: int, tenant_id: int, as_json: bool) -> None:
    """Say why a job does not go on, until when, who ends that, and when the job begins and ends."""
    with _with_job(settings, tenant_id, with_redis=True) as installation:
        said = explain_job(installation, TenantId(tenant_id), JobId(job_id))
        said = _with_troubles(installation, TenantId(tenant_id), said)
    if as_json:
        print_json(said)
        return
    before = f", {said.position} before it" if said.position else ""
    say(f"Job {job_id} is {said.status}{before}: {said.detail.rstrip('.')}.")
    for each in said.errors:
        say(f"  {each.field}: {each.message}")
    if said.outlook:
        say(f"{said.outlook[0].upper()}{said.outlook[1:]}.")
    for cause in said.troubles:
        say(f"{cause.detail} {cause.next}")
    if said.holds:
        print_table(
            ("reason", "until", "ended by", "detail"),
            [(hold.kind, hold.until, hold.release, hold.detail) for hold in said.holds],
        )


@jobs.command()
@job_argument
@tenant_option
@click.pass_obj
def retry(settings: Settings, *, job_id: int, tenant_id: int) -> None:
    """Let a failed job go on where it stopped."""
    with _with_job(settings, tenant_id) as installation:
        job = retry_job(installation, TenantId(tenant_id), JobId(job_id))
    say(f"Job {job.id} is {job.status}.")


@jobs.command()
@job_argument
@tenant_option
@click.pass_obj
def cancel(settings: Settings, *, job_id: int, tenant_id: int) -> None:
    """Cancel a job, now or as soon as what is under way is known."""
    with _with_job(settings, tenant_id) as installation:
        job = cancel_job(installation, TenantId(tenant_id), JobId(job_id))
    say(f"Job {job.id} is {job.status}{'' if job.status is JobStatus.CANCELLED else ', to be cancelled'}.")


@jobs.command()
@tenant_option
@click.option("--marketplace", default=None)
@click.option("--from", "since", default=None, type=Day(), help="From this day on, in UTC; 30 days before --to.")
@click.option("--to", "until", default=None, type=Day(), help="Before this day, in UTC; until now by default.")
@json_option
@click.pass_obj
def stats(
    settings: Settings,
    *,
    tenant_id: int,
    marketplace: str | None,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Tell what came of a seller's jobs: counts, success rate, durations, errors."""
    with prepared(settings, tenant=TenantId(tenant_id)) as installation:
        found = read_statistics(installation, TenantId(tenant_id), marketplace=marketplace, since=since, until=until)
    if as_json:
        print_json({**asdict(found), "actions": [_numbers(each) for each in found.actions]})
        return
    print_table(
        ("marketplace", "action", "ended", "completed", "failed", "success", "p50 ms", "p95 ms", "errors"),
        [(one.marketplace, one.action, one.total, one.completed, one.failed, *_measures(one)) for one in found.actions],
    )


def _numbers(one: ActionStatistics) -> dict[str, Any]:
    return {**asdict(one), "success_rate": one.success_rate}


def _measures(one: ActionStatistics) -> tuple[object, ...]:
    rate = "" if one.success_rate is None else f"{one.success_rate:.1%}"
    return rate, one.p50_ms, one.p95_ms, ", ".join(f"{kind} {jobs}" for kind, jobs in sorted(one.errors.items()))


@contextmanager
def _with_job(settings: Settings, tenant_id: int, *, with_redis: bool = False) -> Iterator[Installation]:
    """Open the installation for one job of a tenant; who asks for one that is not there is told where they are."""
    with prepared(settings, tenant=TenantId(tenant_id), with_redis=with_redis) as installation:
        try:
            yield installation
        except NotFound as error:
            raise NotFound(f"{str(error).rstrip('.')}: `stoflow jobs list --tenant {tenant_id}` shows them.") from error


def _with_troubles(installation: Installation, tenant: TenantId, said: Explanation) -> Explanation:
    return with_troubles(said, look(make_watching(installation), tenant), tenant)


def _print_job(job: JobView) -> None:
    say(f"Job {job.id}: {job.action} on {job.marketplace}, product {job.product_id}, {job.status}")
    for line in (job.waiting, job.error, *(f"{each.field}: {each.message}" for each in job.errors)):
        if line:
            say(f"  {line}")
    print_table(
        ("task", "status", "attempt", "failures", "error"),
        [(task.name, task.status, task.attempt, task.failures, task.error) for task in job.tasks],
    )


def _print_timeline(entries: Sequence[TimelineEntry]) -> None:
    print_table(
        ("at", "task", "from", "to", "cause", "attempt"),
        [(entry.at, entry.task, entry.from_status, entry.to_status, entry.cause, entry.attempt) for entry in entries],
    )
