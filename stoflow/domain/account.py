"""One tenant's account on one marketplace, without its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """`external_id` is the shop or member id there; `settings` holds what an offer needs (policies, location,
    shipping profile, site, who_made and when_made defaults …), as JSON."""

    marketplace: str
    external_id: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
