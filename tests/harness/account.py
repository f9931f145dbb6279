"""A seller's whole account on one marketplace: things for sale there, and people who act behind StoFlow's back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from stoflow.domain.call import Call, Request, Response
from stoflow.domain.product import Product
from stoflow.marketplaces.contract import Marketplace
from stoflow.testing.acting import Acting, Site, response_to
from stoflow_sandbox.server import SandboxServer
from tests.harness.going import Going
from tests.harness.official import documents

FIRST_PRODUCT = 100
SELLS_SEVERAL = frozenset({"ebay", "etsy"})
"""One listing there may be of several things alike; of another marketplace nobody needs to say it."""
SIZES = ("limit", "per_page")


@dataclass
class SellersAccount:
    """`publish` puts things on sale as StoFlow does, `behave` is what others do to them."""

    marketplace: Marketplace
    site: Site
    sandbox: SandboxServer
    product: Product
    media_root: str

    def publish(self, number: int = FIRST_PRODUCT, **changes: Any) -> str:
        """Return the listing of a product, which has one photo."""
        product = replace(self.product, id=number, images=self.product.images[:1], **changes)
        acting = Acting(self.marketplace.handlers["publish"], self.site, product, self.media_root)
        acting.run()
        self.site.calls.clear()
        return acting.listing_id

    def publish_many(self, count: int) -> dict[str, int]:
        """Return the products of new listings, by listing."""
        return {self.publish(number): number for number in range(FIRST_PRODUCT, FIRST_PRODUCT + count)}

    def behave(self, act: str, listing: str, **wishes: Any) -> None:
        """Let a buyer, or the seller in the marketplace's own pages, act."""
        seller = self.site.account.external_id
        self.sandbox.sandbox.control.behave(self.marketplace.name, seller, act, {"listing_id": listing, **wishes})

    def going(self, action: str, **fields: Any) -> Going:
        """Return a job on the account."""
        return Going(self.marketplace.handlers[action], self.site, **fields)

    def judged_run(self, going: Going) -> Going:
        """Do the whole job, of which every call and every answer is judged by the marketplace's own files."""
        documents(self.marketplace.name)
        judge = self.site.judge
        before = judge.requests, judge.replies
        self.site.calls.clear()
        going.run()
        assert (judge.requests - before[0], judge.replies - before[1]) == (len(self.site.calls),) * 2
        return going

    @property
    def names_products(self) -> bool:
        """Whether the marketplace keeps an SKU with what was published, and so shows which product it is."""
        mine = self.site.account.external_id
        return any(entry.sku for entry in self.sandbox.sandbox.ledger.since() if entry.seller == mine)

    @property
    def sells_several(self) -> bool:
        return self.marketplace.name in SELLS_SEVERAL


def page_size(going: Going) -> int:
    """Return how much a job asks for at once, by the first call it makes."""
    asked: list[Call] = []

    def refuse(call: Call) -> Response:
        asked.append(call)
        return response_to(call, 503)

    going.act("page:1", send=refuse)
    said = asked[0].query if isinstance(asked[0], Request) else asked[0].payload
    return int(next(said[name] for name in SIZES if name in said))


def failing(site: Site, status: int, *, after: int) -> Callable[[Call], Response]:
    """Return a marketplace that answers `after` calls as usual and then with that status."""
    made: list[Call] = []

    def answer(call: Call) -> Response:
        made.append(call)
        return site.answer(call) if len(made) <= after else response_to(call, status)

    return answer
