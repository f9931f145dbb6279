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

from stoflow_sandbox.ledger import LedgerEntry, entry_from
from stoflow_sandbox.market import Deed, Paced
from stoflow_sandbox.markets import known_markets
from stoflow_sandbox.sightings import Attribution, Sighting, Subject, sightings, subject_of

Job = Mapping[str, Any]
Paces = Mapping[str, Mapping[str, float]]

FINAL = frozenset({"completed", "failed", "cancelled", "expired"})
STARTS_AT_MOST = 11
WINDOW_PACES = 10
DEED_OF_ACTION = {"publish": Deed.ACTIVATED, "update": Deed.UPDATED, "delete": Deed.ENDED}


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


@dataclass(frozen=True, slots=True)
class _Finding:
    counter: str
    sentence: str


class _Case:
    """Everything known of one subject: its jobs in accepted order, its deeds in the order they were done."""

    def __init__(self, subject: Subject, jobs: Sequence[Job], deeds: Sequence[Sighting]) -> None:
        self.subject = subject
        self.name = f"product {subject.product} of tenant {subject.tenant} on {subject.marketplace}"
        self.jobs = sorted(jobs, key=lambda job: job.get("order", job["id"]))
        self.publishes = [job for job in self.jobs if job["action"] == "publish"]
        self.deletes_done = sum(job["action"] == "delete" and _is(job, "completed") for job in self.jobs)
        self.deeds = deeds
        self.activated = {deed.listing for deed in deeds if deed.deed is Deed.ACTIVATED}
        self.listed_behind = {deed.listing for deed in deeds if deed.deed is Deed.ACTIVATED and deed.is_behind}
        self.active_at_end = _active_at_end(deeds)
        ends = [deed for deed in deeds if _ends_a_listing(deed, self)]
        # By a buyer, or by the seller in the marketplace's own pages.
        self.ended_behind = {end.listing for end in ends if end.is_behind}
        self.ended_by_others = len(self.ended_behind - {end.listing for end in ends if not end.is_behind})
        self.shown_last = next((deed.listing for deed in reversed(deeds) if deed.deed is Deed.ACTIVATED), "")


def judge(ledger: Iterable[LedgerEntry | Mapping[str, Any]], jobs: Sequence[Job], paces: Paces) -> Verdict:
    """Return what is wrong; `ledger` holds entries or the JSON of their lines."""
    entries = [entry if isinstance(entry, LedgerEntry) else entry_from(entry) for entry in ledger]
    findings = [*_subjects_judged(entries, jobs), *_wrong_owner(entries, jobs), *_over_limit(entries, jobs, paces)]
    counts = Counter(finding.counter for finding in findings)
    details = tuple(f"{finding.counter}: {finding.sentence}" for finding in findings)
    return Verdict(**{counter: counts[counter] for counter in Verdict().counters}, details=details)


def _subjects_judged(entries: Sequence[LedgerEntry], jobs: Sequence[Job]) -> Iterator[_Finding]:
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
            yield from _left_over(jobs_of.get(subject, ()), whole)
        else:
            case = _Case(subject, jobs_of.get(subject, ()), deeds.get(subject, ()))
            for rule in (_lost, _doubled, _unexpected, _reordered, _excess_creates):
                yield from rule(case)


def _left_over(jobs: Iterable[Job], about: str) -> Iterator[_Finding]:
    for job in jobs:
        name = f"job {job['id']} ({job['action']}) for {about}"
        if job["status"] not in FINAL:
            yield _Finding("lost", f"{name} is still {job['status']}.")
        elif _is(job, "expired") and not job.get("expiry_asked"):
            yield _Finding("lost", f"{name} expired though nobody asked it to.")
        elif _is(job, "failed") and "error" in job and not job["error"]:
            yield _Finding("lost", f"{name} failed without a reason.")


def _lost(case: _Case) -> Iterator[_Finding]:
    yield from _left_over(case.jobs, case.name)
    done = [job for job in case.jobs if _is(job, "completed") and job["action"] in {"publish", "delete"}]
    if not done:
        return
    name, last = f"job {done[-1]['id']} for {case.name}", done[-1]["action"]
    if last == "publish" and not case.active_at_end and case.shown_last not in case.ended_behind:
        yield _Finding("lost", f"{name} completed, but no listing is active.")
    if last == "delete" and case.active_at_end:
        yield _Finding("lost", f"{name} completed a delete, but a listing is active.")


def _doubled(case: _Case) -> Iterator[_Finding]:
    allowed = 1 + case.deletes_done + case.ended_by_others
    together = _most_at_once(case.deeds) - 1
    for _ in range(max(len(case.activated) - allowed, together)):
        yield _Finding("doubled", f"{case.name} was listed as {', '.join(sorted(case.activated))}.")


def _unexpected(case: _Case) -> Iterator[_Finding]:
    for listing in sorted(case.activated - case.listed_behind):
        if not case.publishes:
            yield _Finding("unexpected", f"listing {listing} of {case.name} was never asked for.")
    given_up = [job for job in case.publishes if job["status"] in FINAL and not _is(job, "completed")]
    if case.active_at_end and given_up and len(given_up) == len(case.publishes):
        yield _Finding("unexpected", f"{case.name} is listed although job {given_up[-1]['id']} gave up.")


def _reordered(case: _Case) -> Iterator[_Finding]:
    wanted = [DEED_OF_ACTION[job["action"]] for job in case.jobs if _is(job, "completed") and _acts(job)]
    wanted = [deed for deed in wanted if deed is not Deed.UPDATED]
    own = (deed for deed in case.deeds if not deed.is_behind)
    seen = [deed.deed for deed in own if deed.deed is Deed.ACTIVATED or _ends_a_listing(deed, case)]
    enough = not Counter(wanted) - Counter(seen)
    if enough and not _is_subsequence(_without_repeats(wanted), seen):
        yield _Finding("reordered", f"{case.name} saw {', '.join(seen)} where {', '.join(wanted)} were accepted.")


def _excess_creates(case: _Case) -> Iterator[_Finding]:
    creates = sum(deed.deed is Deed.CREATED for deed in case.deeds)
    allowed = 1 + case.deletes_done + case.ended_by_others
    allowed += _given_up_before_another(case.publishes) + _absences(case.jobs)
    for _ in range(creates - allowed):
        yield _Finding("excess_creates", f"{case.name} was created {creates} times, {allowed} explained.")


def _unattributed(
    subject: Subject, own: Sequence[Sighting], jobs: Sequence[Job], deeds: Mapping[Subject, Sequence[Sighting]]
) -> Iterator[_Finding]:
    """Judge deeds that no SKU, id or marker ties to a product: visible ones are unexpected, creates only bounded."""
    for listing in sorted({deed.listing for deed in own if deed.deed is Deed.ACTIVATED and not deed.is_behind}):
        where = f"tenant {subject.tenant} on {subject.marketplace}"
        yield _Finding("unexpected", f"listing {listing} of {where} belongs to no job.")
    kin = [job for job in jobs if (job["tenant"], job["marketplace"]) == (subject.tenant, subject.marketplace)]
    spare = 0
    for product in {job["product_id"] for job in kin} - {None}:
        about = [job for job in kin if job["product_id"] == product and _may_have_created(job)]
        if not about:
            continue
        created = sum(deed.deed is Deed.CREATED for deed in deeds.get(subject_of(about[0]), ()))
        spare += (not created) + _absences(about) + len(about) - 1
    creates = sum(deed.deed is Deed.CREATED for deed in own)
    for _ in range(creates - spare):
        whose = f"tenant {subject.tenant} on {subject.marketplace}"
        yield _Finding("excess_creates", f"{creates} creates of {whose} are no job's, {spare} explained.")


def _wrong_owner(entries: Sequence[LedgerEntry], jobs: Sequence[Job]) -> Iterator[_Finding]:
    attribution = Attribution.of(entries, jobs)
    strangers: set[tuple[str, str]] = set()
    for entry in entries:
        key = entry.marketplace, entry.listing_id or entry.offer_id or entry.sku
        owner = attribution.subject(entry)
        if entry.committed_at is None or entry.tenant is None or not key[1] or key in strangers:
            continue
        if owner.tenant != entry.tenant:
            strangers.add(key)
            yield _Finding(
                "wrong_owner", f"{entry.operation} on {key[1]}, tenant {owner.tenant}'s, came as tenant {entry.tenant}."
            )


def _over_limit(entries: Sequence[LedgerEntry], jobs: Sequence[Job], paces: Paces) -> Iterator[_Finding]:
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
            yield _Finding("over_limit", f"{what} within {window_s:g} s of {begin}.")


def _actions_begun(entry: LedgerEntry, paced: Paced, asked: str) -> Iterator[str]:
    """Yield the actions of which this call is the paced one: of the job that called, where that is known."""
    for action, operations in paced.items():
        if entry.operation in operations and entry.tenant is not None and asked in {"", action}:
            yield action


def _crowded(times: Sequence[float], window_s: float) -> Iterator[float]:
    for first, last in zip(times, times[STARTS_AT_MOST:], strict=False):
        if last - first < window_s:
            yield first


def _active_at_end(deeds: Sequence[Sighting]) -> set[str]:
    active: set[str] = set()
    for deed in deeds:
        _apply(deed, active)
    return active


def _most_at_once(deeds: Sequence[Sighting]) -> int:
    active: set[str] = set()
    most = 1
    for deed in deeds:
        _apply(deed, active)
        most = max(most, len(active))
    return most


def _apply(deed: Sighting, active: set[str]) -> None:
    if deed.deed is Deed.ACTIVATED:
        active.add(deed.listing)
    elif deed.deed is Deed.ENDED:
        active.discard(deed.listing)


def _ends_a_listing(deed: Sighting, case: _Case) -> bool:
    """Tell the end of a listing from the collection of a draft."""
    return deed.deed is Deed.ENDED and deed.listing in case.activated


def _may_have_created(job: Job) -> bool:
    """Say whether a create nobody owns may be this job's: not where all of its creates are known by their markers."""
    return bool(job.get("acted", True)) and "markers" not in job


def _acts(job: Job) -> bool:
    return job["action"] in DEED_OF_ACTION


def _is(job: Job, status: str) -> bool:
    return job["status"] == status


def _absences(jobs: Iterable[Job]) -> int:
    return sum(int(job.get("absences", 0)) for job in jobs)


def _given_up_before_another(publishes: Sequence[Job]) -> int:
    """Count the publishes that ended without a listing and were followed by another: that one creates anew."""
    return sum(job["status"] in FINAL and not _is(job, "completed") for job in publishes[:-1])


def _without_repeats(deeds: Sequence[Deed]) -> list[Deed]:
    """A publish of what is published adopts it: the marketplace sees one."""
    return [deed for index, deed in enumerate(deeds) if index == 0 or deeds[index - 1] is not deed]


def _is_subsequence(wanted: Sequence[Deed], seen: Sequence[Deed]) -> bool:
    rest = iter(seen)
    return all(deed in rest for deed in wanted)
