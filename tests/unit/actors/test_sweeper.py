"""The sweeper's thread sees to those who ask and to all the others too."""

import threading
from collections.abc import Sequence
from typing import cast

from stoflow.actors.sweeper import Sweeper
from stoflow.domain.ids import TenantId
from stoflow.upkeep.sweep import Sweep

SOON_S = 10.0


class Asked:
    """A sweep during which somebody asks again each time."""

    def __init__(self, *, breaks: int = 0) -> None:
        self.breaks = breaks
        self.everybody = threading.Event()
        self.sweeper: Sweeper | None = None

    def mark_dead(self) -> bool:
        self.breaks -= 1
        if self.breaks >= 0:
            raise LookupError("nobody foresaw this")
        return False

    def tenants(self, tenants: Sequence[TenantId]) -> None:
        assert self.sweeper is not None
        self.sweeper.soon(tenants[0])

    def next_page(self) -> bool:
        self.everybody.set()
        return False


def test_a_tenant_that_asks_all_the_time_does_not_keep_the_others_from_their_turn() -> None:
    sweep = Asked()
    sweep.sweeper = sweeper = Sweeper(cast("Sweep", sweep), every_s=0.0, on_swept=lambda: None)
    sweeper.soon(TenantId(7))
    sweeper.start()

    assert sweep.everybody.wait(SOON_S)

    sweeper.stop()


def test_a_sweep_that_breaks_is_followed_by_the_next_one() -> None:
    sweep = Asked(breaks=1)
    sweep.sweeper = sweeper = Sweeper(cast("Sweep", sweep), every_s=0.0, on_swept=lambda: None)
    sweeper.start()

    assert sweep.everybody.wait(SOON_S)

    sweeper.stop()
