"""Staged troubles, on real servers: the right cause comes first, with what to do, and what is no trouble is none."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
import pytest
import redis
from psycopg.conninfo import conninfo_to_dict

from stoflow.domain.application import Channel, Refusal
from stoflow.domain.facts.accounts import SealedSecretUnreadable
from stoflow.domain.facts.outages import (
    MarketplaceOutageBegan,
    MarketplaceOutageEnded,
    ServerOutageBegan,
    ServerOutageEnded,
)
from stoflow.domain.facts.work import JobCompleted, JobFailed
from stoflow.domain.ids import TenantId
from stoflow.monitoring.live.keys import LIFETIME_S
from stoflow.monitoring.live.reader import LiveReader
from stoflow.resources.monitoring import causes
from stoflow.resources.monitoring.snapshot import Snapshot, Watching, read_snapshot
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import register_process
from stoflow.storage.engine.refuse import note_refusal
from stoflow.transports.health import redis_trouble
from tests.harness.scene import KEYS, PLACES, Scene

OUTAGE = MarketplaceOutageBegan("ebay", "HTTP 503", 7, 1, "offer", "none")


@pytest.fixture
def scene(database: Database, redis_url: str) -> Scene:
    return Scene(database, redis_url)


@pytest.fixture
def full(scene: Scene) -> Iterator[Callable[[], object]]:
    used: Mapping[str, Any] = scene.client.info("memory")  # pyright: ignore[reportAssignmentType]
    yield lambda: scene.client.config_set("maxmemory", used["used_memory"] // 2)
    scene.client.config_set("maxmemory", 0)


def answers(found: Snapshot) -> list[bool]:
    return [each.yes for each in found.verdict.answers]


def test_all_is_well_where_both_run_and_nothing_waits(scene: Scene) -> None:
    found = scene.look()

    assert found.verdict.well
    assert found.verdict.causes == []
    assert found.since is not None


def test_without_a_worker_nothing_flows(scene: Scene) -> None:
    scene.dies("worker")

    assert (scene.first().kind, scene.first().next) == ("no_worker", "stoflow worker")


def test_without_an_orchestrator_nothing_flows(scene: Scene) -> None:
    scene.dies("orchestrator")

    assert (scene.first().kind, scene.first().next) == ("no_orchestrator", "stoflow orchestrator")


@pytest.mark.parametrize("kind", ["worker", "orchestrator"])
def test_since_when_nobody_is_there_is_said(scene: Scene, kind: str) -> None:
    before = scene.look().at.timestamp()
    scene.dies(kind)

    since = scene.first().since

    assert since is not None
    assert before < since < scene.look().at.timestamp()


def test_a_queue_without_a_consumer_is_named_and_harms_where_jobs_wait_in_it(scene: Scene) -> None:
    scene.dies("worker")
    scene.runs("worker", ["etsy", "vinted"])
    assert scene.look().verdict.well
    scene.shows(7, "ebay")

    cause = scene.first()

    assert (cause.kind, cause.marketplace, cause.next) == ("no_consumer", "ebay", "stoflow worker --queues ebay")


def test_a_marketplace_that_does_not_answer_is_named_with_its_time_until_it_answers(scene: Scene) -> None:
    scene.shows(7, "ebay", retry={"jobs": 10, "until": 4_000_000_000.0})
    scene.boards["worker"].hear(OUTAGE)

    cause = scene.first()

    assert (cause.kind, cause.marketplace) == ("marketplace_down", "ebay")
    assert cause.since == pytest.approx(datetime.now(UTC).timestamp(), abs=60)
    scene.boards["worker"].hear(MarketplaceOutageEnded("ebay", 3.0, 7, 1, "offer", "none"))
    assert scene.look().verdict.well
    assert scene.explained("ebay") == []


@pytest.mark.parametrize("kind", ["plugin_offline", "seller_must_act", "account_locked", "terms_not_accepted"])
def test_what_a_seller_must_end_is_the_cause_where_nothing_else_goes_on_and_a_remark_elsewhere(
    scene: Scene, kind: str
) -> None:
    scene.shows(7, "vinted", holds=[kind])

    cause = scene.first()

    assert (cause.kind, cause.marketplace, cause.since) == (kind, "vinted", 1_000_000_000.0)
    assert "--tenant 7" in cause.next
    scene.boards["worker"].hear(JobCompleted(8, 1, "vinted", "publish", 1.0))
    found = scene.look().verdict
    assert found.well
    assert [each.kind for each in found.causes] == [kind]


@pytest.mark.parametrize(
    ("channel", "kind"), [(Channel.QUOTA, "quota_used_up"), (Channel.TOKENS, "application_refused")]
)
def test_what_is_refused_to_stoflow_itself_is_told_apart(scene: Scene, channel: Channel, kind: str) -> None:
    with scene.database.records() as connection:
        note_refusal(connection, "ebay", TenantId(7), Refusal(channel, "No more calls."), 1.0)

    assert (scene.first().kind, scene.first().marketplace) == (kind, "ebay")


def test_a_full_redis_is_named_and_over_when_it_has_room(scene: Scene, full: Callable[[], object]) -> None:
    scene.write()
    full()

    found = scene.look(write=False)

    assert (found.verdict.causes[0].kind, answers(found)) == ("redis_full", [False, True, False])
    assert scene.explained("etsy") == ["redis_full"]
    scene.client.config_set("maxmemory", 0)
    assert scene.look().verdict.well


def test_a_redis_that_is_away_is_named(scene: Scene) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    reader = LiveReader(redis.Redis.from_url(nowhere), KEYS)
    watching = Watching(
        scene.database, PLACES, reader, partial(redis_trouble, nowhere), lambda: (), lambda: {"Redis": 5.0}
    )

    found = read_snapshot(watching)

    assert (found.verdict.causes[0].kind, found.verdict.causes[0].since) == ("redis_away", 5.0)
    assert "127.0.0.1" not in found.verdict.causes[0].detail
    assert found.since is None


def test_a_redis_that_was_emptied_is_named_until_the_view_is_whole_and_its_time_after_that(scene: Scene) -> None:
    scene.write()
    scene.client.flushdb()

    found = scene.look(write=False)

    assert (found.verdict.causes[0].kind, answers(found)) == ("redis_wiped", [True, True, False])
    after = scene.look()
    assert after.verdict.well
    assert [each.kind for each in after.verdict.causes] == ["redis_wiped"]
    assert after.verdict.causes[0].since is not None


def test_a_process_that_lives_and_shows_nothing_makes_the_view_stale(scene: Scene) -> None:
    scene.write()
    for key in scene.client.scan_iter(KEYS.process("*")):
        scene.client.delete(key)

    found = scene.look(write=False)

    assert (found.verdict.causes[0].kind, answers(found)) == ("view_stale", [True, True, False])


def test_a_worker_that_was_killed_is_a_remark_until_another_one_has_been_there_for_a_moment(scene: Scene) -> None:
    scene.write()
    scene.dies("worker")
    (alone,) = [each for each in scene.look(write=False).verdict.causes if each.kind == "process_died"]
    assert "has ended without a word: none has begun in its place." in alone.detail

    scene.runs("worker", PLACES, lives_s=0.0)
    found = scene.look().verdict
    assert (found.well, [each.kind for each in found.causes]) == (True, ["process_died"])
    assert "another one has begun in its place." in found.causes[0].detail
    for key in scene.client.scan_iter(KEYS.process("*")):
        scene.client.expire(key, LIFETIME_S - 8)  # as though it had been written so long ago
    scene.lives("worker", 5.0)
    assert "process_died" not in {each.kind for each in scene.look(write=False).verdict.causes}


def test_a_process_of_the_callers_own_is_not_missed(scene: Scene) -> None:
    with scene.database.records() as connection:
        register_process(connection, "inline", lease_s=60.0)
        connection.execute("UPDATE public.processes SET started_at = clock_timestamp() - interval '1 hour'")

    assert scene.look().verdict.well


def test_a_slow_postgresql_is_named(scene: Scene, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "SLOW_S", 0.2)
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE public.outbox IN ACCESS EXCLUSIVE MODE")
        release = threading.Timer(0.4, other.rollback)
        release.start()

        cause = scene.first()

        release.join()
    assert cause.kind == "postgres_slow"


def test_a_postgresql_that_can_only_be_read_is_named_and_nobody_is_said_to_be_gone(
    scene: Scene, database_url: str
) -> None:
    scene.write()
    scene.dies("worker")
    scene.dies("orchestrator")  # as it looks where no lease can be renewed
    name = conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(database_url, autocommit=True) as operator:
        operator.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        try:
            found = read_snapshot(replace(scene.watching, database=Database(database_url))).verdict
        finally:
            operator.execute("SET default_transaction_read_only = off")
            operator.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'.encode())

    assert [cause.kind for cause in found.causes] == ["postgres_read_only"]
    assert not found.well


def test_a_postgresql_that_refuses_again_and_again_is_named_with_why_and_one_that_did_once_is_not(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = ServerOutageBegan(
        "PostgreSQL", "PostgreSQL at db:5432 has no disk space left", "PostgreSQL has no disk space left: free some"
    )
    scene.boards["worker"].hear(full)
    scene.boards["worker"].hear(ServerOutageEnded("PostgreSQL", 0.1))
    assert scene.look().verdict.well
    monkeypatch.setattr(causes, "FAILS_FOR_S", 0.0)
    scene.boards["worker"].hear(full)
    scene.boards["worker"].hear(ServerOutageEnded("PostgreSQL", 0.1))

    cause = scene.first()

    assert cause.kind == "postgres_fails"
    assert "no disk space left: free some" in cause.detail
    assert "db:5432" not in cause.detail
    monkeypatch.setattr(causes, "STILL_FAILS_S", -1.0)
    assert scene.look().verdict.well


def test_a_missing_key_is_the_cause_and_not_the_sellers_whose_tokens_it_opens(scene: Scene) -> None:
    for tenant in (7, 8):
        scene.shows(tenant, "ebay", holds=["seller_must_act"])
        scene.boards["worker"].hear(SealedSecretUnreadable(tenant, "ebay", "None of the keys opens them."))

    cause = scene.first()

    assert cause.kind == "keys_missing"
    assert "back" in cause.next
    for tenant in (7, 8):
        scene.hides(tenant, "ebay")
    assert scene.look().verdict.well


def test_jobs_that_fail_are_told_apart_from_work_that_does_not_flow(scene: Scene) -> None:
    for job in range(5):
        scene.boards["worker"].hear(JobFailed(7, job, "etsy", "publish", "offer", 1, "refused", "no", "none"))

    found = scene.look()

    assert (found.verdict.causes[0].kind, answers(found)) == ("jobs_fail", [True, False, True])


def test_jobs_that_could_go_on_and_do_not_are_a_trouble_and_those_that_wait_for_a_time_are_none(scene: Scene) -> None:
    scene.shows(7, "ebay", pace={"jobs": 10, "until": 4_000_000_000.0})
    assert scene.look().verdict.well

    scene.shows(7, "ebay")

    assert scene.first().kind == "stalled"


def test_a_clock_that_differs_is_a_remark(scene: Scene) -> None:
    scene.boards["worker"].process["at"] = lambda: datetime.now(UTC).timestamp() + 100

    found = scene.look().verdict

    assert (found.well, [each.kind for each in found.causes]) == (True, ["clock_skew"])
    assert scene.explained("etsy") == ["clock_skew"]


def test_a_tenant_is_shown_nothing_of_others(scene: Scene) -> None:
    scene.shows(7, "ebay", pending=30, pace={"jobs": 30, "until": None})
    scene.shows(8, "ebay", pending=5, pace={"jobs": 5, "until": None})

    own, everything = scene.look(8), scene.look()

    assert [row.pending for row in own.rows] == [5, 0, 0]
    assert (own.processes, own.facts.living, own.facts.tenants) == ((), (), 0)
    assert everything.rows[0].pending == 35
    assert len(everything.processes) == 2
