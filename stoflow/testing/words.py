"""Which steps an action has, and how a job stands, for whoever plays and reads a scenario."""

from stoflow.marketplaces.contract import Marketplace, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.registry import PROBE
from stoflow.resources.jobs.views import JobView


def steps_of(place: Marketplace, action: str) -> list[Step]:
    """Return the kinds of task of an action, in order."""
    handler = place.handlers[action]
    if isinstance(handler, BaseJobHandler):
        return list(handler.steps)
    steps = [handler.step(plan.name) for plan in handler.create_tasks(PROBE)]
    return list({step.name: step for step in steps}.values())


def described(view: JobView) -> str:
    """Say how a job stands, for whoever reads a test that failed."""
    tasks = ", ".join(f"{task.name} {task.status} ({task.attempt}) {task.error or ''}".strip() for task in view.tasks)
    return f"job {view.id} ({view.action}) is {view.status} {view.error or view.waiting or ''} [{tasks}]"
