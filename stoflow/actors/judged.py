"""What admission said of an actor's place last, asked again when it is told something new and now and then."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf

from stoflow.admission.asking import Verdict, judge_place
from stoflow.admission.facts import Place

JUDGED_FOR_S = 1.0  # messages come far more often than places or hours change


@dataclass(slots=True)
class JudgedPlace:
    """`changes_in_s` is when the clock alone changes the verdict, None where it does not."""

    verdict: Verdict = field(default_factory=Verdict)
    changes_in_s: float | None = None
    _place: Place | None = None
    _again_at_s: float = 0.0
    _changes_at_s: float = inf

    def again(self, told: Place | None) -> bool:
        """Ask again where it is time, or where something was told; return whether the verdict is another one.

        So it is where the same one was to be over by now: clocks differ, and who waits for its end waits a bit more.
        """
        now_s, place = time.monotonic(), told or self._place
        if place is None or (told is None and now_s < self._again_at_s):
            return False
        now, before = datetime.now(UTC), self.verdict
        self._place, self.verdict = place, judge_place(replace(place, now=now))
        until = self.verdict.until
        self.changes_in_s = None if until is None else max(0.0, (until - now).total_seconds())
        was_to_change = self._changes_at_s <= now_s
        self._changes_at_s = inf if self.changes_in_s is None else now_s + self.changes_in_s
        self._again_at_s = min(now_s + JUDGED_FOR_S, self._changes_at_s)
        return was_to_change or self.verdict != before
