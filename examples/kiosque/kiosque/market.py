"""Kiosque as the sandbox plays it: signatures are good once, and notices go up and end by themselves."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from math import inf
from typing import Any

from kiosque.marketplace import sign
from stoflow.transports.direct.signing import OutgoingCall
from stoflow_sandbox.application import Application
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.kept import KeptThings, Thing, whose
from stoflow_sandbox.market import Deed, Deeds, Market, Operation, Paced
from stoflow_sandbox.own_acts import Agenda
from stoflow_sandbox.sellers import Numbers, Seller, TokenBook

DEEDS: Deeds = {"notice.print": (Deed.ACTIVATED,), "notice.delete": (Deed.ENDED,)}
PACED: Paced = {"publish": frozenset({"notice.print"}), "delete": frozenset({"notice.delete"})}
TOO_OLD_S = 300.0
SHOWN_S = 30 * 86_400.0
STOFLOW = "KQ0"  # the key by which StoFlow knows that Kiosque signed
Push = Callable[[Mapping[str, str], bytes], object]
CLOSED = {"error": "Your stand is closed.", "unlock": "https://kiosque.example/my-stand/open"}


class KiosqueMarket(Market):
    name = "kiosque"
    deeds: Deeds = DEEDS
    paced: Paced = PACED
    printed_s: float | None = None  # how long printing takes; None: until somebody asks the second time

    def __init__(self, _: Application, *, token_speed: float = 1.0, clock: Clock = MACHINE_CLOCK) -> None:
        self._clock, self.tokens, self._numbers = clock, TokenBook(clock), Numbers()
        self._notices = KeptThings(self._numbers, "https://kiosque.example/notices/{}")
        self._new = {"state": "draft", "printings": 0, "asked": 0, "failing": 0, "shown_s": SHOWN_S / token_speed}
        self.agenda = Agenda(clock)
        self.push: Push = lambda headers, raw: None  # noqa: ARG005  # to StoFlow, who may be anywhere
        self._used: set[str] = set()
        self.closed: set[str] = set()  # stands that Kiosque has locked

    @staticmethod
    def variables(url: str, application: Application) -> Mapping[str, str]:  # noqa: ARG004  # as a Market
        return {"STOFLOW_KIOSQUE_BASE_URL": url, "STOFLOW_KIOSQUE_NOTICES_SECRET": _secret_of(STOFLOW)}

    def operations(self) -> Sequence[Operation]:
        notice, notices, changed = "/notices/{number}", self._notices, self._changed
        return (
            Operation("stand.get", "GET", "/stand", lambda call: Answer(200, {"stand": whose(call)})),
            Operation("notice.get", "GET", notice, lambda call: self._asked(notices.of(call))),
            Operation("notice.delete", "DELETE", notice, lambda call: changed(notices.remove(call), "deleted")),
            Operation("notice.print", "POST", f"{notice}/print", self._print),
            Operation("operation.get", "GET", "/operations/{number}", self._operation),
            Operation("photo.put", "PUT", f"{notice}/photos/{{place}}", lambda call: changed(notices.add_photo(call))),
            Operation("notice.put", "PUT", "/notices/{sku}", self._put),
        )

    def token_of(self, headers: Mapping[str, str]) -> str:
        return self._said(headers)[0]

    def authorize(self, call: ReceivedCall) -> None:
        key, at, signature = self._said(call.headers)
        as_sent = OutgoingCall(call.method, call.target, call.raw, float(at or 0))
        expected = sign(as_sent, {"key": key, "secret": _secret_of(key)})["authorization"]
        is_right = hmac.compare_digest(expected, call.headers.get("authorization", ""))
        if self.tokens.owner(key) is None or not is_right or abs(self._clock() - float(at)) > TOO_OLD_S:
            raise Refusal(Answer(401, {"error": "This key or signature is not good."}))
        if signature in self._used:
            raise Refusal(Answer(401, {"error": "This signature was used before."}))
        self._used.add(signature)
        if call.operation != "stand.get" and whose(call) in self.closed:
            raise Refusal(Answer(423, CLOSED))

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        return Seller(self.name, f"stand-{self._numbers.take()}", name, tenant, wishes)

    def grant(self, seller: Seller) -> Mapping[str, Any]:
        key = f"KQ{self._numbers.take()}"
        self.tokens.know(key, seller, expires_at=inf)
        return {"credentials": {"key": key, "secret": _secret_of(key)}}

    @staticmethod
    def _said(headers: Mapping[str, str]) -> tuple[str, str, str]:
        _, key, at, signature = (headers.get("authorization", "").split(" ") + [""] * 4)[:4]
        return key, at, signature

    def _end(self, notice: Thing, printing: int) -> Effect | None:
        """End what this printing put up, unless it was taken down or printed again."""
        is_up = notice["state"] in {"printing", "live"} and not notice["fails"]
        if not is_up or notice["printings"] != printing or notice["id"] not in self._notices.by_number:
            return None
        notice["state"] = "over"
        return _effect(notice, "over")

    def _print_out(self, notice: Thing, printing: int) -> None:
        """Finish this printing, unless that is done, and tell StoFlow of it."""
        if notice["state"] == "printing" and notice["printings"] == printing:
            notice["state"] = "draft" if notice["fails"] else "live"
        told = OutgoingCall("POST", "/notices", notice["operation"].encode(), self._clock())
        self.push(sign(told, {"key": STOFLOW, "secret": _secret_of(STOFLOW)}), told.body)

    def _asked(self, notice: Thing) -> Answer:
        """Return the notice to who asks: it is printed by the second asking, where no time was wished for."""
        notice["asked"] += 1
        if notice["state"] == "printing" and notice["asked"] > 1 and notice["printed_s"] is None:
            notice["state"] = "draft" if notice["fails"] else "live"
        return Answer(200, notice)

    def _put(self, call: ReceivedCall) -> Answer:
        wishes = call.seller.settings if call.seller else {}  # how often printing fails, how long a notice is shown
        return self._changed(self._notices.put(call, {**self._new, "printed_s": self.printed_s, **wishes}))

    def _operation(self, call: ReceivedCall) -> Answer:
        number, _, printing = call.path["number"].partition("-")
        notice = self._notices.of(replace(call, path={"number": number}))
        answer = self._asked(notice)
        if notice["state"] == "draft" or notice["printings"] != int(printing):
            return replace(answer, body={"state": "failed", "error": "The printer was out of paper."})
        return answer

    def _print(self, call: ReceivedCall) -> Answer:
        notice = self._notices.of(call)
        if not notice["photos"]:
            raise Refusal(Answer(422, {"error": "A notice needs a photo."}))
        if notice["state"] not in {"printing", "live"} and call.seller:
            printing = notice["printings"] + 1
            notice |= {"state": "printing", "printings": printing, "asked": 0}
            self.agenda.plan(notice["shown_s"], "expire", call.seller, lambda: self._end(notice, printing))
            notice |= {"operation": f"{notice['id']}-{printing}", "fails": printing <= notice["failing"]}
            if notice["printed_s"] is not None:
                self.agenda.plan(notice["printed_s"], "go_live", call.seller, lambda: self._print_out(notice, printing))
        # As the ledger has it: nobody calls when it is printed, and what comes to nothing no buyer sees.
        return self._changed(notice, "live", committed=not notice["fails"])

    def _changed(self, notice: Thing, state: str = "", *, committed: bool = True) -> Answer:
        calls = {"x-ratelimit-remaining": notice.get("left", 99), "x-ratelimit-reset": notice.get("resets_s", 60)}
        told = {name: str(number) for name, number in calls.items()}
        return Answer(200, notice, told, effect=_effect(notice, state or notice["state"], committed=committed))


def _effect(notice: Thing, state: str, *, committed: bool = True) -> Effect:
    return Effect(notice["id"], notice["sku"], state=state, title=notice["headline"], committed=committed)


def _secret_of(key: str) -> str:
    return sha256(f"secret of {key}".encode()).hexdigest()
