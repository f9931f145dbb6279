"""A tenant's accounts as validation needs them, without their secrets."""

from collections.abc import Mapping

from stoflow.domain.account import Account
from stoflow.domain.ids import TenantId
from stoflow.storage.database.session import Database
from stoflow.storage.engine.statement import bind

READ = "SELECT marketplace, external_id, settings FROM {s}.connections"


def accounts_of(database: Database, tenant: TenantId) -> Mapping[str, Account]:
    """Return the accounts the tenant has connected, by marketplace."""
    with database.records() as connection:
        rows = bind(READ, tenant).on(connection).fetchall()
    return {row["marketplace"]: Account(row["marketplace"], row["external_id"], row["settings"]) for row in rows}
