"""A scenario for one job's life: the real engine in one thread, before the simulated marketplace, for one tenant.

Nothing waits: what would be due later is made due, and what a process would do next is done at the next turn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from stoflow.domain.call import Call, Response
from stoflow.domain.ids import JobId
from stoflow.domain.job import JobStatus, TaskKind
from stoflow.domain.product import NewProduct, ProductImage
from stoflow.marketplaces.contract import Marketplace, Step
from stoflow.monitoring.failpoints import arm
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import JobView, SubmitJob
from stoflow.storage.engine.reads.queue import QueuePage, begin_page
from stoflow.storage.engine.unfinished import finish_cancel
from stoflow.storage.products.snapshots import add_product, change_product
from stoflow.testing.bench import TenantBench
from stoflow.testing.network import Act, Deed, Died, Network, PluginBrowser, lost_before
from stoflow.testing.words import described, steps_of
from stoflow_sandbox.app import Sandbox
from stoflow_sandbox.faults import FaultKind, ScriptedFault
from stoflow_sandbox.ledger import LedgerEntry
from stoflow_sandbox.market import has_people

TURNS = 60
PAGE = 50
NO_JOB = JobId(0)


@dataclass(repr=False)
class Scenario:
    """`job` is the one whose life is shown, on `product_id`; those before it prepared its situation.

    `reconnect` is the seller's act. What was planned and has not happened yet is in `cues`, and what the marketplace
    carries out late in `late`: at the end of a quiet time, which no turn lets pass while `is_quiet_time`.
    """

    place: Marketplace
    action: str
    bench: TenantBench
    network: Network
    sandbox: Sandbox
    seller: str
    template: NewProduct
    reconnect: Callable[[], None]
    browser: PluginBrowser | None = None
    product_id: int | None = None
    job: JobId = NO_JOB
    cues: set[str] = field(default_factory=set[str])
    late: list[Act] = field(default_factory=list[Act])
    is_quiet_time: bool = False

    # what there is before

    def make_product(self, **changes: Any) -> int:
        """Return a new product of the tenant."""
        with self.bench.engine.database.tenant(self.bench.tenant) as session:
            return add_product(session, replace(self.template, **changes))

    def change_product(self, product: int, **changes: Any) -> None:
        with self.bench.engine.database.tenant(self.bench.tenant) as session:
            change_product(session, product, changes)

    def change_photos(self, product: int, *images: ProductImage) -> None:
        """Let the product have these photos, and no others."""
        rows = ", ".join(f"({product}, {image.position}, '{image.path}')" for image in images)
        self.bench.all(f"DELETE FROM {{s}}.product_images WHERE product_id = {product}")
        self.bench.all(f"INSERT INTO {{s}}.product_images (product_id, position, path) VALUES {rows}")

    @property
    def cheaper(self) -> Decimal:
        """A price a fifth below that of the product the marketplace is tried with."""
        assert self.template.price is not None
        return (self.template.price * Decimal("0.8")).quantize(Decimal("0.01"))

    def done(self, action: str, product: int) -> str:
        """Let another job on the product come before; return the product's listing."""
        view = self.finished(self.submit(action, product))
        assert view.status is JobStatus.COMPLETED, described(view)
        return self.listing(product)

    def listing(self, product: int | None) -> str:
        """Return the id of the product's listing as StoFlow has it, "" where it has none."""
        rows = self.bench.all(f"SELECT external_id FROM {{s}}.listings WHERE product_id = {product or 0}")
        return (rows[0]["external_id"] or "") if rows else ""

    def behave(self, act: str, listing: str, **wishes: Any) -> LedgerEntry:
        """Let a buyer, or the seller in the marketplace's own pages, act."""
        return self.sandbox.control.behave(self.place.name, self.seller, act, {"listing_id": listing, **wishes})

    @property
    def has_people(self) -> bool:
        """Whether its simulation lets buyers, and the seller in its own pages, act."""
        return has_people(next(market for market in self.sandbox.markets if market.name == self.place.name))

    def submit(self, action: str, product: int | None, payload: Mapping[str, Any] | None = None) -> JobId:
        asked = SubmitJob(self.place.name, action, product, payload=payload or {})
        return submit(self.bench.engine.database, self.bench.engine.registry, self.bench.tenant, asked)[0]

    def begin(self, product: int | None, payload: Mapping[str, Any]) -> None:
        """Ask for the job whose life is shown."""
        self.product_id, self.job = product, self.submit(self.action, product, payload)

    # what is to happen, once, at the first task of a step

    def at_call(self, step: Step, meets: Deed | FaultKind) -> None:
        """Let this become of its first call; a fault is the marketplace's own."""
        name = self.task_of(step)
        self.cues.add(name)

        def cued(call: Call, act: Act) -> Response:
            self.cues.discard(name)
            if not isinstance(meets, FaultKind):
                return meets(call, act)
            self.sandbox.faults.add_script([ScriptedFault(self.place.name, "*", meets, seller=self.seller)])
            return act()

        self.network.calls[name] = cued

    def carried_out_late(self, call: Call, act: Act) -> Response:
        """Nobody answers, and it is carried out just before the quiet time ends."""
        self.late.append(act)
        return lost_before(call, act)

    def when_next(self, step: Step, happens: Callable[[], object]) -> None:
        """Let this happen when it is next: before its claim, or before an inner one is run."""
        name = self.task_of(step)
        self.cues.add(name)

        def cued() -> None:
            self.cues.discard(name)
            happens()

        if step.kind is not TaskKind.INNER:
            self.network.claims[name] = cued
        else:
            arm("inner.before", cued, only_passing=1 + self._inner_steps().index(step.name))

    def task_of(self, step: Step) -> str:
        """Return the name of the first task of a step."""
        try:
            return self.place.handlers[self.action].step(step.name).name
        except KeyError:  # one of several
            return f"{step.name}:1"

    def _inner_steps(self) -> list[str]:
        return [step.name for step in steps_of(self.place, self.action) if step.kind is TaskKind.INNER]

    # what happens

    def turn(self, by: TenantBench | None = None) -> bool:
        """Do what an owner, a worker (`by`) and a plugin do next; False where nothing is left to be done."""
        worker, page = by or self.bench, self._page()
        if not page.jobs and not worker.all("SELECT id FROM {s}.strays"):  # the page leaves out those claimed
            return False
        worker.make_due()
        if not self.is_quiet_time:
            while self.late:
                self.late.pop(0)()
            worker.end_quiet_time()
        for job in () if self.place.name in page.halted else page.jobs:
            if job.cancelling and not job.in_flight and not job.verifying:
                self._finish_cancel(job.id)
            elif not job.in_flight:
                (worker.look if job.verifying else worker.run)(job.id)
        if page.orphans:
            worker.collect()
        if self.browser:
            self.browser.work(worker.engine, worker.tenant)
        return True

    def finished(self, job: JobId | None = None) -> JobView:
        """Go on until the job is final and no draft is left to be collected; return the job."""
        self.finished_all()
        return self.view(job)

    def finished_all(self) -> None:
        """Go on until nothing is left to be done."""
        for _ in range(TURNS):
            if not self.turn():
                return
        stuck = "; ".join(described(self.view(job.id)) for job in self._page().jobs)
        raise AssertionError(f"It did not end: {stuck}.")

    def met(self) -> JobView:
        """Go on until everything planned has happened; return the job as it then is."""
        for _ in range(TURNS):
            if not self.cues:
                return self.view()
            self.turn()
        raise AssertionError(self._never_met())

    def dies(self) -> JobView:
        """Let a worker go on until it dies; its parent notices, and what it held is freed. Return the job."""
        victim = self.bench.worker()
        for _ in range(TURNS):
            try:
                self.turn(victim)
            except Died:
                break
        assert not self.cues, self._never_met()
        victim.dies()
        self.bench.sweep()
        return self.view()

    def mended(self) -> JobView:
        """Let the seller connect again where that is asked, and ask again for what failed; then go on to the end."""
        if self.halted:
            self.reconnect()
        if self.view().status is JobStatus.FAILED:
            self.bench.retry(self.job)
        return self.finished()

    @property
    def halted(self) -> bool:
        """Whether nothing goes on until the seller has acted."""
        return self.place.name in self._page().halted

    def words_of(self, task: str) -> list[str]:
        """Return what the timeline says of a task."""
        lines = self.bench.all(f"SELECT task, cause FROM {{s}}.job_timeline WHERE job_id = {self.job} ORDER BY id")
        return [line["cause"] for line in lines if line["task"] == task]

    def step_of(self, task: str) -> Step:
        return self.place.handlers[self.action].step(task)

    def cancel(self) -> None:
        self.bench.cancel(self.job)

    def view(self, job: JobId | None = None) -> JobView:
        return self.bench.view(job or self.job)

    def _never_met(self) -> str:
        """Say what was planned in vain: a step that has nothing to do where its action is situated needs its own."""
        tasks = ", ".join(self.cues)
        return f"{tasks} did nothing in its situation (stoflow.testing.situations): {described(self.view())}."

    def _page(self) -> QueuePage:
        with self.bench.engine.database.records() as connection:
            return begin_page(connection, self.bench.tenant, marketplaces=[self.place.name], held=(), limit=PAGE)()

    def _finish_cancel(self, job: JobId) -> None:
        with self.bench.engine.database.records() as connection:
            finish_cancel(connection, self.bench.tenant, job)
