"""The sellers of the sandbox and the tokens that prove who calls."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from math import inf
from typing import Any

from stoflow_sandbox.clock import MACHINE_CLOCK, Clock

DIGEST_LENGTH = 12
FIRST_SELLER_NUMBER = 100_001


@dataclass(frozen=True, slots=True)
class Seller:
    """One account on one marketplace; `tenant` is the marker its maker gave, for the ledger only."""

    marketplace: str
    external_id: str
    name: str
    tenant: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class _Token:
    seller: Seller
    expires_at: float


class TokenBook:
    """The tokens of one marketplace: they end, and refresh tokens are revoked or rotated besides."""

    def __init__(self, clock: Clock = MACHINE_CLOCK) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, _Token] = {}

    def grant_access(self, seller: Seller, *, life_s: float, prefix: str = "") -> str:
        """Return a new access token of this seller; older ones live on until their own end."""
        token = f"{prefix}{secrets.token_urlsafe(24)}"
        self.know(token, seller, expires_at=self._clock() + life_s)
        return token

    def know(self, token: str, seller: Seller, *, expires_at: float) -> None:
        """Let a token that the marketplace made itself, or the name of a key, be this seller's."""
        with self._lock:
            self._access[token] = _Token(seller, expires_at)

    def grant_refresh(self, seller: Seller, *, life_s: float = inf, prefix: str = "") -> str:
        """Return a new refresh token of this seller."""
        token = f"{prefix}{secrets.token_urlsafe(24)}"
        with self._lock:
            self._refresh[token] = _Token(seller, self._clock() + life_s)
        return token

    def grant(
        self, seller: Seller, *, life_s: float, refresh_life_s: float = inf, prefix: str = "", refresh_prefix: str = ""
    ) -> dict[str, Any]:
        """Return both tokens as OAuth answers with them."""
        return {
            "access_token": self.grant_access(seller, life_s=life_s, prefix=prefix),
            "refresh_token": self.grant_refresh(seller, life_s=refresh_life_s, prefix=refresh_prefix or prefix),
            "expires_in": int(life_s),
        }

    def owner(self, access_token: str) -> Seller | None:
        """Return whose token this is, ended or not; None for one nobody was given or that was revoked."""
        with self._lock:
            access = self._access.get(access_token)
            return access.seller if access else None

    def is_live(self, access_token: str) -> bool:
        """Say whether the token still opens the door."""
        with self._lock:
            return self._living(self._access.get(access_token)) is not None

    def refreshed_by(self, refresh_token: str) -> Seller | None:
        """Return whose refresh token this is, None where it ended."""
        with self._lock:
            return self._living(self._refresh.get(refresh_token))

    def rotate(self, refresh_token: str) -> Seller | None:
        """Use a refresh token up: the second presenter gets None."""
        with self._lock:
            return self._living(self._refresh.pop(refresh_token, None))

    def expire(self, seller: Seller) -> None:
        """End every access token of this seller; its refresh tokens stay good."""
        with self._lock:
            for access in self._access.values():
                if access.seller == seller:
                    access.expires_at = 0.0

    def revoke(self, seller: Seller) -> None:
        """Forget every token of this seller, as when the person withdraws the consent."""
        with self._lock:
            self._access = {token: access for token, access in self._access.items() if access.seller != seller}
            self._refresh = {token: refresh for token, refresh in self._refresh.items() if refresh.seller != seller}

    def _living(self, token: _Token | None) -> Seller | None:
        return token.seller if token and self._clock() < token.expires_at else None


class Numbers:
    """Identities in increasing order, safe over threads."""

    def __init__(self, first: int = FIRST_SELLER_NUMBER) -> None:
        self._lock = threading.Lock()
        self._next = first

    def take(self) -> int:
        """Return the next number."""
        with self._lock:
            number = self._next
            self._next += 1
            return number


def digest_of(token: str) -> str:
    """Return the few characters by which the ledger tells tokens apart without holding them."""
    return sha256(token.encode()).hexdigest()[:DIGEST_LENGTH] if token else ""
