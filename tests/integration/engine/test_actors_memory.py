"""What actors hold in memory follows PostgreSQL: inherited priority, and orphans of a tenant that is never idle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, cast

import pytest

from stoflow.actors.loader import Loader
from stoflow.actors.mailbox import Pool, PooledActor
from stoflow.actors.news import Announced, Freed, JobsRead, Offer, PageRead, Released, Reload, Reported
from stoflow.actors.supervisor import Context, TenantSupervisor
from stoflow.actors.timers import Timers
from stoflow.admission.facts import Conditions
from stoflow.domain.ids import JobId, TaskId, TenantId
from stoflow.domain.run import NextMove, RunMessage, RunMode, RunReport
from stoflow.storage.engine.orphan_drafts import claim_orphan, keep_orphan
from stoflow.storage.engine.ownership import Announcement, consume_outbox
from stoflow.storage.engine.reads.queue import begin_page, begin_queued

if TYPE_CHECKING:
    from conftest import Bench

    from stoflow.storage.engine.statement import Statement

WAIT_S = 20
PAGE = 8
LATER_S = 0.2


@dataclass
class Window:
    """A dispatcher that keeps what it is offered, and what is freed."""

    offers: SimpleQueue[RunMessage] = field(default_factory=SimpleQueue)
    freed: SimpleQueue[RunMessage] = field(default_factory=SimpleQueue)

    def tell(self, message: Any) -> None:
        if isinstance(message, Offer):
            self.offers.put(message.message)
        if isinstance(message, Freed):
            for each in message.messages:
                self.freed.put(each)

    def next(self) -> RunMessage:
        return self.offers.get(timeout=WAIT_S)


@dataclass
class Answers:
    """Whoever is told what was read."""

    told: SimpleQueue[Any] = field(default_factory=SimpleQueue)

    def tell(self, message: Any) -> None:
        self.told.put(message)


@dataclass
class Owner:
    """A supervisor and its actors, in front of a real database and without workers."""

    bench: "Bench"
    around: Context
    supervisor: Any
    loader: Loader
    window: Window

    def begins_anew(self) -> None:
        """Decide for the tenant with what the outbox says, as one that nobody had."""
        self.supervisor.stop()
        (told,) = self._told()
        self.supervisor = TenantSupervisor.start(
            self.around, _fail, self.bench.tenant, self.bench.epoch, told.described
        )

    def _told(self) -> Sequence[Announcement]:
        with self.bench.engine.database.records() as connection:
            return consume_outbox(connection, self.bench.owner, limit=1000)

    def is_taken_over(self, loader: "Asked") -> None:
        """Decide for the tenant with another loader, as one that had work before."""
        self.supervisor.stop()
        self.around = replace(self.around, loader=cast("Any", loader))
        self.supervisor = TenantSupervisor.start(self.around, _fail, self.bench.tenant, self.bench.epoch)

    def hears(self) -> None:
        """Be told what the outbox says."""
        for each in self._told():
            self.supervisor.ask(Announced(each.jobs, each.described), timeout=WAIT_S)
        self._catches_up()

    def _catches_up(self) -> None:
        """Wait until what was asked of the loader is read, and heard."""
        read = Answers()
        self.loader.jobs(cast("Any", read), self.bench.tenant, ())
        read.told.get(timeout=WAIT_S)
        self.supervisor.ask(JobsRead(()), timeout=WAIT_S)

    def ends(self, message: RunMessage) -> None:
        """The job of this message is final."""
        self.bench.all(f"UPDATE {{s}}.marketplace_jobs SET status = 'completed' WHERE id = {message.job}")
        self.reports(message, NextMove.NOTHING)

    def reports(self, message: RunMessage, move: NextMove) -> None:
        """A run of the job came to this."""
        report = RunReport(
            tenant=self.bench.tenant,
            job=message.job,
            marketplace="shop",
            mode=RunMode.ACT,
            move=move,
            task=TaskId(0),
            claims=0,
            delay_s=0.0,
        )
        self.supervisor.ask(Reported(report), timeout=WAIT_S)
        self._catches_up()

    def write(self, statement: "Statement[Any]") -> None:
        self.bench.engine.recorder.write(self.bench.tenant, 0, statement)


def _fail(_actor: PooledActor, error: BaseException) -> None:
    pytest.fail(str(error))


@pytest.fixture
def owner(bench: "Bench") -> Iterator[Owner]:
    window, pool, timers = Window(), Pool(2), Timers()
    loader = Loader(bench.engine.database, bench.owner, marketplaces=["shop"])
    around = Context(
        pool=pool,
        loader=loader,
        timers=timers,
        dispatcher=cast("Any", window),
        me=bench.owner,
        conditions=Conditions(caps={"shop": 1}),
        pace_s=lambda _marketplace, _action: 0.0,
        sweep_soon=lambda _: None,
        page_size=PAGE,
        refusing=frozenset[str],
        on_released=lambda _tenant, _epoch: None,
    )
    pool.start()
    loader.start()
    timers.start()
    made = Owner(bench, around, TenantSupervisor.start(around, _fail, bench.tenant, bench.epoch), loader, window)
    yield made
    made.supervisor.stop(block=False)
    timers.stop()
    loader.stop()
    pool.stop()


def submitted(bench: "Bench", priority: int, product: int | None = None) -> JobId:
    return bench.submit(product or bench.product(), priority=priority)


def test_who_stands_before_an_urgent_job_of_its_product_goes_before_others_also_out_of_memory(owner: Owner) -> None:
    bench, product = owner.bench, owner.bench.product()
    first, _, last = submitted(bench, 2), submitted(bench, 3), submitted(bench, 4, product)
    owner.hears()
    running = owner.window.next()
    assert running.job == first

    submitted(bench, 1, product)
    owner.hears()
    owner.ends(running)

    assert owner.window.next().job == last


def test_a_tenant_that_nobody_had_begins_unread_and_is_read_when_a_run_comes_to_nothing(owner: Owner) -> None:
    """Its account is held, which nobody announces with a job."""
    bench = owner.bench
    job = submitted(bench, 3)
    bench.all(
        "INSERT INTO {s}.connections (marketplace, state, reason) VALUES ('shop', 'needs_seller', 'Log in again.')"
    )
    bench.all(f"DELETE FROM public.outbox WHERE tenant = {bench.tenant} AND job = 0")
    owner.begins_anew()
    tried = owner.window.next()
    assert tried.job == job

    owner.reports(tried, NextMove.RELOAD)
    assert owner.window.offers.empty()

    bench.all("UPDATE {s}.connections SET state = 'connected'")
    bench.all(f"INSERT INTO public.outbox (tenant, job) VALUES ({bench.tenant}, 0)")
    owner.hears()
    assert owner.window.next().job == job


class Broken:
    """A report of which its actor understands nothing but where it belongs."""

    marketplace = "shop"


@dataclass
class Asked:
    """A loader that reads nothing: what it was asked for, and whether that was to wait for what others ask."""

    asked: SimpleQueue[tuple[Any, bool]] = field(default_factory=SimpleQueue[tuple[Any, bool]])

    def page(self, _ref: Any, _tenant: TenantId, _held: Any, _limit: int, *, at_leisure: bool = False) -> None:
        self.asked.put(("page", at_leisure))

    def jobs(self, _ref: Any, _tenant: TenantId, jobs: tuple[JobId, ...]) -> None:
        self.asked.put((jobs, False))

    def next(self) -> tuple[Any, bool]:
        return self.asked.get(timeout=WAIT_S)


def test_a_tenant_that_is_taken_over_is_read_behind_others_until_something_is_announced_for_it(owner: Owner) -> None:
    loader = Asked()
    owner.is_taken_over(loader)
    assert loader.next() == ("page", True)

    for job in (JobId(7), JobId(8)):
        owner.supervisor.tell(Announced((job,)))
    assert [loader.next() for _ in range(3)] == [("page", False), ((7,), False), ((8,), False)]


def test_a_page_in_whose_stead_another_was_asked_for_takes_no_place_for_what_has_ended_since(owner: Owner) -> None:
    bench = owner.bench
    jobs = [submitted(bench, 3) for _ in range(3)]
    owner.is_taken_over(Asked())
    owner.supervisor.tell(Announced((jobs[0],)))
    with bench.database.records() as connection:
        page = begin_page(connection, bench.tenant, marketplaces=["shop"], held=(), limit=PAGE)()
    owner.supervisor.tell(PageRead(page))
    begun = owner.window.next()
    owner.ends(begun)
    following = owner.window.next()

    # Read while the first was under way, with the pages of thirty others, and told with them.
    first = replace(page.jobs[0], running=True, in_flight=True, deadline_in_s=60.0)
    owner.supervisor.tell(PageRead(replace(page, jobs=(first,)), at_leisure=True))
    owner.ends(following)

    assert [begun.job, following.job, owner.window.next().job] == jobs


def test_a_page_takes_no_place_for_what_has_ended_while_it_was_read(owner: Owner) -> None:
    bench = owner.bench
    with bench.database.records() as connection:
        page = begin_page(connection, bench.tenant, marketplaces=["shop"], held=(), limit=PAGE)()
    owner.is_taken_over(Asked())
    owner.supervisor.tell(PageRead(page))
    owner.supervisor.ask(Reload(), timeout=WAIT_S)
    jobs = [submitted(bench, 3) for _ in range(2)]
    with bench.database.records() as connection:
        under_way = begin_queued(connection, bench.tenant, jobs[:1])()
    owner.hears()
    begun = owner.window.next()
    owner.ends(begun)
    following = owner.window.next()
    first = replace(under_way[0], running=True, in_flight=True, deadline_in_s=60.0)
    owner.supervisor.tell(PageRead(replace(page, jobs=(first,))))
    owner.ends(following)

    last = submitted(bench, 3)
    owner.hears()
    assert [begun.job, following.job, owner.window.next().job] == [*jobs, last]


def test_a_tenant_that_is_let_go_before_a_run_is_heard_of_gives_its_place_in_the_window_back(owner: Owner) -> None:
    """The run is done by then, but Redis lost what was told of it."""
    submitted(owner.bench, 3)
    owner.hears()
    begun = owner.window.next()
    owner.supervisor.tell(Released(kept=False))
    assert owner.window.freed.get(timeout=WAIT_S) == begun


def test_a_tenant_that_is_another_orchestrators_gives_its_places_in_the_window_back(owner: Owner) -> None:
    submitted(owner.bench, 3)
    owner.hears()
    begun = owner.window.next()
    owner.supervisor.stop()
    assert owner.window.freed.get(timeout=WAIT_S) == begun


def test_what_a_run_came_to_is_read_behind_the_page_of_a_tenant_that_is_taken_over(owner: Owner) -> None:
    """Its supervisor died, and nobody knows yet what may be sent."""
    loader = Asked()
    owner.is_taken_over(loader)
    owner.reports(owner.bench.message(submitted(owner.bench, 3)), NextMove.RUN)
    assert [loader.next() for _ in range(2)] == [("page", True), ("page", False)]


def test_a_job_that_is_described_waits_for_another_of_its_product(owner: Owner) -> None:
    bench, product = owner.bench, owner.bench.product()
    first, second = submitted(bench, 3, product), submitted(bench, 3, product)
    owner.around = replace(owner.around, conditions=Conditions(caps={"shop": 2}))
    owner.begins_anew()
    running = owner.window.next()
    assert running.job == first

    third = submitted(bench, 3)
    owner.hears()
    assert owner.window.next().job == third
    owner.ends(running)
    assert owner.window.next().job == second


def test_of_those_that_wait_only_the_next_of_its_product_is_read_when_a_job_ends(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seller who has changed a thousand products twice has nobody's reads wait for a thousand jobs each time."""
    bench, products = owner.bench, [owner.bench.product() for _ in range(4)]
    first = [submitted(bench, 3, product) for product in products]
    later = [submitted(bench, 3, product) for _ in range(2) for product in products]
    owner.hears()
    running = owner.window.next()
    asked: list[Sequence[JobId]] = []
    read = owner.loader.jobs

    def jobs(ref: Any, tenant: TenantId, named: Sequence[JobId]) -> None:
        asked.append(named)
        read(ref, tenant, named)

    monkeypatch.setattr(owner.loader, "jobs", jobs)
    owner.ends(running)

    assert running.job == first[0]
    assert [named for named in asked if named] == [(later[0],)]
    monkeypatch.undo()
    ended = [running.job]
    for _ in range(11):
        running = owner.window.next()
        ended.append(running.job)
        owner.ends(running)
    assert sorted(ended) == sorted((*first, *later))


def test_a_job_that_somebody_else_began_while_it_waited_here_does_not_wait_here_any_more(owner: Owner) -> None:
    """Whoever had the tenant before had sent for it. Handed over as it was, it took a place of the cap for ever."""
    bench = owner.bench
    first, second, third = (submitted(bench, 3) for _ in range(3))
    owner.hears()
    running = owner.window.next()
    with bench.database.records() as connection:
        (read,) = begin_queued(connection, bench.tenant, [second])()
    begun = replace(read, running=True, in_flight=True, deadline_in_s=60.0)
    for told in (begun, replace(begun, final=True)):
        owner.supervisor.ask(JobsRead((told,)), timeout=WAIT_S)

    owner.ends(running)

    assert (running.job, owner.window.next().job) == (first, third)


def test_a_marketplace_that_is_begun_anew_after_a_failure_sends_nothing_where_nothing_may_be_sent(
    owner: Owner,
) -> None:
    """It was begun as one of which nothing is known: all that waited there was sent in vain."""
    bench = owner.bench
    loader = Asked()
    first, _ = submitted(bench, 3), submitted(bench, 3)
    with bench.database.records() as connection:
        page = begin_page(connection, bench.tenant, marketplaces=["shop"], held=(), limit=PAGE)()
    owner.is_taken_over(loader)
    owner.supervisor.ask(PageRead(page, at_leisure=True), timeout=WAIT_S)
    assert owner.window.next().job == first
    held = replace(page, halted={"shop": "Log in again."}, jobs=())
    owner.supervisor.ask(PageRead(held), timeout=WAIT_S)

    owner.supervisor.ask(Reported(cast("Any", Broken())), timeout=WAIT_S)
    while loader.next() != ("page", False):
        pass

    owner.supervisor.ask(JobsRead(()), timeout=WAIT_S)
    with pytest.raises(Empty):
        owner.window.offers.get(timeout=LATER_S)


def test_a_job_goes_on_at_once_where_the_one_before_it_is_cancelled_that_nobody_held(owner: Owner) -> None:
    product = owner.bench.product()
    put_off = owner.bench.submit(product, not_before=datetime.now(UTC) + timedelta(days=1))
    waiting = owner.bench.submit(product)
    owner.hears()
    begun = owner.window.next()
    owner.reports(begun, NextMove.RELOAD)  # its claim is refused

    owner.bench.cancel(put_off)
    owner.hears()

    assert (begun.job, owner.window.next().job) == (waiting, waiting)


def test_an_urgent_job_is_not_left_in_postgresql_because_memory_is_full_of_others(owner: Owner) -> None:
    bench = owner.bench
    first = submitted(bench, 2)
    for _ in range(4 * PAGE):
        submitted(bench, 3)
    owner.hears()
    running = owner.window.next()
    assert running.job == first

    urgent = submitted(bench, 1)
    owner.hears()
    owner.ends(running)
    assert owner.window.next().job == urgent


def orphan(owner: Owner, job: JobId) -> int:
    owner.bench.all(
        "INSERT INTO {s}.strays (job_id, marketplace, marker, look_after) "
        f"VALUES ({job}, 'shop', 'mark', clock_timestamp() + interval '{LATER_S} s')"
    )
    return owner.bench.one("SELECT id FROM {s}.strays")["id"]


def test_an_orphan_is_collected_although_its_tenant_is_never_idle(owner: Owner) -> None:
    busy = submitted(owner.bench, 3)
    owner.hears()
    assert owner.window.next().job == busy

    left = orphan(owner, busy)
    owner.hears()

    found = owner.window.next()
    assert (found.mode, found.task, found.claims) == (RunMode.COLLECT, left, 0)


def test_an_orphan_that_may_still_come_is_looked_for_again_although_its_tenant_is_never_idle(owner: Owner) -> None:
    busy = submitted(owner.bench, 3)
    owner.hears()
    owner.window.next()
    left = orphan(owner, busy)
    owner.hears()
    owner.window.next()

    bench = owner.bench
    owner.write(claim_orphan(bench.tenant, left, 0, epoch=bench.epoch, holder=bench.process, deadline_s=60.0))
    owner.supervisor.tell(Reported(collected(owner, left)))
    owner.write(keep_orphan(bench.tenant, left, 1, delay_s=LATER_S, looked=True))
    owner.hears()

    again = owner.window.next()
    assert (again.mode, again.task, again.claims) == (RunMode.COLLECT, left, 1)


def collected(owner: Owner, left: int) -> RunReport:
    return RunReport(
        tenant=owner.bench.tenant,
        job=JobId(0),
        marketplace="shop",
        mode=RunMode.COLLECT,
        move=NextMove.NOTHING,
        task=TaskId(left),
        claims=0,
        delay_s=0.0,
    )


def test_an_orphan_is_waited_for_once_however_often_it_is_read(owner: Owner) -> None:
    busy = submitted(owner.bench, 3)
    owner.hears()
    owner.window.next()
    orphan(owner, busy)
    for _ in range(3):
        owner.bench.all(f"INSERT INTO public.outbox (tenant, job) VALUES ({owner.bench.tenant}, 0)")
        owner.hears()
    owner.window.next()
    with pytest.raises(Empty):
        owner.window.offers.get(timeout=2 * LATER_S)


def test_orphans_of_a_marketplace_that_cannot_be_called_hide_none_of_another(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    for place in ["closed"] * 30 + ["shop"]:
        bench.all(
            "INSERT INTO {s}.strays (job_id, marketplace, marker, look_after) "
            f"VALUES ({job}, '{place}', 'mark', clock_timestamp())"
        )
    with bench.engine.database.records() as connection:
        page = begin_page(connection, bench.tenant, marketplaces=["closed", "shop"], held=(), limit=PAGE)()
    assert {each.marketplace for each in page.orphans} == {"closed", "shop"}
