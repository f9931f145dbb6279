"""The demo's jobs: submitted like any client does, and watched until each is final."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from stoflow.cli.output import WorkFailed
from stoflow.cli.simulate.demo_summary import JobOutcome
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.transports.api_client import ApiClient

ACTION = "publish"
SUBMITTING_THREADS = 8
LOOK_AFTER_AT_LEAST_S = 0.3
LOOK_AFTER_AT_MOST_S = 3.0
LOOK_AFTER_EACH_S = 0.01  # open job: reading long lists often would slow down what is being watched
STALLED_AFTER_S = 900.0  # longer than any quiet time, second look and back-off together


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job to be made."""

    tenant: TenantId
    product: int
    marketplace: str


@dataclass(frozen=True, slots=True)
class DemoProgress:
    """How far the demo is: final jobs of all, by marketplace."""

    final: Mapping[str, int]
    total: Mapping[str, int]

    @property
    def is_over(self) -> bool:
        return self.final == self.total


class DemoJobs:
    """The jobs of one run; `clients` are by tenant."""

    def __init__(self, clients: Mapping[TenantId, ApiClient]) -> None:
        self._clients = clients
        self._total: Counter[str] = Counter()

    def submit(self, products: Mapping[TenantId, Sequence[int]], marketplaces: Sequence[str]) -> None:
        """Ask for every product on every marketplace, the sellers taking turns."""
        wishes = list(wanted(products, marketplaces))
        with ThreadPoolExecutor(SUBMITTING_THREADS) as threads:
            list(threads.map(self._submit, wishes))
        self._total = Counter(wish.marketplace for wish in wishes)

    def watch(self, report: Callable[[DemoProgress], None], check: Callable[[], None]) -> None:
        """Look until every job is final; `check` raises where waiting is no use any more."""
        best, best_at = -1, time.monotonic()
        while True:
            progress = self.progress()
            report(progress)
            if progress.is_over:
                return
            check()
            done = sum(progress.final.values())
            if done > best:
                best, best_at = done, time.monotonic()
            if time.monotonic() - best_at > STALLED_AFTER_S:
                raise WorkFailed(f"Nothing has ended for {STALLED_AFTER_S:.0f} s: {self._why_not()}")
            time.sleep(_pause_s(sum(progress.total.values()) - done))

    def progress(self) -> DemoProgress:
        # By id: a job that starts while we read is in both lists.
        open_jobs = Counter({(tenant, job["id"]): job["marketplace"] for tenant, job in self._open()}.values())
        return DemoProgress({name: total - open_jobs[name] for name, total in self._total.items()}, dict(self._total))

    def outcomes(self) -> Iterator[JobOutcome]:
        """Yield every job with its tasks; only one that took a second attempt has a story worth reading."""
        with ThreadPoolExecutor(SUBMITTING_THREADS) as threads:
            for tenant, client in self._clients.items():
                listed = [job["id"] for job in client.jobs()]
                for job in threads.map(client.job, listed):
                    eventful = any(task["attempt"] > 1 for task in job["tasks"])
                    yield JobOutcome(tenant, job, client.timeline(job["id"]) if eventful else ())

    def _submit(self, wish: Wanted) -> None:
        key = f"demo-{wish.product}-{wish.marketplace}"
        self._clients[wish.tenant].create_job(wish.marketplace, action=ACTION, product_id=wish.product, key=key)

    def _open(self) -> Iterator[tuple[TenantId, Mapping[str, Any]]]:
        # Pending first: a job only ever moves on to what is asked for later, so none is missed between the two.
        for status in (JobStatus.PENDING, JobStatus.RUNNING):
            for tenant, client in self._clients.items():
                yield from ((tenant, job) for job in client.jobs(status=status))

    def _why_not(self) -> str:
        reasons = Counter(job["waiting"] or job["error"] or str(job["status"]) for _, job in self._open())
        return ", ".join(f"{count} × {reason}" for reason, count in reasons.most_common(5))


def _pause_s(open_jobs: int) -> float:
    return min(LOOK_AFTER_AT_MOST_S, max(LOOK_AFTER_AT_LEAST_S, LOOK_AFTER_EACH_S * open_jobs))


def wanted(products: Mapping[TenantId, Sequence[int]], marketplaces: Sequence[str]) -> Iterator[Wanted]:
    """Yield the jobs so that every seller and every marketplace is there from the start."""
    for row in zip_longest(*([(tenant, each) for each in owned] for tenant, owned in products.items())):
        for tenant, product in filter(None, row):
            for marketplace in marketplaces:
                yield Wanted(tenant, product, marketplace)
