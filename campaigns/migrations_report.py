"""What `campaigns.migrations` came to, and how it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """`migrating_s` is all of it, killed runs included; `unchanged_s` a run that had nothing to do,
    `status_s` a look at all.
    """

    seed: int
    tenants: int
    done_at_kills: Sequence[int]
    migrating_s: float
    healed_s: float
    unchanged_s: float
    status_s: float
    requests: int
    errors: int
    alone_p99_ms: float
    meanwhile_p99_ms: float
    failures: Sequence[str]


def worded(report: Report) -> str:
    """Return the report as a person reads it."""
    killed = ", ".join(map(str, report.done_at_kills))
    slower = f"p99 alone {report.alone_p99_ms:.0f} ms, meanwhile {report.meanwhile_p99_ms:.0f} ms"
    lines = [
        f"seed {report.seed}: {report.tenants} tenants, killed when {killed} were done",
        f"a column for all of them in {report.migrating_s:.1f} s, the healed ones in {report.healed_s:.1f} s more",
        f"with nothing to do {report.unchanged_s:.1f} s; all shapes compared in {report.status_s:.1f} s",
        f"the neighbour: {report.requests} requests, {report.errors} errors, {slower}",
    ]
    return "\n".join([*lines, "RED: " + "; ".join(report.failures) if report.failures else "GREEN"])
