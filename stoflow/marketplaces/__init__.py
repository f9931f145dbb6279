"""Handlers and services: one folder per marketplace; and the names by which older code makes and runs jobs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stoflow.marketplaces.handlers import BaseJobHandler, DirectAPIJobHandler
    from stoflow.marketplaces.older_names import VintedJobProcessor, VintedJobService
    from stoflow.marketplaces.processor import MarketplaceJobProcessor
    from stoflow.marketplaces.service import MarketplaceJobService
    from stoflow.marketplaces.vinted.handlers import VintedJobHandler

__all__ = [
    "BaseJobHandler",
    "DirectAPIJobHandler",
    "MarketplaceJobProcessor",
    "MarketplaceJobService",
    "VintedJobHandler",
    "VintedJobProcessor",
    "VintedJobService",
]

# Loaded by who asks: every process imports this package, and few of them these.
HOMES = {
    "BaseJobHandler": "handlers",
    "DirectAPIJobHandler": "handlers",
    "MarketplaceJobProcessor": "processor",
    "MarketplaceJobService": "service",
    "VintedActionType": "older_names",
    "VintedJobHandler": "vinted.handlers",
    "VintedJobProcessor": "older_names",
    "VintedJobService": "older_names",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
