"""Attic as the sandbox plays it, and the browser in which its sellers act: a session is a word in a header."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import httpx

from stoflow_sandbox.application import Application
from stoflow_sandbox.browsing import Answer as CommandAnswer
from stoflow_sandbox.browsing import FetchFile, Payload, failed
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.kept import Thing, whose
from stoflow_sandbox.market import Deed, Deeds, Market, Operation, Paced
from stoflow_sandbox.sellers import Numbers, Seller, TokenBook

OFFERED: Deeds = {"lot.offer": (Deed.ACTIVATED,)}
PACE: Paced = {"publish": frozenset({"lot.offer"})}
SIGNED_OUT = 401
COMMANDS = {"attic.lot.offer": "POST", "attic.lot.find": "GET"}


class AtticBrowser:
    """Does two commands: it offers a lot, and finds one by its reference."""

    def __init__(self, sandbox_url: str, timeout_s: float) -> None:
        self._http = httpx.Client(base_url=sandbox_url, timeout=timeout_s)

    def sign_in_with(self, connection: Mapping[str, Any]) -> None:
        self._http.headers["x-session"] = connection["session"]["word"]

    def sign_in_as(self, tenant: int) -> bool:
        reply = self._http.get(f"/control/sessions/{tenant}", params={"marketplace": "attic"})
        if reply.is_success:
            self.sign_in_with(reply.json())
        return reply.is_success

    def has_session(self) -> bool:
        return "x-session" in self._http.headers

    def is_signed_in(self) -> bool | None:
        try:
            return self._http.get("/attic/me").is_success
        except httpx.TransportError:
            return None

    def acts(self, action: str) -> bool:
        return COMMANDS.get(action) != "GET"

    def perform(self, action: str, payload: Payload, *, fetch_file: FetchFile, request_id: str) -> CommandAnswer:
        if action not in COMMANDS:
            return failed("unknown_action", action)
        headers = {"x-stoflow-attempt": request_id}
        try:
            reply = self._http.request(COMMANDS[action], f"/attic/lots/{payload['ref']}", json=payload, headers=headers)
        except httpx.TransportError:
            return failed("no_answer", "Attic gave no answer.")
        if reply.status_code == SIGNED_OUT:
            return failed("session_lost", "The seller is signed out of Attic.")
        return {"success": reply.is_success, "data": reply.json()} if reply.is_success else failed("refused", "No.")

    def close(self) -> None:
        self._http.close()


class AtticMarket(Market):
    name = "attic"
    deeds: Deeds = OFFERED
    paced: Paced = PACE

    def __init__(self, application: Application, *, token_speed: float = 1.0, clock: Clock = MACHINE_CLOCK) -> None:
        self.tokens, self._numbers = TokenBook(clock), Numbers()
        self._lots: dict[tuple[str, str], Thing] = {}

    @staticmethod
    def variables(url: str, application: Application) -> Mapping[str, str]:
        return {}

    @staticmethod
    def open_browser(sandbox_url: str, timeout_s: float) -> AtticBrowser:
        return AtticBrowser(sandbox_url, timeout_s)

    def operations(self) -> Sequence[Operation]:
        return (
            Operation("me.get", "GET", "/me", lambda call: Answer(200, {"me": whose(call)})),
            Operation("lot.offer", "POST", "/lots/{ref}", self._offer),
            Operation("lot.find", "GET", "/lots/{ref}", lambda call: Answer(200, self._lots.get(_key(call), {}))),
        )

    def token_of(self, headers: Mapping[str, str]) -> str:
        return headers.get("x-session", "")

    def authorize(self, call: ReceivedCall) -> None:
        if not self.tokens.is_live(self.token_of(call.headers)):
            raise Refusal(Answer(SIGNED_OUT, {}))

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        return Seller(self.name, f"attic-{self._numbers.take()}", name, tenant, wishes)

    def grant(self, seller: Seller) -> Mapping[str, Any]:
        word = f"AT{self._numbers.take()}"
        self.tokens.know(word, seller, expires_at=inf)
        return {"session": {"word": word}}

    def _offer(self, call: ReceivedCall) -> Answer:
        lot = self._lots[_key(call)] = {"id": str(self._numbers.take()), "title": call.json["title"]}
        effect = Effect(listing_id=lot["id"], sku=call.path["ref"], state="active", title=lot["title"])
        return Answer(200, lot, effect=effect)


def _key(call: ReceivedCall) -> tuple[str, str]:
    return whose(call), call.path["ref"]
