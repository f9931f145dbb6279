"""Which call goes wrong, and how: by rate and seed, or by a script."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from stoflow.domain.errors import InputError
from stoflow_sandbox.sellers import Seller


class FaultKind(StrEnum):
    TOO_MANY = "429"
    TOO_MANY_TODAY = "429_today"  # the day's calls are used up
    BROKEN_BEFORE = "5xx_before"
    BROKEN_AFTER = "5xx_after"
    LOST = "lost"  # the work is done, the connection closes without an answer
    LATE = "late"  # the work is done after the client has given up
    SLOW = "slow"
    REVOKED = "revoked"  # the seller withdraws the consent just before this call
    EXPIRED = "expired"  # the access token ends just before this call
    DATADOME = "datadome"  # a captcha instead of an answer, as a browser may get
    NOT_JSON = "not_json"  # 200 with a page instead of an answer, as a browser may get


BY_RATE = (
    FaultKind.TOO_MANY,
    FaultKind.BROKEN_BEFORE,
    FaultKind.BROKEN_AFTER,
    FaultKind.LOST,
    FaultKind.LATE,
    FaultKind.SLOW,
)
AFTER_WORK = frozenset({FaultKind.BROKEN_AFTER, FaultKind.LOST})
SLOW_S = (0.5, 2.0)
LATE_AT_MOST_S = 3.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault for one call; `delay_s` is how slow or how late, before speed."""

    kind: FaultKind
    delay_s: float = 0.0


@dataclass(slots=True)
class ScriptedFault:
    """A fault for the `nth` matching call from now, and the `count - 1` ones after it."""

    marketplace: str
    operation: str
    fault: FaultKind
    seller: str = ""
    nth: int = 1
    count: int = 1

    def matches(self, marketplace: str, operation: str, seller: Seller | None) -> bool:
        """Say whether this call is one of those the script counts."""
        return (
            self.marketplace == marketplace
            and self.operation in {operation, "*"}
            and (not self.seller or (seller is not None and seller.external_id == self.seller))
        )


class FaultPlan:
    """Decides the fault of each call, the same for the same seed and the same n-th call."""

    def __init__(self, *, rate: float = 0.0, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._script: list[ScriptedFault] = []
        self._calls = 0
        self.rate, self.seed = _checked_rate(rate), seed

    def set_rate(self, *, rate: float, seed: int | None = None) -> None:
        """Change the share of calls that go wrong; a seed given begins its sequence anew."""
        with self._lock:
            self.rate = _checked_rate(rate)
            if seed is not None:
                self.seed, self._calls = seed, 0

    def add_script(self, faults: Iterable[ScriptedFault]) -> None:
        """Add scripted faults; they come before those by rate."""
        with self._lock:
            self._script.extend(faults)

    def clear_script(self, *, seller: str = "") -> None:
        """Forget the scripted faults not met yet: all of them, or those for one seller."""
        with self._lock:
            self._script = [script for script in self._script if seller and script.seller != seller]

    def choose(self, marketplace: str, operation: str, seller: Seller | None, *, by_rate: bool = True) -> Fault | None:
        """Return the fault of this call; `by_rate` False leaves only the script."""
        with self._lock:
            scripted = self._scripted(marketplace, operation, seller)
            if not by_rate:
                return Fault(scripted, _delay_s(scripted, Random(0))) if scripted else None
            self._calls += 1
            random = Random(f"{self.seed}:{self._calls}")
            goes_wrong = random.random() < self.rate
            kind = scripted or (random.choice(BY_RATE) if goes_wrong else None)
            return Fault(kind, _delay_s(kind, random)) if kind else None

    def _scripted(self, marketplace: str, operation: str, seller: Seller | None) -> FaultKind | None:
        chosen: FaultKind | None = None
        for script in self._script:
            if not script.matches(marketplace, operation, seller):
                continue
            if script.nth > 1:
                script.nth -= 1
            elif chosen is None:
                chosen = script.fault
                script.count -= 1
        self._script = [script for script in self._script if script.count > 0]
        return chosen


def _delay_s(kind: FaultKind, random: Random) -> float:
    match kind:
        case FaultKind.SLOW:
            return random.uniform(*SLOW_S)
        case FaultKind.LATE:
            return random.uniform(0, LATE_AT_MOST_S)
        case _:
            return 0.0


def _checked_rate(rate: float) -> float:
    if not 0 <= rate <= 1:
        raise InputError("The rate of faults should be between 0 and 1.")
    return rate
