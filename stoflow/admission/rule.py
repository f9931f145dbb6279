"""A rule: one kind of Hold, and when it applies. Each stands in a file of its own in `rules/` and is found there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from stoflow.admission import rules
from stoflow.admission.facts import Place, Work
from stoflow.admission.hold import Hold, Stops


@dataclass(frozen=True, slots=True)
class PlaceRule:
    """Holds everything at one place. `rank` orders what is told: the lower, the longer it tends to last."""

    rank: int
    stops: Stops
    judge: Callable[[Place], Hold | None]

    def of(self, work: Work) -> Hold | None:
        return self.judge(work.place)


@dataclass(frozen=True, slots=True)
class WorkRule:
    """Holds one job, by its own state: what actors know as times and order, and what nobody else can tell."""

    rank: int
    judge: Callable[[Work], Hold | None]

    def of(self, work: Work) -> Hold | None:
        return self.judge(work)


@cache
def known_rules() -> Sequence[PlaceRule | WorkRule]:
    """Return the rule of every module of `rules/`, most lasting first."""
    found = [import_module(f"{rules.__name__}.{module.name}").RULE for module in iter_modules(rules.__path__)]
    return tuple(sorted(found, key=lambda rule: rule.rank))


@cache
def known_kinds() -> Sequence[str]:
    """Return the kinds of Hold there are: a rule's file is called as its Hold."""
    return tuple(module.name for module in iter_modules(rules.__path__))


@cache
def place_rules() -> Sequence[PlaceRule]:
    return tuple(rule for rule in known_rules() if isinstance(rule, PlaceRule))
