"""A seller's tokens at one marketplace, and who keeps them."""

import re
from dataclasses import dataclass, field
from typing import Protocol, TypeGuard

from stoflow.domain.ids import TenantId

# RFC 6749, A.12 and A.17, without blanks at the ends: what else stands in a header is cut off or refused.
SENDABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
LONGEST_TOKEN = 8_191  # characters; with longer headers servers end the call


def is_sendable(token: object) -> TypeGuard[str]:
    """Say whether this is a token that can be sent."""
    return isinstance(token, str) and len(token) <= LONGEST_TOKEN and SENDABLE.fullmatch(token) is not None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a marketplace gave for a seller's consent; None where it named no end. `granted` are the scopes that its
    answer names, None where it names none: then it is what was asked for (RFC 6749, 5.1)."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_expires_in_s: float
    refresh_expires_in_s: float | None = None
    granted: tuple[str, ...] | None = None


class ConsentEnded(Exception):
    """The marketplace takes the seller's tokens no more: only the seller can give new ones."""


class TokenSource(Protocol):
    """Refreshes at most once per connection however many ask; both calls may wait for that, at most `deadline_s`.

    `account` is the id the seller has there: another account's token is never given. They raise ConsentEnded, or
    APIError with `sent=False` where the tokens cannot be had now.
    """

    def access(self, tenant: TenantId, marketplace: str, account: str, *, deadline_s: float) -> str:
        """Return an access token that has not expired."""
        ...

    def instead_of(self, refused: str, tenant: TenantId, marketplace: str, account: str, *, deadline_s: float) -> str:
        """Return another access token than the one the marketplace has just refused."""
        ...
