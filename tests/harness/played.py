"""What the suite plays: every marketplace there is, the example's too, and a browser that acts on the one by plugin."""

from stoflow.marketplaces.registry import build_registry
from stoflow_sandbox.markets import known_markets
from tests.harness.installing import installed

with (
    installed("brocante"),
    installed("kiosque"),
):  # and whatever else the environment has: the suite runs over all of it
    REGISTRY = build_registry()
    MARKETS = known_markets()
PUBLISH = "publish"
PUBLISHERS = [place for place in REGISTRY.marketplaces.values() if PUBLISH in place.handlers]
