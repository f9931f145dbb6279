"""One product of one seller on one marketplace, as the judge sees it: its jobs against its deeds."""

from collections import Counter
from collections.abc import Iterator, Sequence

from stoflow_sandbox.findings import FINAL, Finding, Job, absences, is_in, left_over
from stoflow_sandbox.market import Deed
from stoflow_sandbox.sightings import Sighting, Subject

DEED_OF_ACTION = {"publish": Deed.ACTIVATED, "update": Deed.UPDATED, "delete": Deed.ENDED}
LINK = "link_product"


class Case:
    """Everything known of one subject: its jobs in accepted order, its deeds in the order they were done."""

    def __init__(self, subject: Subject, jobs: Sequence[Job], deeds: Sequence[Sighting]) -> None:
        self.subject = subject
        self.name = f"product {subject.product} of tenant {subject.tenant} on {subject.marketplace}"
        self.jobs = sorted(jobs, key=lambda job: job.get("order", job["id"]))
        self.publishes = [job for job in self.jobs if job["action"] == "publish"]
        self.deletes_done = sum(job["action"] == "delete" and is_in(job, "completed") for job in self.jobs)
        self.deeds = deeds
        self.activated = {deed.listing for deed in deeds if deed.deed is Deed.ACTIVATED}
        self.listed_behind = {deed.listing for deed in deeds if deed.deed is Deed.ACTIVATED and deed.is_behind}
        self.active_at_end = _active_at_end(deeds)
        ends = [deed for deed in deeds if _ends_a_listing(deed, self)]
        # By a buyer, by the seller in the marketplace's own pages, or by the marketplace itself.
        self.ended_behind = {end.listing for end in ends if end.is_behind}
        self.ended_by_others = len(self.ended_behind - {end.listing for end in ends if not end.is_behind})
        self.last_ended_behind = _last_ended_behind(deeds)


def case_judged(case: Case) -> Iterator[Finding]:
    """Yield what is wrong with one product."""
    for rule in (_lost, _doubled, _unexpected, _reordered, _excess_creates):
        yield from rule(case)


def _lost(case: Case) -> Iterator[Finding]:
    yield from left_over(case.jobs, case.name)
    done = [job for job in case.jobs if is_in(job, "completed") and job["action"] in {"publish", "delete"}]
    if not done:
        return
    name, last = f"job {done[-1]['id']} for {case.name}", done[-1]["action"]
    if last == "publish" and not case.active_at_end and not case.last_ended_behind:
        yield Finding("lost", f"{name} completed, but no listing is active.")
    if last == "delete" and case.active_at_end - _linked_since(case, done[-1]):
        yield Finding("lost", f"{name} completed a delete, but a listing is active.")


def _linked_since(case: Case, job: Job) -> set[str]:
    """Return the listings that the seller has made by hand, and named to StoFlow as the product's since this job."""
    later = case.jobs[case.jobs.index(job) + 1 :]
    linked = {each.get("external_id") for each in later if each["action"] == LINK and is_in(each, "completed")}
    return case.listed_behind & linked


def _doubled(case: Case) -> Iterator[Finding]:
    allowed = 1 + case.deletes_done + case.ended_by_others
    together = _most_at_once(case.deeds) - 1
    for _ in range(max(len(case.activated) - allowed, together)):
        yield Finding("doubled", f"{case.name} was listed as {', '.join(sorted(case.activated))}.")


def _unexpected(case: Case) -> Iterator[Finding]:
    for listing in sorted(case.activated - case.listed_behind):
        if not case.publishes:
            yield Finding("unexpected", f"listing {listing} of {case.name} was never asked for.")
    given_up = [job for job in case.publishes if job["status"] in FINAL and not is_in(job, "completed")]
    if case.active_at_end and given_up and len(given_up) == len(case.publishes):
        yield Finding("unexpected", f"{case.name} is listed although job {given_up[-1]['id']} gave up.")


def _reordered(case: Case) -> Iterator[Finding]:
    wanted = [DEED_OF_ACTION[job["action"]] for job in case.jobs if is_in(job, "completed") and _acts(job)]
    wanted = [deed for deed in wanted if deed is not Deed.UPDATED]
    own = (deed for deed in case.deeds if not deed.is_behind)
    seen = [deed.deed for deed in own if deed.deed is Deed.ACTIVATED or _ends_a_listing(deed, case)]
    enough = not Counter(wanted) - Counter(seen)
    if enough and not _is_subsequence(_without_repeats(wanted), seen):
        yield Finding("reordered", f"{case.name} saw {', '.join(seen)} where {', '.join(wanted)} were accepted.")


def _excess_creates(case: Case) -> Iterator[Finding]:
    creates = sum(deed.deed is Deed.CREATED for deed in case.deeds)
    allowed = 1 + case.deletes_done + case.ended_by_others
    allowed += _given_up_before_another(case.publishes) + absences(case.jobs)
    for _ in range(creates - allowed):
        yield Finding("excess_creates", f"{case.name} was created {creates} times, {allowed} explained.")


def _active_at_end(deeds: Sequence[Sighting]) -> set[str]:
    active: set[str] = set()
    for deed in deeds:
        _apply(deed, active)
    return active


def _last_ended_behind(deeds: Sequence[Sighting]) -> bool:
    """Say whether what was shown last was taken away by others: the first end after it was shown counts."""
    shown = next((place for place in reversed(range(len(deeds))) if deeds[place].deed is Deed.ACTIVATED), None)
    if shown is None:
        return False
    ends = (deed for deed in deeds[shown:] if deed.deed is Deed.ENDED and deed.listing == deeds[shown].listing)
    return next((end.is_behind for end in ends), False)


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


def _ends_a_listing(deed: Sighting, case: Case) -> bool:
    """Tell the end of a listing from the collection of a draft."""
    return deed.deed is Deed.ENDED and deed.listing in case.activated


def _acts(job: Job) -> bool:
    return job["action"] in DEED_OF_ACTION


def _given_up_before_another(publishes: Sequence[Job]) -> int:
    """Count the publishes that ended without a listing and were followed by another: that one creates anew."""
    return sum(job["status"] in FINAL and not is_in(job, "completed") for job in publishes[:-1])


def _without_repeats(deeds: Sequence[Deed]) -> list[Deed]:
    """A publish of what is published adopts it: the marketplace sees one."""
    return [deed for index, deed in enumerate(deeds) if index == 0 or deeds[index - 1] is not deed]


def _is_subsequence(wanted: Sequence[Deed], seen: Sequence[Deed]) -> bool:
    rest = iter(seen)
    return all(deed in rest for deed in wanted)
