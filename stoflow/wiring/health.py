"""Which servers answer."""

from dataclasses import replace

from stoflow.domain.errors import DatabaseError, DatabaseNotPrepared
from stoflow.http.context import Health
from stoflow.migrations.prepared import check_prepared
from stoflow.storage.database.health import is_read_only
from stoflow.transports.health import redis_trouble
from stoflow.transports.hints import REDIS
from stoflow.wiring.installation import Installation

READ_ONLY = "PostgreSQL can only be read: name the primary in STOFLOW_DATABASE_URL."


def health(installation: Installation) -> Health:
    """Say which servers answer now, and whether they are ones to work with."""
    trouble = redis_trouble(installation.urls.redis_url)
    # Anybody may ask, so the address stays unsaid.
    refusing = f"{REDIS} {trouble.advice}." if trouble and trouble.takes_nothing else ""
    found = Health(postgres=True, redis=trouble is None, refusing=refusing)
    try:
        check_prepared(installation.database)
        if is_read_only(installation.database):
            return replace(found, unprepared=READ_ONLY)
        standing = installation.applications().read_refusals()
    except DatabaseNotPrepared as error:
        return replace(found, unprepared=str(error))
    except DatabaseError:
        return replace(found, postgres=False)
    return replace(found, refused_by={view.marketplace: view.since for view, _ in standing})
