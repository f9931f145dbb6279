"""Letting PostgreSQL know the action types of every registered marketplace."""

from stoflow.marketplaces.registry import Registry
from stoflow.storage.action_types import ActionTypeRow, upsert_action_types
from stoflow.storage.database.session import Database


def register_action_types(database: Database, registry: Registry) -> None:
    """Add those that are not there yet; a row an operator has changed stays as it is."""
    rows = [
        ActionTypeRow(place.name, a.code, a.name, a.priority, a.is_batch, a.rate_limit_ms, a.max_retries, a.timeout_s)
        for place in registry.marketplaces.values()
        for a in place.actions
    ]
    upsert_action_types(database, rows)
