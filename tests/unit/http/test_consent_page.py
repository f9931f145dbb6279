"""The page at the end of a consent: its language, its words, and that it brings nothing from elsewhere."""

import re
import tomllib
from string import Formatter

import pytest

from stoflow.domain.consent import ConsentEnd
from stoflow.http.pages.consent import HEADERS, MARKETPLACES, STYLE, WORDS, ConsentPage, wants_page
from stoflow.http.pages.languages import language_of

OFFERED = ["en", "fr", "de"]
BACK = "https://shop.example/done?marketplace=ebay&outcome=connected"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("fr-CA, fr;q=0.9, en;q=0.8", "fr"),
        ("pl, de-AT;q=0.7, en;q=0.3", "de"),
        ("de;q=0, en;q=0.1", "en"),
        ("DE", "de"),
        ("en;q=0.2, fr;q=0.4", "fr"),
        ("pl", "en"),
        ("*", "en"),
        ("fr;q=9, de", "de"),
        (";;;,,,\x00", "en"),
        ("de," * 100_000, "de"),
    ],
)
def test_the_language_is_the_one_preferred_of_those_that_there_are(accepted: str, language: str) -> None:
    assert language_of(accepted, OFFERED) == language


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("TEXT/HTML; q=0.5", True),
        ("*/*", False),
        ("", False),
        ("application/json, text/plain, */*", False),
        ("application/json, text/html;q=0", False),
        ("text/html;q=0.000, application/json", False),
    ],
)
def test_only_who_names_html_is_given_a_page(accept: str, is_page: bool) -> None:
    assert wants_page(accept) is is_page


def test_every_language_has_words_for_every_end_with_the_same_gaps() -> None:
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    languages = {name: own for name, own in words.items() if name != MARKETPLACES}
    assert {"en", "fr", "de", "es", "it"} <= set(languages)
    for own in languages.values():
        assert set(own) == {*ConsentEnd, "back", "again", "close"}
        for end in ConsentEnd:
            heading, text = own[end]
            gaps = {name for part in (heading, text) for _, name, _, _ in Formatter().parse(part) if name}
            assert heading
            assert text
            assert gaps <= {"marketplace", "account"}
        assert [name for _, name, _, _ in Formatter().parse(own["back"]) if name] == ["host"]


@pytest.mark.parametrize("end", list(ConsentEnd))
@pytest.mark.parametrize("language", ["en", "fr", "de", "es", "it"])
def test_a_page_is_whole_and_says_how_it_ended_and_the_way_back(end: ConsentEnd, language: str) -> None:
    html = ConsentPage(end, "ebay", "<b>Anna", BACK).html(language)
    assert f'<html lang="{language}">' in html
    assert "<b>" not in html
    assert html.count("<h1>") == html.count("<main") == html.count("<title>") == 1
    assert 'href="https://shop.example/done?marketplace=ebay&amp;outcome=connected"' in html
    assert "shop.example</a>" in html
    assert re.findall(r'(?:src|href|action)="(?!https://shop\.example/|data:,|")', html) == []
    assert "<script" not in html
    assert "{" not in html.replace(STYLE, "")


def test_a_page_without_a_way_back_says_that_it_may_be_closed() -> None:
    assert "You can close this window." in ConsentPage(ConsentEnd.USED, "etsy").html("en")
    assert '<a href="">Try again</a>' in ConsentPage(ConsentEnd.KEPT, "etsy").html("en")


def test_a_marketplace_that_nobody_knows_breaks_no_page() -> None:
    html = ConsentPage(ConsentEnd.UNKNOWN, '"><script>alert(1)</script>{0}').html("en")
    assert "<script" not in html


def test_nothing_but_the_style_in_the_page_is_loaded() -> None:
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert "url(" not in STYLE
