"""Bazaar: one call lists an advertisement, in zloty and without photos; what calls present is a key that is entered."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Reply, Request
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Done, FieldError, LookResult, Outcome
from stoflow.marketplaces import checks
from stoflow.marketplaces.actions import DELETE, PUBLISH
from stoflow.marketplaces.calls import EndListing, look_at, on_sale
from stoflow.marketplaces.contract import Conversation, Looking, Marketplace, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import Dialect, is_success, reason_at, reply_of
from stoflow.settings import PackageSettings, Settings
from stoflow.transports.direct.consent import Identity
from stoflow.transports.direct.credentials import CredentialField, CredentialForm
from stoflow.transports.direct.profile import DirectProfile

CURRENCY = "PLN"
LIMITS = checks.Limits(lowest_price=Decimal(50), highest_quantity=1, most_photos=0)
SAYS = Dialect("Bazaar", reason_at("problem", otherwise="bazaar"), pause_s=lambda _: 2.0)


class BazaarSettings(PackageSettings, env_prefix="STOFLOW_BAZAAR_"):
    url: str = "https://bazaar.example"


class Advertise(BaseJobHandler):
    marketplace = "bazaar"
    action = "publish"

    def make_steps(self) -> tuple[Step, ...]:
        return (
            Step("check", self.check),
            Step("advertise", self.advertise, TaskKind.UNSAFE, paced=True, look=self.find),
            Step("tell", lambda attempt: Done(attempt.outputs["advertise"])),
        )

    def check(self, attempt: Attempt) -> Outcome:
        product = checks.product_of(attempt)
        price = checks.price_in(CURRENCY, product, attempt.account)
        title = () if product.title.strip() else (FieldError("title", "The product has no title."),)
        errors = (*title, *checks.price_errors(price, LIMITS, CURRENCY), *checks.quantity_errors(product, LIMITS))
        return checks.ready_unless(errors, "The product is not ready for Bazaar.")

    def advertise(self, attempt: Attempt) -> Conversation:
        method, path = ("PUT", f"/ads/{attempt.listing_id}") if attempt.listing_id else ("POST", "/ads")
        reply = reply_of((yield Request(method, path, json=_ad(attempt))))
        return _shown(reply.body) if is_success(reply) else SAYS.outcome_of(reply, unsafe=True)

    def find(self, attempt: Attempt) -> Looking:
        def read(reply: Reply) -> LookResult:
            same = (ad for ad in reply.body["ads"] if _ad(attempt).items() <= ad.items())
            return next(map(_shown, same), Absent())

        return look_at(f"/ads?ref={checks.sku_of(attempt)}", SAYS, read)


def _ad(attempt: Attempt) -> Mapping[str, str]:
    price = str(checks.settled_price(CURRENCY, attempt))
    return {"ref": checks.sku_of(attempt), "title": checks.product_of(attempt).title, "price": price}


def _shown(ad: Mapping[str, Any]) -> Done:
    return on_sale(text_in(ad, "id"), "https://bazaar.example/a-thing-for-you")


def configured(_: Settings) -> DirectProfile:
    form = CredentialForm(
        (CredentialField("key", "the key under My account", "BZ[0-9]+"),),
        identity_path="/me",
        identity_in=lambda reply: Identity(me) if (me := text_in(reply.body, "me")) else None,
    )
    return DirectProfile(
        "bazaar",
        BazaarSettings.read().url,
        sign=lambda _, credentials: {"x-key": credentials["key"]},
        credentials=form,
    )


BAZAAR = Marketplace(
    name="bazaar",
    transport="direct",
    actions=(PUBLISH, DELETE),
    handlers={"publish": Advertise(), "delete": EndListing("bazaar", "/ads/{}".format, SAYS)},
    products=frozenset({"publish", "delete"}),
    profile=configured,
    settings=BazaarSettings,
)
