"""The access tokens of a demo's sellers: never old, for API calls and for the plugins' files alike."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.auth.tokens import AccessTokens

RENEW_AFTER_S = 300.0  # a third of what a token lasts


@dataclass(slots=True)
class SellerToken:
    """The token of one seller, issued anew when it has been used for a while; `file` always holds the newest."""

    tenant: TenantId
    tokens: AccessTokens
    file: Path
    role: Role = Role.USER
    _text: str = ""
    _issued_at: float = 0.0
    _lock: Lock = field(default_factory=Lock)  # every thread that submits asks for it

    def __call__(self) -> str:
        with self._lock:
            if not self._text or time.monotonic() - self._issued_at > RENEW_AFTER_S:
                self._text, self._issued_at = (
                    self.tokens.issue_access_token(self.tenant, role=self.role),
                    time.monotonic(),
                )
                _replace(self.file, self._text)
            return self._text


def _replace(file: Path, text: str) -> None:
    """Write the file whole: a plugin may be reading it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = file.with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, "utf-8")
    unfinished.replace(file)
