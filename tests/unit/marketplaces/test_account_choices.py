"""What is set of an account by what there is to choose from: unique things are, nothing else is ever guessed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoflow.domain.account import Account
from stoflow.domain.call import Reply
from stoflow.domain.choices import Choice, Setting, chosen, settled
from stoflow.domain.errors import InputError
from stoflow.marketplaces.contract import AccountOptions
from stoflow.marketplaces.ebay.account import OPTIONS as EBAY
from stoflow.marketplaces.etsy.account import OPTIONS as ETSY
from tests.unit.marketplaces.test_any_answer import is_an_outcome

DAY = date(2026, 11, 22)
KNOWN = (
    Setting("site", required=True, of_account=True),
    Setting("policy", required=True, of_account=True),
    Setting("maker", offered=lambda _: (Choice("me", "me"),)),
    Setting("rate", fault=lambda value, _: "" if value == 1 else "It is 1."),
)
FR, DE = Choice("FR", "France"), Choice("DE", "Germany")
FRENCH, SECOND, GERMAN = (
    Choice("10", "Colissimo", {"site": "FR"}),
    Choice("11", "Relais", {"site": "FR"}),
    Choice("20", "DHL", {"site": "DE"}),
)


@pytest.mark.parametrize(
    ("choices", "before", "after"),
    [
        ({"site": (FR,), "policy": (FRENCH,)}, {}, {"site": "FR", "policy": "10"}),
        ({"site": (FR, DE), "policy": (FRENCH, GERMAN)}, {}, {}),
        ({"site": (FR, DE), "policy": (FRENCH, GERMAN)}, {"site": "DE"}, {"site": "DE", "policy": "20"}),
        ({"site": (FR,), "policy": (FRENCH, SECOND)}, {}, {"site": "FR"}),
        ({"site": (FR,), "policy": (FRENCH, SECOND)}, {"policy": "11"}, {"site": "FR", "policy": "11"}),
        ({"site": (FR,), "policy": (FRENCH, SECOND)}, {"policy": 11}, {"site": "FR", "policy": 11}),
        ({"site": (FR,), "policy": (FRENCH,)}, {"policy": "99"}, {"site": "FR", "policy": "10"}),
        ({"site": (FR,), "policy": ()}, {"policy": "10"}, {"site": "FR"}),
        ({"site": (FR,), "policy": (FRENCH,)}, {"policy": None}, {"site": "FR", "policy": None}),
        ({}, {"site": "FR", "user_id": 7, "maker": "her", "rate": 2}, {"user_id": 7, "maker": "her", "rate": 2}),
    ],
    ids=["unique", "two", "unique_there", "several", "chosen", "number", "gone", "all_gone", "open", "others"],
)
def test_what_leaves_no_choice_is_set(
    choices: Mapping[str, tuple[Choice, ...]], before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    assert settled(KNOWN, before, choices) == after
    assert settled(KNOWN, after, choices) == after


CHOICES = {"site": (FR, DE), "policy": (FRENCH, SECOND, GERMAN)}


@pytest.mark.parametrize(
    ("given", "before", "after"),
    [
        ({"site": "DE"}, {"site": "FR", "policy": "11"}, {"site": "DE", "policy": "20"}),
        ({"site": "FR"}, {"site": "DE", "policy": "20"}, {"site": "FR"}),
        ({"site": "FR", "policy": "11"}, {"site": "DE", "policy": "20"}, {"site": "FR", "policy": "11"}),
        ({"site": None}, {"site": "DE", "policy": "20"}, {"site": None}),
        ({"maker": "me", "rate": 1}, {}, {"maker": "me", "rate": 1}),
        ({}, {"site": "DE"}, {"site": "DE", "policy": "20"}),
    ],
)
def test_what_the_seller_gives_is_set(
    given: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    assert chosen(KNOWN, before, CHOICES, given, DAY) == after


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": "M"}, "There is no such setting; there are site, policy, maker, rate."),
        ({"site": "IT"}, "This is none of its choices."),
        ({"site": True}, "This is none of its choices."),
        ({"policy": "20"}, "This is only to be had with site DE."),
        ({"maker": "her"}, "This is none of its choices."),
        ({"rate": 2}, "It is 1."),
    ],
)
def test_what_cannot_be_is_refused_by_name(given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        chosen(KNOWN, {"site": "FR"}, CHOICES, given, DAY)
    assert [(error.field, error.message) for error in refused.value.errors] == [
        (f"settings.{name}", said) for name in given
    ]


def test_before_the_account_was_read_what_is_set_of_it_stays() -> None:
    assert chosen(KNOWN, {"site": "FR", "policy": "10"}, {}, {"rate": 1}, DAY) == {
        "site": "FR",
        "policy": "10",
        "rate": 1,
    }


def test_before_the_account_was_read_nothing_of_it_can_be_chosen() -> None:
    with pytest.raises(InputError) as refused:
        chosen(KNOWN, {}, {}, {"site": "FR"}, DAY)
    assert "nothing to choose from" in refused.value.errors[0].message


VALUES = st.sampled_from(
    [None, True, -1, 0, 1, 10**30, float("inf"), "", "x", "\0", "7", "²", [], [None], {}, {"name": 1}]
)
SHOWN_NAMES = ["name", "title", "merchantLocationKey", "fulfillmentPolicyId", "categoryTypes", "shipping_profile_id"]
LISTS = st.lists(st.dictionaries(st.sampled_from(SHOWN_NAMES), VALUES, max_size=3) | VALUES, max_size=2)
NAMES = ["locations", "fulfillmentPolicies", "paymentPolicies", "returnPolicies", "results"]
SHOWN = st.fixed_dictionaries(
    {**dict.fromkeys(NAMES, LISTS), "total": VALUES, "count": VALUES, "currency_code": st.just("EUR")}
)
ANSWERS = st.lists(st.builds(Reply, status=st.just(200), body=SHOWN, text=st.just("{}")), max_size=6)


@pytest.mark.parametrize("options", [EBAY, ETSY], ids=["ebay", "etsy"])
@given(answers=ANSWERS)
def test_whatever_is_answered_a_reading_ends_with_choices_or_why_not(
    options: AccountOptions, answers: list[Reply]
) -> None:
    reading, left = options.read(Account("it", "123")), iter(answers)
    try:
        next(reading)
        while True:
            reading.send(next(left, Reply(503)))
    except StopIteration as end:
        found = end.value
    if isinstance(found, Mapping):
        every = [choice for choices in found.values() for choice in choices]
        assert all(choice.value and choice.title and choice.value.isprintable() for choice in every)
    else:
        assert is_an_outcome(found)
