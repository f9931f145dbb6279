"""What an account has to choose from is read as the marketplaces' own files say, and nothing of it is guessed."""

from collections.abc import Mapping
from typing import Any

import pytest

from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.choices import settled
from stoflow.domain.outcome import Broken, Outcome, SellerMustAct, TryAgain
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import build_registry
from tests.contract.conftest import SiteMaker
from tests.harness.account import failing
from tests.harness.choosing import choices_of, options_of, read
from tests.harness.official import documents

PLACES = {place.name: place for place in build_registry(entry_points=False).marketplaces.values() if place.options}
BOTH = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
EBAY_SITES = 8
SEVERAL: Mapping[str, Mapping[str, Any]] = {
    "ebay": {
        "more_policies": [
            {"kind": "fulfillment_policy", "name": "Express"},
            {"kind": "fulfillment_policy", "name": "Cars", "categoryTypes": [{"name": "MOTORS_VEHICLES"}]},
            {"kind": "fulfillment_policy", "marketplace_id": "EBAY_DE", "name": "Versand"},
        ],
        "more_locations": [
            {"merchantLocationKey": "ATTIC", "name": "The attic"},
            {"merchantLocationKey": "CELLAR", "merchantLocationStatus": "DISABLED"},
        ],
    },
    "etsy": {"more": {"shipping_profile_id": 1, "readiness_state_id": 119}},
}


@BOTH
def test_an_account_with_one_of_each_is_settled_by_what_it_shows(place: Marketplace, make_site: SiteMaker) -> None:
    documents(place.name)
    site = make_site(place)
    choices = choices_of(place, site)
    found = settled(options_of(place).settings, {}, choices)
    assert found == {name: str(site.account.settings[name]) for name in choices}
    assert {setting.name for setting in options_of(place).settings if setting.required} <= found.keys()
    assert site.judge.requests == site.judge.replies == len(site.calls) > len(choices) - 1


@BOTH
def test_where_there_are_several_all_are_told_and_none_is_set(place: Marketplace, make_site: SiteMaker) -> None:
    choices = choices_of(place, make_site(place, **SEVERAL[place.name]))
    open_to = {name for name, offered in choices.items() if len(offered) > 1}
    found = settled(options_of(place).settings, {}, choices)
    told = {name: [choice.title for choice in choices[name]] for name in open_to}
    assert not open_to & found.keys()
    match place.name:
        case "ebay":
            assert told == {
                "marketplace_id": ["ebay.fr", "ebay.de"],
                "merchant_location_key": ["HOME", "The attic"],
                "fulfillment_policy_id": ["fulfillment_policy", "Express", "Versand"],
            }
        case _:
            assert told["shipping_profile_id"] == ["Standard", "Standard 2"]
            assert told["readiness_state_id"] == ["ready to ship, 1-3 days"] * 120
            assert found.keys() == {"currency", "return_policy_id"}


def test_a_policy_belongs_to_its_site(make_site: SiteMaker) -> None:
    choices = choices_of(PLACES["ebay"], make_site(PLACES["ebay"], **SEVERAL["ebay"]))
    sites = [choice.only_with["marketplace_id"] for choice in choices["fulfillment_policy_id"]]
    assert sites == ["EBAY_FR", "EBAY_FR", "EBAY_DE"]
    assert [choice.only_with for choice in choices["payment_policy_id"]] == [{"marketplace_id": "EBAY_FR"}]


def test_places_are_read_to_the_last_page(make_site: SiteMaker) -> None:
    many = [{"merchantLocationKey": f"SHELF{number}"} for number in range(250)]
    choices = choices_of(PLACES["ebay"], make_site(PLACES["ebay"], more_locations=many))
    assert len(choices["merchant_location_key"]) == 251


def test_the_other_policies_of_a_site_are_asked_for_only_where_things_could_be_sent(make_site: SiteMaker) -> None:
    site = make_site(PLACES["ebay"])
    choices_of(PLACES["ebay"], site)
    asked = [call.path.rpartition("/")[2] for call in site.calls if isinstance(call, Request)]
    assert asked.count("fulfillment_policy") == EBAY_SITES
    assert [asked.count(name) for name in ("payment_policy", "return_policy", "location")] == [1, 1, 1]


def test_a_shop_whose_lists_are_denied_has_nothing_to_choose_from(make_site: SiteMaker) -> None:
    site = make_site(PLACES["etsy"])

    def answer(call: Call) -> Response:
        of_shop = isinstance(call, Request) and call.path.endswith(site.account.external_id)
        return site.answer(call) if of_shop else Reply(404)

    assert read(PLACES["etsy"], site, answer) == {
        "currency": choices_of(PLACES["etsy"], site)["currency"],
        "shipping_profile_id": (),
        "readiness_state_id": (),
        "return_policy_id": (),
    }


@BOTH
@pytest.mark.parametrize(
    ("status", "meaning"), [(401, SellerMustAct), (403, SellerMustAct), (429, TryAgain), (500, TryAgain), (200, Broken)]
)
def test_a_reading_that_fails_anywhere_tells_nothing_but_why(
    place: Marketplace, make_site: SiteMaker, status: int, meaning: type[Outcome]
) -> None:
    site = make_site(place)
    choices_of(place, site)
    for done in range(len(site.calls)):
        assert isinstance(read(place, site, failing(site, status, after=done)), meaning)
