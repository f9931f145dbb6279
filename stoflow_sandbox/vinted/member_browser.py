"""A member's browser with the commands a plugin does in it."""

from collections.abc import Mapping
from typing import Any

from stoflow_sandbox.browsing import Answer, FetchFile, Payload
from stoflow_sandbox.vinted import commands
from stoflow_sandbox.vinted.browser import Browser, Session


class MemberBrowser(Browser):
    """A browser as the headless plugin, and what marketplaces are tried with, know it."""

    def sign_in_with(self, connection: Mapping[str, Any]) -> None:
        """Take the cookies, and read the page now: it then meets no fault that is meant for a call."""
        self.sign_in(Session.from_connection(connection))
        self._csrf_token()

    def has_session(self) -> bool:
        """Say whether a member was ever signed in."""
        return bool(self.user_id)

    def acts(self, action: str) -> bool:
        """Say whether a repeat would do something again."""
        known = commands.COMMANDS.get(action)
        return known is None or known.acts

    def perform(self, action: str, payload: Payload, *, fetch_file: FetchFile, request_id: str) -> Answer:
        """Do one command as the site's own page does it."""
        return commands.perform(action, payload, browser=self, fetch_file=fetch_file, request_id=request_id)
