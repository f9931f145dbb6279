"""Whether and when the seller accepted what a plugin's notice says: each wording once, the first time stands."""

from datetime import datetime

from stoflow.domain.ids import JobId, TenantId
from stoflow.storage.credentials.connections import execute
from stoflow.storage.database.session import Database
from stoflow.storage.engine.ownership import announce

READ = "SELECT accepted_at FROM {s}.plugin_terms WHERE marketplace = %(marketplace)s AND version = %(version)s"
ACCEPT = """
INSERT INTO {s}.plugin_terms (marketplace, version) VALUES (%(marketplace)s, %(version)s) ON CONFLICT DO NOTHING
"""


def accepted_at(database: Database, tenant: TenantId, marketplace: str, version: str) -> datetime | None:
    with database.records() as connection:
        row = execute(connection, READ, tenant, marketplace=marketplace, version=version)
    return row["accepted_at"] if row else None


def accept(database: Database, tenant: TenantId, marketplace: str, version: str) -> None:
    with database.records() as connection:
        execute(connection, ACCEPT, tenant, marketplace=marketplace, version=version)
        announce(connection, tenant, JobId(0))
