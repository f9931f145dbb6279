"""Which cases a promise is tried in: each test names a function that makes them of a marketplace."""

from collections.abc import Callable, Iterable

import pytest

from stoflow.domain.job import TaskKind
from stoflow.marketplaces.contract import Marketplace, Step
from stoflow.testing.words import steps_of

MARK = "cases"
NO_CASE = pytest.mark.skip(reason="There is no case of it.")
PUBLISH = "publish"
Cases = Callable[[Marketplace], "Iterable[pytest.ParameterSet]"]


def in_cases(names: tuple[str, ...], cases_of: Cases) -> pytest.MarkDecorator:
    """Mark a test as one of every marketplace, with these parameters in each of these cases."""
    return getattr(pytest.mark, MARK)(names, cases_of)


def parametrize(metafunc: pytest.Metafunc, places: Iterable[Marketplace]) -> None:
    """Give a marked test its cases for these marketplaces."""
    mark = metafunc.definition.get_closest_marker(MARK)
    if mark:
        names, cases_of = mark.args
        cases = [case for place in places for case in cases_of(place)]
        metafunc.parametrize(names, cases or [pytest.param(*[None] * len(names), marks=NO_CASE)])


def is_outside(step: Step) -> bool:
    return step.kind is not TaskKind.INNER


def is_unsafe(step: Step) -> bool:
    return step.kind is TaskKind.UNSAFE


def is_any(step: Step) -> bool:
    return bool(step.name)


def named(place: Marketplace, action: str, step: Step, *event: str) -> "pytest.ParameterSet":
    return pytest.param(place, action, step, *event, id="-".join((place.name, action, step.name, *event)))


def steps(place: Marketplace, at: Callable[[Step], bool] = is_any) -> list[tuple[str, Step]]:
    """Return each such step of each action."""
    return [(action, step) for action in place.handlers for step in steps_of(place, action) if at(step)]


def at_steps(at: Callable[[Step], bool] = is_any) -> Cases:
    """Return what makes a case of each such step."""
    return lambda place: [named(place, action, step) for action, step in steps(place, at)]


def publishing(place: Marketplace) -> "Iterable[pytest.ParameterSet]":
    """Make one case of a marketplace that can publish."""
    return [pytest.param(place, PUBLISH, id=f"{PUBLISH}_{place.name}")] if PUBLISH in place.handlers else []
