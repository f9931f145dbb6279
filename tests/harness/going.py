"""A job on a whole account driven by hand: what the engine does with its pages, without engine or database."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Response
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.observed import ListingsSeen, ObservedListing, Order, OrdersSeen
from stoflow.domain.outcome import Done, LookResult, Outcome
from stoflow.marketplaces.contract import Handler
from stoflow.testing.acting import Site, hold


@dataclass
class Going:
    """A job on a whole account, by requests or by a plugin's commands: each task says which one follows.

    `listed` is what StoFlow has for sale there, products by external id: what no page shows of it is put before
    `confirm`, as the engine does.
    """

    handler: Handler
    site: Site
    tenant: int = 7
    job: int = 142
    since: datetime | None = None
    listed: Mapping[str, int] = field(default_factory=dict[str, int])
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    listings: list[ObservedListing] = field(default_factory=list[ObservedListing])
    gone: list[str] = field(default_factory=list[str])
    orders: list[Order] = field(default_factory=list[Order])
    completed_by: list[str] = field(default_factory=list[str])  # the tasks that said they saw the end

    def attempt(self, task: str) -> Attempt:
        """Return what the engine gives a step."""
        return Attempt(
            tenant=TenantId(self.tenant),
            job=JobId(self.job),
            task_name=task,
            product=None,
            account=self.site.account,
            index=int(task.partition(":")[2] or 0),
            outputs=dict(self.outputs),
            since=self.since,
        )

    def act(self, task: str, *, send: Callable[[Call], Response] | None = None) -> Outcome | LookResult:
        """Make one attempt without recording it; `send` answers in the marketplace's stead."""
        begun = self.handler.step(task).do(self.attempt(task))
        return hold(begun, self.site.judged(send or self.site.answer)) if isinstance(begun, Generator) else begun

    def steps(self) -> Iterator[str]:
        """Do and record one task after the other, to the last; yield the name of each when it is done."""
        (first,) = self.handler.create_tasks(None)
        task = first.name
        while task:
            outcome = self.act(task)
            assert isinstance(outcome, Done), f"{task}: {outcome}"
            self.record(task, outcome)
            yield task
            task = outcome.seen.then if outcome.seen else ""

    def run(self) -> "Going":
        """Do the whole job."""
        for _ in self.steps():
            pass
        return self

    def record(self, task: str, outcome: Done) -> None:
        found: dict[str, Any] = {}
        match outcome.seen:
            case ListingsSeen() as seen:
                self.listings += seen.listings
                self.gone += seen.gone
                found = {"missing": self._missing()} if seen.complete else {}
            case OrdersSeen() as seen:
                self.orders += seen.orders
            case None:
                pass
        self.completed_by += [task] if outcome.seen and outcome.seen.complete else []
        self.outputs[task] = {**outcome.output, **found}

    def _missing(self) -> list[Mapping[str, Any]]:
        shown = {listing.external_id for listing in self.listings}
        left = {listing: product for listing, product in self.listed.items() if listing not in shown}
        return [{"external_id": listing, "product": product, "sku": ""} for listing, product in left.items()]
