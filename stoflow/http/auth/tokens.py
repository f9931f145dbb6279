"""Access tokens: RS256, fifteen minutes, for one tenant."""

import hashlib
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import jwt
from jwt.utils import base64url_decode

from stoflow.domain.errors import InputError, StoflowError
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role, role_of
from stoflow.http.auth.keys import Keys
from stoflow.http.rest.strict_json import strict_json

ISSUER: Final = "stoflow"
LIFETIME_S: Final = 15 * 60
LEEWAY_S: Final = 5
MAX_TOKEN_CHARACTERS: Final = 4096
MOST_REMEMBERED: Final = 10_000  # of about 0.5 KiB each
REQUIRED_CLAIMS: Final = ("exp", "iat", "sub", "jti", "aud", "iss")
TENANT = re.compile(r"[1-9][0-9]{0,9}")
MAX_TENANT: Final = 2**31 - 1
SIGN_IN = re.compile(r"(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?")


class NotAuthenticated(StoflowError):
    """The token is missing, wrong or over; the message may be shown."""


@dataclass(frozen=True, slots=True)
class TokenKind:
    """What a token opens: one of another type and audience is no good there."""

    type: str
    audience: str


OF_API: Final = TokenKind("at+jwt", "stoflow-api")  # RFC 9068
OF_PAGES: Final = TokenKind("pages+jwt", "stoflow-pages")


@dataclass(frozen=True, slots=True)
class Access:
    """What a good token says: who, until when (seconds since the epoch), under which id.

    `sign_in` is the family of refresh tokens that it came with, "" for an operator's; `role` is the most that it is
    good for.
    """

    tenant: TenantId
    expires_at: float
    token_id: str
    sign_in: str = ""
    role: Role = Role.USER


@dataclass(frozen=True, slots=True)
class _Good:
    """What a token was found to grant, and by which key."""

    access: Access
    kid: str
    key: Any


class AccessTokens:
    """Signs with the newest key and accepts all of them; `clock` gives seconds since the epoch."""

    def __init__(self, keys: Keys, *, clock: Callable[[], float] = time.time, kind: TokenKind = OF_API) -> None:
        self._keys = keys
        self._clock = clock
        self._kind = kind
        self._good: dict[bytes, _Good] = {}

    def for_pages(self) -> "AccessTokens":
        """Return what issues and reads those that a browser carries in a cookie: none of them opens the API."""
        return AccessTokens(self._keys, clock=self._clock, kind=OF_PAGES)

    def issue_access_token(self, tenant: TenantId, sign_in: str = "", role: Role = Role.USER) -> str:
        issued_at = int(self._clock())
        claims: dict[str, str | int] = {
            "iss": ISSUER,
            "aud": self._kind.audience,
            "sub": str(tenant),
            "iat": issued_at,
            "exp": issued_at + LIFETIME_S,
            "jti": secrets.token_hex(16),
            **({"sid": sign_in} if sign_in else {}),
            **({"role": role} if role is not Role.USER else {}),
        }
        newest = self._keys.newest
        return jwt.encode(
            claims, newest.private, algorithm="RS256", headers={"kid": newest.kid, "typ": self._kind.type}
        )

    def public_keys(self) -> list[dict[str, str]]:
        """Return, as JSON Web Keys, what others check these tokens by."""
        return self._keys.published()

    def read(self, token: str) -> Access:
        """Return what the token grants; raise NotAuthenticated with the reason.

        One that was good is so until it ends, or its key is forgotten: it is read and verified once.
        """
        digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        good = self._good.get(digest)
        if good and self._keys.public(good.kid) is good.key and good.access.expires_at > self._clock():
            return good.access
        good = self._verified(token)
        self._good[digest] = good
        while len(self._good) > MOST_REMEMBERED:
            self._good.pop(next(iter(self._good)), None)
        return good.access

    def _verified(self, token: str) -> "_Good":
        header, claims = _parts(token)
        if header.get("typ") != self._kind.type:
            raise NotAuthenticated("This is not an access token.")
        kid = header.get("kid")
        if not isinstance(kid, str) or (key := self._keys.public(kid)) is None:
            raise NotAuthenticated("The token was signed with a key that is not known here.")
        self._verify(token, key)
        return _Good(self._access(claims), kid, key)

    def _verify(self, token: str, key: Any) -> None:
        try:
            # Times are checked below, as integers and by our own clock: PyJWT takes "9999999999" and 1e300 too.
            jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._kind.audience,
                issuer=ISSUER,
                options={
                    "require": list(REQUIRED_CLAIMS),
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "enforce_minimum_key_length": True,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            raise NotAuthenticated("The token is not valid.") from None

    def _access(self, claims: dict[str, Any]) -> Access:
        expires_at, issued_at = claims["exp"], claims["iat"]
        begins_at = claims.get("nbf", issued_at)
        if any(type(moment) is not int for moment in (expires_at, issued_at, begins_at)):
            raise NotAuthenticated("The token's times are not whole numbers.")
        if not 0 < expires_at - issued_at <= LIFETIME_S:
            raise NotAuthenticated("The token is valid for longer than fifteen minutes.")
        now = self._clock()
        if max(issued_at, begins_at) > now + LEEWAY_S:
            raise NotAuthenticated("The token is not valid yet.")
        if expires_at <= now:
            raise NotAuthenticated("The token has ended.")
        who, role = _tenant(claims["sub"]), role_of(str(claims.get("role", "")))
        return Access(who, expires_at, _token_id(claims["jti"]), _sign_in(claims.get("sid", "")), role)


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims, unverified, but each read strictly: a member named twice is refused."""
    parts = token.split(".")
    if len(token) > MAX_TOKEN_CHARACTERS or len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        raise NotAuthenticated("The token is not valid.")
    try:
        header, claims, _ = (_canonical(part) for part in parts)
        header, claims = strict_json(header), strict_json(claims)
    except (InputError, ValueError):
        raise NotAuthenticated("The token is not valid.") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise NotAuthenticated("The token is not valid.")
    return header, claims  # pyright: ignore[reportUnknownVariableType]


def _canonical(part: str) -> bytes:
    """Decode a part that is written in the one way there is for it: what is compared by its text has no twins."""
    decoded = base64url_decode(part)
    if urlsafe_b64encode(decoded).rstrip(b"=").decode() != part:
        raise ValueError("not canonical")
    return decoded


def _tenant(subject: Any) -> TenantId:
    if not isinstance(subject, str) or not TENANT.fullmatch(subject) or int(subject) > MAX_TENANT:
        raise NotAuthenticated("The token does not name a tenant.")
    return TenantId(int(subject))


def _token_id(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 64:  # noqa: PLR2004
        raise NotAuthenticated("The token has no id.")
    return value


def _sign_in(value: Any) -> str:
    if not isinstance(value, str) or not SIGN_IN.fullmatch(value):
        raise NotAuthenticated("The token does not name a sign-in.")
    return value
