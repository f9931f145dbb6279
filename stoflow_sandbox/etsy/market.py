"""Etsy as the sandbox serves it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stoflow.settings import variable_of
from stoflow_sandbox.application import Application
from stoflow_sandbox.bearer import bearer_token
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.consent import consent_operations
from stoflow_sandbox.etsy import account, batches, consent, inventory, listings, people, receipts, taxonomy
from stoflow_sandbox.etsy.deeds import DEEDS, PACED
from stoflow_sandbox.etsy.errors import described, refusal
from stoflow_sandbox.etsy.parameters import QUERIES, unexpected_words
from stoflow_sandbox.etsy.shop import Shop
from stoflow_sandbox.market import Deeds, Operation, Paced, taking
from stoflow_sandbox.sellers import Numbers, Seller, TokenBook

ACCESS_LIFE_S = 3600
REFRESH_LIFE_S = 90 * 24 * 3600
FIRST_USER = 700_000_001
FIRST_LISTING = 1_700_000_001
V3 = "/v3/application"
SHOP = f"{V3}/shops/{{shop_id}}"
LISTING = f"{V3}/listings/{{listing_id}}"
NODES = f"{V3}/seller-taxonomy/nodes"
SHOP_LISTING = f"{SHOP}/listings/{{listing_id}}"
LIMIT_HEADERS = {
    "x-limit-per-second": "150",
    "x-remaining-this-second": "149",
    "x-limit-per-day": "100000",
    "x-remaining-today": "99999",
}
LONGEST_PAUSE_S = 60
PER_SECOND, PER_DAY = ("x-remaining-this-second", "per second"), ("x-remaining-today", "daily")
"""The header that falls to 0, and what the error calls the limit."""

ShopWork = Callable[[Shop, ReceivedCall], Answer]


class EtsyMarket:
    """Sellers, their shops, and the numbers Etsy gives."""

    name = "etsy"
    deeds: Deeds = DEEDS
    paced: Paced = PACED

    def __init__(self, application: Application, *, token_speed: float = 1.0, clock: Clock = MACHINE_CLOCK) -> None:
        self._clock = clock
        self.tokens = TokenBook(clock)
        self._consents = consent.desk(clock)
        self._application = application
        self._life_s = ACCESS_LIFE_S / token_speed
        self._shops: dict[str, Shop] = {}
        self._users, self._numbers = Numbers(FIRST_USER), Numbers(FIRST_LISTING)

    @staticmethod
    def variables(url: str, application: Application) -> Mapping[str, str]:
        """Return the settings of StoFlow that lead here."""
        return {
            variable_of("etsy_base_url"): url,
            variable_of("etsy_client_id"): application.client_id,
            variable_of("etsy_shared_secret"): application.client_secret,
            variable_of("etsy_redirect_uri"): application.callback("etsy"),
        }

    def operations(self) -> Sequence[Operation]:
        """Return Etsy's calls, each with the parameters it takes."""
        let_in = consent_operations(
            consent.PAGE, self._show_consent, consent.TOKENS, self._give_tokens, tokens_by_rate=False
        )
        return *let_in, *taking(QUERIES, *self._operations())

    def _operations(self) -> Sequence[Operation]:
        at = self._in_shop
        images, image = f"{SHOP_LISTING}/images", f"{LISTING}/images/{{image_id}}"
        return (
            # listings
            Operation("listing.create_draft", "POST", f"{SHOP}/listings", at(self._create_draft)),
            Operation("listing.list", "GET", f"{SHOP}/listings", at(listings.show_all), renaming=listings.LISTS),
            Operation("listing.batch", "GET", f"{V3}/listings/batch", at(self._show_batch)),
            Operation("listing.get", "GET", LISTING, at(listings.show)),
            Operation("listing.update", "PATCH", SHOP_LISTING, at(listings.update), renaming=listings.UPDATES),
            Operation("listing.delete", "DELETE", LISTING, at(listings.delete)),
            # pictures
            Operation("photo.upload", "POST", images, at(self._upload_image)),
            Operation("photo.list", "GET", f"{LISTING}/images", at(listings.list_images)),
            Operation("photo.get", "GET", image, at(listings.show_image)),
            Operation("photo.delete", "DELETE", f"{images}/{{image_id}}", at(listings.delete_image)),
            # inventory
            Operation("inventory.batch", "GET", f"{V3}/listings/batch/inventory", at(self._show_inventories)),
            Operation("inventory.update", "PUT", f"{LISTING}/inventory", at(self._replace_inventory)),
            Operation("inventory.get", "GET", f"{LISTING}/inventory", at(inventory.show_inventory)),
            # what was bought
            Operation("receipt.list", "GET", f"{SHOP}/receipts", at(receipts.show_receipts)),
            Operation("receipt.get", "GET", f"{SHOP}/receipts/{{receipt_id}}", at(receipts.show_receipt)),
            # the shop and the person
            Operation("user.get", "GET", f"{V3}/users/me", at(account.show_me)),
            Operation("shop.get", "GET", SHOP, at(account.show_shop)),
            Operation("shipping_profile.list", "GET", f"{SHOP}/shipping-profiles", at(account.show_shipping_profiles)),
            Operation("return_policy.list", "GET", f"{SHOP}/policies/return", at(account.show_return_policies)),
            Operation("readiness.list", "GET", f"{SHOP}/readiness-state-definitions", at(account.show_readiness)),
            # what concerns no seller
            Operation("node.list", "GET", NODES, self._by_key(taxonomy.show_nodes), open_door=True),
            Operation(
                "property.list",
                "GET",
                f"{NODES}/{{taxonomy_id}}/properties",
                self._by_key(taxonomy.show_properties),
                open_door=True,
            ),
        )

    def token_of(self, headers: Mapping[str, str]) -> str:
        """Return the bearer token, which begins with the user's id and a dot."""
        return bearer_token(headers)

    def authorize(self, call: ReceivedCall) -> None:
        """Refuse a call without the application's key and secret, or without a live token."""
        self._check_key(call)
        token = self.token_of(call.headers)
        user, dot, _ = token.partition(".")
        if not (token and dot and user.isdecimal() and call.seller):
            raise described(401, "invalid_token", "The access token is malformed or unknown")
        if not self.tokens.is_live(token):
            raise described(401, "invalid_token", "access token is expired")

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        """Make a seller with a shop and the profiles a physical listing needs.

        Wishes are the `currency`, the quirks `repeats_listings`, `denies_empty_lists` and `omits_unknown_listings`, and
        `more`: by setting, how many more than one the shop has to choose from.
        """
        user_id = self._users.take()
        shop = Shop(
            user_id=user_id,
            shop_id=self._users.take(),
            name=name,
            currency=str(wishes.get("currency", "EUR")),
            shipping_profile_id=self._users.take(),
            return_policy_id=self._users.take(),
            readiness_state_id=self._users.take(),
            clock=self._clock,
            repeats_listings=bool(wishes.get("repeats_listings")),
            denies_empty_lists=bool(wishes.get("denies_empty_lists")),
            omits_unknown_listings=bool(wishes.get("omits_unknown_listings")),
        )
        shop.more |= {name: [self._users.take() for _ in range(count)] for name, count in account.more_in(wishes)}
        settings = {
            "user_id": user_id,
            "shop_id": shop.shop_id,
            "shipping_profile_id": shop.shipping_profile_id,
            "return_policy_id": shop.return_policy_id,
            "readiness_state_id": shop.readiness_state_id,
            "currency": shop.currency,
        }
        seller = Seller(self.name, str(shop.shop_id), name, tenant, settings)
        self._shops[seller.external_id] = shop
        self._consents.know(seller)
        return seller

    def grant(self, seller: Seller) -> Mapping[str, Any]:
        """Grant both tokens; each begins with the user's id."""
        prefix = f"{seller.settings['user_id']}."
        return self.tokens.grant(seller, life_s=self._life_s, refresh_life_s=REFRESH_LIFE_S, prefix=prefix)

    def behave(self, seller: Seller, act: str, wishes: Mapping[str, Any]) -> Effect:
        """Let a buyer, or the seller in Etsy's own pages, act on a listing."""
        return people.behave(self._shops[seller.external_id], act, wishes, self._numbers)

    def too_many(self, retry_after_s: int) -> Answer:
        """Return the answer of the limit per second, or of the limit per day where the wait is a long one."""
        used_up, limit = PER_DAY if retry_after_s > LONGEST_PAUSE_S else PER_SECOND
        headers = {**LIMIT_HEADERS, used_up: "0", "retry-after": str(retry_after_s)}
        return Answer(429, {"error": f"Exceeded {limit} rate limit"}, headers)

    def broken(self) -> Answer:
        """Return the answer that may hide a created draft."""
        return Answer(500, {"error": "Server Error"})

    def malformed(self) -> Answer:
        """Return Etsy's answer to a body it cannot read."""
        return Answer(400, {"error": "Invalid request body"})

    def unexpected(self, names: Sequence[str]) -> Answer:
        """Return an answer in the words that Etsy has for fields."""
        return Answer(400, {"error": unexpected_words(names)})

    def not_found(self) -> Answer:
        """Return Etsy's answer to an unknown path."""
        return Answer(404, {"error": "Resource not found"})

    def _check_key(self, call: ReceivedCall) -> None:
        key = call.headers.get("x-api-key", "")
        if not key:
            raise refusal(401, "Missing header x-api-key or client_id")
        if ":" not in key:
            raise refusal(403, "Shared secret is required in x-api-key header.")
        if not self._application.opens_with_pair(key):
            raise refusal(403, "API key not found or not active, or incorrect shared secret for API key.")

    def _by_key(self, work: Callable[[ReceivedCall], Answer]) -> Callable[[ReceivedCall], Answer]:
        """Return what answers the application, whoever it calls for."""

        def work_by_key(call: ReceivedCall) -> Answer:
            self._check_key(call)
            return _limited(work(call))

        return work_by_key

    def _in_shop(self, work: ShopWork) -> Callable[[ReceivedCall], Answer]:
        def work_in_shop(call: ReceivedCall) -> Answer:
            if call.seller is None:
                raise refusal(401, "invalid_token")
            return _limited(work(self._shops[call.seller.external_id], call))

        return work_in_shop

    def _show_consent(self, call: ReceivedCall) -> Answer:
        return consent.show_page(call, self._consents, self._application)

    def _give_tokens(self, call: ReceivedCall) -> Answer:
        form = call.form or (call.json if isinstance(call.json, dict) else {})
        if form.get("client_id") != self._application.client_id:
            raise described(401, "invalid_client", "client_id is not valid")
        if form.get("grant_type") == "authorization_code":
            return consent.exchange(form, self._consents, self.grant)
        if form.get("grant_type") != "refresh_token":
            raise described(400, "unsupported_grant_type", "grant_type is not supported")
        seller = self.tokens.rotate(str(form.get("refresh_token", "")))
        if seller is None:
            raise described(400, "invalid_grant", "refresh_token is revoked")
        body = {**self.grant(seller), "token_type": "Bearer"}
        return Answer(200, body, effect=Effect(seller=seller, state="rotated"))

    def _create_draft(self, shop: Shop, call: ReceivedCall) -> Answer:
        return listings.create_draft(shop, call, self._numbers)

    def _upload_image(self, shop: Shop, call: ReceivedCall) -> Answer:
        return listings.upload_image(shop, call, self._numbers)

    def _show_batch(self, shop: Shop, call: ReceivedCall) -> Answer:
        return batches.show_batch(self._shops, shop, call)

    def _show_inventories(self, shop: Shop, call: ReceivedCall) -> Answer:
        return batches.show_inventories(self._shops, shop, call)

    def _replace_inventory(self, shop: Shop, call: ReceivedCall) -> Answer:
        return inventory.replace_inventory(shop, call, self._numbers)


def _limited(answer: Answer) -> Answer:
    return Answer(answer.status, answer.body, {**LIMIT_HEADERS, **answer.headers}, answer.effect)
