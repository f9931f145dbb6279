"""A seller's eBay account: the sites it can sell on, and the policies and places that its offers name.

eBay does not tell which site a seller sells on: it is one that they have a fulfillment policy on, for no offer is
published without.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

from stoflow.domain.account import Account
from stoflow.domain.call import Reply, Request
from stoflow.domain.choices import Choice, Choices, Setting
from stoflow.domain.outcome import Broken, Outcome
from stoflow.marketplaces.choices import choices_in
from stoflow.marketplaces.contract import AccountOptions, Reading
from stoflow.marketplaces.ebay.aspects import aspects_fault
from stoflow.marketplaces.ebay.clients.account import (
    get_fulfillment_policies,
    get_payment_policies,
    get_return_policies,
)
from stoflow.marketplaces.ebay.clients.location import get_inventory_locations
from stoflow.marketplaces.ebay.errors import error_ids
from stoflow.marketplaces.ebay.reading import ListPage, Shown, list_page
from stoflow.marketplaces.ebay.sites import sites
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.pricing import exchange_rates_fault
from stoflow.marketplaces.replies import SERVER_ERRORS_FROM

SITE, PLACE = "marketplace_id", "merchant_location_key"
PAGE_SIZE = 100
MOST_PAGES = 20
NO_POLICIES = frozenset({20403, 20404})  # the site is invalid; the policies are not found
FOR_VEHICLES = "MOTORS_VEHICLES"
DISABLED = "DISABLED"  # nothing can be put there


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """One kind of business policy: the setting that names one, and how eBay shows them."""

    setting: str
    listed: str
    number: str
    request: Callable[..., Request]


FULFILLMENT = PolicyKind(
    "fulfillment_policy_id", "fulfillmentPolicies", "fulfillmentPolicyId", get_fulfillment_policies
)
OTHERS = (
    PolicyKind("payment_policy_id", "paymentPolicies", "paymentPolicyId", get_payment_policies),
    PolicyKind("return_policy_id", "returnPolicies", "returnPolicyId", get_return_policies),
)
SETTINGS = (
    Setting(SITE, required=True, of_account=True),
    Setting(PLACE, required=True, of_account=True),
    *(Setting(kind.setting, required=True, of_account=True) for kind in (FULFILLMENT, *OTHERS)),
    Setting("aspects", fault=aspects_fault),
    Setting("exchange_rates", fault=exchange_rates_fault),
)
REQUIRED = tuple(setting.name for setting in SETTINGS if setting.required)


def read_account(_: Account) -> Reading:
    """Ask for the places, and on every site we know for the policies."""
    places = yield from _places()
    if not isinstance(places, tuple):
        return places
    found: dict[str, tuple[Choice, ...]] = {SITE: (), PLACE: places}
    for site in sites().values():
        policies = yield from _policies_on(site)
        if not isinstance(policies, Mapping):
            return policies
        if policies.get(FULFILLMENT.setting):
            found[SITE] += (Choice(site[SITE], site["domain"]),)
        for name, choices in policies.items():
            found[name] = found.get(name, ()) + choices
    return found


OPTIONS = AccountOptions(SETTINGS, read_account)


def _policies_on(site: Mapping[str, str]) -> Generator[Request, Reply, Choices | Outcome]:
    """Return the policies of a site by their setting; the others are not asked for where nothing could be sent."""
    found: dict[str, tuple[Choice, ...]] = {}
    for kind in (FULFILLMENT, *OTHERS):
        policies = yield from _policies(kind, site)
        if not isinstance(policies, tuple):
            return policies
        found[kind.setting] = policies
        if not found[FULFILLMENT.setting]:
            break
    return found


def _policies(kind: PolicyKind, site: Mapping[str, str]) -> Generator[Request, Reply, tuple[Choice, ...] | Outcome]:
    reply = yield kind.request(site[SITE], language=site["content_language"])
    if reply.status < SERVER_ERRORS_FROM and NO_POLICIES & set(error_ids(reply)):
        return ()
    page = list_page(reply, kind.listed)
    if not isinstance(page, ListPage):
        return page
    named = [(text_in(policy, kind.number), text_in(policy, "name")) for policy in page.objects if _for_things(policy)]
    return choices_in(named, {SITE: site[SITE]})


def _for_things(policy: Shown) -> bool:
    """Say whether a policy is for more than motor vehicles. That one is marked as default is no longer used."""
    types = policy.get("categoryTypes") if isinstance(policy, Mapping) else None
    names = {text_in(each, "name") for each in types} if isinstance(types, list) else set[str]()
    return names != {FOR_VEHICLES}


def _places() -> Generator[Request, Reply, tuple[Choice, ...] | Outcome]:
    found: list[Shown] = []
    for _ in range(MOST_PAGES):
        page = list_page((yield get_inventory_locations(limit=PAGE_SIZE, offset=len(found))), "locations")
        if not isinstance(page, ListPage):
            return page
        found += page.objects
        if not page.objects or len(found) >= page.total:
            enabled = [place for place in found if text_in(place, "merchantLocationStatus") != DISABLED]
            return choices_in((text_in(place, "merchantLocationKey"), text_in(place, "name")) for place in enabled)
    return Broken("The eBay account has more places than StoFlow can look through.")
