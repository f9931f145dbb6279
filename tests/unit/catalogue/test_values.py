"""Cells as people write them, read as what they mean."""

from decimal import Decimal
from typing import Any

import pytest

from stoflow.catalogue import values
from stoflow.catalogue.values import BadValue


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ("12,50 €", "12.50", "EUR"),
        ("$45.00", "45.00", "USD"),
        ("EUR 45", "45.00", "EUR"),
        ("£1,234.50", "1234.50", "GBP"),
        ("1.234,50\u00a0€", "1234.50", "EUR"),
        ("1 234,5 EUR", "1234.50", "EUR"),
        ("1,234", "1234.00", ""),
        ("1.000.000", "1000000.00", ""),
        ("7.5", "7.50", ""),
        ("€ 20,-", "20.00", "EUR"),
        ("29.999", "30.00", ""),
        (5, "5.00", ""),
        (2.5, "2.50", ""),
        ("&euro;10", "10.00", "EUR"),
    ],
)
def test_a_price_is_read(written: Any, amount: str, currency: str):
    assert values.money(written) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "written", ["abc", "-5", "0", "1e9", "NaN", "inf", "12 bananas", "", True, "5-10", "1e999999999"]
)
def test_what_is_no_price_is_refused(written: Any):
    with pytest.raises(BadValue):
        values.money(written)


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("New with tags", 10),
        ("is_new", 10),
        ("Neuf sans étiquette", 9),
        ("nieuw zonder prijskaartje", 9),
        ("Very good", 8),
        ("TRÈS BON ÉTAT", 8),
        ("is_gently_used", 8),
        ("Goed", 6),
        ("is_used", 6),
        ("Good condition", 6),
        ("Satisfactory", 4),
        ("is_worn", 4),
        ("7", 7),
        ("8/10", 8),
        ("0", 0),
        ("11", None),
        ("sort of blue", None),
    ],
)
def test_a_condition_becomes_a_note(written: str, note: int | None):
    assert values.condition(written) == note


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("['blue', 'red']", ("blue", "red")),
        ('["blue"]', ("blue",)),
        ("[{'id': 1, 'name': \"Levi's\"}]", ("Levi's",)),
        ("blue, red", ("blue", "red")),
        ("zwart en wit", ("zwart", "wit")),
        (["blue", None, "blue"], ("blue",)),
        ("[]", ()),
        ("[broken", ("[broken",)),
        (None, ()),
    ],
)
def test_lists_are_understood_however_they_are_written(written: Any, expected: tuple[str, ...]):
    assert values.words(written) == expected


def test_a_list_too_deep_to_read_stays_text():
    assert values.text("[" * 100_000).startswith("[[")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a.jpg, b, c.jpg", ("a.jpg", "b, c.jpg")),
        ("https://h/1,https://h/2", ("https://h/1", "https://h/2")),
        ("a.jpeg|b.png", ("a.jpeg", "b.png")),
        ([{"url": "https://h/1"}, "x.jpg"], ("https://h/1", "x.jpg")),
    ],
)
def test_photos_are_told_apart(written: Any, expected: tuple[str, ...]):
    assert values.links(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"), [("F", "women"), ("menswear", "men"), ("Fille", "girls"), ("elf", "elf")]
)
def test_a_gender_is_named_our_way_where_it_is_known(written: str, expected: str):
    assert values.gender(written) == expected


@pytest.mark.parametrize("written", ["0", "1.5", "many", "10001", "nan"])
def test_a_quantity_is_a_whole_number_of_things(written: str):
    with pytest.raises(BadValue):
        values.quantity(written)


def test_an_unknown_currency_is_refused():
    assert values.currency("euro") == "EUR"
    with pytest.raises(BadValue, match="not a currency"):
        values.currency("shells")
