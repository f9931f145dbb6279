"""Words made to fit stay words."""

from hypothesis import given
from hypothesis import strategies as st

from stoflow.domain.product import Product
from stoflow.marketplaces.etsy.mapping import ONCE_EACH, TITLE_CHARACTERS, title_for
from stoflow.marketplaces.vocabulary.wording import keep_signs, one_line, plain, shorten, tidy


def test_comparing_forgets_case_accents_and_spaces() -> None:
    assert plain("  Œuvre  ÉTÉ ’90 ") == "oeuvre ete '90"


def test_a_long_text_ends_after_a_word() -> None:
    assert shorten("a blue summer dress", 12) == "a blue"
    assert shorten("a blue summer dress", 13) == "a blue summer"
    assert shorten("unbreakablelongword", 6) == "unbrea"
    assert shorten("short", 6) == "short"


def test_line_breaks_are_kept_and_tidied() -> None:
    assert tidy(" one \r\n\r\n\r\n\r\ntwo  three \n") == "one\n\ntwo three"


def test_signs_that_are_not_allowed_leave_a_space() -> None:
    assert keep_signs("a😀b  c", str.isalpha) == "a b c"


@given(st.text(max_size=400), st.integers(min_value=1, max_value=90))
def test_a_shortened_text_fits_and_begins_as_it_did(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert text.startswith(short)


@given(st.text(max_size=400))
def test_a_title_for_etsy_fits_and_repeats_no_sign_that_may_stand_once(text: str) -> None:
    title = title_for(Product(id=1, title=text, description="", price=None))
    assert len(title) <= TITLE_CHARACTERS
    assert all(title.count(sign) <= 1 for sign in ONCE_EACH)
    assert title == one_line(title)
