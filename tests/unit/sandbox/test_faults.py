"""Faults come by rate and seed, the same each time, or by a script."""

from collections import Counter

import pytest

from stoflow.domain.errors import InputError
from stoflow_sandbox.faults import BY_RATE, FaultKind, FaultPlan, ScriptedFault
from stoflow_sandbox.sellers import Seller

SELLER = Seller("ebay", "ebay-1", "Anna", 1)


def faults(plan: FaultPlan, calls: int) -> list[object]:
    return [plan.choose("ebay", "offer.create", SELLER) for _ in range(calls)]


def test_the_same_seed_gives_the_same_faults() -> None:
    first, second = faults(FaultPlan(rate=0.5, seed=4), 200), faults(FaultPlan(rate=0.5, seed=4), 200)
    assert first == second
    assert first != faults(FaultPlan(rate=0.5, seed=5), 200)


def test_a_seed_given_again_begins_anew() -> None:
    plan = FaultPlan(rate=0.5, seed=4)
    first = faults(plan, 50)
    plan.set_rate(rate=0.5, seed=4)
    assert faults(plan, 50) == first


def test_the_rate_is_dealt_in_equal_parts() -> None:
    chosen = [fault for fault in faults(FaultPlan(rate=0.25, seed=1), 12_000) if fault]
    assert 2_800 < len(chosen) < 3_200
    kinds = Counter(fault.kind for fault in chosen)  # type: ignore[attr-defined]
    assert set(kinds) == set(BY_RATE)
    assert max(kinds.values()) < 1.3 * min(kinds.values())


def test_delays_stay_within_what_the_engine_may_count_on() -> None:
    plan = FaultPlan(rate=1, seed=1)
    for _ in range(500):
        fault = plan.choose("ebay", "offer.create", SELLER)
        assert fault is not None
        limits = {FaultKind.LATE: (0, 3), FaultKind.SLOW: (0.5, 2)}.get(fault.kind, (0, 0))
        assert limits[0] <= fault.delay_s <= limits[1]


def test_no_rate_no_faults() -> None:
    assert not any(faults(FaultPlan(), 100))


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_is_a_share(rate: float) -> None:
    with pytest.raises(InputError):
        FaultPlan(rate=rate)


def test_a_call_spared_by_rate_is_met_by_script_and_moves_no_seed() -> None:
    plan, twin = FaultPlan(rate=0.5, seed=2), FaultPlan(rate=0.5, seed=2)
    assert plan.choose("etsy", "token.refresh", None, by_rate=False) is None
    plan.add_script([ScriptedFault("etsy", "token.refresh", FaultKind.LATE)])
    fault = plan.choose("etsy", "token.refresh", None, by_rate=False)
    assert fault is not None
    assert fault.kind is FaultKind.LATE
    assert faults(plan, 20) == faults(twin, 20)


def test_a_script_waits_for_its_turn_and_ends() -> None:
    plan = FaultPlan()
    plan.add_script([ScriptedFault("ebay", "*", FaultKind.LOST, nth=3, count=2)])
    plan.choose("etsy", "listing.get", None)
    met = [plan.choose("ebay", "offer.get", None) is not None for _ in range(6)]
    assert met == [False, False, True, True, False, False]


def test_a_script_for_a_seller_waits_for_that_seller() -> None:
    plan = FaultPlan()
    plan.add_script([ScriptedFault("ebay", "offer.get", FaultKind.LOST, seller="ebay-1")])
    assert plan.choose("ebay", "offer.get", None) is None
    assert plan.choose("ebay", "offer.get", Seller("ebay", "ebay-2", "Bea")) is None
    assert plan.choose("ebay", "offer.get", SELLER) is not None
