"""The overview: is all well, what flows at each marketplace, and what needs somebody."""

from collections.abc import Mapping
from typing import Any

from stoflow.http.pages.monitoring.page import HOME, Page, Shown

KINDS = ("api", "orchestrator", "worker")


def show(shown: Shown) -> Mapping[str, Any]:
    found = shown.snapshot()
    places = shown.context.registry.marketplaces
    return {
        "found": found,
        "sees_all": shown.viewer.scope is None,
        "by_plugin": [name for name, place in places.items() if place.by_plugin],
        "running": [(kind, len(found.facts.living_of(kind))) for kind in KINDS],
    }


PAGES = (Page(HOME, "Overview", "overview.html", show, label="Overview", place=10, live=True),)
