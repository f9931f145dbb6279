"""The dispatcher: a bounded window of messages in flight; started jobs first, marketplaces and tenants in turn."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pykka

from stoflow.actors.mailbox import OnDeath, Pool, PooledActor
from stoflow.actors.news import Freed, HasLeft, Left, Offer, SendAgain
from stoflow.actors.timers import tell
from stoflow.domain.ids import TenantId
from stoflow.domain.run import RunMessage

STARTED, NEW = 0, 1
KEPT_OF = 4  # a quarter of the window is kept for marketplaces that have nothing in flight

Send = Callable[[str, list[RunMessage]], None]


class _Lane:
    """Offers by tenant, the one whose turn is next first; taken one tenant after the other."""

    def __init__(self) -> None:
        self._tenants: dict[TenantId, dict[RunMessage, Offer]] = {}

    def __contains__(self, message: RunMessage) -> bool:
        return message in self._tenants.get(message.tenant, ())

    def put(self, offer: Offer) -> None:
        self._tenants.setdefault(offer.message.tenant, {})[offer.message] = offer

    def withdraw(self, message: RunMessage) -> bool:
        """Forget the offer of this message, if there is one."""
        offers = self._tenants.get(message.tenant, {})
        offer = offers.pop(message, None)
        if offer is not None and not offers:
            del self._tenants[message.tenant]
        return offer is not None

    def take(self, may: Callable[[TenantId], bool]) -> Offer | None:
        """Return the next offer of the first tenant in line that may have one, and send that tenant to the end."""
        tenant = next(filter(may, self._tenants), None)
        if tenant is None:
            return None
        offers = self._tenants.pop(tenant)
        offer = offers.pop(next(iter(offers)))
        if offers:
            self._tenants[tenant] = offers
        return offer


@dataclass(slots=True)
class _Marketplace:
    """`out` of its messages are in flight."""

    out: int = 0
    lanes: tuple[_Lane, _Lane] = field(default_factory=lambda: (_Lane(), _Lane()))  # of started jobs, of new ones

    def __contains__(self, message: RunMessage) -> bool:
        return any(message in lane for lane in self.lanes)

    def put(self, offer: Offer) -> None:
        self.lanes[STARTED if offer.started else NEW].put(offer)

    def withdraw(self, message: RunMessage) -> bool:
        return any(lane.withdraw(message) for lane in self.lanes)


class Dispatcher(PooledActor):
    """Keeps broker queues short, so that no tenant's flood stands in front of another's job, and places in the window
    for each marketplace, so that none whose calls hang has it all."""

    def __init__(
        self, pool: Pool, on_death: OnDeath, *, window: int, marketplaces: Collection[str], send: Send
    ) -> None:
        super().__init__(pool, on_death)
        self._free = window
        self._marketplaces = {name: _Marketplace() for name in marketplaces}  # the one whose turn is next first
        self._kept = window // (KEPT_OF * max(1, len(marketplaces)))
        # Of one tenant: fewer than the workers' threads (see the setting), of which some are kept, so that others are
        # free for whoever comes; eight of the usual window, as many as the usual caps of two marketplaces (4 + 4).
        self._share = max(1, window // 4)
        self._out: dict[RunMessage, str] = {}  # what left and was not given back, and to which marketplace
        self._out_of: Counter[TenantId] = Counter()
        self._send = send
        self._askers: dict[RunMessage, pykka.ActorRef[Any]] = {}

    def handle(self, message: Any) -> None:
        match message:
            case Offer(marketplace):
                self._at(marketplace).put(message)
            case Freed(messages):
                for freed in messages:
                    self._free_place(freed)
            case HasLeft(asked, asker):
                self._answer(asked, asker)
            case SendAgain():
                self._send_all(self._out)
            case _:
                super().handle(message)
        if self.actor_inbox.empty() or self._free > 0:
            self._send_what_fits()

    def _at(self, marketplace: str) -> _Marketplace:
        return self._marketplaces.setdefault(marketplace, _Marketplace())

    def _free_place(self, message: RunMessage) -> None:
        self._askers.pop(message, None)
        if any(marketplace.withdraw(message) for marketplace in self._marketplaces.values()):
            return
        name = self._out.pop(message, None)
        if name is None:
            return
        self._free += 1
        self._at(name).out -= 1
        self._out_of[message.tenant] -= 1
        if self._out_of[message.tenant] <= 0:
            del self._out_of[message.tenant]

    def _answer(self, message: RunMessage, asker: pykka.ActorRef[Any]) -> None:
        if any(message in marketplace for marketplace in self._marketplaces.values()):
            self._askers[message] = asker
        else:
            tell(asker, Left(message))

    def _send_what_fits(self) -> None:
        leaving: dict[RunMessage, str] = {}
        while self._free > 0 and (offer := self._next()) is not None:
            message = offer.message
            if message not in self._out:  # else its actor died, and the next one permits the same
                self._free -= 1
                self._at(offer.marketplace).out += 1
                self._out_of[message.tenant] += 1
            leaving[message] = self._out[message] = offer.marketplace
            asker = self._askers.pop(message, None)
            if asker is not None:
                tell(asker, Left(message))
        self._send_all(leaving)

    def _send_all(self, messages: Mapping[RunMessage, str]) -> None:
        batches: dict[str, list[RunMessage]] = {}
        for message, marketplace in messages.items():
            batches.setdefault(marketplace, []).append(message)
        for marketplace, batch in batches.items():
            self._send(marketplace, batch)

    def _next(self) -> Offer | None:
        """Return who goes next, and send its marketplace to the end of the line."""
        may_go = [name for name in self._marketplaces if self._has_room(name)]
        for lane in (STARTED, NEW):
            for name in may_go:
                offer = self._marketplaces[name].lanes[lane].take(self._may)
                if offer is not None:
                    self._marketplaces[name] = self._marketplaces.pop(name)
                    return offer
        return None

    def _has_room(self, name: str) -> bool:
        """Whether it may have one more place, beside those that are kept for the others."""
        others = (marketplace for other, marketplace in self._marketplaces.items() if other != name)
        return self._free > sum(max(0, self._kept - marketplace.out) for marketplace in others)

    def _may(self, tenant: TenantId) -> bool:
        return self._out_of[tenant] < self._share
