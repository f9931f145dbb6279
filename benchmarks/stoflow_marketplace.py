"""A marketplace where nothing happens: two inner steps, two outside, one inner, and no limits."""

from collections.abc import Mapping
from typing import Any

from benchmarks.workload import STEPS, run_step
from stoflow.domain.attempt import Attempt
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done, Outcome
from stoflow.marketplaces.contract import ActionSpec, Conversation, Marketplace, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile

NAME = "nowhere"
ACTION = "publish"
OUTSIDE = frozenset({"upload", "create"})

NO_TOKENS = RefreshFlow("http://127.0.0.1:1", "/token", NAME)


class NowhereHandler(BaseJobHandler):
    """Each step hands on what the one before gave."""

    marketplace = NAME
    action = ACTION

    def make_steps(self) -> tuple[Step, ...]:
        return tuple(
            Step(name, _outside, TaskKind.REPEATABLE) if name in OUTSIDE else Step(name, _inner) for name in STEPS
        )


def _inner(attempt: Attempt) -> Outcome:
    position = STEPS.index(attempt.task_name)
    given: Mapping[str, Any] = attempt.outputs[STEPS[position - 1]] if position else attempt.payload
    return Done(run_step(position, dict(given)))


def _outside(attempt: Attempt) -> Conversation:
    """Claimed and settled like any outside step; the call itself is left out."""
    yield from ()
    return _inner(attempt)


MARKETPLACE = Marketplace(
    name=NAME,
    transport="direct",
    actions=(ActionSpec(ACTION, "Publish nowhere", rate_limit_ms=0),),
    handlers={ACTION: NowhereHandler()},
    profile=lambda _: DirectProfile(name=NAME, base_url="http://127.0.0.1:1", headers=lambda _: {}, grant=NO_TOKENS),
    concurrency=64,  # wider than the window, so never what holds a job back
)
