"""What is there, and what StoFlow says, laid one over the other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoflow.marketplaces.revision import laid_over, says

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
FIELDS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAVES | st.lists(LEAVES, max_size=3), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), LEAVES | inner, max_size=3),
    max_leaves=8,
)


def test_what_only_the_marketplace_knows_stays() -> None:
    there = {"title": "old", "product": {"aspects": {"Motif": ["Fleurs"], "Color": ["red"]}}, "weight": 4}
    wanted = {"title": "new", "product": {"aspects": {"Color": ["blue"]}}}
    assert laid_over(there, wanted) == {
        "title": "new",
        "product": {"aspects": {"Motif": ["Fleurs"], "Color": ["blue"]}},
        "weight": 4,
    }


def test_none_takes_a_field_away() -> None:
    assert laid_over({"note": "worn", "size": "M"}, {"note": None}) == {"size": "M"}
    assert not says({"note": "worn"}, {"note": None})
    assert says({}, {"note": None})


@pytest.mark.parametrize(
    ("there", "wanted", "holds"),
    [
        ({"price": "25.0"}, {"price": "25.00"}, True),
        ({"price": 25}, {"price": "25.01"}, False),
        ({"list": [1, 2]}, {"list": [1, 2]}, True),
        ({"list": [1, 2]}, {"list": [2, 1]}, False),
        ({"list": [1, 2]}, {"list": [1]}, False),
        ({"text": "ab"}, {"text": ["a", "b"]}, False),
        ({"flag": True}, {"flag": 1}, True),
        ({"flag": True}, {"flag": "1"}, False),
        (None, {"a": 1}, False),
        ({"more": 1, "a": 1}, {"a": 1}, True),
    ],
)
def test_what_is_there_says_all_that_is_wanted(there: Any, wanted: Any, holds: bool) -> None:
    assert says(there, wanted) is holds


@given(FIELDS, FIELDS)
def test_what_was_laid_over_says_it_and_laying_it_again_changes_nothing(there: Any, wanted: Any) -> None:
    merged = laid_over(there, wanted)
    assert says(merged, wanted)
    assert laid_over(merged, wanted) == merged
