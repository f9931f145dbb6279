"""How requests of each kind come into threads: in turn, a few at a time, or behind the bulkhead of a marketplace."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Final

from stoflow.http.rest.problems import MarketplaceBusy
from stoflow.http.rest.rate_limits import Asker
from stoflow.http.rest.threads import HEAVY_PATIENCE_S, HEAVY_THREADS, Shares, Threads
from stoflow.http.rest.turns import Turns

MARKETPLACE_THREADS: Final = 4
MARKETPLACE_SHARE: Final = 2


@dataclass(frozen=True, slots=True)
class Crossing:
    """How requests of one kind come into threads: each asker has a share of them, or its turn."""

    threads: Threads
    shares: Shares | None = None
    turns: Turns | None = None

    def share(self, asker: Asker) -> AbstractContextManager[None]:
        """Take one of the asker's shares for a block, from before its body is read; raise TooMany."""
        return self.shares.taken(asker) if self.shares else nullcontext()

    def turn(self, asker: Asker, body_bytes: int) -> AbstractAsyncContextManager[None]:
        """Wait for the asker's turn, for a block, once its body has come; raise TooMany."""
        return self.turns.taken(asker, body_bytes) if self.turns else nullcontext()


def bulkhead(marketplace: str) -> Crossing:
    """Return the threads in which one marketplace is asked: one that is slow holds up nothing that is not its own."""
    message = f"Too many ask {marketplace} at once, which takes its time: please try again in a moment."
    threads = Threads(MARKETPLACE_THREADS, busy=partial(MarketplaceBusy, message))
    return Crossing(threads, Shares(MARKETPLACE_SHARE))


class Crossings:
    """Those of one api. `threads` are shared with whatever else it does in threads."""

    def __init__(self, threads: Threads, marketplaces: Iterable[str]) -> None:
        self._usual = Crossing(threads, turns=Turns())
        self._at_once = Crossing(threads)
        self._heavy = Crossing(Threads(HEAVY_THREADS, patience_s=HEAVY_PATIENCE_S), Shares())
        self._bulkheads = {name: bulkhead(name) for name in marketplaces}

    def of(
        self, *, heavy: bool = False, asks_marketplace: bool = False, uncounted: bool = False
    ) -> Callable[[Mapping[str, str]], Crossing]:
        """Return what says, by its path, how a request of an operation like this comes into threads."""
        if asks_marketplace:
            return lambda path: self._bulkheads.get(path["marketplace"], self._usual)
        crossing = self._heavy if heavy else self._at_once if uncounted else self._usual
        return lambda _: crossing
