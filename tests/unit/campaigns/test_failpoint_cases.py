"""The failpoint campaign leaves out no failpoint of the product, and no excuse outlives its reason."""

import re
from collections import Counter

import pytest

from campaigns.cases import (
    MARKETPLACES,
    NOT_PASSED,
    PACKAGE,
    PASSED_ELSEWHERE,
    Blow,
    cases,
    expected,
    failpoints,
    is_struck_in_life,
    one_blow_each,
    quiet_runs,
)
from campaigns.person import LIFE

CALL = re.compile(r'failpoint\("([^"]+)"\)')
SEED = 7


def quietly(marketplace: str) -> dict[str, Counter[str]]:
    """As if each story had passed every failpoint twice."""
    return {story: Counter(dict.fromkeys(failpoints(), 2)) for story, _ in quiet_runs(marketplace)}


def test_every_failpoint_written_in_the_product_is_found() -> None:
    sources = [path for path in PACKAGE.rglob("*.py") if path.parent.name != "monitoring"]
    written = {name for path in sources for name in CALL.findall(path.read_text(encoding="utf-8"))}
    assert {name for name in written if not name.startswith(PASSED_ELSEWHERE)} == set(failpoints())


def test_every_failpoint_is_to_be_passed_on_some_marketplace() -> None:
    assert {name for marketplace in MARKETPLACES for name in expected(marketplace)} == set(failpoints())


@pytest.mark.parametrize("marketplace", MARKETPLACES)
def test_every_excuse_is_about_a_failpoint_that_exists(marketplace: str) -> None:
    for prefix in NOT_PASSED[marketplace]:
        assert any(name.startswith(prefix) for name in failpoints()), prefix


@pytest.mark.parametrize("marketplace", MARKETPLACES)
def test_each_failpoint_meets_each_blow_once_and_often_once_more_in_the_life_of_a_listing(marketplace: str) -> None:
    made = cases(marketplace, quietly(marketplace), SEED)
    every = {(name, blow) for name in expected(marketplace) for blow in Blow}
    in_life = {(name, blow) for name, blow in every if is_struck_in_life(name, blow)}
    assert Counter((case.failpoint, case.blow) for case in made if case.story != LIFE) == Counter(every)
    assert Counter((case.failpoint, case.blow) for case in made if case.story == LIFE) == Counter(in_life)
    assert len(in_life) > len(Blow)


def test_a_seed_makes_the_same_cases_again_and_another_one_others() -> None:
    first, again, other = (cases("etsy", quietly("etsy"), seed) for seed in (SEED, SEED, SEED + 1))
    assert first == again
    assert first != other


def test_every_case_belongs_to_a_story_that_a_quiet_run_goes_through() -> None:
    for marketplace in MARKETPLACES:
        told = {story for story, _ in quiet_runs(marketplace)}
        assert {case.story for case in cases(marketplace, quietly(marketplace), SEED)} <= told


def test_a_short_run_strikes_each_failpoint_once_and_not_always_the_same_way() -> None:
    short = one_blow_each(cases("etsy", quietly("etsy"), SEED))
    assert sorted(case.failpoint for case in short) == sorted(expected("etsy"))
    assert {case.blow for case in short} == set(Blow)
