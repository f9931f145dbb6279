"""The sandbox plays what is built in and what is installed, and says which class it cannot play."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from stoflow.domain import installed as installed_module
from stoflow.domain.errors import ConfigurationError, InputError
from stoflow_sandbox.app import Sandbox, SandboxOptions
from stoflow_sandbox.application import Application
from stoflow_sandbox.market import Market
from stoflow_sandbox.markets import BUILT_IN, ENTRY_POINT_GROUP, known_markets
from stoflow_sandbox.vinted.market import VintedMarket


class AnotherMarket(VintedMarket):
    """A simulated marketplace of another package."""

    name = "another"


def install(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    found = EntryPoints([EntryPoint("another", value, ENTRY_POINT_GROUP)])
    monkeypatch.setattr(installed_module, "entries", lambda group: found)


def test_an_installed_package_brings_a_simulated_marketplace(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, f"{__name__}:AnotherMarket")
    assert known_markets() == (*BUILT_IN, AnotherMarket)
    assert [market.name for market in Sandbox().markets][-1] == "another"


def test_a_sandbox_plays_only_what_it_is_told_to() -> None:
    assert [market.name for market in Sandbox(SandboxOptions(markets=(AnotherMarket,))).markets] == ["another"]


def test_where_nothing_is_said_of_people_there_are_none() -> None:
    market = AnotherMarket(Application())
    seller = market.make_seller(name="Anna", tenant=7, wishes={})
    with pytest.raises(InputError, match="Nobody but StoFlow acts on another here"):
        Market.behave(market, seller, "sell", {})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nowhere.to:FIND", "cannot be loaded"),
        ("stoflow_sandbox.markets:BUILT_IN", "is not the class of a simulated marketplace"),
        ("stoflow_sandbox.ebay.market:EbayMarket", "would play ebay twice"),
    ],
)
def test_what_cannot_be_played_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str, reason: str) -> None:
    install(monkeypatch, value)
    with pytest.raises(ConfigurationError, match=reason):
        known_markets()
