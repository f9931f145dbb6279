"""eBay as the sandbox serves it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

from stoflow.domain.errors import InputError
from stoflow.settings import variable_of
from stoflow_sandbox.application import Application
from stoflow_sandbox.bearer import bearer_token
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.consent import consent_operations
from stoflow_sandbox.ebay import account, consent, items, offers, orders, people, taxonomy
from stoflow_sandbox.ebay.deeds import DEEDS, PACED
from stoflow_sandbox.ebay.errors import ERRORS, error, refusal, warned
from stoflow_sandbox.ebay.parameters import QUERIES
from stoflow_sandbox.ebay.quotas import Quotas
from stoflow_sandbox.ebay.shop import MARKETPLACES, Quirks, Shop
from stoflow_sandbox.market import Deeds, Operation, Paced, taking
from stoflow_sandbox.sellers import Numbers, Seller, TokenBook

ACCESS_LIFE_S = 7200
FIRST_OFFER = 6_240_000_001
FIRST_LISTING = 256_700_000_001
FIRST_PICTURE = 900_001
FIRST_ORDER = 700_001
INVENTORY = "/sell/inventory/v1"
ACCOUNT = "/sell/account/v1"
FULFILLMENT = "/sell/fulfillment/v1"
MEDIA = "/commerce/media/v1_beta"
WRITING = frozenset({"POST", "PUT"})
LENGTH_REQUIRED = "<html><head><title>Length Required</title></head><body>HTTP Error 411</body></html>"

ShopWork = Callable[[Shop, ReceivedCall], Answer]


class EbayMarket:
    """Sellers, their shops, and the numbers eBay gives."""

    name = "ebay"
    deeds: Deeds = DEEDS
    paced: Paced = PACED

    def __init__(self, application: Application, *, token_speed: float = 1.0, clock: Clock = MACHINE_CLOCK) -> None:
        self._clock = clock
        self.tokens = TokenBook(clock)
        self._consents = consent.desk(clock)
        self._application = application
        self._life_s = ACCESS_LIFE_S / token_speed
        self._shops: dict[str, Shop] = {}
        self._pictures: dict[str, dict[str, Any]] = {}
        self._sellers, self._offers = Numbers(), Numbers(FIRST_OFFER)
        self._listings, self._picture_numbers = Numbers(FIRST_LISTING), Numbers(FIRST_PICTURE)
        self._orders = Numbers(FIRST_ORDER)
        self._quotas = Quotas()

    @staticmethod
    def variables(url: str, application: Application) -> Mapping[str, str]:
        """Return the settings of StoFlow that lead here."""
        return {
            variable_of("ebay_base_url"): url,
            variable_of("ebay_client_id"): application.client_id,
            variable_of("ebay_client_secret"): application.client_secret,
            variable_of("ebay_redirect_uri"): consent.RU_NAME,
        }

    def operations(self) -> Sequence[Operation]:
        """Return eBay's calls, each with the parameters it takes, counted where there is a limit on them."""
        let_in = consent_operations(consent.PAGE, self._show_consent, consent.TOKENS, self._give_tokens)
        return *let_in, *taking(QUERIES, *self._quotas.counted(*self._operations()))

    def _operations(self) -> Sequence[Operation]:
        at = self._in_shop
        item, offer = f"{INVENTORY}/inventory_item/{{sku}}", f"{INVENTORY}/offer/{{offer_id}}"
        location, image = f"{INVENTORY}/location/{{key}}", f"{MEDIA}/image"
        return (
            # inventory items
            Operation("item.put", "PUT", item, at(items.put_item)),
            Operation("item.get", "GET", item, at(items.get_item)),
            Operation("item.delete", "DELETE", item, at(items.delete_item)),
            Operation("item.list", "GET", f"{INVENTORY}/inventory_item", at(items.list_items)),
            # offers
            Operation("offer.create", "POST", f"{INVENTORY}/offer", at(self._create_offer)),
            Operation("offer.list", "GET", f"{INVENTORY}/offer", at(offers.list_offers)),
            Operation("offer.get", "GET", offer, at(offers.get_offer)),
            Operation("offer.update", "PUT", offer, at(offers.update_offer)),
            Operation("offer.delete", "DELETE", offer, at(offers.delete_offer)),
            Operation("offer.publish", "POST", f"{offer}/publish", at(self._publish_offer)),
            Operation("offer.withdraw", "POST", f"{offer}/withdraw", at(offers.withdraw_offer)),
            # what was bought
            Operation("order.list", "GET", f"{FULFILLMENT}/order", at(orders.list_orders)),
            Operation("order.get", "GET", f"{FULFILLMENT}/order/{{order_id}}", at(orders.get_order)),
            # what an offer stands on
            Operation("location.list", "GET", f"{INVENTORY}/location", at(account.list_locations)),
            Operation("location.get", "GET", location, at(account.get_location)),
            Operation("location.create", "POST", location, at(account.create_location)),
            Operation("fulfillment_policy.list", "GET", f"{ACCOUNT}/fulfillment_policy", at(account.list_policies)),
            Operation("payment_policy.list", "GET", f"{ACCOUNT}/payment_policy", at(account.list_policies)),
            Operation("return_policy.list", "GET", f"{ACCOUNT}/return_policy", at(account.list_policies)),
            # pictures and the person
            Operation("photo.upload", "POST", f"{image}/create_image_from_file", self._upload_picture),
            Operation("photo.link", "POST", f"{image}/create_image_from_url", self._link_picture),
            Operation("photo.get", "GET", f"{image}/{{image_id}}", self._get_picture),
            Operation("user.get", "GET", "/commerce/identity/v1/user/", self._who),
            # what concerns no seller
            *taxonomy.OPERATIONS,
            *self._quotas.operations(),
        )

    def token_of(self, headers: Mapping[str, str]) -> str:
        """Return the bearer token."""
        return bearer_token(headers)

    def authorize(self, call: ReceivedCall) -> None:
        """Refuse a missing, foreign or ended token with eBay's three errors, and before them what has an empty body."""
        if call.method in WRITING and call.headers.get("content-length") == "0":
            raise Refusal(Answer(411, LENGTH_REQUIRED))
        header = call.headers.get("authorization", "")
        if not header:
            raise refusal(400, 1002)
        token = self.token_of(call.headers)
        if not token:
            raise refusal(400, 1003)
        if not self.tokens.is_live(token):
            raise refusal(401, 1001)

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        """Make a seller with a location and the three policies of one eBay site.

        The wishes `more_policies` and `more_locations` give more: of the former, each has its `kind`, and may have its
        `marketplace_id`, `name` and `categoryTypes`; of the latter, each is a location as eBay shows it.
        """
        site = str(wishes.get("marketplace_id", "EBAY_FR"))
        if site not in MARKETPLACES:
            raise InputError(f"eBay's sandbox knows the sites {', '.join(MARKETPLACES)}, not {site}.")
        currency, language = MARKETPLACES[site]
        quirks = _quirks(wishes.get("quirks", {}))
        number = self._sellers.take()
        policies = {kind: str(number * 10 + index) for index, kind in enumerate(account.POLICY_LISTS)}
        settings = {
            "marketplace_id": site,
            "merchant_location_key": account.LOCATION_KEY,
            "fulfillment_policy_id": policies["fulfillment_policy"],
            "payment_policy_id": policies["payment_policy"],
            "return_policy_id": policies["return_policy"],
            "currency": currency,
            "content_language": language,
        }
        seller = Seller(self.name, f"ebay-{number}", name, tenant, settings)
        shop = self._shops[seller.external_id] = Shop(seller.external_id, self._clock, quirks)
        account.furnish(shop, policies, site)
        account.furnish_more(shop, wishes, site)
        self._consents.know(seller)
        return seller

    def grant(self, seller: Seller) -> Mapping[str, Any]:
        """Grant both tokens, as after a consent."""
        return self.tokens.grant(
            seller,
            life_s=self._life_s,
            refresh_life_s=consent.REFRESH_LIFE_S,
            prefix="v^1.1#",
            refresh_prefix="v^1.1#r#",
        )

    def behave(self, seller: Seller, act: str, wishes: Mapping[str, Any]) -> Effect:
        """Let a buyer buy, or the seller act in eBay's own pages."""
        return people.behave(self._shops[seller.external_id], act, wishes, self._orders)

    def too_many(self, retry_after_s: int) -> Answer:
        """Return error 2001."""
        return error(429, 2001, headers={"retry-after": str(retry_after_s)})

    def broken(self) -> Answer:
        """Return error 25001."""
        return error(500, 25001)

    def malformed(self) -> Answer:
        """Return error 2004."""
        return error(400, 2004)

    def unexpected(self, names: Sequence[str]) -> Answer:  # noqa: ARG002  # it has no words that name them
        """Return error 2004."""
        return self.malformed()

    def not_found(self) -> Answer:
        """Return error 2002."""
        return error(404, 2002)

    def _in_shop(self, work: ShopWork) -> Callable[[ReceivedCall], Answer]:
        def work_in_shop(call: ReceivedCall) -> Answer:
            if call.seller is None:
                raise refusal(401, 1001)
            shop = self._shops[call.seller.external_id]
            return warned(work(shop, call), shop.quirks.warnings.get(call.operation, ()))

        return work_in_shop

    def _show_consent(self, call: ReceivedCall) -> Answer:
        return consent.show_page(call, self._consents, self._application)

    def _give_tokens(self, call: ReceivedCall) -> Answer:
        exchanged = partial(consent.exchange, call, self._consents, self.grant)
        return account.give_tokens(call, self.tokens, self._application, life_s=self._life_s, exchanged=exchanged)

    def _create_offer(self, shop: Shop, call: ReceivedCall) -> Answer:
        return offers.create_offer(shop, call, self._offers)

    def _publish_offer(self, shop: Shop, call: ReceivedCall) -> Answer:
        return offers.publish_offer(shop, call, self._listings)

    def _upload_picture(self, call: ReceivedCall) -> Answer:
        return account.upload_picture(call, self._pictures, self._picture_numbers)

    def _link_picture(self, call: ReceivedCall) -> Answer:
        return account.link_picture(call, self._pictures, self._picture_numbers)

    def _get_picture(self, call: ReceivedCall) -> Answer:
        return account.get_picture(call, self._pictures)

    def _who(self, call: ReceivedCall) -> Answer:
        if call.seller is None:
            raise refusal(401, 1001)
        return Answer(200, {"userId": call.seller.external_id, "username": call.seller.name})


def _quirks(wishes: Any) -> Quirks:
    known = {each.name for each in fields(Quirks)}
    if not isinstance(wishes, dict) or not wishes.keys() <= known:
        raise InputError(f"eBay's quirks are {', '.join(sorted(known))}.")
    quirks = Quirks(**wishes)
    numbers = {quirks.revision_error, *(number for ids in quirks.warnings.values() for number in ids)}
    if not numbers <= ERRORS.keys():
        raise InputError(f"eBay's sandbox has no error {', '.join(map(str, sorted(numbers - ERRORS.keys())))}.")
    return quirks
