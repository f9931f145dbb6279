"""`stoflow migrate`: bring the database to the newest revision, or say where it stands."""

from collections.abc import Iterator
from contextlib import suppress

import click

from stoflow.cli.arguments import TenantNumber
from stoflow.cli.output import WorkFailed, json_option, print_json, say
from stoflow.cli.run.showing_plans import show_plan, tell_progress
from stoflow.cli.tables import print_table
from stoflow.domain.ids import TenantId
from stoflow.migrations import changing_over, runner
from stoflow.migrations.chains import PUBLIC_SCHEMA, TEMPLATE_SCHEMA
from stoflow.migrations.old_house.carrying import REST_S, ROWS_AT_ONCE, Pace
from stoflow.migrations.plan import plan
from stoflow.migrations.standing import Drift, Status
from stoflow.settings import Settings
from stoflow.storage.servers.embedded import resolve_servers
from stoflow.wiring.installation import Installation, check_home, prepare

NO_WAY_BACK = "After its switch a tenant goes back by the backup alone."
OLD_NAMES = "keeps the old names until `stoflow migrate --contract`"


@click.command()
@click.option("--parallel", type=click.IntRange(1, 64), default=1, help="Tenants upgraded at once.")
@click.option("--tenant", type=TenantNumber(), default=None, help="Only this tenant, after what all share.")
@click.option(
    "--status",
    "instead",
    flag_value="status",
    default=None,
    help="Change nothing; show where each schema stands, and end with 1 while one is behind or differs.",
)
@click.option("--plan", "instead", flag_value="plan", help="Change nothing; show what would be done, and for how long.")
@click.option("--contract", "instead", flag_value="contract", help="Take away the names of the old house.")
@click.option("--undo", "instead", flag_value="undo", help="Take back what was begun of tenants of the old house.")
@click.option(
    "--unused-h",
    type=click.FloatRange(min=0),
    default=changing_over.UNUSED_H,
    show_default=True,
    help="With --contract: for so many hours no old program may have written.",
)
@click.option("--rows", type=click.IntRange(1, 100_000), default=ROWS_AT_ONCE, help="Old rows carried over at once.")
@click.option("--rest-ms", type=click.IntRange(0, 60_000), default=round(REST_S * 1_000), help="Rest between them.")
@json_option
@click.pass_obj
def migrate(
    settings: Settings,
    *,
    parallel: int,
    tenant: int | None,
    instead: str | None,
    unused_h: float,
    rows: int,
    rest_ms: int,
    as_json: bool,
) -> None:
    """Upgrade the shared tables, the template, then every tenant; run again to resume."""
    if instead is not None or tenant is not None:
        check_home(settings)
    else:
        with suppress(OSError):  # who only migrates needs no home; who goes on from here finds it
            settings.home.mkdir(parents=True, exist_ok=True)
    with resolve_servers(settings, with_redis=False) as urls:
        match instead:
            case "status":
                _show_status(runner.status(urls.database_url), as_json=as_json)
                return
            case "plan":
                show_plan(plan(urls.database_url), as_json=as_json)
                return
            case "contract":
                report = changing_over.contract_all(urls.database_url, unused_h=unused_h)
            case "undo":
                report = changing_over.undo_all(urls.database_url)
            case _:
                wanted = None if tenant is None else TenantId(tenant)
                carrying = runner.Carrying(Pace(rows, rest_ms / 1_000), tell_progress)
                report = runner.migrate(urls.database_url, parallel=parallel, tenant=wanted, carrying=carrying)
    _show_report(report, instead, as_json=as_json)
    if not report.succeeded:
        raise WorkFailed(f"{len(report.failed)} of the schemas could not be upgraded: {_again(instead)}.")


def _again(instead: str | None) -> str:
    """Return the command that is run again for what is left."""
    return f"run `stoflow migrate{f' --{instead}' if instead else ''}` for them again"


def bring_forward(installation: Installation) -> None:
    """Upgrade every schema and make the action types known; WorkFailed where one could not be upgraded."""
    report = runner.migrate(installation.urls.database_url)
    if report.failed:
        raise WorkFailed(f"{len(report.failed)} of the schemas could not be upgraded: `stoflow migrate` says why.")
    prepare(installation)


def _show_report(report: runner.Report, instead: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    if instead == "undo":
        say(f"{len(report.migrated)} taken back, {len(report.failed)} failed. {NO_WAY_BACK}")
    else:
        say(f"{len(report.migrated)} upgraded, {report.unchanged} already there, {len(report.failed)} failed.")
    for notice in report.notices:
        say(notice)
    if report.failed:
        print_table(("schema", "reason"), [(failure.schema, failure.reason) for failure in report.failed])


def _show_status(status: Status, *, as_json: bool) -> None:
    """Show it; WorkFailed while a schema is behind, or is not shaped as the template is."""
    if as_json:
        print_json({"status": status, "behind": status.behind})
    else:
        print_table(("schema", "revision", ""), list(_rows_of(status)))
    if status.behind:
        raise WorkFailed(f"{len(status.behind)} of the schemas are behind: run `stoflow migrate`.")
    if status.drifted:
        raise WorkFailed(f"{len(status.drifted)} of the schemas differ from the template: `--json` says how.")


def _rows_of(status: Status) -> Iterator[tuple[str, str, str]]:
    behind, drifted = set(status.behind), {drift.schema: drift for drift in status.drifted}
    keeping = set(status.keeping)
    for schema, revision in ((PUBLIC_SCHEMA, status.shared), (TEMPLATE_SCHEMA, status.template), *status.tenants):
        state = "behind" if schema in behind else OLD_NAMES if schema in keeping else _worded(drifted.get(schema))
        yield schema, revision or "none", state


def _worded(drift: Drift | None) -> str:
    if drift is None:
        return ""
    more = f", and {len(drift.lines) - 1} more" if len(drift.lines) > 1 else ""
    return f"differs: {drift.lines[0]}{more}" if drift.lines else "differs"
