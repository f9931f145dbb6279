"""The two questions: may anything be done at this place, and why does this job not go on."""

from dataclasses import dataclass, field
from datetime import datetime

from stoflow.admission.facts import Place, Work
from stoflow.admission.hold import Hold, Stops
from stoflow.admission.rule import known_rules, place_rules


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is stopped at a place, and when at the soonest the clock alone changes that (None: never).

    `holds` says why, most lasting first; two verdicts that stop the same are the same, whatever their words.
    """

    stops: frozenset[Stops] = field(default_factory=frozenset[Stops])
    until: datetime | None = None
    holds: tuple[Hold, ...] = field(default=(), compare=False)

    @property
    def stops_all(self) -> bool:
        return Stops.ALL in self.stops

    @property
    def lets_tries_only(self) -> bool:
        return Stops.ALL_BUT_TRIES in self.stops

    @property
    def stops_new(self) -> bool:
        """Whether nothing may begin."""
        return not self.stops.isdisjoint({Stops.BEGINNING, Stops.ACTING, Stops.ALL})

    def lets(self, *, begun: bool, looking: bool) -> bool:
        """Whether a job may go on by its own state, where not all is stopped."""
        return looking or (Stops.ACTING not in self.stops and (begun or Stops.BEGINNING not in self.stops))


def judge_place(place: Place) -> Verdict:
    """Return what may be done at this place now."""
    held = [(rule.stops, hold) for rule in place_rules() if (hold := rule.judge(place)) is not None]
    until = min((hold.until for _, hold in held if hold.until is not None), default=None)
    return Verdict(frozenset(stops for stops, _ in held), until, tuple(hold for _, hold in held))


def holds_of(work: Work) -> tuple[Hold, ...]:
    """Return every reason why a job does not go on, most lasting first; none where nothing holds it.

    The first one binds: one of which nobody knows the end, or else the one that ends last.
    """
    judged = (rule.of(work) for rule in known_rules())
    return tuple(sorted((hold for hold in judged if hold is not None), key=_lasts_until, reverse=True))


def _lasts_until(hold: Hold) -> tuple[bool, float]:
    return (hold.until is None, hold.until.timestamp() if hold.until is not None else 0.0)
