"""Libraries loaded without what they would load only because it is installed: megabytes of each process, never used."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let imports of these fail meanwhile, as where they are not installed; what is loaded already stays."""
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # what Python itself takes for "there is none"
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)
