"""How a seller's consent may end."""

from enum import StrEnum


class ConsentEnd(StrEnum):
    """Connected, or why not: what the person is told, and the platform's page."""

    CONNECTED = "connected"
    DENIED = "denied"  # by the person
    ENDED = "ended"  # by the marketplace
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    USED = "used"
    FOREIGN_BROWSER = "foreign_browser"
    FOREIGN_SELLER = "foreign_seller"
    ELSEWHERE = "elsewhere"  # at another marketplace
    SUSPENDED = "suspended"
    NO_SELLER = "no_seller"  # nobody who sells there
    OTHER_ACCOUNT = "other_account"  # than the one that is connected
    TAKEN = "taken"  # another tenant sells with the account
    FULL = "full"  # the seller's quota of marketplaces
    AWAY = "away"  # the marketplace; the seller begins again
    KEPT = "kept"  # the marketplace is away, and the same address may be opened again
    UNAVAILABLE = "unavailable"  # StoFlow itself
