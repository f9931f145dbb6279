"""The clients: jobs submitted through the HTTP API over time, with a history of what they were told."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from stoflow.cli.simulate.demo_jobs import wanted
from stoflow.domain.call import Request
from stoflow.domain.errors import APIError
from stoflow.domain.ids import TenantId
from stoflow.transports.direct.client import DirectClient

SUBMITTING_THREADS = 6
DEADLINE_S = 5.0
AGAIN_AFTER_S = 0.3
GIVE_UP_AFTER_S = 90.0
REPEATED_SHARE = 0.05  # of the products are asked for twice: the second job adopts what the first one listed
BY_HAND_SHARE = 0.05  # of what could be published is not asked for: sellers list it themselves, and link it
REFUSED = range(400, 500)
TWIN_RUNS = 409


@dataclass(frozen=True, slots=True)
class Wish:
    """One job to be made, under one Idempotency-Key; without a product it is about the whole account."""

    tenant: TenantId
    marketplace: str
    key: str
    action: str = "publish"
    product: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the history. `kind` is invoke, ok, fail, or info: nobody knows."""

    at: float
    key: str
    kind: str
    tenant: int
    job: int | None = None
    detail: str = ""


@dataclass(slots=True)
class History:
    """Kept on disk too, so that a campaign that went wrong can be read afterwards."""

    file: Path
    told: list[Told] = field(default_factory=list[Told])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, key: str, kind: str, tenant: int, *, job: int | None = None, detail: str = "") -> None:
        line = Told(time.time(), key, kind, tenant, job, detail)
        with self._lock, self.file.open("a", encoding="utf-8") as file:
            self.told.append(line)
            file.write(json.dumps(asdict(line)) + "\n")

    def counts(self) -> Mapping[str, int]:
        """Return how many were told what, and how many were accepted of which that was not known at first."""
        kinds = Counter(line.kind for line in self.told)
        unknown, accepted = ({line.key for line in self.told if line.kind == kind} for kind in ("info", "ok"))
        return {**kinds, "info, then ok": len(unknown & accepted)}


def wishes(products: Mapping[TenantId, Sequence[int]], marketplaces: Sequence[str], jobs: int) -> list[Wish]:
    """Return the jobs in the order of their submission, the second ones of some products last.

    They are fewer where there are too few products for so many: some are always left to their sellers.
    """
    firsts = list(wanted(products, marketplaces))
    repeats = min(jobs // 2, round(len(firsts) * REPEATED_SHARE))
    most = len(firsts) - round(len(firsts) * BY_HAND_SHARE)
    chosen = [*islice(firsts, min(jobs - repeats, most)), *firsts[:repeats]]
    return [
        Wish(one.tenant, one.marketplace, f"chaos-{number}", product=one.product) for number, one in enumerate(chosen)
    ]


def unasked(
    products: Mapping[TenantId, Sequence[int]], asked: Sequence[Wish], marketplace: str
) -> list[tuple[TenantId, int]]:
    """Return the products, with whose they are, that nobody wishes to be published there."""
    wished = {(wish.tenant, wish.product) for wish in asked if wish.marketplace == marketplace}
    return [(tenant, each) for tenant, own in products.items() for each in own if (tenant, each) not in wished]


class Clients:
    """Submit wishes evenly over a time; a submit whose answer was lost is repeated with its key until it is known."""

    def __init__(
        self, http: DirectClient, api_url: str, tokens: Mapping[TenantId, Callable[[], str]], history: History
    ) -> None:
        self._http = http
        self._api_url = api_url
        self._tokens = tokens
        self._history = history
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Submit nothing more; `submit_all` returns soon."""
        self._stopping.set()

    def submit_all(self, asked: Sequence[Wish], *, over_s: float, random: Random) -> None:
        """Return when each wish was accepted or refused."""
        begun_s = time.monotonic()
        with ThreadPoolExecutor(SUBMITTING_THREADS) as threads:
            pending = []
            for number, wish in enumerate(asked):
                due_s = begun_s + over_s * (number + random.random()) / len(asked)
                self._stopping.wait(max(0.0, due_s - time.monotonic()))
                pending.append(threads.submit(self.submit, wish))
            for done in pending:
                done.result()

    def submit(self, wish: Wish) -> None:
        """Return when it is known whether the wish was accepted, or that nobody waits for it any more."""
        give_up_s = time.monotonic() + GIVE_UP_AFTER_S
        while time.monotonic() < give_up_s and not self._stopping.is_set():
            if self._submit(wish):
                return
            self._stopping.wait(AGAIN_AFTER_S)

    def _submit(self, wish: Wish) -> bool:
        """Return whether it is known what became of the submit."""
        body: dict[str, Any] = {"action_type": wish.action, "payload": dict(wish.payload)}
        if wish.product is not None:
            body["product_id"] = wish.product
        request = Request("POST", f"/api/{wish.marketplace}/jobs", json=body, headers={"idempotency-key": wish.key})
        self._history.tell(wish.key, "invoke", wish.tenant)
        headers = {"authorization": f"Bearer {self._tokens[wish.tenant]()}"}
        try:
            reply = self._http.exchange(self._api_url, request, headers=headers, deadline_s=DEADLINE_S)
        except APIError as error:
            self._history.tell(wish.key, "info", wish.tenant, detail=str(error))
            return False
        if reply.status < REFUSED.start:
            self._history.tell(wish.key, "ok", wish.tenant, job=int(reply.body["id"]))
        elif reply.status in REFUSED and reply.status != TWIN_RUNS:
            self._history.tell(wish.key, "fail", wish.tenant, detail=f"{reply.status}: {reply.text[:200]}")
        else:
            self._history.tell(wish.key, "info", wish.tenant, detail=f"{reply.status}: {reply.text[:200]}")
            return False
        return True


def broken_promises(
    history: Sequence[Told], known: Mapping[int, set[int]], own: Mapping[int, set[int]] | None = None
) -> Mapping[str, list[str]]:
    """Compare what clients were told with the jobs there are (`known`, by tenant), by the judge's counters.

    `own` are those among them that StoFlow asks of itself: it removes elsewhere what was sold.
    """
    accepted: dict[tuple[int, str], set[int]] = {}
    for line in history:
        if line.kind == "ok" and line.job is not None:
            accepted.setdefault((line.tenant, line.key), set()).add(line.job)
    lost = [
        f"job {job} of tenant {tenant} was accepted and is not there."
        for (tenant, _), jobs in accepted.items()
        for job in jobs - known.get(tenant, set())
    ]
    asked = {(tenant, job) for (tenant, _), jobs in accepted.items() for job in jobs}
    unexpected = [
        f"key {key} of tenant {tenant} made jobs {sorted(j)}." for (tenant, key), j in accepted.items() if len(j) > 1
    ]
    unexpected += [
        f"job {job} of tenant {tenant} was never accepted by anybody."
        for tenant, jobs in known.items()
        for job in jobs - (own or {}).get(tenant, set())
        if (tenant, job) not in asked
    ]
    return {"lost": lost, "unexpected": unexpected}
