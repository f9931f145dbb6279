"""Seals a connection's tokens, so that the database alone gives nobody access to a seller's account."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from stoflow.domain.errors import ConfigurationError
from stoflow.domain.ids import TenantId
from stoflow.domain.webhook import Owner

KEY_FILE = Path("keys", "secret.key")
TOKENS = "tokens"
VERIFIER = "verifier"
WEBHOOK = "webhook secret"
NO_TENANT = TenantId(0)


@dataclass(frozen=True, slots=True)
class Secret:
    """A connection's tokens and who is renewing them. Times are seconds since 1970 by the database's clock.

    `stale_at` is a little before the access token's end. `renewer` holds the right to refresh until `renewed_by`.
    `lost` counts the refreshes since the last good one whose answer never came.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    stale_at: float
    renewer: str = ""
    renewed_by: float = 0.0
    resting_until: float = 0.0
    lost: int = 0


class SecretUnreadable(ConfigurationError):
    """What is stored was sealed with another key, for another connection, or by a newer StoFlow."""


class Vault:
    """Fernet binds a text to nothing, so the plaintext names its tenant and marketplace, and `unseal` compares."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys, newest first: the first seals, each unseals."""
        if not keys:
            message = "At least one secret key is needed to keep tokens."
            raise ConfigurationError(message)
        self._newest = Fernet(keys[0])
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, tenant: TenantId, marketplace: str, secret: Secret) -> str:
        """Return the text to store in this tenant's connection to this marketplace."""
        return self._sealed(tenant, marketplace, TOKENS, asdict(secret))

    def unseal(self, tenant: TenantId, marketplace: str, sealed: str) -> Secret:
        """Return what was sealed for this tenant and marketplace; raise SecretUnreadable for anything else."""
        try:
            return Secret(**self._unsealed(tenant, marketplace, TOKENS, sealed))
        except TypeError:
            message = f"The {marketplace} tokens of tenant {tenant} are not written as this StoFlow writes them."
            raise SecretUnreadable(message) from None

    def seal_verifier(self, tenant: TenantId, marketplace: str, verifier: str) -> str:
        """Return the text to store with a consent that this tenant was asked for."""
        return self._sealed(tenant, marketplace, VERIFIER, verifier)

    def unseal_verifier(self, tenant: TenantId, marketplace: str, sealed: str) -> str:
        """As `unseal`, for what `seal_verifier` returned."""
        return self._unsealed(tenant, marketplace, VERIFIER, sealed)

    def seal_webhook(self, owner: Owner, secret: str) -> str:
        """Return the text to store as a secret that this owner's webhooks are signed by."""
        return self._sealed(*_place_of(owner), WEBHOOK, secret)

    def unseal_webhook(self, owner: Owner, sealed: str) -> str:
        """As `unseal`, for what `seal_webhook` returned."""
        return self._unsealed(*_place_of(owner), WEBHOOK, sealed)

    def resealed_webhook(self, owner: Owner, sealed: str) -> str | None:
        """As `resealed`, for what `seal_webhook` returned."""
        return self.resealed(*_place_of(owner), sealed)

    def resealed(self, tenant: TenantId, marketplace: str, sealed: str) -> str | None:
        """Return the same, sealed with the newest key, or None where it is already; raise as `unseal` does."""
        self._open(tenant, marketplace, sealed)
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return self._fernet.rotate(sealed).decode()
        return None

    def _sealed(self, tenant: TenantId, marketplace: str, kind: str, content: Any) -> str:
        bound = {"tenant": tenant, "marketplace": marketplace, kind: content}
        return self._fernet.encrypt(json.dumps(bound).encode()).decode()

    def _unsealed(self, tenant: TenantId, marketplace: str, kind: str, sealed: str) -> Any:
        bound = self._open(tenant, marketplace, sealed)
        if kind not in bound:
            message = f"What is stored as the {marketplace} {kind} of tenant {tenant} is something else."
            raise SecretUnreadable(message)
        return bound[kind]

    def _open(self, tenant: TenantId, marketplace: str, sealed: str) -> Mapping[str, Any]:
        try:
            bound = json.loads(self._fernet.decrypt(sealed))
        except (InvalidToken, ValueError):
            message = f"None of STOFLOW_SECRET_KEYS opens the {marketplace} tokens of tenant {tenant}."
            raise SecretUnreadable(message) from None
        if not isinstance(bound, dict) or (bound.get("tenant"), bound.get("marketplace")) != (tenant, marketplace):  # pyright: ignore[reportUnknownMemberType]
            message = f"The {marketplace} tokens stored for tenant {tenant} are not theirs."
            raise SecretUnreadable(message)
        return bound


def _place_of(owner: Owner) -> tuple[TenantId, str]:
    return owner.tenant or NO_TENANT, f"webhooks of platform {owner.platform}" if owner.platform else "webhooks"


def secret_keys(given: Sequence[str], home: Path) -> tuple[str, ...]:
    """Return the configured keys, or the one under `home`, made when first asked for by whichever process is first."""
    if given:
        return tuple(given)
    path = home / KEY_FILE
    if not path.exists():
        _make_key(path)
    return (path.read_text().strip(),)


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = mkstemp(dir=path.parent)  # made with mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    try:
        Path(path).hardlink_to(temporary)  # whole or not at all, and never over another process's key
    except FileExistsError:
        return
    finally:
        Path(temporary).unlink()
