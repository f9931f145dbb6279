"""What can be done on a marketplace, over HTTP."""

from typing import Any, Final

from stoflow.http.context import Context
from stoflow.http.resources.jobs import marketplace_in
from stoflow.http.rest.answers import Answered, PageBody, SomeAction
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.payload_schemas import schema_of


class ActionBody(Answered):
    """One action: `code` is how it is stored and may be asked for as well.

    `payload` is the JSON Schema of what a job may be asked with beside its product; other fields change nothing.
    """

    action: SomeAction
    code: str
    title: str
    needs_product: bool
    priority: int
    payload: dict[str, Any]


class ActionsPage(PageBody[ActionBody]):
    pass


def list_actions(context: Context, asked: Asked) -> ActionsPage:
    """They are few: one page."""
    marketplace = marketplace_in(context, asked)
    return ActionsPage(
        items=[_body(context, marketplace, name) for name in context.registry.names(marketplace)], next_cursor=None
    )


def _body(context: Context, marketplace: str, name: str) -> ActionBody:
    code = context.registry.handler(marketplace, name).action
    spec = context.registry.action(marketplace, code)
    return ActionBody(
        action=name,
        code=code,
        title=spec.name,
        needs_product=code in context.registry.marketplace(marketplace).products,
        priority=spec.priority,
        payload=schema_of(spec.payload),
    )


OPERATIONS: Final = (
    Operation(
        "GET", "/api/{marketplace}/actions", "listActions", "List what can be done there, and what each action takes.",
        list_actions, ActionsPage, problems=(404, 422),
    ),
)  # fmt: skip
