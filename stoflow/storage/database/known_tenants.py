"""How many tenants a connection has met: PostgreSQL keeps for it what it has read of each one's tables, for ever."""

import time

KNOWN_AT_ONCE = 550  # some 0.2 MiB each: five hundred busy tenants stay known, and a few others
STRANGERS_PER_S = 1.0  # more that may be met while it lives: a few among many known ones end no connection


class KnownTenants:
    """Of one connection, from now on."""

    def __init__(self) -> None:
        self._met = set[int]()
        self._since_s = time.monotonic()

    def meet(self, tenant: int) -> None:
        self._met.add(tenant)

    @property
    def are_too_many(self) -> bool:
        """Whether another connection, which knows nobody yet, is worth more than what this one knows."""
        more = len(self._met) - KNOWN_AT_ONCE
        return more > 0 and more > STRANGERS_PER_S * (time.monotonic() - self._since_s)
