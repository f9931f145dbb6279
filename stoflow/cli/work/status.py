"""`stoflow status`: does work flow, do jobs succeed, is the view fresh; if not, why, and what to do."""

from datetime import UTC, datetime

import click

from stoflow.cli.output import json_option, print_json, say
from stoflow.cli.tables import print_table
from stoflow.resources.monitoring.rows import UNDER_WAY, Row
from stoflow.resources.monitoring.snapshot import Snapshot, read_snapshot
from stoflow.settings import Settings
from stoflow.wiring.installation import prepared
from stoflow.wiring.watching import make_watching

NOT_WELL = 1


@click.command()
@json_option
@click.pass_context
def status(context: click.Context, *, as_json: bool) -> None:
    """Say whether all is well, the likeliest cause where it is not, and what to do; end with 1 where it is not."""
    settings: Settings = context.obj
    with prepared(settings, with_redis=True) as installation:
        found = read_snapshot(make_watching(installation))
    if as_json:
        print_json({"well": found.verdict.well, **_document(found)})
    else:
        _print(found)
    context.exit(0 if found.verdict.well else NOT_WELL)


def _document(found: Snapshot) -> dict[str, object]:
    return {
        "at": found.at,
        "since": found.since,
        "answers": found.verdict.answers,
        "causes": found.verdict.causes,
        "marketplaces": found.rows,
        "processes": [{"age_s": each.age_s, **each.told} for each in found.processes],
    }


def _print(found: Snapshot) -> None:
    for answer in found.verdict.answers:
        say(f"{'yes' if answer.yes else 'NO '}  {answer.question:<9} {answer.detail}")
    for cause in found.verdict.causes:
        since = f" Since {datetime.fromtimestamp(cause.since, UTC):%Y-%m-%d %H:%M:%S} UTC." if cause.since else ""
        say(f"{'->' if cause.harms else '  '}  {cause.detail}{since}\n      {cause.next}")
    print_table(
        ("marketplace", "tenants", "waiting", "in flight", "done/min", "done/h", "failed/h", "held by"),
        [_line(row) for row in found.rows],
    )
    said = [f"{kind} {len(found.facts.living_of(kind))}" for kind in ("api", "orchestrator", "worker")]
    since = f"; seen since {found.since:%Y-%m-%d %H:%M:%S} UTC" if found.since else ""
    say(f"Running: {', '.join(said)}; {found.facts.plugins} plugins{since}.")


def _line(row: Row) -> tuple[object, ...]:
    held = ", ".join(f"{kind} {each.jobs}" for kind, each in sorted(row.waiting.items()) if kind != UNDER_WAY)
    in_flight = f"{row.in_flight} of {row.cap}" if row.cap else "0"
    return (
        row.marketplace,
        row.tenants,
        row.pending,
        in_flight,
        row.minute.done,
        row.hour.done,
        row.hour.failed,
        held,
    )
