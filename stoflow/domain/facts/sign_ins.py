"""What happened at the door where sellers come in; never with an address or a password."""

from dataclasses import dataclass

from stoflow.domain.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class SellerRegistered(Fact):
    tenant: int


@dataclass(frozen=True, slots=True)
class SellerSignedIn(Fact):
    tenant: int


@dataclass(frozen=True, slots=True)
class SellerSignedOut(Fact):
    tenant: int


@dataclass(frozen=True, slots=True)
class SignInFailed(Fact):
    """A password was wrong, or nobody is known by that address."""


@dataclass(frozen=True, slots=True)
class TokenRefused(Fact):
    """Somebody came with a token or key that opens nothing, or nothing any more; `reason` never shows it."""

    reason: str


@dataclass(frozen=True, slots=True)
class SuspendedTurnedAway(Fact):
    """A suspended tenant asked for something, or signed in."""

    tenant: int


@dataclass(frozen=True, slots=True)
class SignInsSlowed(Fact):
    """Somebody has tried too often, and is told to wait."""


@dataclass(frozen=True, slots=True)
class RefreshTokenReused(Fact):
    """A token came that was used before: it was copied, and everybody who has one of its family is signed out."""

    tenant: int


@dataclass(frozen=True, slots=True)
class PasswordChanged(Fact):
    tenant: int


@dataclass(frozen=True, slots=True)
class PasswordReset(Fact):
    """By the token of a mail."""

    tenant: int


@dataclass(frozen=True, slots=True)
class EmailVerified(Fact):
    tenant: int


@dataclass(frozen=True, slots=True)
class TenantSuspended(Fact):
    tenant: int


@dataclass(frozen=True, slots=True)
class TenantResumed(Fact):
    tenant: int


@dataclass(frozen=True, slots=True)
class TenantSignedOut(Fact):
    """By an administrator, everywhere."""

    tenant: int


@dataclass(frozen=True, slots=True)
class TenantDeletionAsked(Fact):
    tenant: int


@dataclass(frozen=True, slots=True)
class TenantDeletionWaits(Fact):
    """A step could not be done now, and is tried again."""

    tenant: int
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class ListingsLeftBehind(Fact):
    """Buyers still see them, though they were to end: nobody could end them in time, or at all."""

    tenant: int
    marketplace: str
    count: int


@dataclass(frozen=True, slots=True)
class TenantDeleted(Fact):
    """Nothing is left of them."""

    tenant: int


@dataclass(frozen=True, slots=True)
class PlatformMadeTenant(Fact):
    """`name` is the platform's."""

    tenant: int
    name: str


@dataclass(frozen=True, slots=True)
class PlatformMintedToken(Fact):
    """`name` is the platform's."""

    tenant: int
    name: str
