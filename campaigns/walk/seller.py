"""Who walks, and what each step came to."""

import sys
import time
from dataclasses import dataclass, field
from typing import Any, Final

from campaigns.walk.world import World

PASSWORD = "a long password of mine"  # noqa: S105  of nobody
TOKEN: Final = "token"  # noqa: S105  the file from which the plugin has it
RENEWED_AFTER_S: Final = 300.0


@dataclass
class Walk:
    """`seen` is what each step came to."""

    world: World
    products: int
    seen: dict[str, Any] = field(default_factory=dict[str, Any])

    def note(self, step: str, seen: Any) -> None:
        self.seen[step] = seen
        print(f"{step}: {seen}", file=sys.stderr, flush=True)


@dataclass
class Seller:
    """Somebody with an account, and the tokens of one sign-in."""

    email: str
    tenant: int
    token: str
    refresh_token: str
    renewed_s: float = field(default_factory=time.monotonic)

    def renew(self, world: World) -> bool:
        """Exchange the refresh token where the access token has had a third of its time; return whether it was."""
        if time.monotonic() - self.renewed_s < RENEWED_AFTER_S:
            return False
        given = world.must(200, "POST", "/auth/refresh", {"refresh_token": self.refresh_token})
        self.token, self.refresh_token, self.renewed_s = given["access_token"], given["refresh_token"], time.monotonic()
        return True
