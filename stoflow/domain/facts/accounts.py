"""What happened to sellers' accounts, and to StoFlow's own at a marketplace."""

from dataclasses import dataclass

from stoflow.domain.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class SellerConnected(Fact):
    tenant: int
    marketplace: str


@dataclass(frozen=True, slots=True)
class ConsentNotTaken(Fact):
    """What somebody came back with from a marketplace connects nobody."""

    marketplace: str
    reason: str


@dataclass(frozen=True, slots=True)
class ForeignAnswer(Fact):
    """A plugin answered for a command that nobody sent it: another's, or none."""

    tenant: int


@dataclass(frozen=True, slots=True)
class NoticeNotBelieved(Fact):
    """What claims to be a marketplace's push is not signed by it."""

    marketplace: str


@dataclass(frozen=True, slots=True)
class ConnectionTried(Fact):
    tenant: int
    marketplace: str


@dataclass(frozen=True, slots=True)
class SealedSecretUnreadable(Fact):
    """Stored tokens that no key opens: their seller is asked to connect again."""

    tenant: int
    marketplace: str
    error: str


@dataclass(frozen=True, slots=True)
class SellerDisconnected(Fact):
    tenant: int
    marketplace: str


@dataclass(frozen=True, slots=True)
class AccountRead(Fact):
    tenant: int
    marketplace: str


@dataclass(frozen=True, slots=True)
class AccountUnread(Fact):
    """A seller was connected, and what their account has to choose from is not known yet."""

    tenant: int
    marketplace: str
    error: str


@dataclass(frozen=True, slots=True)
class ThingUnread(Fact):
    """A marketplace refused to show one thing of many: a job went on without it."""

    tenant: int
    job: int
    marketplace: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProductOversold(Fact):
    """More of a product was bought than there was: `order` came later than those it shares with."""

    tenant: int
    job: int
    product: int
    marketplace: str
    order: str
    orders: str


@dataclass(frozen=True, slots=True)
class ApplicationRefused(Fact):
    """A marketplace takes no call of StoFlow's, whoever the seller is: sellers' jobs wait for its operators."""

    marketplace: str
    reason: str


@dataclass(frozen=True, slots=True)
class ApplicationAccepted(Fact):
    marketplace: str
    lasted_s: float
