"""A new job is announced with what an orchestrator would read of it, which is believed where nothing contradicts it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import pytest

from stoflow.actors.intake import Intake
from stoflow.actors.news import Reload
from stoflow.domain.errors import DatabaseUnavailable
from stoflow.domain.ids import Epoch, JobId, ProcessId, TenantId
from stoflow.marketplaces.contract import ActionSpec, Marketplace
from stoflow.resources.batches.create import create_batch
from stoflow.resources.batches.views import SubmitBatch
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.change import request_cancel
from stoflow.storage.engine.ownership import (
    BELIEVED_S,
    Announcement,
    acquire_tenant,
    acquire_tenants,
    begin_consuming,
    consume_outbox,
    leave_tenant,
    owner_of,
    release_tenant,
)
from stoflow.storage.engine.processes import register_process
from stoflow.storage.engine.reads.queue import QueuedJob, begin_queued

described = import_module("stoflow.migrations.tenant.versions.20261201_0010_described")

if TYPE_CHECKING:
    from conftest import Bench

SHOP, PACED = "shop", "paced"


@pytest.fixture
def marketplace(shop_handler: Any) -> Marketplace:
    """Its other action's first call is paced, and comes behind a task of our own."""
    inner, _, _, publish, save = shop_handler().steps
    return Marketplace(
        name=SHOP,
        transport="direct",
        actions=(ActionSpec("publish", "Publish"), ActionSpec(PACED, "Publish at its time", rate_limit_ms=1)),
        handlers={"publish": shop_handler(), PACED: shop_handler((inner, publish, save), PACED)},
        products=frozenset({"publish", PACED}),
    )


def consumed(bench: "Bench", me: ProcessId | None = None) -> tuple[Announcement, ...]:
    with bench.database.records() as connection:
        return consume_outbox(connection, me or bench.owner, limit=100)


def read(bench: "Bench", *jobs: JobId) -> set[QueuedJob]:
    with bench.database.records() as connection:
        return set(begin_queued(connection, bench.tenant, jobs)())


def test_what_is_announced_of_a_new_job_is_what_an_orchestrator_would_read(bench: "Bench") -> None:
    jobs = [
        bench.submit(bench.product(), action, priority=urgency) for action in ("publish", PACED) for urgency in (1, 4)
    ]
    made = SubmitBatch(SubmitJob(SHOP, PACED), [bench.product(), bench.product()])
    batch, _ = create_batch(bench, bench.tenant, made)
    jobs += [row["id"] for row in bench.all(f"SELECT id FROM {{s}}.marketplace_jobs WHERE batch_job_id = {batch.id}")]

    (told,) = consumed(bench)

    assert (told.jobs, len(told.described)) == ((), 6)
    assert set(told.described) == read(bench, *jobs)
    assert {job.id: job.paced for job in told.described} == dict(zip(jobs, [False] * 2 + [True] * 4, strict=True))


def test_a_job_in_rows_one_for_later_and_one_that_was_changed_are_named_only(bench: "Bench") -> None:
    later = bench.submit(bench.product(), not_before=datetime.now(UTC) + timedelta(hours=1))
    changed = bench.submit(bench.product())
    with bench.database.records() as connection:
        request_cancel(connection, bench.tenant, changed)
        connection.execute(b"INSERT INTO public.outbox (tenant, job) VALUES (%s, %s)", [bench.tenant, changed])
    (legacy,) = bench.all(
        "INSERT INTO {s}.marketplace_jobs (marketplace, action_type_id, status, priority) SELECT marketplace, id, "
        "'pending', 3 FROM public.marketplace_action_types WHERE marketplace = 'shop' AND code = 'publish' RETURNING id"
    )

    (told,) = consumed(bench)

    assert (set(told.jobs), told.described) == ({later, changed, legacy["id"]}, ())


def test_what_waited_for_long_is_named_only(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.all(f"UPDATE public.outbox SET created_at = clock_timestamp() - interval '{BELIEVED_S} s'")

    (told,) = consumed(bench)

    assert (told.jobs, told.described) == ((job,), ())


def test_a_tenant_that_is_not_migrated_yet_has_its_jobs_named(bench: "Bench") -> None:
    for statement in (described.DROP, described.NAMED):
        bench.all(statement.replace(" ON marketplace_jobs", " ON {s}.marketplace_jobs"))
    job = bench.submit(bench.product())

    (told,) = consumed(bench)

    assert (told.jobs, told.described) == ((job,), ())


@dataclass
class Supervisors:
    """Stands in for the supervisors of an orchestrator: keeps what each is told."""

    owned: set[TenantId] = field(default_factory=set[TenantId])
    began: list[tuple[TenantId, list[JobId]]] = field(default_factory=list[tuple[TenantId, list[JobId]]])
    told: list[Announcement] = field(default_factory=list[Announcement])
    all_told: list[object] = field(default_factory=list[object])

    def __contains__(self, tenant: TenantId) -> bool:
        return tenant in self.owned

    @property
    def epochs(self) -> dict[TenantId, Epoch]:
        return {}

    def announce(self, news: list[Announcement]) -> None:
        self.told += [told for told in news if told.tenant in self.owned]

    def tell_all(self, message: object) -> None:
        self.all_told.append(message)

    def take(self, tenant: TenantId, epoch: Epoch, work: tuple[QueuedJob, ...]) -> None:
        self.owned.add(tenant)
        self.began.append((tenant, [job.id for job in work]))


@dataclass
class Orchestrator:
    bench: "Bench"
    me: ProcessId
    supervisors: Supervisors = field(default_factory=Supervisors)

    def __post_init__(self) -> None:
        self.intake = Intake(self.bench.database, self.me)

    def looks(self) -> Supervisors:
        self.intake.take(cast("Any", self.supervisors))
        return self.supervisors


@pytest.fixture
def nobody_s(bench: "Bench") -> Orchestrator:
    """An orchestrator, and a tenant without work."""
    with bench.database.records() as connection:
        assert release_tenant(connection, bench.tenant, bench.owner, bench.epoch, version=0)
        me = register_process(connection, "orchestrator", lease_s=60.0)
    return Orchestrator(bench, me)


def test_a_tenant_that_nobody_had_begins_with_what_was_announced(nobody_s: Orchestrator) -> None:
    bench = nobody_s.bench
    jobs = [bench.submit(bench.product()) for _ in range(2)]
    assert nobody_s.looks().began == [(bench.tenant, jobs)]

    third = bench.submit(bench.product())
    (told,) = nobody_s.looks().told
    assert [job.id for job in told.described] == [third]


def test_who_is_ours_hears_of_it_although_taking_another_fails(
    nobody_s: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = nobody_s.bench
    nobody_s.supervisors.owned.add(bench.tenant)
    job = bench.submit(bench.product())

    def fail(*_: Any, **__: Any) -> Any:
        raise DatabaseUnavailable("PostgreSQL was stopped meanwhile.")

    monkeypatch.setattr("stoflow.actors.intake.acquire_tenants", fail)
    with pytest.raises(DatabaseUnavailable):
        nobody_s.looks()

    (told,) = nobody_s.supervisors.told
    assert [each.id for each in told.described] == [job]


def test_one_that_had_work_before_or_was_told_something_else_is_read(nobody_s: Orchestrator) -> None:
    bench = nobody_s.bench
    first = bench.submit(bench.product())
    bench.all(f"INSERT INTO public.outbox (tenant, job) VALUES ({bench.tenant}, 0)")
    assert nobody_s.looks().began == [(bench.tenant, [])]
    (told,) = nobody_s.supervisors.told
    assert (told.jobs, [job.id for job in told.described]) == ((0,), [first])

    with bench.database.records() as connection:
        owner = owner_of(connection, bench.tenant)
        assert owner is not None
        leave_tenant(connection, bench.tenant, *owner)
    bench.submit(bench.product())
    nobody_s.supervisors.owned.clear()
    assert nobody_s.looks().began[1:] == [(bench.tenant, [])]


def test_whoever_takes_over_many_begins_with_those_of_whom_there_is_news(nobody_s: Orchestrator) -> None:
    bench = nobody_s.bench
    others = [bench.tenant - 1, bench.tenant + 1]
    bench.all(f"INSERT INTO public.tenant_work (tenant) SELECT unnest(ARRAY{others})")
    job = bench.submit(bench.product())

    assert nobody_s.looks().began[0] == (bench.tenant, [job])
    assert {tenant for tenant, _ in nobody_s.supervisors.began[1:]} == set(others)


def test_one_of_whose_work_another_took_a_part_meanwhile_is_read(
    nobody_s: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = nobody_s.bench
    bench.submit(bench.product())
    with bench.database.records() as connection:
        other = register_process(connection, "orchestrator", lease_s=60.0)

    def acquire(connection: Transaction, me: ProcessId, **asked: Any) -> Any:
        bench.submit(bench.product())
        consumed(bench, other)
        return acquire_tenants(connection, me, **asked)

    monkeypatch.setattr("stoflow.actors.intake.acquire_tenants", acquire)
    assert nobody_s.looks().began == [(bench.tenant, [])]


def test_what_was_taken_of_a_tenant_that_another_acquired_meanwhile_is_announced_to_it(
    nobody_s: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = nobody_s.bench
    job = bench.submit(bench.product())
    with bench.database.records() as connection:
        other = register_process(connection, "orchestrator", lease_s=60.0)

    def acquire(connection: Transaction, me: ProcessId, **asked: Any) -> Any:
        with bench.database.records() as beside:
            assert acquire_tenant(beside, bench.tenant, other)
        return acquire_tenants(connection, me, **asked)

    monkeypatch.setattr("stoflow.actors.intake.acquire_tenants", acquire)
    assert nobody_s.looks().began == []

    (told,) = consumed(bench, other)
    assert told.jobs == (job,)


def test_what_was_taken_while_postgresql_went_away_is_not_forgotten_by_who_owns_its_tenant(
    nobody_s: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken, and the answer was lost: a tenant that is never idle would not be read again."""
    bench, take = nobody_s.bench, begin_consuming
    nobody_s.supervisors.owned.add(bench.tenant)
    bench.submit(bench.product())

    def lose(connection: Transaction, me: ProcessId, *, limit: int) -> Any:
        take(connection, me, limit=limit)
        return fail

    def fail(*_: Any, **__: Any) -> Any:
        raise DatabaseUnavailable("PostgreSQL was stopped meanwhile.")

    with monkeypatch.context() as away:
        away.setattr("stoflow.actors.intake.begin_consuming", lose)
        with pytest.raises(DatabaseUnavailable):
            nobody_s.looks()

    for _ in range(2):
        nobody_s.looks()
    assert nobody_s.supervisors.all_told == [Reload(at_leisure=True)]


def test_what_was_taken_of_a_tenant_that_another_acquired_is_announced_to_it_also_when_postgresql_went_away(
    nobody_s: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = nobody_s.bench
    job = bench.submit(bench.product())
    with bench.database.records() as connection:
        other = register_process(connection, "orchestrator", lease_s=60.0)

    def fail(*_: Any, **__: Any) -> Any:
        with bench.database.records() as beside:
            assert acquire_tenant(beside, bench.tenant, other)
        raise DatabaseUnavailable("PostgreSQL was stopped meanwhile.")

    with monkeypatch.context() as away:
        away.setattr("stoflow.actors.intake.acquire_tenants", fail)
        with pytest.raises(DatabaseUnavailable):
            nobody_s.looks()
    for _ in range(2):
        assert nobody_s.looks().began == []

    (told,) = consumed(bench, other)
    assert told.jobs == (job,)


def test_a_tenant_that_was_acquired_when_postgresql_went_away_is_taken_once_it_answers(
    nobody_s: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By PostgreSQL it is ours, so that nobody else takes it, and nobody here knows."""
    bench = nobody_s.bench
    nobody_s.looks()
    bench.submit(bench.product())

    def lose(_: Transaction, me: ProcessId, **asked: Any) -> Any:
        with bench.database.records() as connection:
            assert acquire_tenants(connection, me, **asked)
        raise DatabaseUnavailable("PostgreSQL was stopped meanwhile.")

    with monkeypatch.context() as away:
        away.setattr("stoflow.actors.intake.acquire_tenants", lose)
        with pytest.raises(DatabaseUnavailable):
            nobody_s.looks()

    assert nobody_s.looks().began == [(bench.tenant, [])]
