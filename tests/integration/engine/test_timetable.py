"""Periodic jobs come round by themselves: spread over the period, one at a time, and what was missed is not made up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import ActionSpec, Handler, Marketplace, Step
from stoflow.settings import Settings
from stoflow.storage.engine.timetable import Period
from stoflow.upkeep.timetable import Timetable, periods

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

SHOP = "shop"
HOUR_S = 3600.0
CONNECT = "INSERT INTO {s}.connections (marketplace, state) VALUES ('shop', 'connected')"
NEXT = "SELECT extract(epoch FROM next_at - clock_timestamp())::float8 AS in_s FROM public.timetable"


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]") -> Marketplace:
    handlers: Mapping[str, Handler] = {"sync": shop_handler((Step("look", lambda _: Done()),), "sync")}
    specs = (ActionSpec("sync", "Sync", periodic="listings"), ActionSpec("orders", "Orders", periodic="orders"))
    return Marketplace(name=SHOP, transport="direct", actions=specs, handlers=handlers)


@pytest.fixture
def timetable(bench: "Bench") -> Timetable:
    return Timetable(bench.engine.database, bench.engine.registry, (Period(SHOP, "sync", HOUR_S),))


def jobs(bench: "Bench") -> list[str]:
    return [row["status"] for row in bench.all("SELECT status FROM {s}.marketplace_jobs ORDER BY id")]


def make_due(bench: "Bench", *, late_s: float = 0.0) -> None:
    bench.all(f"UPDATE public.timetable SET next_at = clock_timestamp() - interval '{late_s} s'")


def test_only_actions_with_a_handler_and_a_period_come_round(bench: "Bench") -> None:
    settings = Settings(sync_every_s=HOUR_S, orders_every_s=60, speed=10)
    shops = [period for period in periods(bench.engine.registry, settings) if period.marketplace == SHOP]
    assert shops == [Period(SHOP, "sync", HOUR_S / 10)]
    never = Settings(sync_every_s=0, orders_every_s=0)
    assert periods(bench.engine.registry, never) == ()


def test_an_account_gets_its_time_within_the_first_period(bench: "Bench", timetable: Timetable) -> None:
    bench.all(CONNECT)
    assert timetable.turn() == 0
    assert 0 < bench.one(NEXT)["in_s"] <= HOUR_S
    assert jobs(bench) == []


def test_a_job_is_made_when_its_time_has_come_and_the_next_time_is_a_period_later(
    bench: "Bench", timetable: Timetable
) -> None:
    bench.all(CONNECT)
    timetable.turn()
    make_due(bench)
    assert timetable.turn() == 1
    assert timetable.turn() == 0
    assert jobs(bench) == ["pending"]
    assert HOUR_S - 60 < bench.one(NEXT)["in_s"] <= HOUR_S


def test_missed_runs_are_not_made_up_for(bench: "Bench", timetable: Timetable) -> None:
    bench.all(CONNECT)
    timetable.turn()
    make_due(bench, late_s=10.5 * HOUR_S)
    assert timetable.turn() == 1
    assert timetable.turn() == 0
    assert HOUR_S / 2 - 60 < bench.one(NEXT)["in_s"] <= HOUR_S / 2


def test_no_job_is_made_while_one_waits(bench: "Bench", timetable: Timetable) -> None:
    bench.all(CONNECT)
    timetable.turn()
    make_due(bench)
    timetable.turn()
    make_due(bench)
    assert timetable.turn() == 0
    assert jobs(bench) == ["pending"]


def test_a_turn_that_was_cut_off_makes_no_second_job(bench: "Bench", timetable: Timetable) -> None:
    bench.all(CONNECT)
    timetable.turn()
    make_due(bench)
    at = bench.one("SELECT next_at::text AS at FROM public.timetable")["at"]
    timetable.turn()
    job = bench.one("SELECT id FROM {s}.marketplace_jobs")["id"]
    bench.run(job)  # it is done already when the turn is made again
    bench.all(f"UPDATE public.timetable SET next_at = '{at}'")
    assert timetable.turn() == 0
    assert jobs(bench) == ["completed"]


def test_a_tenant_who_gave_up_the_account_or_was_suspended_gets_none(bench: "Bench", timetable: Timetable) -> None:
    bench.all(CONNECT)
    timetable.turn()
    make_due(bench)
    bench.all(f"UPDATE public.users SET is_active = false WHERE id = {bench.tenant}")
    assert timetable.turn() == 0
    bench.all("DELETE FROM {s}.connections")
    assert bench.all("SELECT * FROM public.timetable") == []
    assert bench.all("SELECT * FROM public.accounts") == []


def test_accounts_of_before_come_round_too_once_an_action_is_new(bench: "Bench", timetable: Timetable) -> None:
    bench.all(CONNECT)
    timetable.turn()
    later = replace(timetable, periods=(*timetable.periods, Period(SHOP, "orders", HOUR_S)))
    later.turn()
    actions = {row["action"] for row in bench.all("SELECT action FROM public.timetable")}
    assert actions == {"sync", "orders"}
