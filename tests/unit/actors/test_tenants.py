"""A tenant that went idle and came back at the same moment keeps its new supervisor; nothing of one that went is left."""

from queue import SimpleQueue
from typing import Any, cast

import pykka

from stoflow.actors.context import Context
from stoflow.actors.mailbox import Pool
from stoflow.actors.news import Offer
from stoflow.actors.tenants import Tenants
from stoflow.actors.timers import Timers
from stoflow.admission.facts import Conditions
from stoflow.domain.ids import Epoch, ProcessId, TenantId
from tests.harness.queued import NEW_JOB

TENANT = TenantId(7)
NOBODY = cast("Any", None)
WAIT_S = 20


class Window:
    """A dispatcher that keeps what it is offered."""

    def __init__(self) -> None:
        self.offers = SimpleQueue[Offer]()

    def tell(self, message: object) -> None:
        if isinstance(message, Offer):
            self.offers.put(message)


def owned(pool: Pool | None = None, dispatcher: Any = NOBODY) -> Tenants:
    around = Context(
        pool=pool or Pool(0),
        loader=NOBODY,
        timers=Timers(),
        dispatcher=dispatcher,
        me=ProcessId(1),
        conditions=Conditions(caps={"shop": 1}),
        pace_s=lambda *_: 0.0,
        sweep_soon=lambda _: None,
        page_size=10,
        refusing=frozenset[str],
        on_released=lambda *_: None,
    )
    return Tenants(around)


def test_a_release_ends_the_supervisor_it_is_about() -> None:
    tenants = owned()
    tenants.take(TENANT, Epoch(1))

    tenants.release(TENANT, Epoch(1))

    assert TENANT not in tenants


def test_a_late_release_does_not_end_the_supervisor_of_a_later_epoch() -> None:
    """Between the release and its word, a job came and the tenant was taken again."""
    tenants = owned()
    tenants.take(TENANT, Epoch(1))
    tenants.take(TENANT, Epoch(2))

    tenants.release(TENANT, Epoch(1))

    assert TENANT in tenants


def test_nothing_of_a_tenant_is_left_when_the_term_ends_in_which_it_had_work() -> None:
    before = {ref.actor_urn for ref in pykka.ActorRegistry.get_all()}
    pool, window = Pool(2), Window()
    pool.start()
    tenants = owned(pool, window)
    tenants.take(TENANT, Epoch(1), [NEW_JOB])
    assert window.offers.get(timeout=WAIT_S).message.tenant == TENANT

    tenants.stop()
    pool.stop()

    assert {ref.actor_urn for ref in pykka.ActorRegistry.get_all()} <= before
