"""A simulated marketplace whose calls carry a seller's bearer token, which the application renews."""

from collections.abc import Mapping
from typing import Any

from stoflow_sandbox.application import Application
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.market import Market, Operation
from stoflow_sandbox.sellers import Numbers, Seller, TokenBook

TOKEN_LIFE_S = 3600.0


def bearer_token(headers: Mapping[str, str]) -> str:
    """Return the token of an Authorization header of the Bearer kind, "" where there is none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


class BearerMarket(Market):
    """Leaves to a market of its own what it sells, how it refuses, and its operations."""

    def __init__(self, application: Application, *, token_speed: float = 1.0, clock: Clock = MACHINE_CLOCK) -> None:
        self.tokens, self.numbers, self._application = TokenBook(clock), Numbers(), application
        self._life_s = TOKEN_LIFE_S / token_speed

    def token_of(self, headers: Mapping[str, str]) -> str:
        return bearer_token(headers)

    def authorize(self, call: ReceivedCall) -> None:
        if not self.tokens.is_live(self.token_of(call.headers)):
            raise Refusal(self.signed_out())

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        return Seller(self.name, f"{self.name}-{self.numbers.take()}", name, tenant, wishes)

    def grant(self, seller: Seller) -> Mapping[str, Any]:
        return self.tokens.grant(seller, life_s=self._life_s)

    def renewal(self, path: str) -> Operation:
        """Return the call by which the application, named by Basic authentication, renews a seller's token."""
        return Operation("token.refresh", "POST", path, self._renew, open_door=True)

    def signed_out(self) -> Answer:
        """Return its answer to a call without a live token."""
        return Answer(401, {"error": "Sign in again."})

    def _renew(self, call: ReceivedCall) -> Answer:
        seller = self.tokens.refreshed_by(call.form.get("refresh_token", ""))
        if seller is None or not self._application.opens_with_basic(call.headers.get("authorization", "")):
            return Answer(400, {"error": "invalid_grant"})
        return Answer(200, self.grant(seller), effect=Effect(seller=seller))
