"""What the sandbox's ledger says of a scenario: what buyers see, what the job did, and what the judge finds."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from stoflow.cli.simulate.demo_summary import ABSENCE_CAUSE
from stoflow.domain.ids import JobId, TaskId
from stoflow.resources.jobs.views import JobView
from stoflow.testing.network import ATTEMPT
from stoflow.testing.scenario import Scenario
from stoflow_sandbox.judge import Verdict, judge
from stoflow_sandbox.ledger import LedgerEntry
from stoflow_sandbox.market import Deed
from stoflow_sandbox.sightings import deeds_of

ON_SALE_NOW = frozenset({"active", "live"})
SEEN_BY_ANYBODY = frozenset({Deed.ACTIVATED, Deed.ENDED})


def entries(scenario: Scenario) -> list[LedgerEntry]:
    """Return what happened in the seller's account."""
    return [entry for entry in scenario.sandbox.ledger.since() if entry.seller == scenario.seller]


def on_sale(scenario: Scenario) -> list[str]:
    """Return the titles of the listings that buyers see."""
    return titles_on_sale(entries(scenario))


def titles_on_sale(seen: Iterable[LedgerEntry]) -> list[str]:
    """Return the titles of the listings that buyers see after all that happened in an account."""
    shown: set[str] = set()
    titles: dict[str, str] = {}
    for entry in _of_listings(seen):
        if deeds_of(entry) and entry.title:
            titles[entry.listing_id] = entry.title
        _apply(entry, shown)
    return sorted(titles[listing] for listing in shown)


def shown_to_buyers(scenario: Scenario) -> set[str]:
    """Return the listings that buyers see."""
    shown: set[str] = set()
    for entry in _committed(scenario):
        _apply(entry, shown)
    return shown


def listed_again(scenario: Scenario, ended: Collection[str], *, since: int) -> bool:
    """Whether the job made anything visible after the entry `since` of what others had ended, or sold it anew."""
    own = (entry for entry in _committed(scenario) if entry.seq > since and _task(entry, scenario.job) is not None)
    return bool(ended) and any(
        Deed.ACTIVATED in deeds_of(entry) or (entry.listing_id in ended and entry.state.lower() in ON_SALE_NOW)
        for entry in own
    )


def times_done(scenario: Scenario, view: JobView) -> Mapping[str, int]:
    """Return how often the marketplace did what each of the job's tasks asked for."""
    names = {task.id: task.name for task in view.tasks}
    tasks = (_task(entry, view.id) for entry in entries(scenario) if entry.committed_at is not None)
    return Counter(names[task] for task in tasks if task is not None)


def callers(scenario: Scenario, view: JobView, *, since: int = 0) -> set[str]:
    """Return the tasks of the job that called the marketplace after the entry numbered `since`."""
    names = {task.id: task.name for task in view.tasks}
    tasks = (_task(entry, view.id) for entry in entries(scenario) if entry.seq > since)
    return {names[task] for task in tasks if task is not None}


def last_entry(scenario: Scenario) -> int:
    """Return the number of the newest entry."""
    return max((entry.seq for entry in entries(scenario)), default=0)


def has_been_seen(scenario: Scenario) -> bool:
    """Whether others can have seen something of what the job did: a listing began, changed or ended."""
    shown: set[str] = set()
    for entry in _committed(scenario):
        is_seen = entry.listing_id in shown or not SEEN_BY_ANYBODY.isdisjoint(deeds_of(entry))
        if is_seen and _task(entry, scenario.job) is not None:
            return True
        _apply(entry, shown)
    return False


def drafts_left(scenario: Scenario) -> set[str]:
    """Return what the job made and nobody took away."""
    own = (entry for entry in _committed(scenario) if _task(entry, scenario.job) is not None)
    made = {entry.listing_id for entry in own if Deed.CREATED in deeds_of(entry)}
    return made - {entry.listing_id for entry in _committed(scenario) if Deed.ENDED in deeds_of(entry)}


def verdict(scenario: Scenario) -> Verdict:
    """Judge all jobs of the scenario."""
    views = [scenario.view(job["id"]) for job in scenario.bench.all("SELECT id FROM {s}.marketplace_jobs ORDER BY id")]
    paces = {scenario.place.name: {spec.code: float(spec.rate_limit_ms) for spec in scenario.place.actions}}
    return judge(entries(scenario), [_for_judge(scenario, view) for view in views], paces)


def _for_judge(scenario: Scenario, view: JobView) -> Mapping[str, object]:
    outputs = [view.result or {}, *(task.output or {} for task in reversed(view.tasks))]
    return {
        "tenant": scenario.bench.tenant,
        "id": view.id,
        "product_id": view.product_id,
        "marketplace": view.marketplace,
        "action": view.action,
        "status": str(view.status),
        "error": view.error,
        "external_id": next((output["listing_id"] for output in outputs if output.get("listing_id")), None),
        "absences": scenario.bench.causes(view.id).count(ABSENCE_CAUSE),
    }


def _committed(scenario: Scenario) -> list[LedgerEntry]:
    return _of_listings(entries(scenario))


def _of_listings(seen: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    return [entry for entry in seen if entry.committed_at is not None and entry.listing_id]


def _apply(entry: LedgerEntry, shown: set[str]) -> None:
    deeds = deeds_of(entry)
    if Deed.ACTIVATED in deeds:
        shown.add(entry.listing_id)
    elif Deed.ENDED in deeds:
        shown.discard(entry.listing_id)


def _task(entry: LedgerEntry, job: JobId) -> TaskId | None:
    """Return which task of the job called, None where it was another's call."""
    attempt = ATTEMPT.fullmatch(entry.attempt)
    return TaskId(int(attempt[2])) if attempt and int(attempt[1]) == job else None
