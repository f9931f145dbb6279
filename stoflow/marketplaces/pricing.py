"""What a product costs on a marketplace: the seller's price, in the account's currency, by the account's own rule."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from stoflow.domain.account import Account
from stoflow.domain.choices import Setting
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product

CENT = Decimal("0.01")
CURRENCY = re.compile("[A-Z]{3}")
PRICING = "pricing"
MARGIN, ENDING = "margin_percent", "ends_in"
LOWEST_MARGIN, HIGHEST_MARGIN = Decimal(-90), Decimal(1_000)
BAD_RULE = (
    'Give margin_percent, such as "12.5" (-90 to 1000), or ends_in, such as "0.90" (0.00 to 0.99), or both of them.'
)


@dataclass(frozen=True, slots=True)
class PriceRule:
    """What is put on the seller's price, and the cents that a price ends in: it goes up to the next one, never down."""

    margin_percent: Decimal = Decimal(0)
    ends_in: Decimal | None = None

    def of(self, price: Decimal) -> Decimal:
        """Return what buyers pay."""
        raised = (price * (100 + self.margin_percent) / 100).quantize(CENT, ROUND_HALF_UP)
        if self.ends_in is None:
            return raised
        ended = raised.to_integral_value(ROUND_FLOOR) + self.ends_in
        return (ended if ended >= raised else ended + 1).quantize(CENT)


@dataclass(frozen=True, slots=True)
class Priced:
    """A price in the account's currency, with all that made it; `rate` is None where no currency was changed."""

    price: Decimal
    currency: str
    own_price: Decimal
    own_currency: str
    rate: Decimal | None
    rule: PriceRule


def priced(currency: str, product: Product, account: Account) -> Priced | FieldError:
    """Return what the product costs there.

    Another currency is carried over only by a rate of the seller's own: `account.settings["exchange_rates"]`,
    by currency, how much of the marketplace's currency one unit is worth.
    """
    if product.price is None:
        return FieldError("price", "The product has no price.")
    rule = rule_of(account.settings.get(PRICING))
    if rule is None:
        return FieldError(f"account.{PRICING}", f"The account's price rule cannot be read. {BAD_RULE}")
    same = product.currency == currency
    rate = None if same else rate_of(account.settings.get("exchange_rates"), product.currency)
    if rate is None and not same:
        own, told = product.currency, f"The price is in {product.currency}, this account sells in {currency}"
        rates = f"or say what one {own} is worth in the account's `exchange_rates`"
        return FieldError("currency", f"{told}: give it in {currency}, {rates}.")
    return Priced(rule.of(product.price * (rate or 1)), currency, product.price, product.currency, rate, rule)


def rule_of(given: Any) -> PriceRule | None:
    """Return the rule that a seller gives, one that changes nothing where none is; None for what is no rule."""
    if given is None:
        return PriceRule()
    if not isinstance(given, Mapping) or not given or not given.keys() <= {MARGIN, ENDING}:
        return None
    margin, ending = (_number(given.get(name, 0)) for name in (MARGIN, ENDING))
    if margin is None or ending is None or not LOWEST_MARGIN <= margin <= HIGHEST_MARGIN:
        return None
    if not 0 <= ending < 1 or ending != ending.quantize(CENT):
        return None
    return PriceRule(margin, ending if ENDING in given else None)


def pricing_fault(given: Any, _: date) -> str:
    """Return why a rule that a seller gives cannot be used, "" where it can."""
    return "" if rule_of(given) else BAD_RULE


def exchange_rates_fault(rates: Any, _: date) -> str:
    """Return why rates a seller gives cannot be used, "" where they can."""
    if isinstance(rates, Mapping) and all(CURRENCY.fullmatch(code) and rate_of(rates, code) for code in rates):
        return ""
    return 'Give by currency what one unit is worth, such as {"USD": "0.92"}.'


def rate_of(rates: Any, currency: str) -> Decimal | None:
    """Return what one unit of the currency is worth; None where the seller does not say."""
    if not isinstance(rates, Mapping) or currency not in rates:
        return None
    rate = _number(rates[currency])
    return rate if rate is not None and rate > 0 else None


def _number(given: Any) -> Decimal | None:
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        return None
    return number if number.is_finite() and not isinstance(given, bool) else None


OF_EVERY_ACCOUNT = (Setting(PRICING, fault=pricing_fault),)
"""What may be set of an account wherever it is."""
