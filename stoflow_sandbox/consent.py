"""The consent page of a simulated marketplace: who may allow it, and the codes that are given for it, each good once.

A script allows it without the page: with `allow=<external id>` in the query, or `deny=1`, the page answers with the
redirect at once.
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, urlencode

from stoflow_sandbox.calls import Answer, Effect, ReceivedCall
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.market import Operation, Renaming
from stoflow_sandbox.sellers import Seller

ALLOW, DENY, ONLY = "allow", "deny", "only"  # `only`: the scopes that are granted, where the person unticks some
EXCHANGE = "token.exchange"
CODE_LIFE_S = 299
CODE_BYTES = 40
FOUND = 302
BAD_REQUEST = 400
PAGE = """<!doctype html><html lang="en"><head><title>{title}</title></head><body>
<h1>{title}</h1><p>StoFlow asks to act for you: {scope}</p>
{choices}
<p><a href="?{deny}">Deny</a></p></body></html>
"""
CHOICE = '<form method="get">{hidden}<button name="allow" value="{external_id}">Allow as {name}</button></form>'
HIDDEN = '<input type="hidden" name="{name}" value="{value}">'


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code stands for: whose it is, and what must be presented with it."""

    seller: Seller
    redirect_uri: str
    challenge: str
    until: float
    scope: str = ""  # where it is less than was asked for

    @property
    def named(self) -> Mapping[str, str]:
        """What the answer says of it: a server names the scope where it differs (RFC 6749, 5.1)."""
        return {"scope": self.scope} if self.scope else {}


class ConsentDesk:
    """The sellers of one marketplace who may be asked, and the codes they gave."""

    def __init__(
        self, title: str, *, code_prefix: str = "", life_s: float = CODE_LIFE_S, clock: Clock = MACHINE_CLOCK
    ) -> None:
        self._title = title
        self._prefix = code_prefix
        self._life_s = life_s
        self._clock = clock
        self._lock = threading.Lock()
        self._sellers: dict[str, Seller] = {}
        self._codes: dict[str, Granted] = {}

    def know(self, seller: Seller) -> None:
        """Let this seller be asked."""
        with self._lock:
            self._sellers[seller.external_id] = seller

    def answer(self, call: ReceivedCall, address: str, more: Mapping[str, str] | None = None) -> Answer:
        """Show the page; or, once it is allowed or denied, send the browser to `address` with a code and `more`."""
        query = call.query
        if DENY in query:
            return redirect(address, query, error="access_denied", error_description="The user denied the request.")
        if ALLOW not in query:
            return Answer(200, self._page(query))
        seller = self._sellers.get(query[ALLOW])
        if seller is None:
            return Answer(BAD_REQUEST, f"<p>Nobody is called {escape(query[ALLOW])} here.</p>")
        code = self._give(seller, query)
        sent = redirect(address, query, code=code, **(more or {}))
        return Answer(sent.status, None, sent.headers, Effect(seller=seller, state="allowed"))

    def redeem(self, code: str, redirect_uri: str) -> Granted | None:
        """Use a code up; None for one that is used, ended, or was given for another address."""
        with self._lock:
            granted = self._codes.pop(code, None)
        if granted is None or granted.redirect_uri != redirect_uri or granted.until <= self._clock():
            return None
        return granted

    def _give(self, seller: Seller, query: Mapping[str, str]) -> str:
        # Signs that a query must escape: who decodes a code twice, or not at all, presents another one.
        code = f"{self._prefix}{secrets.token_urlsafe(CODE_BYTES)}+%2F="
        given, asked = query.get(ONLY, query.get("scope", "")), query.get("scope", "")
        scope = "" if given == asked else given
        granted = Granted(
            seller, query.get("redirect_uri", ""), query.get("code_challenge", ""), self._clock() + self._life_s, scope
        )
        with self._lock:
            self._codes[code] = granted
        return code

    def _page(self, query: Mapping[str, str]) -> str:
        hidden = "".join(HIDDEN.format(name=escape(name), value=escape(value)) for name, value in query.items())
        choices = [
            CHOICE.format(hidden=hidden, external_id=escape(external_id), name=escape(seller.name))
            for external_id, seller in list(self._sellers.items())
        ]
        return PAGE.format(
            title=escape(self._title),
            scope=escape(query.get("scope", "")),
            choices="\n".join(choices),
            deny=escape(urlencode({**query, DENY: "1"})),
        )


def redirect(address: str, query: Mapping[str, str], **more: str) -> Answer:
    """Return what sends the browser back, with the state it brought."""
    joint = "&" if "?" in address else "?"
    values = {**more, "state": query.get("state", "")}
    return Answer(FOUND, None, {"location": f"{address}{joint}{urlencode(values, quote_via=quote)}"})


def refused_page(reason: str) -> Answer:
    """Return the page for a request that names no application of ours: nobody is sent anywhere."""
    return Answer(BAD_REQUEST, f"<!doctype html><p>{escape(reason)}</p>")


def consent_operations(
    page: str,
    show_page: Callable[[ReceivedCall], Answer],
    tokens: str,
    give_tokens: Callable[[ReceivedCall], Answer],
    *,
    tokens_by_rate: bool = True,
) -> tuple[Operation, Operation]:
    """Return the two calls by which a marketplace lets an application in: its page and its token endpoint."""
    return (
        Operation("consent.page", "GET", page, show_page, open_door=True, by_rate=False),
        Operation(
            "token.refresh",
            "POST",
            tokens,
            give_tokens,
            open_door=True,
            by_rate=tokens_by_rate,
            renaming=Renaming(token_operation, frozenset({EXCHANGE})),
        ),
    )


def token_operation(call: ReceivedCall) -> str:
    """Return the finer name of a call of the token endpoint."""
    form = call.form or (call.json if isinstance(call.json, dict) else {})
    return EXCHANGE if form.get("grant_type") == "authorization_code" else "token.refresh"
