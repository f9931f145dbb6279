"""What is kept of an account that its marketplace has locked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stoflow.domain.outcome import Lock


def kept_lock(lock: Lock, reason: str) -> Mapping[str, Any]:
    until = lock.until.isoformat() if lock.until else None
    return {"reason": reason, "until": until, "address": lock.address}


def lock_in(kept: Mapping[str, Any] | None) -> Lock | None:
    """Return the lock of a connection, None where its account is not locked."""
    if kept is None:
        return None
    return Lock(datetime.fromisoformat(kept["until"]) if kept["until"] else None, kept["address"])
