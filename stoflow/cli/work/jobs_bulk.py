"""`stoflow jobs bulk`: one act on all jobs that a filter means, of one seller or of everybody."""

from dataclasses import replace
from typing import Any

import click

from stoflow.cli.output import json_option, print_json, say
from stoflow.cli.tables import print_table
from stoflow.cli.work.job_filters import filter_of, job_filters, some_tenant_option
from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.resources.jobs.bulk import MOST_NAMED, BulkAct, BulkDone, BulkWish, change_many
from stoflow.resources.needs import ChangesJobs
from stoflow.settings import Settings
from stoflow.wiring.installation import prepared

ACTS = [act.value.replace("_", "-") for act in BulkAct]
DONE = {
    BulkAct.RETRY: ("would be retried", "are retried"),
    BulkAct.CANCEL: ("would be cancelled", "are cancelled, or will be as soon as what is under way is known"),
    BulkAct.RAISE_PRIORITY: ("would be more urgent", "are more urgent"),
}


@click.command()
@click.argument("act", type=click.Choice(ACTS))
@some_tenant_option
@job_filters
@click.option(
    "--priority", default=1, show_default=True, type=click.IntRange(1, 3), help="What raise-priority makes it."
)
@click.option("--dry-run", is_flag=True, help="Change nothing: say what would come of it.")
@json_option
@click.pass_obj
def bulk(
    settings: Settings, *, act: str, tenant_id: int | None, priority: int, dry_run: bool, as_json: bool, **named: Any
) -> None:
    """Retry, cancel or make more urgent all jobs that the options mean; try it with --dry-run first."""
    tenant = TenantId(tenant_id) if tenant_id is not None else None
    wish = BulkWish(BulkAct(act.replace("-", "_")), filter_of(named), OPERATOR, priority, dry_run)
    with prepared(settings, tenant=tenant) as installation:
        done = _change_all(installation, tenant, wish)
    if as_json:
        print_json(done)
        return
    say(f"Of {done.matching} jobs {done.changed} {DONE[done.act][not dry_run]}.")
    if done.left_out:
        print_table(("seller", "job", "why not"), [(each.tenant, each.job, each.reason) for each in done.left_out])


def _change_all(installation: ChangesJobs, tenant: TenantId | None, wish: BulkWish) -> BulkDone:
    """Go on until all are looked at: each request is a bounded part of it."""
    done = change_many(installation, tenant, wish)
    while done.next_cursor:
        more = change_many(installation, tenant, replace(wish, cursor=done.next_cursor))
        done = replace(
            more,
            matching=done.matching + more.matching,
            changed=done.changed + more.changed,
            left_out=(done.left_out + more.left_out)[:MOST_NAMED],
        )
    return done
