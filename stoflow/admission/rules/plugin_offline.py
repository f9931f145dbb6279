"""The marketplace is reached through the seller's plugin, and that is not connected."""

from stoflow.admission.facts import Place
from stoflow.admission.hold import Hold, Release, Stops
from stoflow.admission.rule import PlaceRule


def judge(place: Place) -> Hold | None:
    if not place.by_plugin or place.plugin_connected:
        return None
    since = place.plugin_since
    told = f"plugin offline since {since}" if since else "plugin has never been connected"
    return Hold("plugin_offline", told, Release.SELLER)


RULE = PlaceRule(rank=50, stops=Stops.ALL, judge=judge)
