"""StoFlow: every operation of a marketplace seller as a durable job made of small recorded tasks."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stoflow.settings import Settings
    from stoflow.wiring.handle import TenantHandle


def open(settings: "Settings | None" = None, *, tenant: int | None = None) -> "TenantHandle":  # noqa: A001 - the contract's name
    """Open StoFlow in a process of the caller's own: a handle on one tenant, to be closed, or used in a `with`.

    Without `settings` they are read from the environment; without `tenant` it is the only one there is. Raise
    ConfigurationError for what are no settings, or where there is no installation or no such tenant, InputError for a
    tenant that is no number, DatabaseUnavailable where PostgreSQL is away, DatabaseNotPrepared before
    `stoflow migrate`.
    """
    return import_module("stoflow.wiring.handle").open_handle(settings, tenant)
