"""The dispatcher: a bounded window of messages in flight, started jobs first, then round-robin over tenants."""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from stoflow.actors.mailbox import OnDeath, Pool, PooledActor
from stoflow.actors.news import Freed, Offer
from stoflow.domain.ids import TenantId
from stoflow.domain.run import RunMessage

Send = Callable[[str, list[RunMessage]], None]


class _Lane:
    """Offers by tenant; taken one tenant after the other."""

    def __init__(self) -> None:
        self._tenants: OrderedDict[TenantId, deque[Offer]] = OrderedDict()

    def put(self, offer: Offer) -> None:
        self._tenants.setdefault(offer.message.tenant, deque()).append(offer)

    def take(self) -> Offer | None:
        if not self._tenants:
            return None
        tenant, offers = self._tenants.popitem(last=False)
        offer = offers.popleft()
        if offers:
            self._tenants[tenant] = offers  # at the end of the line
        return offer


class Dispatcher(PooledActor):
    """Keeps broker queues short, so that no tenant's flood stands in front of another's job."""

    def __init__(self, pool: Pool, on_death: OnDeath, *, window: int, send: Send) -> None:
        super().__init__(pool, on_death)
        self._free = window
        self._send = send
        self._started = _Lane()
        self._new = _Lane()

    def handle(self, message: Any) -> None:
        match message:
            case Offer(started=True):
                self._started.put(message)
            case Offer():
                self._new.put(message)
            case Freed(count):
                self._free += count
            case _:
                super().handle(message)
        if self.actor_inbox.empty() or self._free > 0:
            self._send_what_fits()

    def _send_what_fits(self) -> None:
        batches: dict[str, list[RunMessage]] = {}
        while self._free > 0 and (offer := self._started.take() or self._new.take()) is not None:
            self._free -= 1
            batches.setdefault(offer.marketplace, []).append(offer.message)
        for marketplace, messages in batches.items():
            self._send(marketplace, messages)
