"""From where whoever is served now asks: what is logged meanwhile says so."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_ADDRESS: Final[ContextVar[str]] = ContextVar("address", default="")


@contextmanager
def served_at(address: str) -> Generator[None]:
    """Let what is logged in a block, in its threads and in tasks that it begins bear this address."""
    before = _ADDRESS.set(address)
    try:
        yield
    finally:
        _ADDRESS.reset(before)


def client_address() -> str:
    """Return whose address it is now, "" where nobody is served."""
    return _ADDRESS.get()
