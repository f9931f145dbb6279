"""What the simulation of a marketplace by plugin brings with it: a seller's browser there, and the commands it does."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeGuard

from stoflow_sandbox.market import Market

Payload = Mapping[str, Any]
Answer = dict[str, Any]
TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A photo as StoFlow has it."""

    content: bytes = field(repr=False)
    content_type: str


FetchFile = Callable[[str], FetchedFile]


class SellerBrowser(Protocol):
    """One seller's browser at one marketplace, in the seller's own session."""

    def sign_in_with(self, connection: Mapping[str, Any]) -> None:
        """Take the session out of what the sandbox answers when a seller is made or signs in."""
        ...

    def sign_in_as(self, tenant: int) -> bool:
        """Sign in as the sandbox's seller of this tenant; False where there is none yet."""
        ...

    def has_session(self) -> bool:
        """Say whether it was ever signed in."""
        ...

    def is_signed_in(self) -> bool | None:
        """Ask the site who is there; None where it cannot tell now."""
        ...

    def acts(self, action: str) -> bool:
        """Say whether a repeat of this command would do something again; of an unknown one too."""
        ...

    def perform(self, action: str, payload: Payload, *, fetch_file: FetchFile, request_id: str) -> Answer:
        """Do one command and return its answer, without the request id."""
        ...

    def close(self) -> None:
        """Close the browser."""
        ...


class BrowsedMarket(Protocol):
    """The simulation of a marketplace by plugin; its commands begin with its name and a dot."""

    name: str

    @staticmethod
    def open_browser(sandbox_url: str, timeout_s: float) -> SellerBrowser:
        """Open a browser in which nobody is signed in yet."""
        ...


def is_browsed(market: Market | type[Market]) -> TypeGuard[BrowsedMarket]:
    """Say whether sellers act there in a browser."""
    return hasattr(market, "open_browser")


def open_browsers(
    markets: Iterable[Market | type[Market]], sandbox_url: str, timeout_s: float = TIMEOUT_S
) -> dict[str, SellerBrowser]:
    """Open one browser for each of them where sellers act in one, by its name."""
    return {market.name: market.open_browser(sandbox_url, timeout_s) for market in markets if is_browsed(market)}


def failed(code: str, message: str, *, retryable: bool = False) -> Answer:
    """Return an unsuccessful answer."""
    return {"success": False, "error": {"code": code, "message": message, "retryable": retryable}}
