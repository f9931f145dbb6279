"""Etsy's money: a whole number, and what to divide it by."""

from decimal import Decimal
from typing import Any

from stoflow.marketplaces.outputs import text_in


def amount_in(money: Any) -> Decimal | None:
    """Return the amount of a Money {amount, divisor, currency_code}, None where there is none."""
    amount = text_in(money, "amount")
    return Decimal(amount) / (Decimal(text_in(money, "divisor") or 1) or 1) if amount else None
