"""What `stoflow top` shows of a snapshot, as rich has it: whatever stands in it is text, and steers no terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stoflow.cli.work.top_keys import View
from stoflow.domain.printable import on_one_line

UNDER_WAY = "under_way"
Row = Mapping[str, Any]


def screen_of(found: Row, view: View, *, trouble: str = "") -> RenderableType:
    """Return the screen. `trouble` is why the api does not answer any more: what is shown is what it said last."""
    prompt = Text(on_one_line(view.prompt), style="dim")
    parts: list[RenderableType] = [_head(found, view, trouble), prompt, *_causes(found)]
    if view.job is not None:
        parts += _job(view)
    parts += [
        _table(
            ("marketplace", "sellers", "waiting", "under way", "done/min", "failed/h", "held by"),
            [_marketplace(each) for each in found["marketplaces"]],
            view,
        ),
        _table(
            ("seller", "marketplace", "share", "waiting", "calls left", "done/min", "failed/min", "held by", "until"),
            [_share(each) for each in found["shares"]],
            view,
        ),
        _table(
            ("process", "number", "host", "for", "up since", "heard of"),
            [_process(each) for each in found["processes"]],
            view,
        ),
    ]
    return Group(*parts)


def _head(found: Row, view: View, trouble: str) -> Text:
    said = [f"{each['question']} {'yes' if each['yes'] else 'NO'}" for each in found["answers"]]
    scope = "" if found["scope"] == "everything" else " (your own)"
    of = f"only {view.filter!r}" if view.filter else ""
    marks = [*said, "PAUSED" if view.paused else "", of, trouble]
    line = f"StoFlow{scope} at {_clock(found['at'])} UTC: {'; '.join(mark for mark in marks if mark)}"
    return Text(on_one_line(line), style="bold" if found["well"] and not trouble else "bold red")


def _causes(found: Row) -> Iterator[Text]:
    for cause in found["causes"]:
        style = "red" if cause["harms"] else ""
        yield Text(on_one_line(f"{'->' if cause['harms'] else '  '} {cause['detail']} {cause['next']}"), style=style)


def _job(view: View) -> Iterator[RenderableType]:
    said = view.explained
    if said is None:
        yield Text(on_one_line(f"Job {view.job}: {view.trouble or 'asked …'}"), style="bold")
        return
    before = f", {said['position']} before it" if said["position"] else ""
    yield Text(on_one_line(f"Job {view.job} is {said['status']}{before}: {said['detail']}."), style="bold")
    if said["outlook"]:
        yield Text(on_one_line(f"{said['outlook'][0].upper()}{said['outlook'][1:]}."))
    for hold in said["holds"]:
        until = f" until {_clock(hold['until'])}" if hold["until"] else ""
        yield Text(on_one_line(f"   {hold['kind']}{until}, ended by {hold['release']}: {hold['detail']}"))


def _marketplace(row: Row) -> Sequence[object]:
    held = ", ".join(f"{each['kind']} {each['jobs']}" for each in row["held"] if each["kind"] != UNDER_WAY)
    under_way = f"{row['in_flight']} of {row['cap']}" if row["cap"] else row["in_flight"]
    ended = row["last_minute"]["done"], row["last_hour"]["failed"]
    return row["marketplace"], row["tenants"], row["waiting"], under_way, *ended, held


def _share(row: Row) -> Sequence[object]:
    left = f"{max(0, row['cap'] - row['in_flight'])} of {row['cap']}" if row["cap"] else ""
    ended = row["done_last_minute"], row["failed_last_minute"]
    held, until = ", ".join(row["holds"]), _clock(row["until"])
    return row["tenant"], row["marketplace"], f"{row['share']:.0%}", row["waiting"], left, *ended, held, until


def _process(row: Row) -> Sequence[object]:
    where = f"{row['host']} {row['pid']}"
    heard = f"{row['age_s']:.0f} s ago"
    return row["kind"], row["process"], where, " ".join(row["serves"]), _clock(row["started_at"]), heard


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]], view: View) -> Table:
    """Return the table of those rows in which what is filtered by stands."""
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        cells = [on_one_line(str(cell)) for cell in row]
        if view.filter.casefold() in " ".join(cells).casefold():
            table.add_row(*map(Text, cells))
    return table


def _clock(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%H:%M:%S}" if moment else ""
