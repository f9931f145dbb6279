"""A tenant that went idle and came back at the same moment keeps its new supervisor."""

from typing import Any, cast

from stoflow.actors.context import Context
from stoflow.actors.mailbox import Pool
from stoflow.actors.tenants import Tenants
from stoflow.admission.facts import Conditions
from stoflow.domain.ids import Epoch, ProcessId, TenantId

TENANT = TenantId(7)
NOBODY = cast("Any", None)


def owned() -> Tenants:
    around = Context(
        pool=Pool(0),
        loader=NOBODY,
        timers=NOBODY,
        dispatcher=NOBODY,
        me=ProcessId(1),
        conditions=Conditions(),
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
