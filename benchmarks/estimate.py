"""How far an estimate is from what happens: a mixed day of the simulated marketplaces, asked about all the time."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.figures import percentile
from campaigns.plan import Plan as WorldPlan
from campaigns.world import MARKETPLACES, World, start_plugin, world
from stoflow.domain.call import Request
from stoflow.domain.errors import APIError
from stoflow.domain.ids import TenantId
from stoflow.settings import variable_of

MEDIAN_AT_MOST, P90_AT_MOST = 0.20, 0.50
TOLD_AT_LEAST = 0.6  # of all answers have an end: who never says when is never wrong
SHORTEST_S = 1.0  # of what is left: less is divided by so much, since nobody who waits notices the difference
FINAL_WITHIN_S = 240.0
DEADLINE_S = 10.0
ASKED_TOO_OFTEN = 429
FINAL = frozenset({"completed", "failed", "cancelled", "expired"})
UNHURRIED = {"process_lease_s": 30, "heartbeat_s": 5, "ownership_lease_s": 30}
ACCOUNT: Mapping[str, tuple[str, ...]] = {
    "vinted": ("sync", "orders"),
    "ebay": ("sync", "sync_orders"),
    "etsy": ("sync", "sync_orders"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """`speed` divides every pace and wait; `published` products a seller at each marketplace, in one go."""

    sellers: int = 3
    published: int = 20
    lasts_s: float = 240.0
    speed: float = 2.0
    seed: int = 1
    asked_every_s: float = 0.25


SHORT = Plan(sellers=1, published=8, lasts_s=15.0)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said of a job at `at`; `estimate` is None where nobody could know."""

    tenant: TenantId
    job: int
    at: datetime
    was_begun: bool
    reason: str
    estimate: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Errors:
    """Shares of what was left at the time of asking; `inside` is how many of the true times lay within the spread."""

    asked: int
    median: float
    p90: float
    inside: float


@dataclass(slots=True)
class _Day:
    made: World
    plan: Plan
    random: Random
    open: dict[int, tuple[TenantId, int]] = field(default_factory=dict[int, tuple[TenantId, int]])
    made_jobs: int = 0

    def ask_for(self, tenant: TenantId, marketplace: str, action: str, product: int | None, later_s: float = 0) -> None:
        body: dict[str, Any] = {"action_type": action, "product_id": product}
        if later_s:
            body["not_before"] = (datetime.now(UTC) + timedelta(seconds=later_s)).isoformat()
        answer = self._called(tenant, Request("POST", f"/api/{marketplace}/jobs", json=body))
        self.made_jobs += 1
        self.open[self.made_jobs] = (tenant, int(answer["id"]))

    def explained(self) -> Asked | None:
        """Ask about any job that may not have ended."""
        number = self.random.choice(list(self.open.copy()) or [0])
        if number == 0:
            return None
        tenant, job = self.open[number]
        at = datetime.now(UTC)
        said = self._called(tenant, Request("GET", f"/api/jobs/{job}/explain"))
        if said["status"] in FINAL:
            del self.open[number]
            return None
        return Asked(tenant, job, at, said["status"] == "running", said["reason"], said["estimate"])

    def read(self, tenant: TenantId, job: int) -> Mapping[str, Any]:
        return self._called(tenant, Request("GET", f"/api/jobs/{job}"))

    def _called(self, tenant: TenantId, request: Request) -> Mapping[str, Any]:
        headers = {"authorization": f"Bearer {self.made.sellers[tenant]()}"}
        reply = self.made.http.exchange(self.made.api_url, request, headers=headers, deadline_s=DEADLINE_S)
        while reply.status == ASKED_TOO_OFTEN:
            time.sleep(float(reply.headers.get("retry-after", 1)))
            reply = self.made.http.exchange(self.made.api_url, request, headers=headers, deadline_s=DEADLINE_S)
        if reply.status >= 400:
            raise APIError(f"{reply.status}: {reply.text[:200]}")
        return reply.body


def measure(plan: Plan) -> dict[str, Any]:
    """Live one day, ask all the time, wait for the end of all, and compare."""
    folder = Path(tempfile.mkdtemp(prefix="estimate-"))
    jobs = plan.sellers * plan.published * len(MARKETPLACES)  # one of each product
    variables = {variable_of(name): str(value) for name, value in UNHURRIED.items()}
    settled = WorldPlan(
        jobs, plan.seed, tenants=plan.sellers, faults=0.01, lose=0.0, speed=plan.speed, variables=variables
    )
    with world(settled, folder) as made:
        day = _Day(made, plan, Random(plan.seed))
        asked = _live(day)
        ended = {each: day.read(*each) for each in {(one.tenant, one.job) for one in asked}}
    shutil.rmtree(folder, ignore_errors=True)
    return _reported(asked, ended, day.made_jobs)


def _live(day: _Day) -> Sequence[Asked]:
    """Let everything happen at its time; return what was said meanwhile, once all has come to rest."""
    begun_s, asked = time.monotonic(), list[Asked]()
    events = sorted(_events(day), key=lambda event: event[0])
    with ThreadPoolExecutor(1) as beside:
        happening = beside.submit(_happen, events, begun_s)
        while not happening.done() or day.open:
            if time.monotonic() - begun_s > day.plan.lasts_s + FINAL_WITHIN_S:
                message = f"{len(day.open)} jobs had no end {FINAL_WITHIN_S:.0f} s after the day"
                raise TimeoutError(message)
            time.sleep(day.plan.asked_every_s if not happening.done() else day.plan.asked_every_s / 5)
            with suppress(APIError):
                said = day.explained()
                asked += [said] if said is not None and not happening.done() else []
        happening.result()
    return asked


def _happen(events: Sequence[tuple[float, Callable[[], object]]], begun_s: float) -> None:
    for at_s, happens in events:
        time.sleep(max(0.0, begun_s + at_s - time.monotonic()))
        happens()


def _events(day: _Day) -> Iterator[tuple[float, Callable[[], object]]]:
    """Yield what happens, and after how many seconds: every seller publishes many, changes some, and asks for orders;
    single jobs come all day, some of them for later; one marketplace is away, and one browser is closed."""
    lasts_s, random = day.plan.lasts_s, day.random
    for tenant, products in day.made.products.items():
        for marketplace in MARKETPLACES:
            morning_s, later_s = random.uniform(0.0, 0.3) * lasts_s, random.uniform(0.55, 0.7) * lasts_s
            for number, product in enumerate(products):
                yield morning_s + 0.05 * number, _doing(day, tenant, marketplace, "publish", product)
            for product in random.sample(products, len(products) // 3):
                yield later_s, _doing(day, tenant, marketplace, "update", product)
            for product in random.sample(products, len(products) // 10):
                yield 0.8 * lasts_s, _doing(day, tenant, marketplace, "delete", product)
            for action in ACCOUNT[marketplace] * 3:
                yield random.uniform(0.0, 0.9) * lasts_s, _doing(day, tenant, marketplace, action, None)
            for number, product in enumerate(random.sample(products, len(products) // 5)):
                at_s = random.uniform(0.2, 0.9) * lasts_s
                yield at_s, _doing(day, tenant, marketplace, "update", product, 15 * (number == 0))
    yield from _troubles(day)


def _troubles(day: _Day) -> Iterator[tuple[float, Callable[[], object]]]:
    lasts_s, made = day.plan.lasts_s, day.made
    away = {"marketplace": "etsy", "operation": "*", "fault": "5xx_before", "count": 10**9}
    yield 0.45 * lasts_s, lambda: made.control("POST", "script", [away])
    yield 0.50 * lasts_s, lambda: made.control("DELETE", "script", None)
    tenant = day.random.choice(list(made.sellers))
    yield 0.60 * lasts_s, lambda: made.crew.dismiss(f"plugin-{tenant}")
    yield 0.66 * lasts_s, lambda: start_plugin(made, tenant, lose=0.0)


def _doing(
    day: _Day, tenant: TenantId, marketplace: str, action: str, product: int | None, later_s: float = 0
) -> Callable[[], None]:
    return lambda: day.ask_for(tenant, marketplace, action, product, later_s)


def _reported(
    asked: Sequence[Asked], ended: Mapping[tuple[TenantId, int], Mapping[str, Any]], jobs: int
) -> dict[str, Any]:
    begins = errors_of(compared(asked, ended, "begins", "started_at"))
    ends = errors_of(compared(asked, ended, "ends", "completed_at"))
    unknown = Counter(each.reason for each in asked if each.estimate is None)
    endless = Counter(each.reason for each in asked if each.estimate is not None and each.estimate["ends"] is None)
    told = ends.asked / max(1, len(asked))
    held = all(each.median <= MEDIAN_AT_MOST and each.p90 <= P90_AT_MOST for each in (begins, ends))
    return {
        "jobs": jobs,
        "asked": len(asked),
        "no_time_for": dict(unknown),
        "no_end_for": dict(endless),
        "told_an_end": told,
        "ends_by_reason": _ends_by(asked, ended, lambda each: each.reason),
        "ends_by_tries": _ends_by(asked, ended, lambda each: _tries(ended[each.tenant, each.job])),
        **{f"begin_{name}": value for name, value in _plain(begins).items()},
        **{f"end_{name}": value for name, value in _plain(ends).items()},
        "within_bound": held and told >= TOLD_AT_LEAST,
    }


def _ends_by(
    asked: Sequence[Asked], ended: Mapping[tuple[TenantId, int], Mapping[str, Any]], kind: Callable[[Asked], str]
) -> Mapping[str, Mapping[str, float]]:
    """Return the same of what was said of ends, told apart: by what held the job when it was asked, for example."""
    kinds = sorted({kind(each) for each in asked})
    told = {name: [each for each in asked if kind(each) == name] for name in kinds}
    found = {name: errors_of(compared(its, ended, "ends", "completed_at")) for name, its in told.items()}
    return {name: _plain(errors) for name, errors in found.items() if errors.asked}


def _tries(job: Mapping[str, Any]) -> str:
    """Say whether anything of the job had to be tried again, which nobody foresees before it fails."""
    return "again" if any(task["attempt"] > 1 for task in job["tasks"]) else "once"


def compared(
    asked: Sequence[Asked], ended: Mapping[tuple[TenantId, int], Mapping[str, Any]], said: str, true: str
) -> Iterator[tuple[float, float, float]]:
    """Yield how far each estimate was off, what was left, and its spread, all in seconds."""
    for each in asked:
        happened = ended[each.tenant, each.job][true]
        if (
            each.estimate is None
            or each.estimate[said] is None
            or happened is None
            or (said == "begins" and each.was_begun)
        ):
            continue
        truly, expected = (datetime.fromisoformat(text) for text in (happened, each.estimate[said]))
        yield abs((expected - truly).total_seconds()), (truly - each.at).total_seconds(), each.estimate["spread"]


def errors_of(pairs: Iterable[tuple[float, float, float]]) -> Errors:
    """Return them of what `compared` yields."""
    found = list(pairs)
    shares = [off_s / max(left_s, SHORTEST_S) for off_s, left_s, _ in found]
    inside = sum(off_s <= spread_s for off_s, _, spread_s in found) / max(1, len(found))
    return Errors(len(found), percentile(shares, 0.5), percentile(shares, 0.9), inside)


def _plain(errors: Errors) -> dict[str, float]:
    return {"asked": errors.asked, "median": errors.median, "p90": errors.p90, "inside": errors.inside}
