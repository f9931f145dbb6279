"""What guards a connection: kept by its session where that is its own, set anew in each transaction where it is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from stoflow.storage.database.connecting import SESSION_SETTINGS

# A pooler answers for a server process that it makes up, since a session behind it is lent to others between two
# transactions; so no row comes back there, and nothing is set.
SET_IN_OWN_SESSION = """
SELECT set_config(key, value, false) FROM jsonb_each_text(%s) WHERE pg_backend_pid() = %s
"""


@dataclass(frozen=True, slots=True)
class Guards:
    """The settings of a connection; `pooled` are those behind a pooler, where no plan is kept."""

    direct: Mapping[str, str]
    pooled: Mapping[str, str]


def guards(changed: Mapping[str, str] | None = None, *, plans: Mapping[str, str] | None = None) -> Guards:
    """Return the usual settings with those in `changed`; `plans` are for a connection that keeps plans, if it can."""
    settings = dict(SESSION_SETTINGS) | dict(changed or {})
    return Guards(settings | dict(plans or {}), settings)


def owns_session(connection: psycopg.Connection[Any], settings: Mapping[str, str]) -> bool:
    """Set what guards the session, and return True; False behind a pooler, where no setting outlives a transaction.

    The connection commits by itself, as a setting is gone with the transaction that is rolled back.
    """
    parameters = [Jsonb(dict(settings)), connection.info.backend_pid]
    return connection.execute(SET_IN_OWN_SESSION, parameters, prepare=False).rowcount == len(settings)


def setting_locally(settings: Mapping[str, str]) -> bytes:
    """Return the query that sets what guards the transaction it is in, implicit ones of a pipeline included."""
    calls = (sql.SQL("set_config({}, {}, true)").format(name, value) for name, value in settings.items())
    return sql.SQL("SELECT {}").format(sql.SQL(", ").join(calls)).as_bytes()


def beginning(settings: Mapping[str, str]) -> bytes:
    """Return what begins a transaction and guards it, in one round trip."""
    return b"BEGIN ISOLATION LEVEL READ COMMITTED; " + setting_locally(settings)
