"""What marketplaces are tried with, by StoFlow itself and by whoever writes one, and what tests of code around StoFlow
stand on: needs `stoflow[testing]`, and stoflow-sandbox."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stoflow.testing.doubles import MarketplaceDouble, SeenCall
    from stoflow.testing.engine import VirtualEngine, opened_engine
    from stoflow.testing.stage import Stage, opened_stage
    from stoflow.testing.tenant import VirtualTenant

__all__ = [
    "MarketplaceDouble",
    "SeenCall",
    "Stage",
    "VirtualEngine",
    "VirtualTenant",
    "opened_engine",
    "opened_stage",
]

# Loaded by who asks: whoever imports this package may have no sandbox, and wants no servers.
HOMES = {
    "MarketplaceDouble": "doubles",
    "SeenCall": "doubles",
    "Stage": "stage",
    "VirtualEngine": "engine",
    "VirtualTenant": "tenant",
    "opened_engine": "engine",
    "opened_stage": "stage",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
