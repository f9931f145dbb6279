"""One orchestrator decides for a tenant; a later owner's epoch fences the one before."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, ProcessId
from stoflow.domain.run import NextMove
from stoflow.storage.engine.ownership import (
    acquire_tenants,
    announce,
    consume_outbox,
    owner_of,
    read_version,
    release_tenant,
)
from stoflow.storage.engine.processes import Death, beat, mark_dead, mark_expired_dead, register_process

if TYPE_CHECKING:
    from conftest import Bench


@contextmanager
def records(bench: "Bench") -> Iterator[Connection[DictRow]]:
    with bench.engine.database.records() as connection:
        yield connection


def orchestrator(bench: "Bench") -> ProcessId:
    with records(bench) as connection:
        return register_process(connection, "orchestrator", lease_s=30.0)


def take(bench: "Bench", me: ProcessId):
    with records(bench) as connection:
        return acquire_tenants(connection, me, limit=10)


def consume(bench: "Bench", me: ProcessId):
    with records(bench) as connection:
        return consume_outbox(connection, me, limit=10)


def test_a_tenant_with_a_living_owner_is_left_to_it(bench: "Bench") -> None:
    assert take(bench, orchestrator(bench)) == []


def test_what_is_announced_for_a_tenant_is_left_to_its_living_owner(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    other = orchestrator(bench)

    assert consume(bench, other) == ()

    ((told,),) = [consume(bench, bench.owner)]
    assert [each.id for each in told.described] == [job]


def test_what_is_taken_from_the_outbox_waits_for_no_disk_and_nothing_else_does_so(bench: "Bench") -> None:
    bench.submit(bench.product())
    with records(bench) as connection:
        waits = "SELECT current_setting('synchronous_commit') AS waits"
        before = connection.execute(waits).fetchone()
        consume_outbox(connection, bench.owner, limit=10)
        within = connection.execute(waits).fetchone()
        connection.commit()
        assert [before, within, connection.execute(waits).fetchone()] == [
            {"waits": each} for each in ("on", "off", "on")
        ]


def test_another_takes_over_when_the_owner_is_gone_and_its_epoch_is_higher(bench: "Bench") -> None:
    other = orchestrator(bench)
    with records(bench) as connection:
        mark_dead(connection, bench.owner)

    (acquired,) = take(bench, other)

    assert acquired.tenant == bench.tenant
    assert acquired.epoch > bench.epoch


def test_another_takes_over_when_the_owners_lease_has_ended(bench: "Bench") -> None:
    other = orchestrator(bench)
    bench.all(f"UPDATE public.processes SET expires_at = clock_timestamp() WHERE id = {bench.owner}")

    assert [acquired.tenant for acquired in take(bench, other)] == [bench.tenant]


def test_the_owner_before_permits_nothing_any_more(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    worker = bench.worker()
    stale = bench.message(job)
    with records(bench) as connection:
        mark_dead(connection, bench.owner)
    (acquired,) = take(bench, orchestrator(bench))

    assert worker.run(job, epoch=stale.epoch).move is NextMove.RELOAD
    assert bench.shop.calls == []

    assert replace(worker, epoch=acquired.epoch).run(job).move is NextMove.NOTHING


def test_the_owner_before_cannot_let_a_look_be_made(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    worker = bench.worker()
    bench.shop.plan(None, "lost")
    worker.run(job)
    stale = bench.message(job)
    with records(bench) as connection:
        mark_dead(connection, bench.owner)
    take(bench, orchestrator(bench))
    calls = len(bench.shop.calls)

    assert worker.look(job, epoch=stale.epoch).move is NextMove.RELOAD

    assert len(bench.shop.calls) == calls


def test_a_process_that_was_declared_dead_takes_no_tenant(bench: "Bench") -> None:
    ghost = orchestrator(bench)
    with records(bench) as connection:
        mark_dead(connection, bench.owner)
        mark_dead(connection, ghost)

    assert take(bench, ghost) == []


def test_a_paused_owner_learns_from_its_next_beat_that_it_is_dead(bench: "Bench") -> None:
    bench.all(f"UPDATE public.processes SET expires_at = clock_timestamp() WHERE id = {bench.owner}")
    with records(bench) as connection:
        assert mark_expired_dead(connection) == {bench.owner: Death("orchestrator", now=True)}
        assert mark_expired_dead(connection) == {bench.owner: Death("orchestrator", now=False)}
        assert read_version(connection, bench.tenant, bench.owner, bench.epoch) is not None, "it owns until it is taken"
    other = orchestrator(bench)
    take(bench, other)

    with records(bench) as connection:
        assert read_version(connection, bench.tenant, bench.owner, bench.epoch) is None


def test_an_owner_whose_lease_has_ended_learns_so_from_its_next_beat_also_before_anybody_buried_it(
    bench: "Bench",
) -> None:
    """Somebody may have taken its tenants by then, and it would go on permitting for them, in vain."""
    bench.all(
        f"UPDATE public.processes SET expires_at = clock_timestamp() WHERE id IN ({bench.owner}, {bench.process})"
    )
    (taken,) = take(bench, orchestrator(bench))

    with records(bench) as connection:
        assert taken.tenant == bench.tenant
        assert not beat(connection, bench.owner, lease_s=30.0)
        assert beat(connection, bench.process, lease_s=30.0), "nobody takes what a worker has before it is buried"


def release(bench: "Bench", version: int) -> bool:
    with records(bench) as connection:
        return release_tenant(connection, bench.tenant, bench.owner, bench.epoch, version=version)


def version_of(bench: "Bench") -> int:
    with records(bench) as connection:
        version = read_version(connection, bench.tenant, bench.owner, bench.epoch)
    assert version is not None
    return version


def test_an_idle_tenant_is_nobodys_after_its_release(bench: "Bench") -> None:
    assert release(bench, version_of(bench))
    with records(bench) as connection:
        assert owner_of(connection, bench.tenant) is None


def test_a_tenant_is_not_released_while_something_is_announced(bench: "Bench") -> None:
    version = version_of(bench)
    bench.submit(bench.product())

    assert not release(bench, version)


def test_a_tenant_is_not_released_when_an_announcement_was_consumed_since_it_was_seen_idle(bench: "Bench") -> None:
    """The consumed row is gone: without the version, nothing would tell of the job."""
    version = version_of(bench)
    bench.submit(bench.product())
    consume(bench, bench.owner)
    assert bench.all("SELECT id FROM public.outbox") == []

    assert not release(bench, version)

    with records(bench) as connection:
        assert owner_of(connection, bench.tenant) == (bench.owner, bench.epoch)


def test_a_job_announced_while_the_tenant_is_released_brings_it_back(bench: "Bench") -> None:
    with records(bench) as submitting:
        announce(submitting, bench.tenant, JobId(1))  # not committed yet: the release does not see it
        assert release(bench, version_of(bench))

    assert consume(bench, bench.owner)[0].tenant == bench.tenant
    (acquired,) = take(bench, bench.owner)
    assert acquired.tenant == bench.tenant
    assert acquired.epoch > bench.epoch


def test_every_job_that_is_accepted_is_announced_in_the_same_commit(bench: "Bench") -> None:
    jobs = {bench.submit(bench.product(f"Coat {number}")) for number in range(3)}
    (told,) = consume(bench, bench.owner)
    assert {each.id for each in told.described} == jobs


def test_a_job_made_by_any_other_writer_is_announced_too(bench: "Bench") -> None:
    """A legacy writer knows of no outbox."""
    bench.all(
        "INSERT INTO {s}.marketplace_jobs (marketplace, action_type_id, status, priority) "
        "SELECT marketplace, id, 'pending', 3 FROM public.marketplace_action_types WHERE marketplace = 'shop'"
    )
    (told,) = consume(bench, bench.owner)
    assert len(told.jobs) == 1
