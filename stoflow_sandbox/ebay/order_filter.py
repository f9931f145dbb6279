"""The `filter` of getOrders: which orders are asked for, and every way in which that can be asked wrongly."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from stoflow_sandbox.ebay.errors import refusal
from stoflow_sandbox.ebay.shop import FULFILLED, NOT_STARTED, Sale

DAY_S = 86_400
DEFAULT_DAYS = 90
YEARS_AT_MOST = 2
RANGE = re.compile(r"\[(.*?)\.\.(.*)\]")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
# Only these two combinations are supported; IN_PROGRESS needs an order of several lines, which the sandbox has not.
STATUSES: Mapping[str, str] = {
    "{NOT_STARTED|IN_PROGRESS}": NOT_STARTED,
    "{FULFILLED|IN_PROGRESS}": FULFILLED,
}


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Times are epoch seconds, inclusive; `by_change` says that they are of the order's last change."""

    since: float
    until: float
    by_change: bool = False
    status: str = ""

    def wants(self, sale: Sale) -> bool:
        """Say whether an order is asked for."""
        return self.since <= self.at(sale) <= self.until and self.status in {"", sale.fulfillment_status}

    def at(self, sale: Sale) -> float:
        """Return the time by which orders are chosen, and in whose order they are shown."""
        return sale.changed_at if self.by_change else sale.created_at


def read_filter(text: str, now: float) -> OrderFilter:
    """Return what the text asks for; by default the orders made in the last 90 days."""
    ranges: dict[str, tuple[float, float]] = {}
    status = ""
    for criterion in filter(None, text.split(",")):
        name, _, value = criterion.partition(":")
        match name:
            case "creationdate" | "lastmodifieddate":
                ranges[name] = _range(name, value, now)
            case "orderfulfillmentstatus":
                status = _status(name, value)
            case _:
                raise refusal(400, 30700, fieldname=name)
    by_change = "creationdate" not in ranges and "lastmodifieddate" in ranges
    default = now - DEFAULT_DAYS * DAY_S, now
    since, until = ranges.get("lastmodifieddate" if by_change else "creationdate", default)
    return OrderFilter(since, until, by_change, status)


def _range(name: str, value: str, now: float) -> tuple[float, float]:
    match = RANGE.fullmatch(value)
    if match is None:
        raise refusal(400, 30800, fieldname=name, fieldvalue=value)
    if not match[1]:
        raise refusal(400, 30820)
    since, until = _time(match[1]), _time(match[2]) if match[2] else now
    if since > now or until > now:
        raise refusal(400, 30850)
    if since > until:
        raise refusal(400, 30840)
    if until - since > YEARS_AT_MOST * 366 * DAY_S:
        raise refusal(400, 30830, allowedTime=str(YEARS_AT_MOST))
    return since, until


def _time(text: str) -> float:
    if not TIMESTAMP.fullmatch(text):
        raise refusal(400, 30810)
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except ValueError as error:
        raise refusal(400, 30810) from error


def _status(name: str, value: str) -> str:
    if value not in STATUSES:
        raise refusal(400, 30800, fieldname=name, fieldvalue=value)
    return STATUSES[value]
