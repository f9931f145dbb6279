"""What Bazaar declares of itself for the contract suite."""

from dataclasses import replace
from decimal import Decimal

from stoflow.testing.particulars import DRESS, Particulars

PARTICULARS = Particulars(
    product=replace(DRESS, price=Decimal("99.00"), currency="PLN"),
    refused_without=frozenset({"title", "price", "quantity"}),
)
