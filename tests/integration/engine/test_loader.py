"""What an actor asks for is read by others and told to it, together with what the rest asked for."""

from collections.abc import Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

import pytest

from stoflow.actors.loader import Loader
from stoflow.actors.news import JobsRead, PageRead, Released
from stoflow.domain.ids import Epoch, TenantId
from stoflow.storage.engine.ownership import consume_outbox
from stoflow.storage.engine.reads import actors
from stoflow.storage.engine.reads.queue import begin_asking_what_is_left, begin_page

if TYPE_CHECKING:
    from conftest import Bench

WAIT_S = 10
NOBODY = TenantId(2**31 - 1)


class Ref:
    """An actor's reference that keeps what it was told."""

    def __init__(self) -> None:
        self.told: SimpleQueue[Any] = SimpleQueue()

    def tell(self, message: Any) -> None:
        self.told.put(message)

    def next(self) -> Any:
        return self.told.get(timeout=WAIT_S)


@pytest.fixture
def loader(bench: "Bench") -> Iterator[Loader]:
    running = Loader(bench.engine.database, bench.owner, marketplaces=["shop"])
    yield running
    running.stop()


def asking() -> tuple[Ref, Any]:
    ref = Ref()
    return ref, cast("Any", ref)


def test_a_page_and_a_job_are_told(bench: "Bench", loader: Loader) -> None:
    job = bench.submit(bench.product())
    ref, actor = asking()
    loader.page(actor, bench.tenant, (), limit=10)
    loader.jobs(actor, bench.tenant, [job])
    loader.start()

    told = {type(news): news for news in (ref.next(), ref.next())}
    assert [queued.id for queued in told[PageRead].page.jobs] == [job]
    assert [queued.id for queued in told[JobsRead].jobs] == [job]


def test_what_only_a_newer_release_knows_is_told_to_nobody(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.all(f"UPDATE {{s}}.marketplace_jobs SET status = 'running' WHERE id = {job}")
    bench.all(
        "INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)"
        f" SELECT id, product_id, marketplace, 'm', clock_timestamp() FROM {{s}}.marketplace_jobs WHERE id = {job}"
    )
    older = Loader(bench.engine.database, bench.owner, marketplaces=["ebay"])
    ref, actor = asking()
    older.page(actor, bench.tenant, (), limit=10)
    older.jobs(actor, bench.tenant, [job])
    older.start()

    told = {type(news): news for news in (ref.next(), ref.next())}
    older.stop()
    page = told[PageRead].page
    assert (page.jobs, page.orphans, told[JobsRead].jobs) == ((), (), ())
    assert page.has_work


def test_a_cancelled_job_is_told_as_final(bench: "Bench", loader: Loader) -> None:
    job = bench.submit(bench.product())
    bench.all(f"UPDATE {{s}}.marketplace_jobs SET cancel_requested = true WHERE id = {job}")
    ref, actor = asking()
    loader.cancel(actor, bench.tenant, job)
    loader.start()
    assert [queued.final for queued in ref.next().jobs] == [True]


def test_a_tenant_is_let_go_only_when_it_has_nothing_to_do(bench: "Bench", loader: Loader) -> None:
    job = bench.submit(bench.product())
    ref, actor = asking()
    loader.start()
    loader.release(actor, bench.tenant, bench.epoch)
    assert ref.next() == Released(kept=True)

    bench.run(job)
    with bench.engine.database.records() as connection:
        consume_outbox(connection, bench.owner, limit=10)
    loader.release(actor, bench.tenant, bench.epoch)
    assert ref.next() == Released(kept=False)
    assert (
        bench.all(f"SELECT 1 AS one FROM public.tenant_work WHERE tenant = {bench.tenant} AND owner IS NOT NULL") == []
    )


def test_a_tenant_that_is_another_s_now_is_let_go_without_a_word(bench: "Bench", loader: Loader) -> None:
    bench.submit(bench.product())
    ref, actor = asking()
    loader.start()
    loader.release(actor, bench.tenant, Epoch(bench.epoch + 1))
    assert ref.next() == Released(kept=False)


def test_what_cannot_be_read_takes_nothing_beside_it_along(bench: "Bench", loader: Loader) -> None:
    """Both are asked for before anybody reads, so they are read together: one has no schema."""
    job = bench.submit(bench.product())
    ref, actor = asking()
    loader.jobs(actor, NOBODY, [job])
    loader.jobs(actor, bench.tenant, [job])
    loader.start()
    assert [queued.id for queued in ref.next().jobs] == [job]


@pytest.mark.parametrize("known", ["shop", "ebay"])
def test_whatever_gives_a_page_work_is_seen_by_the_question_before_it(bench: "Bench", known: str) -> None:
    """Of a marketplace that this orchestrator knows, or only a newer one."""
    bench.submit(bench.product())
    job, hour = "UPDATE {s}.marketplace_jobs SET status =", "clock_timestamp() + interval '1 hour'"
    states = {
        "pending": f"{job} 'pending'",
        "later": f"{job} 'pending', not_before = {hour}",
        "running": f"{job} 'running'",
        "an orphan": "INSERT INTO {s}.strays (job_id, marketplace, marker, look_after)"
        f" VALUES (1, 'shop', 'm', {hour})",
    }
    found: dict[str, tuple[bool, bool]] = {}
    for state, change in states.items():
        bench.all(f"{job} 'completed', not_before = NULL")
        bench.all(change)
        with bench.database.planned_records() as connection:
            left = begin_asking_what_is_left(connection, bench.tenant)()
            page = begin_page(connection, bench.tenant, marketplaces=[known], held=(), limit=1)()
        found[state] = (left, page.has_work)
    assert found == dict.fromkeys(states, (True, True))


def test_a_tenant_that_is_done_is_let_go_without_reading_its_page(
    bench: "Bench", loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(bench.submit(bench.product()))
    with bench.engine.database.records() as connection:
        consume_outbox(connection, bench.owner, limit=10)
    monkeypatch.setattr(actors, "begin_page", lambda *_, **__: pytest.fail("its page was read"))
    ref, actor = asking()
    loader.start()
    loader.release(actor, bench.tenant, bench.epoch)
    assert ref.next() == Released(kept=False)
