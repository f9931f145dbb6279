"""Jobs of a seller whose consent has ended wait, say so, and go on after the next consent: they do not fail."""

from typing import Any

import pytest

BOTH = pytest.mark.parametrize("marketplace", ["ebay", "etsy"])


def waits_for_the_seller(job: dict[str, Any]) -> bool:
    return job["waiting"].startswith("reconnect")


@pytest.fixture
def connected(alice: Any, platform: Any, marketplace: str) -> dict[str, Any]:
    account = platform.account(marketplace, alice.tenant)
    alice.connects(marketplace, account)
    alice.declares(marketplace, account)
    return account


@BOTH
def test_a_job_after_a_revocation_waits_and_is_done_after_the_next_consent(
    alice: Any, platform: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    platform.revoke(marketplace, connected["external_id"])
    job = alice.publishes(engine.product(alice), marketplace)

    waiting = engine.until(alice, job, waits_for_the_seller)
    assert waiting["status"] in {"pending", "running"}
    assert [task["failures"] for task in waiting["tasks"]] == [0] * len(waiting["tasks"])
    reason = alice.connection(marketplace)["reason"]
    assert (waiting["waiting"], alice.connection(marketplace)["state"]) == (f"reconnect: {reason}", "needs_seller")
    later = alice.publishes(engine.product(alice), marketplace)
    assert waits_for_the_seller(alice.job(later))
    asked = platform.calls("token.refresh")

    assert alice.connects(marketplace, connected).status_code == 200

    for each in (job, later):
        done = engine.when_final(alice, each)
        assert (done["status"], done["waiting"]) == ("completed", ""), done
    assert asked == 1
    assert platform.calls("token.refresh") == asked


@BOTH
def test_a_revocation_in_the_middle_of_a_job_lets_it_wait_and_go_on_where_it_stopped(
    alice: Any, platform: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    making = {"ebay": "offer.create", "etsy": "listing.create_draft"}[marketplace]
    platform.let("revoked", marketplace=marketplace, operation=making)
    job = alice.publishes(engine.product(alice), marketplace)

    waiting = engine.until(alice, job, waits_for_the_seller)
    assert waiting["status"] == "running"
    assert "completed" in {task["status"] for task in waiting["tasks"]}

    assert alice.connects(marketplace, connected).status_code == 200
    assert engine.when_final(alice, job)["status"] == "completed"
    assert (
        sum(entry.status == 201 for entry in platform.sandbox.sandbox.ledger.since() if entry.operation == making) == 1
    )


@BOTH
def test_jobs_of_a_seller_who_disconnected_wait_and_are_done_after_the_next_consent(
    alice: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    alice.disconnects(marketplace)
    job = alice.publishes(engine.product(alice), marketplace)
    assert alice.job(job)["waiting"] == f"reconnect: You have disconnected {marketplace}."
    assert alice.job(job)["status"] == "pending"

    assert alice.connects(marketplace, connected).status_code == 200
    assert engine.when_final(alice, job)["status"] == "completed"


@BOTH
def test_a_revocation_stops_no_other_seller(
    alice: Any, bob: Any, platform: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    his = platform.account(marketplace, bob.tenant)
    bob.connects(marketplace, his)
    bob.declares(marketplace, his)
    platform.revoke(marketplace, connected["external_id"])
    hers = alice.publishes(engine.product(alice), marketplace)
    job = bob.publishes(engine.product(bob), marketplace)
    assert engine.when_final(bob, job)["status"] == "completed"
    engine.until(alice, hers, waits_for_the_seller)


@BOTH
def test_a_token_endpoint_that_is_away_fails_no_job(
    alice: Any, platform: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    """Etsy's gives stray 500s; 429 is the answer that certainly gave no tokens, at both."""
    platform.let("expired", marketplace=marketplace, operation=FIRST_CALL[marketplace])
    platform.let("429", marketplace=marketplace, operation="token.refresh", count=6)
    job = alice.publishes(engine.product(alice), marketplace)
    done = engine.when_final(alice, job)
    assert done["status"] == "completed", done
    assert {task["failures"] for task in done["tasks"]} == {0}


FIRST_CALL = {"ebay": "photo.upload", "etsy": "listing.create_draft"}


@BOTH
def test_a_marketplace_that_takes_no_token_however_fresh_is_not_asked_without_end(
    alice: Any, platform: Any, engine: Any, marketplace: str, connected: dict[str, Any]
) -> None:
    platform.let("expired", marketplace=marketplace, operation=FIRST_CALL[marketplace], count=1000)
    job = alice.publishes(engine.product(alice), marketplace)
    engine.until(alice, job, waits_for_the_seller)
    assert platform.calls("token.refresh") <= 2
