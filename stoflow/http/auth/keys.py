"""The RSA keys that sign access tokens: files in one folder, the newest signs, all verify."""

import hashlib
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from stoflow.domain.errors import ConfigurationError

MIN_KEY_BITS: Final = 2048
NEW_KEY_BITS: Final = 3072


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`kid` is the key's fingerprint, so the same file has the same name in every process."""

    kid: str
    private: rsa.RSAPrivateKey


class Keys(Protocol):
    """What signs, and what verifies."""

    @property
    def newest(self) -> SigningKey: ...

    def published(self) -> list[dict[str, str]]: ...

    def public(self, kid: str) -> rsa.RSAPublicKey | None: ...


class SigningKeys:
    """The keys in memory, newest first."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        if not keys:
            raise ConfigurationError("There is no key to sign access tokens with.")
        for key in keys:
            if key.private.key_size < MIN_KEY_BITS:
                raise ConfigurationError(f"The signing key {key.kid} has fewer than {MIN_KEY_BITS} bits.")
        self._newest = keys[0]
        self._public = {key.kid: key.private.public_key() for key in keys}

    @property
    def newest(self) -> SigningKey:
        return self._newest

    def published(self) -> list[dict[str, str]]:
        """Return the public keys as JSON Web Keys (RFC 7517), the newest first."""
        return [_published(kid, key.public_numbers()) for kid, key in self._public.items()]

    def public(self, kid: str) -> rsa.RSAPublicKey | None:
        return self._public.get(kid)


def new_key() -> SigningKey:
    return _named(rsa.generate_private_key(public_exponent=65537, key_size=NEW_KEY_BITS))


def read_key(file: Path) -> SigningKey:
    """Read an RSA key in PEM; raise ConfigurationError, naming the file, for anything else."""
    try:
        private = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(f"STOFLOW_JWT_KEYS_DIR: {file.name} cannot be read as a private key.") from error
    if not isinstance(private, rsa.RSAPrivateKey):
        raise ConfigurationError(f"STOFLOW_JWT_KEYS_DIR: {file.name} is not an RSA key.")
    return _named(private)


def _named(private: rsa.RSAPrivateKey) -> SigningKey:
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return SigningKey(kid=hashlib.sha256(public).hexdigest()[:32], private=private)


def _published(kid: str, numbers: rsa.RSAPublicNumbers) -> dict[str, str]:
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": _text(numbers.n), "e": _text(numbers.e)}


def _text(number: int) -> str:
    """Return a number as RFC 7518 writes it: its bytes, as few as hold it."""
    return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def make_first_key(folder: Path) -> None:
    """Write one key whole or not at all; of several processes starting at once, the first one's key stays."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = new_key().private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = folder / f".{secrets.token_hex(8)}"
    draft.touch(mode=0o600)
    try:
        draft.write_bytes(pem)
        os.link(draft, folder / "first.pem")
    except FileExistsError:
        return  # another process was first
    finally:
        draft.unlink()
