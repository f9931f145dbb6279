"""A seller's session at one marketplace, as their plugin knows it: whether it works, and what StoFlow is told of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import httpx

from stoflow_sandbox.browsing import Answer, FetchFile, SellerBrowser

SESSION = "session_update"
CAPTCHA = "datadome_detected"
SESSION_TROUBLE = frozenset({"session_lost", "http_403"})
Tell = Callable[[str, Mapping[str, Any]], None]


class PluginSession:
    """One browser, signed in as the tenant's seller as soon as there is one."""

    def __init__(self, marketplace: str, browser: SellerBrowser, tenant: int, tell: Tell) -> None:
        self._marketplace, self._browser, self._tenant = marketplace, browser, tenant
        self._tell, self._is_ok = tell, True

    def greet(self) -> None:
        """Say on a new connection whether the session works, as far as the site can tell."""
        self._check()
        self._tell_state()

    def look_after(self) -> None:
        """Between commands, see whether the person has signed in again or answered the captcha."""
        if not self._is_ok:
            self._sign_in()
            self._check()
            if self._is_ok:
                self._tell_state()

    def acts(self, action: str) -> bool:
        """Say whether a repeat of this command would do something again."""
        return self._browser.acts(action)

    def perform(self, command: Mapping[str, Any], fetch_file: FetchFile) -> Answer:
        """Do one command; the ledger calls it by its attempt, or by its request."""
        if not self._browser.has_session():
            self._sign_in()
        return self._browser.perform(
            command["action"],
            command.get("payload") or {},
            fetch_file=fetch_file,
            request_id=str(command.get("attempt") or command["request_id"]),
        )

    def heed(self, answer: Answer) -> Answer:
        """Tell StoFlow of a session in trouble before the answer that shows it."""
        error = answer.get("error", {})
        if error.get("code") == "datadome":
            self._is_ok = False
            self._tell(CAPTCHA, {"marketplace": self._marketplace, "reason": error["message"]})
        elif error.get("code") in SESSION_TROUBLE:
            self._is_ok = False
            self._tell_state(error["message"])
        return answer

    def close(self) -> None:
        """Close the browser."""
        self._browser.close()

    def _check(self) -> None:
        if not self._browser.has_session():
            self._sign_in()
        is_signed_in = self._browser.is_signed_in()
        if is_signed_in is not None:
            self._is_ok = is_signed_in

    def _sign_in(self) -> None:
        with suppress(httpx.HTTPError):  # the site's answer to the next call says it all
            self._browser.sign_in_as(self._tenant)

    def _tell_state(self, reason: str = "") -> None:
        self._tell(SESSION, {"marketplace": self._marketplace, "ok": self._is_ok, "reason": reason})
