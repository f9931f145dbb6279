"""Who walks, and what each step came to."""

import sys
from dataclasses import dataclass, field
from typing import Any

from campaigns.walk.world import World

PASSWORD = "a long password of mine"  # noqa: S105  of nobody


@dataclass
class Walk:
    """`seen` is what each step came to."""

    world: World
    products: int
    seen: dict[str, Any] = field(default_factory=dict[str, Any])

    def note(self, step: str, seen: Any) -> None:
        self.seen[step] = seen
        print(f"{step}: {seen}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Seller:
    email: str
    tenant: int
    token: str
    refresh_token: str
