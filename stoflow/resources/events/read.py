"""Reading events after a number: what a page missed, or what a webhook is to be sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stoflow.domain.ids import TenantId
from stoflow.marketplaces.registry import Registry
from stoflow.resources.events.wording import Event, event_of
from stoflow.resources.needs import KnowsMarketplaces, Reads
from stoflow.storage.database.session import Records
from stoflow.storage.events.numbering import heads_of, number_events
from stoflow.storage.events.reading import bounds_of, read_events, subjects_of


@dataclass(frozen=True, slots=True)
class Told:
    """Events in their order; `missed` where some before them are not kept any more, or were never told.

    `last` is the number to read on after.
    """

    events: Sequence[Event]
    missed: bool
    last: int


def newest(needs: Reads, tenants: Sequence[TenantId]) -> Mapping[TenantId, int]:
    """Number what is committed; return the newest number of each of these tenants."""
    with needs.database.records() as connection:
        number_events(connection)
        return heads_of(connection, tenants)


def list_events(needs: KnowsMarketplaces, tenant: TenantId, after: int, limit: int) -> Told:
    """Return what came after a number, up to what is committed now."""
    with needs.database.records() as connection:
        number_events(connection)
    return events_after(needs, tenant, after, limit)


def events_after(needs: KnowsMarketplaces, tenant: TenantId, after: int, limit: int) -> Told:
    """Return what came after a number and has one."""
    with needs.database.records() as connection:
        told = told_after(connection, tenant, after, limit)
    return replace(told, events=[_named(needs.registry, event) for event in told.events])


def _named(registry: Registry, event: Event) -> Event:
    """Return the event with its action by the name that people call it."""
    if not event.data.get("action"):
        return event
    action = registry.name_of(event.data["marketplace"], event.data["action"])
    return replace(event, data={**event.data, "action": action})


def told_after(connection: Records, tenant: TenantId, after: int, limit: int) -> Told:
    rows = read_events(connection, tenant, after=after, limit=limit)
    bounds = bounds_of(connection, tenant)  # after the rows: what is forgotten meanwhile is not taken for none
    subjects = subjects_of(connection, tenant, rows)
    missed = after < bounds.forgotten or after > bounds.newest
    last = rows[-1].number if rows else bounds.newest
    return Told([event_of(row, subjects) for row in rows], missed, last)
