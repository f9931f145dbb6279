"""Code states facts with `record`; this counts them, and `logs` words them; who listens hears them too."""

from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock

from stoflow.monitoring.logs import Fact, write

Hear = Callable[[Fact], None]

_counts: Counter[str] = Counter()
_counts_lock = Lock()
_listeners: tuple[Hear, ...] = ()


def record(fact: Fact) -> None:
    """Count what happened under its name and write its line of log. Never raises for what a fact holds."""
    with _counts_lock:
        _counts[type(fact).__name__] += 1
    write(fact)
    for hear in _listeners:
        hear(fact)


def listen(hear: Hear) -> None:
    """Let every fact of this process be heard, in the thread that states it."""
    global _listeners  # noqa: PLW0603 - as `record` itself, of the whole process
    with _counts_lock:
        _listeners = (*_listeners, hear)


def unlisten(hear: Hear) -> None:
    global _listeners  # noqa: PLW0603 - as above
    with _counts_lock:
        _listeners = tuple(each for each in _listeners if each != hear)


def counts() -> Mapping[str, int]:
    """Return how often each fact happened in this process, by name."""
    with _counts_lock:
        return dict(_counts)
