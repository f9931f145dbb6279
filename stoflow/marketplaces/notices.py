"""What a marketplace pushes: that there is something to see of an operation that it accepted."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """`operation` is the marketplace's name for it: the `id` of `Pending.operation`."""

    operation: str


Notices = Callable[[Mapping[str, str], bytes], Sequence[Notice] | None]
"""Reads the headers and the raw body of a push; None where it is not to be believed, and so where it cannot be read:
ValueError and LookupError say that too."""


def believed(reads: Notices, headers: Mapping[str, str], raw: bytes) -> Sequence[Notice] | None:
    """Return what the push names, None where it is not to be believed."""
    try:
        return reads(headers, raw)
    except (ValueError, LookupError):
        return None


def is_signed(headers: Mapping[str, str], expected: Mapping[str, str]) -> bool:
    """Say whether each header that a signature makes is there as expected; how far it is right takes no time to say."""
    return all(hmac.compare_digest(headers.get(name, "").encode(), value.encode()) for name, value in expected.items())
