"""Words the results for a person: a table per measurement, and whether its bound held."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

COLUMNS: Mapping[str, str] = {
    "jobs_per_s": "jobs/s",
    "submits_per_s": "submit/s",
    "trickle_p50_ms": "p50 ms at 20/s",
    "trickle_p99_ms": "p99 ms",
    "cpu_ms_per_job": "CPU ms/job",
    "peak_pss_mib": "peak PSS MiB",
    "peak_rss_mib": "peak RSS MiB",
}
STRANGERS = "neighbours-api"
# Of StoFlow's jobs/s: what must hold, and what we aim for.
RATIO_BOUNDS: Mapping[str, tuple[float, float]] = {"dbos": (3.0, 5.0), "dramatiq": (0.5, 1.0)}


def worded(results: Mapping[str, Any]) -> str:
    """Return all results as text."""
    return "\n\n".join(f"{name}\n{_one(name, result)}" for name, result in results.items())


def failures(results: Mapping[str, Any]) -> list[str]:
    """Return the name of each measurement of StoFlow whose bound did not hold."""
    ratios = results.get("throughput", {}).get("ratios", {})
    slow = [f"throughput beside {name}" for name, (least, _) in RATIO_BOUNDS.items() if ratios.get(name, least) < least]
    others = {name: result.get("stoflow", result) for name, result in results.items() if name != "throughput"}
    strangers = {f"{STRANGERS} ({kind})": one for kind, one in results.get(STRANGERS, {}).items()}
    return slow + [name for name, result in {**others, **strangers}.items() if result.get("within_bound") is False]


def _one(name: str, result: Mapping[str, Any]) -> str:
    if name == "throughput":
        return _throughput(result)
    if name == "load":
        return _load(result)
    if name == "spending":
        return "\n\n".join([_one("", result["statements"]), _rows([result["a_job"]]), _one("", result["tables"])])
    if name == "many":
        return "\n".join([_rows(result["costs"]), _rows([result["making"]])])
    if all(isinstance(value, dict) for value in result.values()):
        return _table(["", *next(iter(result.values()))], [[peer, *row.values()] for peer, row in result.items()])
    return _table(list(result), [list(result.values())])


def _load(result: Mapping[str, Any]) -> str:
    names = ("reads", "bare", "creations")
    rows = _table(["", *result["reads"]], [[name, *result[name].values()] for name in names])
    ratio = f"reads are {result['of_bare']:.2f} × the bare stack's"
    return "\n".join([rows, ratio, _rows([result["sockets"]]), f"missed: {', '.join(result['missed']) or 'nothing'}"])


def _throughput(result: Mapping[str, Any]) -> str:
    rows = [[peer, *(measured[column] for column in COLUMNS)] for peer, measured in result["peers"].items()]
    lines = [_table(["", *COLUMNS.values()], rows)]
    for peer, ratio in result["ratios"].items():
        if peer in RATIO_BOUNDS:
            least, aim = RATIO_BOUNDS[peer]
            lines.append(f"stoflow does {ratio:.2f} × the jobs/s of {peer} (at least {least:g}, the aim is {aim:g})")
    return "\n".join(lines)


def _rows(results: Sequence[Mapping[str, Any]]) -> str:
    return _table(list(results[0]), [list(each.values()) for each in results])


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    texts = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(header))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in texts)


def _cell(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "NO"
        case float():
            return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
        case dict():
            parts = cast("dict[str, Any]", value)
            return ", ".join(f"{name} {_cell(part)}" for name, part in parts.items())
        case _:
            return str(value)
