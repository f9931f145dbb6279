"""Calls that are authorised by a signature over what is sent, made anew for each attempt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """A call as it leaves: `target` is the path with its query, `body` is encoded, `at` is now, in seconds since 1970.

    `headers` are those the call has already, with names in small letters.
    """

    method: str
    target: str
    body: bytes = field(repr=False)
    at: float
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


Credentials = Mapping[str, str]
Scheme = Callable[[OutgoingCall, Credentials], Mapping[str, str]]
"""Returns the headers that say who calls."""
Sign = Callable[[OutgoingCall], Mapping[str, str]]
