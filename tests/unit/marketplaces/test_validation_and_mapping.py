"""What each marketplace takes, in its own words, and every reason where it would not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from stoflow.domain.aspect import Aspect, CategoryAspects
from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Done, FieldError, Outcome, Refused
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.ebay.publication import EbayPublication
from stoflow.marketplaces.etsy.mapping import in_todays_labels
from stoflow.marketplaces.etsy.publication import EtsyPublication
from stoflow.marketplaces.etsy.taxonomy import SITE
from stoflow.marketplaces.vinted.mapping import upload_session
from stoflow.marketplaces.vinted.publication import VintedPublication
from tests.unit.marketplaces.conftest import MakeAttempt

SERVICES = {"vinted": VintedPublication(), "ebay": EbayPublication(), "etsy": EtsyPublication()}
EVERYWHERE = ("vinted", "ebay", "etsy")
Change = Callable[[Product], Product]


def fields_refused(marketplace: str, attempt: Attempt) -> set[str]:
    outcome: Outcome = SERVICES[marketplace].validate(attempt)
    return {error.field for error in outcome.errors} if isinstance(outcome, Refused) else set()


def mapped(marketplace: str, attempt: Attempt) -> Any:
    outcome: Outcome = SERVICES[marketplace].map(attempt)
    assert isinstance(outcome, Done)
    return outcome.output


@pytest.mark.parametrize("marketplace", EVERYWHERE)
def test_a_whole_product_is_ready(make_attempt: MakeAttempt, marketplace: str) -> None:
    assert fields_refused(marketplace, make_attempt(marketplace)) == set()


@pytest.mark.parametrize("marketplace", EVERYWHERE)
@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("title", {"title": " \n "}),
        ("price", {"price": None}),
        ("price", {"price": Decimal("0.01")}),
        ("price", {"price": Decimal(2_000_000)}),
        ("currency", {"currency": "USD"}),
        ("quantity", {"quantity": 0}),
        ("quantity", {"quantity": 100_000}),
        ("category", {"category": "2024"}),
        ("gender", {"category": "jackets", "gender": "", "title": "Some nice thing"}),
        ("size", {"size": " "}),
        ("images", {"images": ()}),
        ("images", {"images": (ProductImage(1, "gone.jpg"),)}),
    ],
)
def test_what_is_wrong_is_named(
    make_attempt: MakeAttempt, product: Product, marketplace: str, field: str, change: dict[str, Any]
) -> None:
    assert field in fields_refused(marketplace, make_attempt(marketplace, product=replace(product, **change)))


@pytest.mark.parametrize(
    ("marketplace", "field", "change"),
    [
        ("vinted", "title", {"title": "Robe"}),
        ("vinted", "condition", {"condition": None}),
        ("vinted", "condition", {"condition": 1}),
        ("vinted", "size", {"category": "men/t-shirts", "size": "gigantic"}),
        ("ebay", "condition", {"condition": None}),
        ("ebay", "condition", {"category": "women/bras", "size": "75B", "condition": 8}),
        ("ebay", "colors", {"colors": (), "title": "Robe longue"}),
        ("etsy", "title", {"title": "😀😀"}),
    ],
)
def test_each_marketplace_has_rules_of_its_own(
    make_attempt: MakeAttempt, product: Product, marketplace: str, field: str, change: dict[str, Any]
) -> None:
    assert fields_refused(marketplace, make_attempt(marketplace, product=replace(product, **change))) == {field}


def test_new_underwear_may_be_sold_on_ebay(make_attempt: MakeAttempt, product: Product) -> None:
    new = replace(product, category="women/bras", size="75B", condition=10)
    assert fields_refused("ebay", make_attempt("ebay", product=new)) == set()


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"who_made": ""}, "who_made"),
        ({"when_made": ""}, "when_made"),
        ({"when_made": "2020_2025"}, "when_made"),
        ({"when_made": "2020_2026"}, "when_made"),
        ({"who_made": "nobody"}, "who_made"),
        ({"shipping_profile_id": None}, "account.shipping_profile_id"),
        ({"readiness_state_id": None}, "account.readiness_state_id"),
    ],
)
def test_etsy_needs_declarations_and_a_furnished_shop(
    make_attempt: MakeAttempt, settings: dict[str, Any], field: str
) -> None:
    assert fields_refused("etsy", make_attempt("etsy", settings=settings)) == {field}


def test_an_id_that_etsy_no_longer_has_is_refused_and_what_etsy_was_not_asked_is_believed(
    make_attempt: MakeAttempt, product: Product
) -> None:
    gone = {(SITE, "558"): CategoryAspects(SITE, "a-digest", known=False)}
    there = {(SITE, "553"): CategoryAspects(SITE, "a-digest", aspects=(Aspect("Size", required=True),))}
    tank_top = replace(product, title="Tank top", category="women/tops")
    top = replace(product, title="Blouse", category="women/tops")
    assert fields_refused("etsy", make_attempt("etsy", product=tank_top, taxonomy=gone)) == {"category"}
    assert fields_refused("etsy", make_attempt("etsy", product=top, taxonomy={**gone, **there})) == set()
    assert fields_refused("etsy", make_attempt("etsy", product=tank_top)) == set()


def test_without_a_declaration_both_fields_are_named(make_attempt: MakeAttempt) -> None:
    silent = make_attempt("etsy", settings={"who_made": None, "when_made": None})
    assert fields_refused("etsy", silent) == {"who_made", "when_made"}


@pytest.mark.parametrize(
    ("day", "when_made", "said"),
    [
        (date(2026, 11, 22), "2000_2006", "2000_2006"),
        (date(2025, 12, 31), "2000_2005", "2000_2005"),
        (date(2026, 1, 1), "2000_2005", "2000_2006"),  # last year's label, said in this year's words
        (date(2026, 1, 1), "before_2006", "before_2007"),
        (date(2026, 11, 22), "1995", "1990s"),
        (date(2026, 11, 22), "2004", "2000_2006"),
        (date(2026, 11, 22), "1650", "before_1700"),
        (date(2030, 5, 1), "1990s", "1990s"),  # a label that never moved
        (date(2024, 5, 1), "1980s", "1980s"),  # before the first labels we know
    ],
)
def test_when_it_was_made_is_said_in_the_labels_of_the_day(
    make_attempt: MakeAttempt, day: date, when_made: str, said: str
) -> None:
    attempt = make_attempt("etsy", settings={"when_made": when_made}, today=day)
    assert fields_refused("etsy", attempt) == set()
    assert mapped("etsy", attempt)["draft"]["when_made"] == said


@pytest.mark.parametrize(
    ("day", "when_made"),
    [
        (date(2026, 11, 22), "2007_2009"),
        (date(2026, 11, 22), "made_to_order"),
        (date(2026, 11, 22), "2006_2009"),  # no label of this year holds those years
        (date(2026, 11, 22), "2008"),
        (date(2025, 12, 31), "2000_2006"),  # a label of the next year
        (date(2026, 11, 22), "long ago"),
        (date(2026, 11, 22), "٢٠٠٤"),
    ],
)
def test_what_someone_else_made_less_than_twenty_years_ago_is_refused(
    make_attempt: MakeAttempt, day: date, when_made: str
) -> None:
    attempt = make_attempt("etsy", settings={"when_made": when_made}, today=day)
    assert fields_refused("etsy", attempt) == {"when_made"}


@pytest.mark.parametrize(
    "when_made", ["2020_2026", "2020_2027", "2026", "2027", "2006", "2007_2009", "before_2007", "before_2008"]
)
def test_a_label_that_moved_is_not_guessed_for_a_year_that_is_not_known(
    make_attempt: MakeAttempt, product: Product, when_made: str
) -> None:
    own = replace(product, who_made="i_did", when_made=when_made)
    attempt = make_attempt("etsy", product=own, today=date(2027, 1, 1))
    refused = SERVICES["etsy"].validate(attempt)
    assert isinstance(refused, Refused)
    said = f"What Etsy calls “{when_made}” is not known for 2027: its labels move every January. Update StoFlow."
    assert refused.errors == (FieldError("when_made", said),)


def test_a_year_to_come_and_a_label_of_none_are_no_labels(make_attempt: MakeAttempt, product: Product) -> None:
    for today, when_made in ((date(2026, 12, 31), "2027"), (date(2027, 1, 1), "2028"), (date(2027, 1, 1), "long ago")):
        own = replace(product, who_made="i_did", when_made=when_made)
        refused = SERVICES["etsy"].validate(make_attempt("etsy", product=own, today=today))
        assert isinstance(refused, Refused)
        assert refused.errors[0].message.startswith(f"Etsy has no when_made “{when_made}” in {today.year}")


def test_a_form_mapped_before_new_year_is_sent_in_the_labels_of_the_new_one(make_attempt: MakeAttempt) -> None:
    before = {"when_made": "2020_2025", "title": "x"}
    said = in_todays_labels(before, make_attempt("etsy", today=date(2026, 1, 1)))
    assert said == {"when_made": "2020_2026", "title": "x"}
    assert in_todays_labels({"title": "x"}, make_attempt("etsy")) == {"title": "x"}
    unknown = in_todays_labels({"when_made": "2020_2026"}, make_attempt("etsy", today=date(2027, 1, 1)))
    assert isinstance(unknown, Refused)
    assert "not known for 2027" in unknown.errors[0].message


def test_the_product_says_when_it_was_made_before_the_account_does(make_attempt: MakeAttempt, product: Product) -> None:
    older = replace(product, when_made="1970s")
    assert mapped("etsy", make_attempt("etsy", product=older))["draft"]["when_made"] == "1970s"


def test_what_the_maker_sells_need_not_be_vintage(make_attempt: MakeAttempt, product: Product) -> None:
    own = replace(product, who_made="i_did", when_made="2020_2026")
    attempt = make_attempt("etsy", product=own)
    assert fields_refused("etsy", attempt) == set()
    assert mapped("etsy", attempt)["draft"]["who_made"] == "i_did"


def test_ebay_needs_policies_a_location_and_a_known_site(make_attempt: MakeAttempt) -> None:
    bare = {"merchant_location_key": "", "return_policy_id": None, "marketplace_id": "EBAY_MOON"}
    assert fields_refused("ebay", make_attempt("ebay", settings=bare)) == {
        "account.merchant_location_key",
        "account.return_policy_id",
        "account.marketplace_id",
    }


@pytest.mark.parametrize("currency", ["EUR", "GBP"])
def test_nothing_is_published_on_an_ebay_site_that_was_never_chosen(
    make_attempt: MakeAttempt, product: Product, currency: str
) -> None:
    attempt = make_attempt("ebay", product=replace(product, currency=currency), settings={"marketplace_id": None})
    assert fields_refused("ebay", attempt) == {"account.marketplace_id"}


@pytest.mark.parametrize("marketplace", EVERYWHERE)
@pytest.mark.parametrize(
    ("rates", "refused"), [({"USD": "0.9"}, set()), ({"USD": "cheap"}, {"currency"}), ("none", {"currency"})]
)
def test_a_price_in_another_currency_needs_the_sellers_own_rate(
    make_attempt: MakeAttempt, product: Product, marketplace: str, rates: Any, refused: set[str]
) -> None:
    dollars = replace(product, price=Decimal("10.10"), currency="USD")
    attempt = make_attempt(marketplace, product=dollars, settings={"exchange_rates": rates})
    assert fields_refused(marketplace, attempt) == refused
    if not refused:
        assert "9.09" in str(mapped(marketplace, attempt))


def test_the_ebay_item_and_offer(make_attempt: MakeAttempt) -> None:
    output = mapped("ebay", make_attempt("ebay"))
    item, offer = output["item"], output["offer"]
    assert output["sku"] == offer["sku"] == "sf7p5"
    assert item["condition"] == "PRE_OWNED_EXCELLENT"
    assert item["product"]["aspects"] == {
        "Marque": ["Zara"],
        "Département": ["Femme"],
        "Type": ["Robe"],
        "Couleur": ["Bleu marine"],
        "Taille": ["M"],
    }
    assert offer["categoryId"] == "63861"
    assert offer["pricingSummary"] == {"price": {"value": "24.50", "currency": "EUR"}}
    assert offer["listingPolicies"] == {"fulfillmentPolicyId": "1", "paymentPolicyId": "2", "returnPolicyId": "3"}


@pytest.mark.parametrize("brand", ["", "Vintage", "sans marque"])
def test_a_thing_without_a_brand_is_unbranded_on_ebay(make_attempt: MakeAttempt, product: Product, brand: str) -> None:
    attempt = make_attempt("ebay", product=replace(product, brand=brand), settings={"marketplace_id": "EBAY_GB"})
    aspects = mapped("ebay", replace_currency(attempt, "GBP"))["item"]["product"]["aspects"]
    assert aspects["Brand"] == ["Unbranded"]
    assert aspects["Colour"] == ["Navy"]


def replace_currency(attempt: Attempt, currency: str) -> Attempt:
    assert attempt.product is not None
    return replace(attempt, product=replace(attempt.product, currency=currency))


@pytest.mark.parametrize(
    ("site", "currency", "size", "aspect", "value"),
    [
        ("EBAY_US", "USD", "EU 42", "US Shoe Size", "9"),
        ("EBAY_FR", "EUR", "US 9", "Pointure", "42"),
        ("EBAY_GB", "GBP", "odd", "UK Shoe Size", "odd"),
    ],
)
def test_a_shoe_size_is_said_in_the_sites_own_system(
    make_attempt: MakeAttempt, product: Product, site: str, currency: str, size: str, aspect: str, value: str
) -> None:
    shoes = replace(product, category="men/trainers", size=size, currency=currency)
    aspects = mapped("ebay", make_attempt("ebay", product=shoes, settings={"marketplace_id": site}))["item"]["product"][
        "aspects"
    ]
    assert aspects[aspect] == [value]


def test_long_words_are_cut_and_html_is_words_on_ebay(make_attempt: MakeAttempt, product: Product) -> None:
    long = replace(product, title="robe " * 40, description="<b>gros & beau</b>\n" + "mot " * 2_000, condition=4)
    output = mapped("ebay", make_attempt("ebay", product=long))
    assert len(output["item"]["product"]["title"]) <= 80
    assert len(output["item"]["product"]["description"]) <= 4_000
    assert output["offer"]["listingDescription"].startswith("<p>&lt;b&gt;gros &amp; beau&lt;/b&gt;<br>mot")
    assert output["item"]["condition"] == "PRE_OWNED_FAIR"
    assert output["item"]["conditionDescription"] == "Second-hand, satisfactory."


@pytest.mark.parametrize("words", ["&" * 5_000, "<" * 5_000, "a & b\n" * 1_000, "é" * 5_000])
def test_html_on_ebay_is_cut_between_signs_never_within_one(
    make_attempt: MakeAttempt, product: Product, words: str
) -> None:
    described = mapped("ebay", make_attempt("ebay", product=replace(product, description=words)))["item"]["product"]
    assert 3_900 <= len(described["description"]) <= 4_000
    assert words.startswith(unescape(described["description"].replace("<br>", "\n")))


@pytest.mark.parametrize("words", ['Wool & silk\n\n- 5 < 6\n- it\'s "new" > used', "Use the <b> tag &amp; more"])
def test_what_the_seller_wrote_is_what_buyers_read_everywhere(
    make_attempt: MakeAttempt, product: Product, words: str
) -> None:
    ours = replace(product, description=words, title="Tom & Jerry's <3", size="M")
    ebay = mapped("ebay", make_attempt("ebay", product=ours))
    for markup in (ebay["item"]["product"]["description"], ebay["offer"]["listingDescription"]):
        shown = markup.removeprefix("<p>").removesuffix("</p>").replace("<br>", "\n")
        assert "<" not in shown
        assert unescape(shown) == words
    assert ebay["item"]["product"]["title"] == "Tom & Jerry's <3"
    assert mapped("etsy", make_attempt("etsy", product=ours))["description"].startswith(f"{words}\n\nBrand")
    assert mapped("vinted", make_attempt("vinted", product=ours))["draft"]["description"].startswith(words)


def test_accents_in_two_signs_reach_etsy(make_attempt: MakeAttempt, product: Product) -> None:
    apart = replace(product, title="Robe d’e\u0301te\u0301", materials=("soie d’e\u0301te\u0301",))
    draft = mapped("etsy", make_attempt("etsy", product=apart))["draft"]
    assert (draft["title"], draft["materials"]) == ("Robe d’été", "soie d été")


def test_the_etsy_draft_inventory_and_description(make_attempt: MakeAttempt) -> None:
    output = mapped("etsy", make_attempt("etsy"))
    draft, offering = output["draft"], output["inventory"]["products"][0]
    assert draft["taxonomy_id"] == "505"
    assert (draft["price"], draft["who_made"], draft["when_made"]) == ("24.50", "someone_else", "1990s")
    assert draft["tags"] == "dress,women dress,zara,navy,coton"
    assert draft["materials"] == "coton"
    assert "description" not in draft
    assert offering["sku"] == output["sku"] == "sf7p5"
    assert offering["offerings"] == [{"price": 24.5, "quantity": 1, "is_enabled": True, "readiness_state_id": 13}]
    assert output["description"] == (
        "Portée deux fois.\n\nBrand: Zara\nSize: M / 38 / 10\nColour: Navy\nMaterial: coton\nCondition: very good"
    )


def test_a_title_for_etsy_says_each_of_four_signs_once(make_attempt: MakeAttempt, product: Product) -> None:
    odd = replace(product, title="Été: 100% soie & lin & coton: 50% + 20% ★😀 ™")
    assert mapped("etsy", make_attempt("etsy", product=odd))["draft"]["title"] == "Été: 100% soie & lin coton 50 + 20 ™"


def test_the_vinted_draft(make_attempt: MakeAttempt, product: Product) -> None:
    draft = mapped("vinted", make_attempt("vinted"))["draft"]
    assert draft["catalog_id"] == 1065  # a summer dress, says the title
    assert draft["price"] == 24.5
    assert (draft["brand_id"], draft["brand"]) == (12, "Zara")
    assert draft["color_ids"] == [27]
    assert draft["item_attributes"] == [{"code": "size", "ids": [4]}, {"code": "condition", "ids": [2]}]
    assert draft["description"] == "Portée deux fois.\n\nM / 38 / 10"
    leaf = replace(
        product, category="1056", gender="unisex", brand="", description="", colors=("noir", "rouge", "vert")
    )
    draft = mapped("vinted", make_attempt("vinted", product=leaf))["draft"]
    assert (draft["catalog_id"], draft["is_unisex"], draft["brand"]) == (1056, True, None)
    assert draft["description"].startswith("Robe d'été")
    assert len(draft["color_ids"]) == 2


def test_an_upload_session_belongs_to_one_job(make_attempt: MakeAttempt) -> None:
    sessions = {
        upload_session(make_attempt("vinted", tenant=t, job=j)) for t, j in ((7, 42), (7, 42), (7, 43), (8, 42))
    }
    assert len(sessions) == 3


def test_a_step_without_its_product_says_so(make_attempt: MakeAttempt) -> None:
    with pytest.raises(ValueError, match="validate needs a product"):
        SERVICES["ebay"].validate(make_attempt("ebay", product=None))


@pytest.mark.parametrize("marketplace", EVERYWHERE)
def test_mapping_what_was_never_validated_fails_by_name(
    make_attempt: MakeAttempt, product: Product, marketplace: str
) -> None:
    for change in ({"category": "nonsense", "title": "Nothing"}, {"price": None}):
        with pytest.raises(ValueError, match=r"category|price"):
            SERVICES[marketplace].map(make_attempt(marketplace, product=replace(product, **change)))
