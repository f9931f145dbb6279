"""Whether Redis answers now, takes what is written, and if not, what to do."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from stoflow.monitoring.lean_redis import exceptions as errors
from stoflow.monitoring.lean_redis import redis
from stoflow.transports.hints import quick_client

PROBE_PREFIX = "stoflow:probe:"
PROBE_MS = 1_000
DEFAULT_PORT = 6379


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong and what to do, without a password; `is_misnamed` where waiting is no use.

    `takes_nothing` where Redis answers and does not let us write: PING would not show it, and no work is handed out.
    """

    place: str
    advice: str
    is_misnamed: bool
    takes_nothing: bool

    @property
    def advice_for_anybody(self) -> str:
        """Return it without the address, which is not for everybody."""
        return f"Redis {self.advice}."

    @property
    def sentence(self) -> str:
        return f"{self.place} {self.advice}."


NAMES = "STOFLOW_REDIS_URL"
# What is wrong, what to do, and whether waiting is no use; by the most exact class first.
BY_CLASS: Mapping[type[Exception], tuple[str, str, bool]] = {
    errors.AuthenticationError: ("takes another user or password", f"correct {NAMES}", True),
    errors.NoPermissionError: ("lets this user do too little", f"allow the user of {NAMES} ~* &* +@all", True),
    errors.ReadOnlyError: ("can only be read", f"name the primary in {NAMES}", False),
    errors.OutOfMemoryError: ("is full", f"raise its maxmemory, or give us one of our own in {NAMES}", False),
    errors.BusyLoadingError: ("is starting", f"wait a moment, or see whether {NAMES} is right", False),
    errors.MaxConnectionsError: ("has no connection free", f"raise its maxclients, or correct {NAMES}", False),
    errors.TimeoutError: ("does not answer in time", f"see whether it runs, and whether {NAMES} is right", False),
    errors.RedisError: ("cannot serve", f"see its log, and whether {NAMES} is right", False),
}
BY_WORDS: Mapping[str, tuple[str, str, bool]] = {
    "not known|nodename|no address": ("is not found by that name", f"correct {NAMES}", True),
    "DB index": ("has no database of that number", f"correct {NAMES}", True),
    "SSL|certificate": ("cannot be spoken to by TLS", f"correct {NAMES}: rediss:// means TLS, redis:// none", True),
    "NOAUTH|WRONGPASS": BY_CLASS[errors.AuthenticationError],
    "max number of clients": BY_CLASS[errors.MaxConnectionsError],
    "refused|No such file": ("is not there", f"start it, or correct {NAMES}", False),
}


def redis_trouble(url: str) -> Trouble | None:
    """Return what is wrong with Redis, None where a hint could be written now."""
    client = quick_client(url)
    try:
        client.set(f"{PROBE_PREFIX}{secrets.token_hex(4)}", "1", px=PROBE_MS)
    except redis.RedisError as error:
        return _told(client, error)
    finally:
        client.close()
    return None


def _told(client: redis.Redis, error: redis.RedisError) -> Trouble:
    by_words = (told for words, told in BY_WORDS.items() if re.search(words, str(error)))
    by_class = (told for kind, told in BY_CLASS.items() if isinstance(error, kind))
    what, cure, is_misnamed = next(chain(by_words, by_class))
    return Trouble(_place(client), f"{what}: {cure}", is_misnamed, isinstance(error, errors.ResponseError))


def _place(client: redis.Redis) -> str:
    given = client.connection_pool.connection_kwargs
    if "path" in given:
        return f"Redis at {given['path']}"
    return f"Redis at {given.get('host', 'localhost')}:{given.get('port', DEFAULT_PORT)}"
