"""Every marketplace the sandbox can play: the three built in, and those that installed packages bring."""

from collections import Counter
from collections.abc import Iterator
from typing import TypeGuard

from stoflow.domain.errors import ConfigurationError
from stoflow.domain.installed import installed, unusable
from stoflow_sandbox.ebay.market import EbayMarket
from stoflow_sandbox.etsy.market import EtsyMarket
from stoflow_sandbox.market import Market
from stoflow_sandbox.vinted.market import VintedMarket

ENTRY_POINT_GROUP = "stoflow.sandbox.markets"
BUILT_IN: tuple[type[Market], ...] = (EbayMarket, EtsyMarket, VintedMarket)


def known_markets() -> tuple[type[Market], ...]:
    """Return the class of each; ConfigurationError where two have one name."""
    markets = (*BUILT_IN, *_installed())
    twice = [name for name, count in Counter(market.name for market in markets).items() if count > 1]
    if twice:
        raise ConfigurationError(f"The sandbox would play {twice[0]} twice.")
    return markets


def _installed() -> Iterator[type[Market]]:
    for entry, found in installed(ENTRY_POINT_GROUP):
        if not _is_market(found):
            raise unusable(entry, "is not the class of a simulated marketplace")
        yield found


def _is_market(found: object) -> TypeGuard[type[Market]]:
    return isinstance(found, type) and hasattr(found, "name") and hasattr(found, "variables")
