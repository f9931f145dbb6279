"""Whether calls kept the pace that was in force."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from stoflow_sandbox.findings import Finding, Job
from stoflow_sandbox.ledger import LedgerEntry
from stoflow_sandbox.market import Deed, Paced
from stoflow_sandbox.markets import known_markets
from stoflow_sandbox.sightings import Attribution, Subject, sightings

Paces = Mapping[str, Mapping[str, float]]

STARTS_AT_MOST = 11
WINDOW_PACES = 10


def over_limit(entries: Sequence[LedgerEntry], jobs: Sequence[Job], paces: Paces) -> Iterator[Finding]:
    """Yield each crowd of paced calls."""
    attribution = Attribution.of(entries, jobs)
    visible_at: dict[Subject, float] = {}
    for sighting in sightings(entries, attribution):
        if sighting.deed is Deed.ACTIVATED:
            visible_at.setdefault(sighting.subject, sighting.at)
    starts: dict[tuple[int, str, str], dict[str, float]] = defaultdict(dict)
    paced = {market.name: market.paced for market in known_markets()}
    for entry in entries:
        known = paced.get(entry.marketplace, {})
        for action in _actions_begun(entry, known, attribution.action(entry)):
            # What is put in place before a product is visible belongs to its publish, whose paced call is another.
            if action == "update" and entry.time < visible_at.get(attribution.subject(entry), entry.time + 1):
                continue
            once = entry.attempt or f"entry {entry.seq}"
            begun = starts[entry.tenant or 0, entry.marketplace, action]
            begun[once] = min(begun.get(once, entry.time), entry.time)
    for (tenant, marketplace, action), times in starts.items():
        window_s = WINDOW_PACES * paces.get(marketplace, {}).get(action, 0.0) / 1000
        for begin in _crowded(sorted(times.values()), window_s):
            what = f"more than {STARTS_AT_MOST} starts of tenant {tenant}'s {action} on {marketplace}"
            yield Finding("over_limit", f"{what} within {window_s:g} s of {begin}.")


def _actions_begun(entry: LedgerEntry, paced: Paced, asked: str) -> Iterator[str]:
    """Yield the actions of which this call is the paced one: of the job that called, where that is known."""
    for action, operations in paced.items():
        if entry.operation in operations and entry.tenant is not None and asked in {"", action}:
            yield action


def _crowded(times: Sequence[float], window_s: float) -> Iterator[float]:
    for first, last in zip(times, times[STARTS_AT_MOST:], strict=False):
        if last - first < window_s:
            yield first
