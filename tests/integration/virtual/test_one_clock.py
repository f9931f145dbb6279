"""An engine on a virtual clock and its marketplaces live at one time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stoflow.domain.call import Reply
from stoflow.resources.observed.read import list_orders
from stoflow.testing import Stage, VirtualEngine, VirtualTenant, opened_engine
from tests.harness.installing import installed

ORDERS = {"ebay": "sync_orders", "etsy": "sync_orders", "vinted": "orders"}
RENEWED = {"ebay": "token.refresh", "etsy": "token.refresh", "vinted": "session.refresh"}


def look_for_orders(engine: VirtualEngine, seller: VirtualTenant, marketplace: str) -> list[datetime | None]:
    """Let the seller look for orders; return when those were made that are known then."""
    job = seller.create_job(marketplace, ORDERS[marketplace])
    engine.run_until_idle()
    assert (seller.job(job.id).status, seller.job(job.id).error) == ("completed", None)
    found = list_orders(engine.installation, seller.id, marketplace, 10, None).items
    return [order.ordered_at for order in found]


@pytest.mark.parametrize("marketplace", ORDERS)
def test_what_was_sold_days_later_is_found_at_its_time(stoflow_engine: VirtualEngine, marketplace: str) -> None:
    seller = stoflow_engine.make_tenant(marketplace)
    assert look_for_orders(stoflow_engine, seller, marketplace) == []
    for _ in range(2):  # a thing listed and sold, days after what the one before was listed and sold
        stoflow_engine.advance(days=3)
        product = seller.make_product()
        seller.create_job(marketplace, "publish", product)
        stoflow_engine.run_until_idle()
        seller.sell(marketplace, product)
        sold_at = stoflow_engine.now
        stoflow_engine.advance(hours=1)
        newest = max(filter(None, look_for_orders(stoflow_engine, seller, marketplace)))
        assert abs((newest - sold_at).total_seconds()) < 1


@pytest.mark.parametrize("marketplace", RENEWED)
def test_a_token_ends_in_its_time_and_is_renewed(stoflow_engine: VirtualEngine, marketplace: str) -> None:
    seller = stoflow_engine.make_tenant(marketplace)
    look_for_orders(stoflow_engine, seller, marketplace)
    ledger = stoflow_engine.sandbox.sandbox.ledger
    assert RENEWED[marketplace] not in {entry.operation for entry in ledger.since()}

    stoflow_engine.advance(days=1)
    began_s = stoflow_engine.clock.epoch_s()
    look_for_orders(stoflow_engine, seller, marketplace)
    (renewal,) = [entry for entry in ledger.since() if entry.operation == RENEWED[marketplace]]
    assert renewal.time == renewal.committed_at == renewal.answered_at
    assert began_s <= renewal.time <= stoflow_engine.clock.epoch_s()


@pytest.mark.parametrize(("marketplace", "days"), [("ebay", 548), ("etsy", 91)])
def test_a_consent_ends_where_its_refresh_token_does(
    stoflow_engine: VirtualEngine, marketplace: str, days: int
) -> None:
    seller = stoflow_engine.make_tenant(marketplace)
    stoflow_engine.advance(days=days - 2)
    look_for_orders(stoflow_engine, seller, marketplace)  # by which Etsy's is a new one

    stoflow_engine.advance(days=days)
    job = seller.create_job(marketplace, ORDERS[marketplace])
    stoflow_engine.run_until_idle()
    hold = seller.job(job.id).hold
    assert hold is not None
    assert hold.kind == "seller_must_act"
    seller.reconnect(marketplace)
    stoflow_engine.run_until_idle()
    assert seller.job(job.id).status == "completed"


def test_a_listing_and_its_photo_have_the_date_of_the_virtual_clock(stoflow_engine: VirtualEngine) -> None:
    seller = stoflow_engine.make_tenant("ebay", "etsy")
    stoflow_engine.advance(days=40)
    product = seller.make_product()
    for marketplace in ("ebay", "etsy"):
        seller.create_job(marketplace, "publish", product)
    stoflow_engine.run_until_idle()

    now = stoflow_engine.now
    assert answered(stoflow_engine, "etsy", "create")["created_timestamp"] == int(now.timestamp())
    expires_at = datetime.fromisoformat(answered(stoflow_engine, "ebay", "upload")["expirationDate"])
    assert (expires_at - now).days in {29, 30}  # in whole seconds


def answered(engine: VirtualEngine, marketplace: str, task: str) -> Any:
    reply = engine.marketplace(marketplace).calls_of(task)[0].response
    assert isinstance(reply, Reply)
    return reply.body


def test_a_signed_call_says_the_time_by_which_it_is_judged(stoflow_stage: Stage, tmp_path: Path) -> None:
    with installed("kiosque"), opened_engine(stoflow_stage, tmp_path / "home") as engine:
        seller = engine.make_tenant("kiosque")
        for _ in range(2):
            job = seller.create_job("kiosque", "publish", seller.make_product())
            engine.advance(minutes=5)
            assert (seller.job(job.id).status, seller.job(job.id).error) == ("completed", None)
            engine.advance(days=31)
            assert engine.marketplace("kiosque").on_sale(seller.id) == []  # notices end after 30 days


def test_hours_of_rest_are_those_of_the_virtual_clock(stoflow_stage: Stage, tmp_path: Path) -> None:
    begins = datetime.now(UTC) + timedelta(hours=2)
    hours = f"{begins:%H:%M}-{begins + timedelta(hours=2):%H:%M}"
    with opened_engine(stoflow_stage, tmp_path / "home", blackout={"etsy": hours}) as engine:
        seller = engine.make_tenant("etsy")
        engine.advance(hours=3)
        job = seller.create_job("etsy", "publish", seller.make_product()).id
        engine.run_until_idle()
        assert (hold := seller.job(job).hold)
        assert (hold.kind, seller.job(job).status) == ("blackout", "pending")

        engine.advance(hours=20)
        assert seller.job(job).status == "completed"
        assert hold.until is not None
        assert timedelta() <= (seller.job(job).started_at or engine.now) - hold.until < timedelta(seconds=1)
