"""Reads a ledger as a story of listings: who made them, when they became visible, when they ended, whose they are."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from stoflow_sandbox.ledger import LedgerEntry
from stoflow_sandbox.market import BEHIND, BY_ITSELF, DEEDS_BEHIND, DEEDS_BY_ITSELF, ON_SALE, Deed, Deeds
from stoflow_sandbox.markets import known_markets

ATTEMPT = re.compile(r"(\d+)-(\d+)-.*")  # tenant, job, then what tells attempts apart
SKU = re.compile(r"sf(\d+)p(\d+)")


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """One product of one tenant on one marketplace; `product` is None where nothing tells which one it is."""

    tenant: int
    marketplace: str
    product: int | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One committed deed on one listing of one subject."""

    at: float
    deed: Deed
    subject: Subject
    listing: str
    entry: LedgerEntry

    @property
    def is_behind(self) -> bool:
        """Whether no job is behind it: people did it, or the marketplace ended the listing by itself.

        What goes live by itself does so because a job asked for it.
        """
        ended_by_itself = self.deed is Deed.ENDED and self.entry.operation.startswith(BY_ITSELF)
        return ended_by_itself or self.entry.operation.startswith(BEHIND)


@dataclass(slots=True)
class Attribution:
    """Tells whose product a listing is: by SKU, by the id or marker its job recorded, by the attempt that called."""

    by_sku: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    by_listing: dict[tuple[str, str], Subject] = field(default_factory=dict[tuple[str, str], Subject])
    by_marker: dict[tuple[str, str], Subject] = field(default_factory=dict[tuple[str, str], Subject])
    by_job: dict[tuple[str, int, int], Subject] = field(default_factory=dict[tuple[str, int, int], Subject])
    actions: dict[tuple[str, int, int], str] = field(default_factory=dict[tuple[str, int, int], str])

    @classmethod
    def of(cls, entries: Iterable[LedgerEntry], jobs: Iterable[Mapping[str, Any]]) -> "Attribution":
        """Read it from the ledger's SKUs and from what the jobs say of themselves."""
        attribution = cls()
        for entry in entries:
            if entry.sku and entry.listing_id:
                attribution.by_sku[entry.marketplace, entry.listing_id] = entry.sku
        for job in jobs:
            subject = subject_of(job)
            key = subject.marketplace, subject.tenant, int(job["id"])
            attribution.by_job[key], attribution.actions[key] = subject, str(job["action"])
            if job.get("external_id"):
                attribution.by_listing.setdefault((subject.marketplace, str(job["external_id"])), subject)
            for marker in job.get("markers", ()):
                attribution.by_marker[subject.marketplace, marker] = subject
        return attribution

    def subject(self, entry: LedgerEntry) -> Subject:
        """Return the subject of an entry; without a product where nothing tells."""
        sku = entry.sku or self.by_sku.get((entry.marketplace, entry.listing_id), "")
        if match := SKU.fullmatch(sku):
            return Subject(int(match[1]), entry.marketplace, int(match[2]))
        return (
            self.by_listing.get((entry.marketplace, entry.listing_id))
            or self.by_marker.get((entry.marketplace, entry.marker))
            or self._by_attempt(entry)
            or Subject(entry.tenant or 0, entry.marketplace, None)
        )

    def action(self, entry: LedgerEntry) -> str:
        """Return the action of the job that called, "" where nothing tells."""
        job = _job(entry)
        return self.actions.get(job, "") if job else ""

    def _by_attempt(self, entry: LedgerEntry) -> Subject | None:
        job = _job(entry)
        return self.by_job.get(job) if job else None


def _job(entry: LedgerEntry) -> tuple[str, int, int] | None:
    match = ATTEMPT.fullmatch(entry.attempt)
    return (entry.marketplace, int(match[1]), int(match[2])) if match else None


def subject_of(job: Mapping[str, Any]) -> Subject:
    """Return what a job is about."""
    return Subject(int(job["tenant"]), str(job["marketplace"]), job["product_id"])


def sightings(entries: Sequence[LedgerEntry], attribution: Attribution) -> list[Sighting]:
    """Return every committed deed, in the order the marketplaces did them."""
    committed = sorted((entry for entry in entries if entry.committed_at is not None), key=_commit_order)
    return [sighting for entry in committed for sighting in _seen(entry, attribution)]


def _seen(entry: LedgerEntry, attribution: Attribution) -> Iterator[Sighting]:
    for deed in deeds_of(entry):
        listing = entry.listing_id or entry.offer_id
        yield Sighting(entry.committed_at or 0.0, deed, attribution.subject(entry), listing, entry)


def deeds_of(entry: LedgerEntry) -> tuple[Deed, ...]:
    """Return what a call did to its listing."""
    if entry.operation.startswith(BY_ITSELF):
        return (DEEDS_BY_ITSELF[entry.operation.removeprefix(BY_ITSELF)],)
    if not entry.operation.startswith(BEHIND):
        return _known_deeds().get(entry.marketplace, {}).get(entry.operation, ())
    if entry.operation == f"{BEHIND}sell" and entry.state.lower() in ON_SALE:
        return (Deed.UPDATED,)  # some are left
    deed = DEEDS_BEHIND.get(entry.operation.removeprefix(BEHIND))
    return (deed,) if deed else ()


@cache
def _known_deeds() -> Mapping[str, Deeds]:
    return {market.name: market.deeds for market in known_markets()}


def _commit_order(entry: LedgerEntry) -> tuple[float, int]:
    return entry.committed_at or 0.0, entry.seq
