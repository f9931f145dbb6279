"""`python -m benchmarks`: every measurement, or some, as tables or as one JSON document."""

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import (
    active,
    estimate,
    idle,
    intake,
    job_lists,
    load,
    many,
    monitoring,
    neighbour,
    neighbours_api,
    pick_up,
    planning,
    plot,
    quotas,
    recovery,
    registration,
    report,
    scale,
    spending,
    table,
    throughput,
    viewers,
    weight,
)
from benchmarks.alone import measured_alone
from benchmarks.peers import FAIR, FASTEST, make_peer
from campaigns import soak

SOAK_MINUTES, SHORT_SOAK_MINUTES = 60.0, 1.0
SEED = 1

Measurement = Callable[[bool, frozenset[str]], dict[str, Any]]
"""Given whether to be short, and the peers to measure."""


def _throughput(short: bool, only: frozenset[str]) -> dict[str, Any]:  # noqa: FBT001
    return throughput.compare(_chosen(FASTEST, only), throughput.SHORT if short else throughput.Plan())


def _neighbour(short: bool, only: frozenset[str]) -> dict[str, Any]:  # noqa: FBT001
    plan = neighbour.SHORT if short else neighbour.Plan()
    return {name: asdict(neighbour.measure(make_peer(name), plan)) for name in _chosen(FAIR, only)}


def _many(short: bool, _: frozenset[str]) -> dict[str, Any]:  # noqa: FBT001
    plan = many.SHORT if short else many.Plan()
    return measured_alone("benchmarks.many:measure", plan.active, plan.jobs)


def _soak(minutes: float) -> dict[str, Any]:
    report = soak.soak(minutes, SEED, soak.MIB_A_MINUTE)
    return {**asdict(report), "within_bound": not report.failures}


MEASUREMENTS: Mapping[str, Measurement] = {
    "throughput": _throughput,
    "neighbour": _neighbour,
    "neighbours-api": lambda short, _: neighbours_api.measure(neighbours_api.SHORT if short else neighbours_api.Plan()),
    "pick-up": lambda short, _: asdict(pick_up.measure(10 if short else 60)),
    "idle": lambda short, _: asdict(idle.measure(10 if short else 60)),
    "tenants": lambda short, _: asdict(scale.measure_tenants(20 if short else 1000)),
    "registration": lambda short, _: asdict(registration.measure(*((20, 5) if short else (1_000, 60)))),
    "quotas": lambda short, _: asdict(quotas.measure(*((20, 1, 1.0) if short else (1_000, 5, 4.0)))),
    "active": lambda short, _: asdict(active.measure(200, 20) if short else active.measure(10_000, 1_000)),
    "intake": lambda short, _: asdict(intake.measure(5_000, 5) if short else intake.measure(1_000_000)),
    "job-lists": lambda short, _: job_lists.measure(job_lists.SHORT if short else job_lists.Plan()),
    "many": _many,
    "load": lambda short, _: load.measure(3, 100) if short else load.measure(20),
    "monitoring": lambda short, _: monitoring.measure(monitoring.SHORT if short else monitoring.Plan()),
    "viewers": lambda short, _: viewers.measure(viewers.SHORT if short else viewers.Plan()),
    "estimate": lambda short, _: estimate.measure(estimate.SHORT if short else estimate.Plan()),
    "planning": lambda short, _: planning.measure(3 if short else planning.TIMES),
    "spending": lambda short, _: spending.measure(spending.SHORT if short else spending.Plan()),
    "help": lambda short, _: asdict(weight.measure_help(2 if short else weight.HELP_TIMES)),
    "empty-tenant": lambda _short, _: asdict(weight.measure_empty_tenant()),
    "recovery": lambda short, _: asdict(recovery.measure(recovery.SHORT if short else recovery.Plan())),
    "soak": lambda short, _: _soak(SHORT_SOAK_MINUTES if short else SOAK_MINUTES),
    "pending": lambda short, _: asdict(scale.measure_pending(10_000 if short else 1_000_000)),
}


def main() -> int:
    """Return 0 where every bound of StoFlow held, 1 where one did not. Figures are this machine's, busy as it is."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    arguments = _parser().parse_args()
    peers = frozenset(arguments.peers.split(",")) if arguments.peers else frozenset[str]()
    every = list(table.MEASURED if arguments.table else MEASUREMENTS)
    wanted = arguments.only.split(",") if arguments.only else every
    results: dict[str, Any] = {}
    for name in wanted:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        results[name] = MEASUREMENTS[name](arguments.short, peers)
    if arguments.plot and "many" in results:
        arguments.plot.write_text(plot.svg_of(results["many"]["costs"]), encoding="utf-8")
    lines = table.lines_of(results)
    missed = [line.target.figure for line in lines if line.is_held is False]
    failed = missed if arguments.table else report.failures(results)
    if arguments.table:
        print(table.worded(lines))
    elif arguments.json:
        place = {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()}
        print(json.dumps({"machine": place, "short": arguments.short, "failed": failed, **results}, indent=2))
    else:
        print(report.worded(results))
        print(f"\nOut of bounds: {', '.join(failed)}" if failed else "\nEvery bound held.")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few minutes; its figures prove nothing")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--only", default="", help=f"some of {', '.join(MEASUREMENTS)}, with commas between")
    parser.add_argument("--peers", default="", help="some of the peers, with commas between")
    parser.add_argument("--table", action="store_true", help="what StoFlow is to reach, and whether it does")
    parser.add_argument("--plot", type=Path, help="where to draw what `many` found, as an SVG")
    return parser


def _chosen(peers: Sequence[str], only: frozenset[str]) -> Sequence[str]:
    return [name for name in peers if not only or name in only]


if __name__ == "__main__":
    sys.exit(main())
