"""eBay's questions about a category are answered by what the product says, and every unanswered one is named."""

from dataclasses import replace
from typing import Any

import pytest

from stoflow.domain.aspect import Aspect, CategoryAspects
from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Done, FieldError, Refused
from stoflow.domain.product import Product
from stoflow.marketplaces.ebay.publication import EbayPublication
from tests.unit.marketplaces.conftest import MakeAttempt

DRESSES, T_SHIRTS = "63861", "15687"
SERVICE = EbayPublication()


def answered(*aspects: Aspect, site: str = "EBAY_FR", category: str = DRESSES, known: bool = True) -> dict[str, Any]:
    """Return what makes an attempt know this answer of eBay's."""
    return {"taxonomy": {(site, category): CategoryAspects("71", "2026-11-22", known, aspects)}}


def refused(attempt: Attempt) -> tuple[FieldError, ...]:
    outcome = SERVICE.validate(attempt)
    return outcome.errors if isinstance(outcome, Refused) else ()


def specifics(attempt: Attempt) -> dict[str, list[str]]:
    assert refused(attempt) == ()
    outcome = SERVICE.map(attempt)
    assert isinstance(outcome, Done)
    return outcome.output["item"]["product"]["aspects"]


def test_every_question_nobody_can_answer_is_refused_by_name_at_once(make_attempt: MakeAttempt) -> None:
    asked = answered(
        Aspect("Longueur de robe", required=True),
        Aspect("Occasion", required=True, closed=True, values=("Mariage",)),
        Aspect("Motif"),
        Aspect("Saison", required=True),
    )
    assert refused(make_attempt("ebay", **asked)) == (
        FieldError(
            "aspects.Longueur de robe",
            "eBay needs “Longueur de robe” in women/dresses, and the product does not say it.",
        ),
        FieldError("aspects.Occasion", "eBay needs “Occasion” in women/dresses, and the product does not say it."),
        FieldError("season", "eBay needs “Saison” in women/dresses, and the product does not say it."),
    )


def test_what_is_asked_and_said_is_sent_in_the_sites_own_words(make_attempt: MakeAttempt, product: Product) -> None:
    asked = answered(
        Aspect("Couleur", required=True, closed=True, values=("Noir", "Bleu")),
        Aspect("Matière", required=True),
        Aspect("Saison", required=True, closed=True, values=("Été", "Hiver")),
        Aspect("Taille", closed=True, values=("36", "38", "40")),
    )
    told = specifics(make_attempt("ebay", product=replace(product, season="summer"), **asked))
    assert told == {
        "Marque": ["Zara"],
        "Département": ["Femme"],
        "Type": ["Robe"],
        "Couleur": ["Bleu"],  # this site knows no navy
        "Matière": ["Coton"],
        "Saison": ["Été"],
        "Taille": ["38"],  # the second way the seller says it
    }


def test_a_value_the_site_does_not_take_is_refused_where_it_must_be_said_and_left_out_elsewhere(
    make_attempt: MakeAttempt,
) -> None:
    red = Aspect("Couleur", closed=True, values=("Rouge",))
    (error,) = refused(make_attempt("ebay", **answered(replace(red, required=True))))
    assert error == FieldError("colors", "eBay does not take “Bleu marine” as “Couleur” in women/dresses.")
    assert "Couleur" not in specifics(make_attempt("ebay", **answered(red)))


@pytest.mark.parametrize("brand", ["", "sans marque"])
def test_no_brand_is_said_as_the_site_says_it(make_attempt: MakeAttempt, product: Product, brand: str) -> None:
    asked = answered(Aspect("Marque", required=True, closed=True, values=("Zara", "Sans marque")))
    assert specifics(make_attempt("ebay", product=replace(product, brand=brand), **asked))["Marque"] == ["Sans marque"]


def test_a_seller_answers_in_the_job_before_the_account_does(make_attempt: MakeAttempt) -> None:
    asked = answered(Aspect("Longueur de robe", required=True), Aspect("Motif", required=True))
    attempt = make_attempt(
        "ebay",
        settings={"aspects": {"Motif": "Uni", "Longueur de robe": "Courte"}},
        payload={"aspects": {"Longueur de robe": "Midi", "Thème": ["Années 80", "Rétro"], "Type": "Robe d'été"}},
        **asked,
    )
    told = specifics(attempt)
    assert told["Longueur de robe"] == ["Midi"]
    assert told["Motif"] == ["Uni"]
    assert told["Thème"] == ["Années 80", "Rétro"]
    assert told["Type"] == ["Robe d'été"]


@pytest.mark.parametrize(
    "nonsense", [None, "Midi", ["Midi"], {"Motif": None}, {"Motif": {}}, {"": "x"}, {"Motif": " "}]
)
def test_what_is_no_answer_answers_nothing(make_attempt: MakeAttempt, nonsense: Any) -> None:
    attempt = make_attempt("ebay", payload={"aspects": nonsense}, **answered(Aspect("Motif", required=True)))
    assert [error.field for error in refused(attempt)] == ["aspects.Motif"]


def test_a_category_the_site_does_not_have_is_refused(make_attempt: MakeAttempt) -> None:
    (error,) = refused(make_attempt("ebay", **answered(known=False)))
    assert error == FieldError("category", "EBAY_FR has no category 63861 for women/dresses.")


def test_an_answer_of_another_site_or_category_says_nothing_here(make_attempt: MakeAttempt) -> None:
    question = Aspect("X", required=True)
    for asked in (answered(question, site="EBAY_DE"), answered(question, category="63864")):
        assert refused(make_attempt("ebay", **asked)) == ()


def test_a_missing_size_is_one_reason_not_two(make_attempt: MakeAttempt, product: Product) -> None:
    attempt = make_attempt(
        "ebay",
        product=replace(product, size=""),
        **answered(Aspect("Taille", required=True), Aspect("X", required=True)),
    )
    assert [error.field for error in refused(attempt)] == ["size", "aspects.X"]


@pytest.mark.parametrize(
    ("size", "size_type"),
    [
        ("M", "Regular"),
        ("2XL", "Regular"),
        ("XXL", "Regular"),
        ("42", "Regular"),
        ("4X", "Big & Tall"),
        ("XLT", "Big & Tall"),
    ],
)
def test_the_size_type_of_a_us_t_shirt_follows_from_its_size(
    make_attempt: MakeAttempt, product: Product, size: str, size_type: str
) -> None:
    told = specifics(us_t_shirt(make_attempt, product, size=size))
    assert told["Size Type"] == [size_type]
    assert told["Department"] == ["Men"]


def test_a_us_t_shirt_of_a_size_that_could_be_either_needs_the_sellers_word(
    make_attempt: MakeAttempt, product: Product
) -> None:
    attempt = us_t_shirt(make_attempt, product, size="3XL")
    assert [error.field for error in refused(attempt)] == ["aspects.Size Type"]
    assert specifics(replace(attempt, payload={"aspects": {"Size Type": "big & tall"}}))["Size Type"] == ["Big & Tall"]
    (error,) = refused(replace(attempt, payload={"aspects": {"Size Type": "Petite"}}))
    assert "“Petite”" in error.message


def us_t_shirt(make_attempt: MakeAttempt, product: Product, *, size: str) -> Attempt:
    shirt = replace(product, category="men/t-shirts", size=size, currency="USD")
    return make_attempt("ebay", product=shirt, settings={"marketplace_id": "EBAY_US"})


def test_a_long_answer_is_cut_between_words(make_attempt: MakeAttempt) -> None:
    attempt = make_attempt("ebay", payload={"aspects": {"Motif": "fleurs " * 20}})
    assert len(specifics(attempt)["Motif"][0]) <= 50
