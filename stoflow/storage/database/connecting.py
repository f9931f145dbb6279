"""How every connection to PostgreSQL is made, and what guards it: time-outs, no search path, plans that fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from stoflow.domain.errors import ConfigurationError
from stoflow.storage.servers.server_processes import SOCKETS_PREFIX

DEFAULT_PORT = 5432
CONNECT_WITHIN_S = 2  # libpq rounds anything less up to this
STATEMENT_MS = 5_000
LOCK_MS = 2_000
IDLE_IN_TRANSACTION_MS = 15_000

SESSION_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        # Empty, so that a statement that names no schema fails instead of finding another tenant's table.
        "search_path": "",
        "statement_timeout": str(STATEMENT_MS),
        "lock_timeout": str(LOCK_MS),
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
        # A generic plan made while a table was empty scans the table for ever after.
        "plan_cache_mode": "force_custom_plan",
        "jit": "off",
        "timezone": "UTC",
        # What an operator may have set otherwise for a role or a database: psycopg reads no other dates, and whoever
        # waited for another's commit has to see it.
        "datestyle": "ISO, MDY",
        "intervalstyle": "postgres",
        "default_transaction_isolation": "read committed",
    }
)
# Scans and the joins that need them are ruled out, whatever the statistics say or do not say yet.
BY_INDEX: Mapping[str, str] = MappingProxyType(
    {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}
)
# For connections that plan each statement once: a plan may be made while its table is empty. Every statement of the
# engine looks its rows up by index.
KEPT_PLANS: Mapping[str, str] = MappingProxyType({"plan_cache_mode": "force_generic_plan", **BY_INDEX})
# A server that vanishes without a word is noticed by these; unix sockets ignore them.
NETWORK_SETTINGS: Mapping[str, int] = MappingProxyType(
    {"tcp_user_timeout": 5_000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
)


@dataclass(frozen=True, slots=True)
class Server:
    """How people are told of a server: where it is, without user or password, and which setting names it."""

    name: str
    setting: str


def plain_url(url: str) -> str:
    """Return the URL as libpq reads it: SQLAlchemy's `postgresql+psycopg://` names a driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def conninfo(url: str, *, application_name: str) -> str:
    """Return libpq's text for a connection; its guards come after it is made, since poolers take no start-up options.

    Raise ConfigurationError for a URL that libpq cannot read, without showing it: it may hold a password.
    """
    defaults = {"connect_timeout": CONNECT_WITHIN_S, "application_name": application_name, **NETWORK_SETTINGS}
    return make_conninfo("", **(defaults | _given(url) | {"client_encoding": "UTF8"}))


def server_of(url: str) -> Server:
    """Return what to call the server of a URL; raise as `conninfo` does."""
    given = _given(url)
    host = str(given.get("host") or given.get("hostaddr") or "")
    if PurePath(host).name.startswith(SOCKETS_PREFIX):
        return Server("The embedded PostgreSQL", "STOFLOW_HOME")
    hosts, ports = host.split(","), str(given.get("port") or DEFAULT_PORT).split(",")
    places = [f"{each}:{ports[min(number, len(ports) - 1)]}" for number, each in enumerate(hosts)] if host else []
    return Server(f"PostgreSQL at {', '.join(places) or 'its usual socket'}", "STOFLOW_DATABASE_URL")


def _given(url: str) -> dict[str, Any]:
    try:
        return dict(conninfo_to_dict(plain_url(url)))
    except Exception as error:
        message = (
            "STOFLOW_DATABASE_URL is wrong: it should be an address such as postgresql://user:password@host:5432/name."
        )
        raise ConfigurationError(message) from error
