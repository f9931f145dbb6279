"""Statistics of days that are over, kept for when their jobs are no longer there."""

from stoflow.domain.ids import TenantId
from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.database.session import Database
from stoflow.storage.engine.statistics import keep_days


def keep_statistics(database: Database, tenant: TenantId) -> int:
    """Keep the tenant's days that are over; return how many rows were made."""
    failpoint("statistics.before")
    with database.records() as connection:
        made = keep_days(connection, tenant)
    failpoint("statistics.after")
    return made
