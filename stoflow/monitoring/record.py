"""Code states facts with `record`; this counts them, and `logs` words them."""

from collections import Counter
from collections.abc import Mapping
from threading import Lock

from stoflow.monitoring.logs import Fact, write

_counts: Counter[str] = Counter()
_counts_lock = Lock()


def record(fact: Fact) -> None:
    """Count what happened under its name and write its line of log. Never raises for what a fact holds."""
    with _counts_lock:
        _counts[type(fact).__name__] += 1
    write(fact)


def counts() -> Mapping[str, int]:
    """Return how often each fact happened in this process, by name."""
    with _counts_lock:
        return dict(_counts)
