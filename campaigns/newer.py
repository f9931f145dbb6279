"""`python -m campaigns.newer …`: a `stoflow` command of the next release, which has a task and an action more.

The release before it is the one that this is the source of.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from stoflow.cli.run import child, children
from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Done, Outcome
from stoflow.marketplaces import registry
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.marketplaces.ebay.handlers import PublishEbay
from stoflow.marketplaces.etsy.handlers import PublishEtsy
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.vinted.handlers import PublishVinted

NEWER = "campaigns.newer"
STAMP, SURVEY = "stamp", "survey"
HANDLERS = (PublishEbay, PublishEtsy, PublishVinted)


def main() -> None:
    become_newer()
    children.CHILD_MODULE = NEWER
    child.main()


def become_newer() -> None:
    """Give every publish a task before its last one, and every marketplace an action that an older release lacks."""
    for handler in HANDLERS:
        handler.make_steps = _stamping(handler.make_steps)  # type: ignore[method-assign]
    registry.BUILT_IN = tuple(map(_surveying, registry.BUILT_IN))


class Survey(BaseJobHandler):
    """An action of one task."""

    action = SURVEY

    def __init__(self, marketplace: str) -> None:
        self.marketplace = marketplace

    def make_steps(self) -> tuple[Step, ...]:
        """Return its kind of task."""
        return (Step(SURVEY, _done),)


def _stamping(make_steps: Callable[[Any], tuple[Step, ...]]) -> Callable[[Any], tuple[Step, ...]]:
    def made(self: Any) -> tuple[Step, ...]:
        *before, last = make_steps(self)
        return (*before, Step(STAMP, _done), last)

    return made


def _surveying(place: Marketplace) -> Marketplace:
    return replace(
        place,
        actions=(*place.actions, ActionSpec(SURVEY, "Survey")),
        handlers={**place.handlers, SURVEY: Survey(place.name)},
        products=place.products | {SURVEY},
    )


def _done(_: Attempt) -> Outcome:
    return Done({"done": True})


if __name__ == "__main__":
    main()
