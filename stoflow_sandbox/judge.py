"""The judge: compares what was asked of StoFlow with what the marketplaces' ledger says was done.

It knows the ledger and the public API's JSON, never StoFlow's tables. A job is a mapping of `tenant`, `id`,
`product_id`, `marketplace`, `action`, `status` (lower case), `order` (of acceptance; default its id), `external_id`,
`absences` (looks that confirmed that nothing was there), and, where known, `markers` (drawn for its creates), `error`
(why it failed), `expiry_asked`, and `acted` (False where it ended before it could create anything). `paces` are
milliseconds by marketplace and action, as in force.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from stoflow_sandbox.findings import Finding, Job, absences, left_over
from stoflow_sandbox.judged_case import Case, case_judged
from stoflow_sandbox.judged_pace import Paces, over_limit
from stoflow_sandbox.ledger import LedgerEntry, entry_from
from stoflow_sandbox.market import Deed
from stoflow_sandbox.sightings import Attribution, Sighting, Subject, sightings, subject_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """Seven counters that must be 0, and a sentence for each thing counted."""

    lost: int = 0
    doubled: int = 0
    unexpected: int = 0
    wrong_owner: int = 0
    over_limit: int = 0
    reordered: int = 0
    excess_creates: int = 0
    details: tuple[str, ...] = ()

    @property
    def counters(self) -> dict[str, int]:
        """Return the counters by name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "details"}

    @property
    def is_green(self) -> bool:
        """Say whether nothing was found."""
        return not any(self.counters.values())


def judge(ledger: Iterable[LedgerEntry | Mapping[str, Any]], jobs: Sequence[Job], paces: Paces) -> Verdict:
    """Return what is wrong; `ledger` holds entries or the JSON of their lines."""
    entries = [entry if isinstance(entry, LedgerEntry) else entry_from(entry) for entry in ledger]
    findings = [*_subjects_judged(entries, jobs), *_wrong_owner(entries, jobs), *over_limit(entries, jobs, paces)]
    counts = Counter(finding.counter for finding in findings)
    details = tuple(f"{finding.counter}: {finding.sentence}" for finding in findings)
    return Verdict(**{counter: counts[counter] for counter in Verdict().counters}, details=details)


def _subjects_judged(entries: Sequence[LedgerEntry], jobs: Sequence[Job]) -> Iterator[Finding]:
    deeds: dict[Subject, list[Sighting]] = defaultdict(list)
    for sighting in sightings(entries, Attribution.of(entries, jobs)):
        deeds[sighting.subject].append(sighting)
    jobs_of: dict[Subject, list[Job]] = defaultdict(list)
    for job in jobs:
        jobs_of[subject_of(job)].append(job)
    for subject in sorted(deeds.keys() | jobs_of.keys(), key=str):
        if subject.product is None:
            yield from _unattributed(subject, deeds[subject], jobs, deeds)
            whole = f"the account of tenant {subject.tenant} on {subject.marketplace}"
            yield from left_over(jobs_of.get(subject, ()), whole)
        else:
            case = Case(subject, jobs_of.get(subject, ()), deeds.get(subject, ()))
            yield from case_judged(case)


def _unattributed(
    subject: Subject, own: Sequence[Sighting], jobs: Sequence[Job], deeds: Mapping[Subject, Sequence[Sighting]]
) -> Iterator[Finding]:
    """Judge deeds that no SKU, id or marker ties to a product: visible ones are unexpected, creates only bounded."""
    for listing in sorted({deed.listing for deed in own if deed.deed is Deed.ACTIVATED and not deed.is_behind}):
        where = f"tenant {subject.tenant} on {subject.marketplace}"
        yield Finding("unexpected", f"listing {listing} of {where} belongs to no job.")
    kin = [job for job in jobs if (job["tenant"], job["marketplace"]) == (subject.tenant, subject.marketplace)]
    spare = 0
    for product in {job["product_id"] for job in kin} - {None}:
        about = [job for job in kin if job["product_id"] == product and _may_have_created(job)]
        if not about:
            continue
        created = sum(deed.deed is Deed.CREATED for deed in deeds.get(subject_of(about[0]), ()))
        spare += (not created) + absences(about) + len(about) - 1
    creates = sum(deed.deed is Deed.CREATED for deed in own)
    for _ in range(creates - spare):
        whose = f"tenant {subject.tenant} on {subject.marketplace}"
        yield Finding("excess_creates", f"{creates} creates of {whose} are no job's, {spare} explained.")


def _wrong_owner(entries: Sequence[LedgerEntry], jobs: Sequence[Job]) -> Iterator[Finding]:
    attribution = Attribution.of(entries, jobs)
    strangers: set[tuple[str, str]] = set()
    for entry in entries:
        key = entry.marketplace, entry.listing_id or entry.offer_id or entry.sku
        owner = attribution.subject(entry)
        if entry.committed_at is None or entry.tenant is None or not key[1] or key in strangers:
            continue
        if owner.tenant != entry.tenant:
            strangers.add(key)
            yield Finding(
                "wrong_owner", f"{entry.operation} on {key[1]}, tenant {owner.tenant}'s, came as tenant {entry.tenant}."
            )


def _may_have_created(job: Job) -> bool:
    """Say whether a create nobody owns may be this job's: not where all of its creates are known by their markers."""
    return bool(job.get("acted", True)) and "markers" not in job
