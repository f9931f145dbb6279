"""The life of sellers and buyers while StoFlow works: prices change, things are sold, edited and taken away by hand."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from campaigns.load import Clients, Wish
from campaigns.market import ForSale, Market
from campaigns.world import MARKETPLACES, World
from stoflow.domain.errors import APIError
from stoflow.domain.ids import TenantId

MESSAGE = "Is it still available?"
ANSWER = "Yes, it is."


@dataclass(frozen=True, slots=True)
class Sale:
    """A buyer bought this listing at this time."""

    at: float
    sold: ForSale


@dataclass(slots=True)
class Life:
    """One act after the other, in an order its seed decides; `acts` counts what was done.

    `by_hand` are the products that nobody publishes on Vinted: their sellers list them there themselves.
    """

    world: World
    clients: Clients
    market: Market
    random: Random
    by_hand: list[tuple[TenantId, int]]
    acts: Counter[str] = field(default_factory=Counter[str])
    sales: list[Sale] = field(default_factory=list[Sale])
    _stopping: threading.Event = field(default_factory=threading.Event)

    def live(self, *, acts: int, over_s: float) -> None:
        """Do so many acts, spread over this time; return early once stopped."""
        begun_s = time.monotonic()
        names = [name for name, (share, _) in self._acts().items() for _ in range(share)]
        for number in range(acts):
            due_s = begun_s + over_s * (number + self.random.random()) / acts
            if self._stopping.wait(max(0.0, due_s - time.monotonic())):
                return
            name = self.random.choice(names)
            with suppress(APIError):  # the sandbox or the api was away: life goes on
                self.acts[name] += self._acts()[name][1]()

    def stop(self) -> None:
        self._stopping.set()

    def everyone(self, actions: Mapping[str, str]) -> None:
        """Ask for one job on every account; `actions` by marketplace."""
        for tenant in self.world.sellers:
            for marketplace, action in actions.items():
                self._ask(tenant, marketplace, action)

    def _acts(self) -> Mapping[str, tuple[int, Callable[[], bool]]]:
        """Return each act with its share and what does it."""
        return {
            "sold": (6, lambda: self._behave("sell")),
            "edited by hand": (2, lambda: self._behave("edit", price="11.00")),
            "taken away by hand": (1, lambda: self._behave("delete")),
            "updated": (5, self._update),
            "deleted": (1, self._delete),
            "orders asked for": (4, lambda: self._account(ORDERS)),
            "synced": (2, lambda: self._account(SYNC)),
            "written to": (2, self._write),
            "listed by hand and linked": (2, self._link),
        }

    # Buyers, and sellers in the marketplace's own pages

    def _behave(self, act: str, **wishes: str) -> bool:
        listing = self._any_listing()
        if listing is None:
            return False
        path = f"sellers/{listing.marketplace}/{listing.seller}/behave"
        done = self.world.control("POST", path, {"act": act, "listing_id": listing.listing, **wishes}) is not None
        if done and act == "sell":
            self.sales.append(Sale(time.time(), listing))
        return done

    def _write(self) -> bool:
        """Let a buyer write to a seller on Vinted, and the seller answer through StoFlow."""
        listing = self._any_listing("vinted")
        if listing is None:
            return False
        path = f"sellers/vinted/{listing.seller}/behave"
        wish = {"act": "write", "listing_id": listing.listing, "text": MESSAGE}
        conversation = (self.world.control("POST", path, wish) or {}).get("offer_id")
        if conversation:
            self._ask(listing.tenant, "vinted", "message", payload={"conversation_id": conversation, "text": ANSWER})
        return bool(conversation)

    def _link(self) -> bool:
        """Let a seller list a thing on Vinted by hand, and link it to its product in StoFlow."""
        alike = {listing.tenant: listing for listing in self.market.for_sale("vinted")}
        ready = [one for one in self.by_hand if one[0] in alike]
        if not ready:
            return False
        tenant, product = self.random.choice(ready)
        path = f"sellers/vinted/{alike[tenant].seller}/behave"
        wish = {"act": "list", "listing_id": alike[tenant].listing, "title": f"Thing {product}"}
        listed = (self.world.control("POST", path, wish) or {}).get("listing_id")
        if listed:
            self.by_hand.remove((tenant, product))
            self._ask(tenant, "vinted", "link_product", product=product, payload={"listing_id": listed})
        return bool(listed)

    # Sellers through StoFlow

    def _update(self) -> bool:
        tenant, product = self._any_product()
        price = {"amount": f"{self.random.randint(500, 9900) / 100:.2f}", "currency": "EUR"}
        self.world.clients[tenant].change_product(product, {"price": price})
        for marketplace in MARKETPLACES:
            self._ask(tenant, marketplace, "update", product=product)
        return True

    def _delete(self) -> bool:
        tenant, product = self._any_product()
        self._ask(tenant, self.random.choice(MARKETPLACES), "delete", product=product)
        return True

    def _account(self, actions: Mapping[str, str]) -> bool:
        marketplace = self.random.choice(list(actions))
        self._ask(self.random.choice(list(self.world.sellers)), marketplace, actions[marketplace])
        return True

    def _ask(
        self,
        tenant: TenantId,
        marketplace: str,
        action: str,
        *,
        product: int | None = None,
        payload: Mapping[str, str] | None = None,
    ) -> None:
        key = f"life-{self.random.getrandbits(64):x}"
        self.clients.submit(Wish(tenant, marketplace, key, action, product, payload or {}))

    def _any_listing(self, marketplace: str | None = None) -> ForSale | None:
        listings = self.market.for_sale(marketplace)
        return self.random.choice(listings) if listings else None

    def _any_product(self) -> tuple[TenantId, int]:
        tenant = self.random.choice(list(self.world.sellers))
        return tenant, self.random.choice(self.world.products[tenant])


SYNC: Mapping[str, str] = {"vinted": "sync", "ebay": "sync", "etsy": "sync"}
ORDERS: Mapping[str, str] = {"vinted": "orders", "ebay": "sync_orders", "etsy": "sync_orders"}


def resold(sales: Sequence[Sale], product_of: Callable[[ForSale], int | None]) -> list[tuple[Sale, Sale]]:
    """Return each sale of what had been sold before, with the first one."""
    first: dict[tuple[TenantId, int], Sale] = {}
    again: list[tuple[Sale, Sale]] = []
    for sale in sorted(sales, key=lambda sale: sale.at):
        product = product_of(sale.sold)
        if product is None:
            continue
        known = first.setdefault((sale.sold.tenant, product), sale)
        if known is not sale:
            again.append((known, sale))
    return again
