"""Cells as people write them, read as what they mean."""

from typing import Any

import pytest

from stoflow.resources.products.fields import values
from stoflow.resources.products.fields.errors import BadValue


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
        ("https://h/1 https://h/2\thttps://h/3", ("https://h/1", "https://h/2", "https://h/3")),
        ("my coat 1.jpg", ("my coat 1.jpg",)),
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


def says_nothing(_currency: str) -> str:
    return ""


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0", 0),
        ("0.0", 0),
        ("2.0", 2),
        ("1,0", 1),
        (" 3 ", 3),
        ("1 000", 1_000),
        ("٣", 3),
        (4, 4),
        (2.0, 2),
        (0, 0),
        ("1000000", 1_000_000),
    ],
)
def test_a_quantity_is_a_whole_number_of_things_and_may_be_none(written: Any, number: int):
    assert values.quantity(written, says_nothing) == number


@pytest.mark.parametrize("written", ["-1", "1.5", "many", "1000001", "nan", "5+", "1e3", "2 pcs", "½", -1, 1.5, True])
def test_what_is_no_quantity_is_refused(written: Any):
    with pytest.raises(BadValue, match=r"is not a whole number from 0 to 1,000,000"):
        values.quantity(written, says_nothing)


def test_a_quantity_that_can_be_read_in_two_ways_is_read_as_its_column_writes():
    assert values.quantity("1.000", lambda _: ",") == 1_000
    assert values.quantity("1.000", lambda _: ".") == 1
    with pytest.raises(BadValue, match=r'"1\.000" can be read as 1000 or as 1\.000'):
        values.quantity("1.000", says_nothing)


def test_an_unknown_currency_is_refused():
    assert values.currency("euro") == ("EUR",)
    with pytest.raises(BadValue, match="not a currency"):
        values.currency("shells")
