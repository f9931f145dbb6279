"""A connection that works is connected again without a new consent; one whose consent is dead is not asked for ever."""

from typing import Any

import pytest

from stoflow.storage.engine.connection_state import needs_seller

BOTH = pytest.mark.parametrize("marketplace", ["ebay", "etsy"])
FIRST_CALL = {"ebay": "photo.upload", "etsy": "listing.create_draft"}


@pytest.fixture
def connected(alice: Any, platform: Any, marketplace: str) -> dict[str, Any]:
    account = platform.account(marketplace, alice.tenant)
    alice.connects(marketplace, account)
    alice.declares(marketplace, account)
    return account


def mark(alice: Any, platform: Any, marketplace: str) -> None:
    with platform.installation.database.records() as connection:
        needs_seller(alice.tenant, marketplace, "Log in again.").on(connection)


def let_the_time_come(alice: Any, platform: Any) -> None:
    platform.sql(alice.tenant, "UPDATE {s}.connections SET next_try = clock_timestamp()")


@BOTH
def test_a_call_that_was_refused_wrongly_lets_jobs_wait_and_go_on(
    alice: Any, platform: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    platform.let("expired", marketplace=marketplace, operation=FIRST_CALL[marketplace], count=2)
    job = alice.publishes(engine.product(alice), marketplace)
    engine.until(alice, job, lambda seen: seen["waiting"].startswith("reconnect"))
    let_the_time_come(alice, platform)
    done = engine.when_final(alice, job)
    assert (done["status"], [task["failures"] for task in done["tasks"]]) == ("completed", [0] * len(done["tasks"]))
    assert alice.connection(marketplace)["state"] == "connected"


@BOTH
def test_a_mark_on_a_token_that_has_ended_is_tried_with_a_new_one(
    alice: Any, platform: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    mark(alice, platform, marketplace)
    platform.let("expired", marketplace=marketplace, operation=FIRST_CALL[marketplace])
    job = alice.publishes(engine.product(alice), marketplace)
    let_the_time_come(alice, platform)
    assert engine.when_final(alice, job)["status"] == "completed"


@BOTH
def test_a_dead_consent_costs_one_question_a_try(
    alice: Any, platform: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    platform.revoke(marketplace, connected["external_id"])
    jobs = [alice.publishes(engine.product(alice), marketplace) for _ in range(3)]
    for job in jobs:
        engine.until(alice, job, lambda seen: seen["waiting"].startswith("reconnect"))
    asked = platform.calls("token.refresh")
    let_the_time_come(alice, platform)
    engine.until(alice, jobs[0], lambda _: platform.calls("token.refresh") > asked)
    engine.until(alice, jobs[0], lambda seen: seen["waiting"].startswith("reconnect"))
    assert platform.calls("token.refresh") == asked + 1
    assert alice.connection(marketplace)["state"] == "needs_seller"
    (row,) = platform.sql(alice.tenant, "SELECT tries FROM {s}.connections")
    assert row["tries"] == 1


@BOTH
def test_the_seller_who_asks_at_once_need_not_wait(
    alice: Any, platform: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    mark(alice, platform, marketplace)
    job = alice.publishes(engine.product(alice), marketplace)
    assert alice.job(job)["waiting"].startswith("reconnect")
    assert alice.refreshes(marketplace).json()["state"] == "connected"
    assert engine.when_final(alice, job)["status"] == "completed"


@BOTH
def test_asking_at_once_with_a_dead_consent_leaves_the_mark(
    alice: Any, platform: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    mark(alice, platform, marketplace)
    platform.revoke(marketplace, connected["external_id"])
    assert alice.refreshes(marketplace).status_code == 409
    assert alice.connection(marketplace)["state"] == "needs_seller"
    assert alice.connection(marketplace)["reason"]


@BOTH
def test_who_disconnected_is_not_tried(
    alice: Any, platform: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    alice.disconnects(marketplace)
    job = alice.publishes(engine.product(alice), marketplace)
    let_the_time_come(alice, platform)
    assert alice.refreshes(marketplace).status_code == 409
    assert alice.job(job)["waiting"] == f"reconnect: You have disconnected {marketplace}."
