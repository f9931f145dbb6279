"""A seller's Etsy shop: its currency, and the profiles and policies that its listings name."""

from collections.abc import Callable, Generator, Sequence
from datetime import date
from typing import Any

from stoflow.domain.account import Account
from stoflow.domain.call import Reply, Request
from stoflow.domain.choices import Choice, Setting, as_text
from stoflow.domain.outcome import Broken, Outcome
from stoflow.marketplaces.choices import choices_in
from stoflow.marketplaces.contract import AccountOptions, Reading
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.etsy.clients.profiles import (
    get_shop_readiness_state_definitions,
    get_shop_return_policies,
    get_shop_shipping_profiles,
)
from stoflow.marketplaces.etsy.clients.shop import get_shop
from stoflow.marketplaces.etsy.labels import era_fault, eras_on, makers
from stoflow.marketplaces.etsy.lists import PAGE_SIZE, Item, Page, read_page
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.pricing import exchange_rates_fault
from stoflow.marketplaces.replies import is_success

MOST_PAGES = 20
Titled = Callable[[Item], str]
Asking = Generator[Request, Reply, tuple[Choice, ...] | Outcome]


def _makers(_: date) -> tuple[Choice, ...]:
    return choices_in((label, label.replace("_", " ")) for label in sorted(makers()))


def _eras(day: date) -> tuple[Choice, ...]:
    return choices_in((label, label.replace("_", " ")) for label in eras_on(day))


def _era_fault(value: Any, day: date) -> str:
    return era_fault(as_text(value), day)


SETTINGS = (
    Setting("shipping_profile_id", required=True, of_account=True),
    Setting("readiness_state_id", required=True, of_account=True),
    Setting("return_policy_id", of_account=True),
    Setting("currency", of_account=True),
    Setting("who_made", offered=_makers),
    Setting("when_made", offered=_eras, fault=_era_fault),
    Setting("exchange_rates", fault=exchange_rates_fault),
)
REQUIRED = tuple(setting.name for setting in SETTINGS if setting.required)


def read_account(account: Account) -> Reading:
    """Ask for the shop, and for everything its listings name. Etsy marks none of them as the one to take."""
    shop = account.external_id
    asking = {
        "currency": _currency(shop),
        "shipping_profile_id": _listed(get_shop_shipping_profiles(shop), "shipping_profile_id", _shipping),
        "readiness_state_id": _readiness(shop),
        "return_policy_id": _listed(get_shop_return_policies(shop), "return_policy_id", _returns),
    }
    found: dict[str, tuple[Choice, ...]] = {}
    for name, ask in asking.items():
        choices = yield from ask
        if not isinstance(choices, tuple):
            return choices
        found[name] = choices
    return found


OPTIONS = AccountOptions(SETTINGS, read_account)


def _currency(shop: str) -> Asking:
    reply = yield get_shop(shop)
    if not is_success(reply):
        return failures.outcome_of(reply, unsafe=False)
    code = text_in(reply.body, "currency_code")
    return choices_in([(code, code)]) if code else Broken("Etsy did not tell the shop's currency.")


def _listed(request: Request, number: str, titled: Titled) -> Asking:
    """Ask for a list that Etsy shows all at once."""
    page = read_page((yield request))
    return _choices(page.items, number, titled) if isinstance(page, Page) else page


def _readiness(shop: str) -> Asking:
    found: list[Item] = []
    offset: int | None = 0
    for _ in range(MOST_PAGES):
        page = read_page((yield get_shop_readiness_state_definitions(shop, limit=PAGE_SIZE, offset=offset)))
        if not isinstance(page, Page):
            return page
        found += page.items
        offset = page.next_offset(offset)
        if offset is None:
            return _choices(found, "readiness_state_id", _processing)
    return Broken("The Etsy shop has more processing profiles than StoFlow can look through.")


def _choices(items: Sequence[Item], number: str, titled: Titled) -> tuple[Choice, ...]:
    return choices_in((text_in(item, number), titled(item)) for item in items if not item.get("is_deleted"))


def _shipping(profile: Item) -> str:
    return text_in(profile, "title")


def _processing(profile: Item) -> str:
    said = (text_in(profile, "readiness_state").replace("_", " "), text_in(profile, "processing_days_display_label"))
    return ", ".join(filter(None, said))


def _returns(policy: Item) -> str:
    """Word a policy, which has no name."""
    taken = [word for word in ("returns", "exchanges") if policy.get(f"accepts_{word}") is True]
    days = text_in(policy, "return_deadline")
    within = f" within {days} days" if taken and days else ""
    return f"{' and '.join(taken) or 'no returns'}{within}"
