"""A price on a marketplace: the seller's own, by the seller's rate and rule, or refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from stoflow.domain.account import Account
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product
from stoflow.marketplaces.checks import price_in
from stoflow.marketplaces.pricing import Priced, priced, pricing_fault

TODAY = date(2026, 11, 28)


def price(amount: str, rule: Any = None, currency: str = "EUR", **settings: Any) -> Decimal | FieldError:
    product = Product(id=1, title="Coat", description="", price=Decimal(amount), currency=currency)
    return price_in("EUR", product, Account("ebay", "1", {"pricing": rule, **settings}))


@pytest.mark.parametrize(
    ("own", "rule", "paid"),
    [
        ("12.50", None, "12.50"),
        ("12.50", {"margin_percent": "10"}, "13.75"),
        ("12.50", {"margin_percent": 12.5}, "14.06"),
        ("0.05", {"margin_percent": "10"}, "0.06"),
        ("12.50", {"margin_percent": "-20"}, "10.00"),
        ("12.50", {"ends_in": "0.90"}, "12.90"),
        ("12.90", {"ends_in": "0.90"}, "12.90"),
        ("12.91", {"ends_in": "0.90"}, "13.90"),
        ("12.50", {"ends_in": "0.00"}, "13.00"),
        ("13.00", {"ends_in": 0}, "13.00"),
        ("12.50", {"margin_percent": "10", "ends_in": "0.99"}, "13.99"),
        ("99999999.99", {"margin_percent": "1000"}, "1099999999.89"),
    ],
)
def test_a_price_is_raised_by_the_margin_and_goes_up_to_its_ending(own: str, rule: Any, paid: str) -> None:
    assert price(own, rule) == Decimal(paid)


def test_no_rate_is_invented_and_the_sellers_own_comes_before_the_rule() -> None:
    rule = {"margin_percent": "10", "ends_in": "0.90"}
    refused = price("12.50", rule, "USD")
    assert isinstance(refused, FieldError)
    assert refused.field == "currency"
    assert refused.message.startswith("The price is in USD, this account sells in EUR: give it in EUR, or say what one")
    assert price("12.50", rule, "USD", exchange_rates={"USD": "0.8"}) == Decimal("11.90")


def test_what_made_a_price_is_told() -> None:
    product = Product(id=1, title="Coat", description="", price=Decimal("12.50"), currency="USD")
    account = Account("ebay", "1", {"pricing": {"margin_percent": "10"}, "exchange_rates": {"USD": "0.8"}})
    found = priced("EUR", product, account)
    assert isinstance(found, Priced)
    assert (found.own_price, found.own_currency, found.rate) == (Decimal("12.50"), "USD", Decimal("0.8"))
    assert (found.price, found.currency, found.rule.margin_percent) == (Decimal("11.00"), "EUR", 10)


@pytest.mark.parametrize(
    "rule",
    [
        {}, [], "10", 10, {"margin": "10"}, {"margin_percent": "much"}, {"margin_percent": None},
        {"margin_percent": "NaN"}, {"margin_percent": "-91"}, {"margin_percent": "1001"}, {"margin_percent": True},
        {"ends_in": "1"}, {"ends_in": "-0.10"}, {"ends_in": "0.905"}, {"ends_in": "0.90", "more": 1},
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_and_never_sold_by(rule: Any) -> None:
    assert "margin_percent" in pricing_fault(rule, TODAY)
    refused = price("12.50", rule)
    assert isinstance(refused, FieldError)
    assert refused.field == "account.pricing"
