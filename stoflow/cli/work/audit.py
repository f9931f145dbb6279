"""`stoflow audit`: what people did to accounts."""

import click

from stoflow.cli.arguments import TenantNumber
from stoflow.cli.output import json_option, print_json
from stoflow.cli.tables import print_table
from stoflow.domain.audit import AuditEntry
from stoflow.settings import Settings
from stoflow.storage.audit_log import list_entries
from stoflow.wiring.installation import prepared


@click.command()
@click.option("--tenant", "about", type=TenantNumber(), default=None, help="Only what concerned this seller.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="So many, newest first.")
@click.option("--cursor", default=None, help="Read on where --json said `next_cursor`.")
@json_option
@click.pass_obj
def audit(settings: Settings, *, about: int | None, limit: int, cursor: str | None, as_json: bool) -> None:
    """Show who did what to accounts, newest first."""
    with prepared(settings) as installation:
        page = list_entries(installation.database, limit=limit, cursor=cursor, tenant=about)
    if as_json:
        print_json({"items": page.items, "next_cursor": page.next_cursor})
        return
    print_table(("when", "who", "what", "tenant", "more"), [_row(each) for each in page.items])


def _row(entry: AuditEntry) -> tuple[object, ...]:
    more = ", ".join(f"{name}: {value}" for name, value in entry.detail.items())
    return entry.at, f"{entry.actor.kind} {entry.actor.name}".strip(), entry.act, entry.tenant, more
