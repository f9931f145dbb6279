"""`stoflow demo`: real products of several sellers, published on simulated marketplaces, then judged."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from stoflow.cli.arguments import ReadableFile
from stoflow.cli.output import WorkFailed, WrongUsage, json_option, print_json, say
from stoflow.cli.run.alone import alone
from stoflow.cli.simulate.demo_jobs import ACTION
from stoflow.cli.simulate.demo_progress import teller
from stoflow.cli.simulate.demo_run import DemoPlan, run_demo
from stoflow.cli.simulate.demo_summary import Summary
from stoflow.cli.simulate.demo_world import SandboxTempo
from stoflow.cli.tables import print_table
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import build_registry
from stoflow.resources.products.fields.mapping import parse_mapping
from stoflow.settings import Settings
from stoflow_sandbox.markets import known_markets

PRODUCTS_EACH = 60
SHOWN_DETAILS = 20
SHOWN_FAILURES = 12


@click.command()
@click.option("--tenants", type=click.IntRange(1, 1000), default=3, help="How many sellers.")
@click.option(
    "--products",
    "file",
    type=ReadableFile(),
    help="A file of products (CSV, JSON, .xlsx or .ods) instead of the demo's own catalogue.",
)
@click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="Which column of FILE fills a field.")
@click.option("--group-by", metavar="COLUMN", default=None, help="Rows of FILE with one value here are one product.")
@click.option(
    "--placeholder-photos", is_flag=True, help="Draw the photos that FILE lacks, instead of leaving their products out."
)
@click.option("--limit", type=click.IntRange(1), default=None, help="Products in all, dealt to the sellers in turn.")
@click.option(
    "--marketplaces", "names", default=None, metavar="NAME,NAME", help="Where to publish; everywhere if not given."
)
@click.option("--faults", type=click.FloatRange(0, 1), default=0.0, help="Share of the sandbox's calls that go wrong.")
@click.option("--seed", type=int, default=0, help="Which calls those are.")
@click.option(
    "--speed", type=click.FloatRange(0.01, 1000), default=None, help="Divides every pace of engine and sandbox."
)
@json_option
@click.pass_obj
def demo(
    settings: Settings,
    *,
    tenants: int,
    file: Path | None,
    mapping: tuple[str, ...],
    group_by: str | None,
    placeholder_photos: bool,
    limit: int | None,
    names: str | None,
    faults: float,
    seed: int,
    speed: float | None,
    as_json: bool,
) -> None:
    """Publish real products of several sellers on simulated marketplaces, and compare what they say was done."""
    if file is None and (mapping or group_by or placeholder_photos):
        raise WrongUsage("--map, --group-by and --placeholder-photos say how to read the FILE of --products.")
    plan = DemoPlan(
        tenants=tenants,
        marketplaces=_chosen(names),
        products=limit if limit or file else tenants * PRODUCTS_EACH,
        file=file,
        mapping=parse_mapping(mapping),
        group_by=group_by,
        placeholder_photos=placeholder_photos,
        tempo=SandboxTempo(faults, seed, settings.speed if speed is None else speed),
        folder=settings.home / "demo" / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}",
    )
    with alone(settings.home), _ending_on_signal(), teller() as telling:
        summary, verdict = run_demo(settings, plan, telling)
    _show(summary, verdict.details, as_json=as_json)
    if not summary.is_good(faults=faults):
        ending = "The demo did not end well" if summary.has_listed else "Nothing was listed"
        raise WorkFailed(f"{ending}; ledger and logs are in {plan.folder}.")


def _chosen(names: str | None) -> Sequence[Marketplace]:
    simulated = {market.name for market in known_markets()}
    registered = build_registry().marketplaces
    known = {name: place for name, place in registered.items() if name in simulated and ACTION in place.handlers}
    wanted = dict.fromkeys(name.strip() for name in names.split(",")) if names is not None else known
    if unknown := [name for name in wanted if name not in known]:
        raise WrongUsage(f'The demo knows no marketplace "{unknown[0]}"; it knows {", ".join(sorted(known))}.')
    return [known[name] for name in wanted]


@contextmanager
def _ending_on_signal() -> Iterator[None]:
    """Let SIGTERM end the demo like Ctrl-C does, so that nothing is left running."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _show(summary: Summary, details: Sequence[str], *, as_json: bool) -> None:
    for detail in details[:SHOWN_DETAILS]:
        say(detail, err=True)
    if as_json:
        print_json(summary.document())
        return
    jobs, listings = summary.jobs, summary.listings
    print_table(
        ("what", "how many"),
        [
            ("sellers", summary.tenants),
            ("products", summary.products),
            ("rejected rows", summary.rejected_rows),
            *((f"jobs {name}", count) for name, count in jobs.items()),
            ("tasks", summary.tasks),
            *((f"listed on {name}", count) for name, count in listings.items()),
            ("retries", summary.retries),
            ("looks", summary.looks),
            *((name.replace("_", " "), count) for name, count in summary.counters.items()),
        ],
    )
    for failure in summary.failures[:SHOWN_FAILURES]:
        say(f"{failure.count} × {failure.reason}")
    say(f"It took {summary.duration_s:.1f} s from when the servers answered.")
