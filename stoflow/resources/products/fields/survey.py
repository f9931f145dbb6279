"""What the numbers of a file's columns say together about how they are written."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

from stoflow.domain.errors import InputError
from stoflow.resources.products.fields import values
from stoflow.resources.products.fields.columns import Columns
from stoflow.resources.products.fields.currencies import currencies_of
from stoflow.resources.products.fields.fields import BadField, Reading, Record, settled_currency, written_price
from stoflow.resources.products.fields.numbers import DECIMAL_SIGNS, Signs
from stoflow.resources.products.fields.prices import likely_sign
from stoflow.resources.products.files.rows import RejectedRow, Row

Rows = Callable[[], Iterable[Row | RejectedRow]]


def reading_of(currency: str, decimal: str) -> Reading:
    """Return what a person says of a file's numbers; InputError where that cannot be."""
    codes = currencies_of(currency)
    if currency and len(codes) != 1:
        raise InputError(f'"{currency}" is not a currency StoFlow knows: give a code such as EUR.')
    if decimal and decimal not in DECIMAL_SIGNS:
        raise InputError(f'The decimal sign is {" or ".join(DECIMAL_SIGNS)}, not "{decimal}".')
    return Reading(codes[0] if codes else "", DECIMAL_SIGNS.get(decimal, ""))


def surveyed(rows: Rows, columns: Columns, said: Reading) -> Reading:
    """Return how to read a file: where a number is in doubt, its rows are read through once more for the others."""
    return replace(said, sign_of=Survey(rows, columns, said).sign_of)


class Survey:
    """The numbers of a file, read through when first asked about; what is kept of them is their signs."""

    def __init__(self, rows: Rows, columns: Columns, said: Reading) -> None:
        self._rows, self._columns, self._said = rows, columns, said

    def sign_of(self, field: str, currency: str) -> str:
        """Return the decimal sign of a field's column, "" where its numbers say none or contradict each other."""
        prices, quantities = self._signs
        return prices.of(currency) if field == "price" else quantities.of("")

    @cached_property
    def _signs(self) -> tuple[Signs, Signs]:
        prices, quantities = Signs(), Signs()
        for row in self._rows():
            if isinstance(row, Row):
                record = Record(self._columns, row.values, reading=self._said)
                with suppress(BadField):
                    _note_price(record, prices)
                with suppress(BadField):
                    _note_quantity(record, quantities)
        return prices, quantities


def _note_price(record: Record, signs: Signs) -> None:
    price = written_price(record)
    currency = settled_currency(record, price)
    if price.number.in_doubt:
        signs.suggest(currency.code, likely_sign(price, currency), beside=bool(price.beside))
    else:
        signs.prove(currency.code, price.number.sign)


def _note_quantity(record: Record, signs: Signs) -> None:
    number = record.read("quantity", values.written_quantity, None)
    if number and not number.in_doubt:
        signs.prove("", number.sign)
