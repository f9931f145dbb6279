"""Prices as people write them: what a cell says alone, and what it says in its column."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stoflow.domain.errors import InputError
from stoflow.resources.products.fields.errors import BadValue
from stoflow.resources.products.fields.mapping import parse_mapping
from stoflow.resources.products.fields.prices import read_price
from stoflow.resources.products.file import ReadProduct, read_products
from stoflow.resources.products.files.rows import RejectedRow

Read = Callable[..., list[ReadProduct | RejectedRow]]
DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(header: str, *rows: str, mapping: Sequence[str] = (), **said: str) -> list[ReadProduct | RejectedRow]:
        path = tmp_path / "products.csv"
        path.write_text("\n".join((header, *rows)) + "\n", "utf-8")
        return list(read_products(path, mapping=parse_mapping(mapping), **said))

    return read


def said(items: Sequence[ReadProduct | RejectedRow]) -> list[str]:
    """Return each row's price, with a question mark where its currency is assumed, or "refused"."""
    return [
        f"{item.product.price} {item.product.currency}{'?' * item.currency_assumed}"
        if isinstance(item, ReadProduct)
        else "refused"
        for item in items
    ]


def prices(read: Read, *written: str, **options: str) -> list[str]:
    return said(read("title;price", *(f"{number};{price}" for number, price in enumerate(written)), **options))


@pytest.mark.parametrize(
    ("written", "amount", "beside"),
    [
        ("12,50 €", "12.50", ("EUR",)),
        ("$45.00", "45.00", DOLLARS),
        ("EUR 45", "45", ("EUR",)),
        ("£1,234.50", "1234.50", ("GBP",)),
        ("1.234,50\u00a0€", "1234.50", ("EUR",)),
        ("1\u202f234,50 €", "1234.50", ("EUR",)),
        ("1\u2009234 €", "1234", ("EUR",)),
        ("1 234,5 EUR", "1234.5", ("EUR",)),
        ("1'299.00 CHF", "1299.00", ("CHF",)),
        ("CHF 1’299.–", "1299", ("CHF",)),
        ("Fr. 12.50", "12.50", ("CHF",)),
        ("Rs.100", "100", ("INR",)),
        ("1.000.000", "1000000", ()),
        ("1.234.567,89", "1234567.89", ()),
        ("₹1,00,000.00", "100000.00", ("INR",)),
        ("1,00,000", "100000", ()),
        ("7.5", "7.5", ()),
        (".99", "0.99", ()),
        ("$.99", "0.99", DOLLARS),
        ("0.500", "0.500", ()),
        ("1299.500", "1299.500", ()),
        ("12.3456", "12.3456", ()),
        ("€ 20,-", "20", ("EUR",)),
        ("EUR 12.-", "12", ("EUR",)),
        ("12,—€", "12", ("EUR",)),
        ("12€50", "12.50", ("EUR",)),
        ("US $12.50", "12.50", ("USD",)),
        ("$12.50 CAD", "12.50", ("CAD",)),
        ("C $12.50", "12.50", ("CAD",)),
        ("12,50 zł", "12.50", ("PLN",)),
        ("12,50 Kc\u030c", "12.50", ("CZK",)),
        ("１２．５０", "12.50", ()),
        ("١٢٫٥٠٠", "12.500", ()),
        ("١٬٢٩٩٫٥٠", "1299.50", ()),
        ("\u200e12,50\u00a0€\u200e", "12.50", ("EUR",)),
        ("+5", "5", ()),
        (5, "5", ()),
        (2.5, "2.5", ()),
        (1.299, "1.299", ()),
        ("&euro;10", "10", ("EUR",)),
        ("10&nbsp;&euro;", "10", ("EUR",)),
    ],
)
def test_a_price_says_a_number_and_what_its_sign_may_stand_for(written: Any, amount: str, beside: tuple[str, ...]):
    price = read_price(written)
    assert (price.number.value, price.number.in_doubt, price.beside) == (Decimal(amount), False, beside)


@pytest.mark.parametrize("written", ["1.299", "1,299", "999.999", "1.299 €", "$12,500"])
def test_one_sign_before_three_digits_may_be_either(written: str):
    assert read_price(written).number.in_doubt


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("abc", '"abc" is not a price.'),
        ("gratis", "is not a price"),
        ("10-15", '"10-15" is a range, not one price.'),
        ("10 – 15 €", "is a range"),
        ("10 bis 15", "is a range"),
        ("-5", "not between 0.01"),
        ("−5 €", "not between 0.01"),
        ("€ -5", "not between 0.01"),
        ("0", "not between 0.01"),
        (0, "not between 0.01"),
        (-3.5, "not between 0.01"),
        ("1e9", "is not a price"),
        ("1E+3", "is not a price"),
        ("12%", '"%" beside the price is not a currency'),
        ("1/2", "is not a price"),
        ("½", "is not a price"),
        ("12⁵⁰", "beside the price is not a currency"),
        ("1.5.3", "is not a price"),
        ("12.50.00", "is not a price"),
        ("28.11.2026", "is not a price"),
        ("1,23,4", "is not a price"),
        ("12 50", "is not a price"),
        ("1.299 000", "is not a price"),
        ("NaN", "is not a price"),
        (float("nan"), "is not a price"),
        (float("inf"), "is not a price"),
        ("12 bananas", '"bananas" beside the price is not a currency'),
        ("VB 20 €", '"VB" beside the price is not a currency'),
        ("12 € $", "is not a currency"),
        ("€12 CHF", "are two currencies"),
        ("", "is not a price"),
        (True, "is not a price"),
        ([12], "is not a price"),
        ("1" * 101, "is not a price"),
    ],
)
def test_what_is_no_single_price_is_refused_by_name(written: Any, reason: str):
    with pytest.raises(BadValue) as refused:
        read_price(written)
    assert reason in str(refused.value)


def test_the_prices_of_a_german_file_are_what_they_say(read: Read):
    written = ("12,50 €", "1.299 €", "1.299,00 €", "1.299", "1299", "1'299.00 CHF", "1 299 €", "EUR 12.-")
    assert prices(read, *written) == [
        "12.50 EUR",
        "1299.00 EUR",
        "1299.00 EUR",
        "1299.00 EUR?",
        "1299.00 EUR?",
        "1299.00 CHF",
        "1299.00 EUR",
        "12.00 EUR",
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (("1.299", "12,50"), "1299.00 EUR?"),
        (("1,299", "12.50"), "1299.00 EUR?"),
        (("12.500", "0.990"), "12.50 EUR?"),  # a program that writes three decimals
        (("1.299", "1.450.000"), "1299.00 EUR?"),
        (("1.299", "1.450 €"), "1299.00 EUR?"),
        (("1.299 €",), "1299.00 EUR"),
        (("2.500 €",), "2500.00 EUR"),
        (("$1,299",), "1299.00 USD?"),
        (("1.299 Ft",), "1299.00 HUF"),
        (("¥12,000",), "12000.00 JPY?"),
        (("1.299 €", "12,50 €", "12.50 €"), "1299.00 EUR"),  # a column of both, and a cell that decides itself
        (("1.299 €", "12.50 CHF"), "1299.00 EUR"),
    ],
)
def test_a_number_in_doubt_is_read_by_its_sign_and_its_column(read: Read, written: tuple[str, ...], expected: str):
    assert prices(read, *written)[0] == expected
    assert prices(read, *reversed(written))[-1] == expected


@pytest.mark.parametrize(
    "written",
    [
        ("1.299",),
        ("1,299", "45", "12.-"),
        ("1.299", "12,50", "12.50"),
        ("1.299 KWD",),  # of three decimals
        ("1.299", "12.50"),  # 1.30 as its column writes, which nobody asks
    ],
)
def test_a_number_that_stays_in_doubt_is_refused_with_both_readings(read: Read, written: tuple[str, ...]):
    refused = read("title;price", *(f"{number};{price}" for number, price in enumerate(written)))[0]
    assert isinstance(refused, RejectedRow)
    assert (refused.line, refused.field) == (2, "price")
    assert "1299" in refused.reason
    assert "1.299" in refused.reason
    assert "the option decimal, comma or dot" in refused.reason


def test_a_person_may_say_how_numbers_are_written(read: Read):
    assert prices(read, "1.299", "12.50", decimal="comma") == ["1299.00 EUR?", "12.50 EUR?"]
    assert prices(read, "1.299", "1,450", decimal="dot") == ["1.30 EUR?", "1450.00 EUR?"]
    with pytest.raises(InputError, match='comma or dot, not "point"'):
        prices(read, "1", decimal="point")


def test_numbers_of_a_program_are_never_in_doubt(tmp_path: Path):
    path = tmp_path / "a.ndjson"
    path.write_text('{"title": "a", "price": 1.299, "quantity": 2.0}\n{"title": "b", "price": 12}\n', "utf-8")
    items = list(read_products(path, mapping={}))
    assert said(items) == ["1.30 EUR?", "12.00 EUR?"]


def test_a_quantity_is_read_by_its_own_column(read: Read):
    rows = ("a;12,50;2.0", "b;1.299 €;1.000", "c;3,00;0", "d;3,00;-1")
    items = read("title;price;quantity", *rows)
    quantities = [item.product.quantity for item in items if isinstance(item, ReadProduct)]
    assert quantities == [2, 1, 0]
    assert isinstance(items[3], RejectedRow)


@pytest.mark.parametrize(
    ("price", "column", "expected"),
    [
        ("£12", "GBP", "12.00 GBP"),
        ("12", "GBP", "12.00 GBP"),
        ("$12", "CAD", "12.00 CAD"),
        ("12 AUD", "$", "12.00 AUD"),
        ("12 kr", "SEK", "12.00 SEK"),
        ("$12", "", "12.00 USD?"),
        ("12", "$", "12.00 USD?"),
        ("12", "", "12.00 EUR?"),
        ("1.299", "EUR", "1299.00 EUR"),  # 1.299 is no amount of euro
        ("1.500", "EUR", "refused"),  # 1.50 with its decimals filled up, or 1500
        ("1.500", "KWD", "refused"),
        ("12.345", "KWD", "refused"),
        ("£12", "EUR", "refused"),
        ("$12", "SEK", "refused"),
        ("12 kr", "", "refused"),
        ("12 €", "shells", "refused"),
    ],
)
def test_sign_and_column_of_a_currency_must_agree(read: Read, price: str, column: str, expected: str):
    assert said(read("title;price;currency", f"a;{price};{column}")) == [expected]


@pytest.mark.parametrize(
    ("prices_and_currencies", "expected"),
    [
        (("12.345;USD", "12.50;EUR"), "refused"),  # not 12,345: the column's dot parts decimals
        (("12.345;USD", "12,50;EUR"), "12345.00 USD"),
        (("12.345;USD", "1.500;EUR"), "12345.00 USD"),
        (("1.500;EUR", "12.345;USD"), "1500.00 EUR"),
        (("1.500;EUR", "12.345;USD", "12.50;EUR"), "1.50 EUR"),
    ],
)
def test_bare_numbers_are_written_in_one_way_whatever_their_currency(
    read: Read, prices_and_currencies: tuple[str, ...], expected: str
):
    rows = (f"{number};{row}" for number, row in enumerate(prices_and_currencies))
    assert said(read("title;price;currency", *rows))[0] == expected


def test_a_contradiction_of_sign_and_column_names_both(read: Read):
    refused = read("title;price;currency", "a;£12;EUR")[0]
    assert isinstance(refused, RejectedRow)
    assert (refused.field, refused.reason) == ("currency", "The price is in GBP and the currency column says EUR.")


def test_a_currency_given_for_the_file_is_of_the_prices_that_name_none(read: Read):
    assert prices(read, "12", "12 €", "$12", "kr 12", currency="USD") == [
        "12.00 USD",
        "12.00 EUR",
        "12.00 USD",
        "refused",
    ]
    assert prices(read, "$12", "12 kr", currency="SEK") == ["12.00 USD?", "12.00 SEK"]
    assert prices(read, "$12", currency="CAD") == ["12.00 CAD"]
    with pytest.raises(InputError, match='"shells" is not a currency'):
        prices(read, "12", currency="shells")


STYLES = {
    "comma": (".", ","),
    "dot": (",", "."),
    "french": ("\u202f", ","),
    "swiss": ("’", "."),
    "plain comma": ("", ","),
    "plain dot": ("", "."),
}


@settings(max_examples=200, deadline=None)
@given(
    cents=st.lists(st.integers(1, 99_999_999), min_size=1, max_size=8),
    style=st.sampled_from(sorted(STYLES)),
    sign=st.sampled_from(["{} €", "EUR {}", "{}", "€{}"]),
)
def test_any_amount_in_any_style_reads_back_where_its_column_tells(
    cents: list[int], style: str, sign: str, tmp_path_factory: pytest.TempPathFactory
):
    grouping, decimal = STYLES[style]

    def written(amount: int) -> str:
        whole = f"{amount // 100:,}".replace(",", grouping)
        return sign.format(whole if amount % 100 == 0 else f"{whole}{decimal}{amount % 100:02}")

    path = tmp_path_factory.mktemp("file") / "products.csv"
    amounts = [*cents, 1250]  # the last shows the decimal sign
    path.write_text("title;price\n" + "".join(f"x;{written(amount)}\n" for amount in amounts), "utf-8")
    items = list(read_products(path, mapping={}))
    assert [item.product.price for item in items if isinstance(item, ReadProduct)] == [
        Decimal(amount) / 100 for amount in amounts
    ]


@given(st.text(alphabet="0123456789.,' -+€$kreEx½%\u00a0٫", max_size=30))
def test_any_cell_is_a_price_or_refused_in_one_line(written: str):
    assert "\n" not in _reason(written)


def _reason(written: str) -> str:
    try:
        return "" if read_price(written).number.value > 0 else "\n"
    except BadValue as refused:
        return str(refused)
