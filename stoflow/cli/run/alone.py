"""One world per home: a demo, or everything in one terminal, never two of them."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stoflow.cli.output import WorkFailed


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Refuse a second one in a home: its orchestrator would take the other's sellers to the wrong sandbox."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkFailed(f"Another demo, or `stoflow up`, is running in {home}.") from None
        yield
