"""A tenant whose tables are gone holds up no other: not in the sweep, the timetable, the commands, nor for actors."""

from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

import pytest

from stoflow.actors.loader import Loader
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import Done
from stoflow.execution.plugin import open_commands
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.storage.engine.timetable import Period
from stoflow.upkeep.sweep import Sweep
from stoflow.upkeep.timetable import Timetable

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

BROKEN = TenantId(2**31 - 2)  # none of its tables is there
SHOP = "shop"
WAIT_S = 10


class Ref:
    """An actor's reference that keeps what it was told."""

    def __init__(self) -> None:
        self.told: SimpleQueue[Any] = SimpleQueue()

    def tell(self, message: Any) -> None:
        self.told.put(message)


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]") -> Marketplace:
    specs = (ActionSpec("sync", "Sync", periodic="listings"),)
    handlers = {"sync": shop_handler((Step("look", lambda _: Done()),), "sync")}
    return Marketplace(name=SHOP, transport="direct", actions=specs, handlers=handlers)


def test_the_sweep_goes_on_behind_it(bench: "Bench", monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = Sweep(bench.engine.database, {SHOP: 1.0}, ())
    swept: list[TenantId] = []
    monkeypatch.setattr("stoflow.upkeep.sweep.announce", lambda _, tenant, job: swept.append(tenant))
    job = bench.submit(None, "sync")
    bench.all(f"UPDATE {{s}}.marketplace_jobs SET expires_at = clock_timestamp() WHERE id = {job}")
    sweep.tenants([BROKEN, bench.tenant])
    assert swept == [bench.tenant]


def test_its_run_is_passed_over_and_the_others_are_made(bench: "Bench") -> None:
    timetable = Timetable(bench.engine.database, bench.engine.registry, (Period(SHOP, "sync", 3600.0),))
    bench.all("INSERT INTO {s}.connections (marketplace, state) VALUES ('shop', 'connected')")
    assert timetable.turn() == 0
    bench.all(f"INSERT INTO public.users (id, email, hashed_password) VALUES ({BROKEN}, 'broken@example.com', '!')")
    bench.all(
        f"INSERT INTO public.timetable (tenant, marketplace, action, next_at) VALUES ({BROKEN}, 'shop', 'sync', now())"
    )
    bench.all("UPDATE public.timetable SET next_at = clock_timestamp() - interval '1 s'")
    assert timetable.turn() == 1
    assert bench.all("SELECT 1 AS due FROM public.timetable WHERE next_at <= clock_timestamp()") == []


def test_the_commands_of_others_are_read(bench: "Bench") -> None:
    assert open_commands(bench.engine, [(BROKEN, "one"), (bench.tenant, "two")]) == []


def test_an_actor_of_another_tenant_is_told_without_waiting_for_it(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = Loader(bench.engine.database, bench.owner, marketplaces=[SHOP])
    monkeypatch.setattr(loader._stopping, "wait", lambda *_: pytest.fail("the loader waited"))
    broken, neighbour = Ref(), Ref()
    loader.page(cast("Any", broken), BROKEN, (), limit=10)
    loader.page(cast("Any", neighbour), bench.tenant, (), limit=10)
    loader.start()
    assert neighbour.told.get(timeout=WAIT_S).page.jobs == ()
    loader.stop()
    assert broken.told.empty()
