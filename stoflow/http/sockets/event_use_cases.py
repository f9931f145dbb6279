"""What the sockets ask on behalf of sellers' pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stoflow.domain.ids import TenantId
from stoflow.resources.events.read import Told


@dataclass(frozen=True, slots=True)
class EventUseCases:
    """`newest` gives numbers to what is committed, and answers the last one of each of the tenants."""

    newest: Callable[[Sequence[TenantId]], Mapping[TenantId, int]]
    after: Callable[[TenantId, int, int], Told]  # tenant, number, limit
