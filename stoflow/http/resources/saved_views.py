"""The views of the jobs' list that an account keeps, over HTTP."""

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from pydantic import ConfigDict, Field

from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.resources.bulk import EverybodysFilterBody
from stoflow.http.rest.answers import Answered, Moment
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.problems import NotAllowed
from stoflow.http.rest.schemas import Given, Word
from stoflow.resources.jobs import saved_views
from stoflow.storage.tenants.saved_views import SavedView

Within = Literal["1h", "24h", "7d", "30d"]
ViewName = Annotated[Word, Field(min_length=1, max_length=60)]


class ViewFilterBody(EverybodysFilterBody):
    """What a job must be to be listed; `tenant` is for those who look after everybody's."""

    within: Annotated[Within | None, Field(description="Made so lately, whenever it is looked at.")] = None


class NewViewBody(Given):
    """A filter, and the name under which it is kept; one of that name is replaced."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Refused today", "filter": {"status": "failed", "within": "24h"}}]}
    )

    name: ViewName
    filter: ViewFilterBody


class SavedViewBody(Answered):
    """A view; `address` is the page that shows it."""

    id: int
    name: str
    filter: dict[str, Any]
    address: str
    created_at: Moment

    @classmethod
    def of_view(cls, view: SavedView) -> "SavedViewBody":
        return cls.with_fields(view, filter=dict(view.filter), address=address_of(view))


class SavedViewsBody(Answered):
    """The account's own views, the oldest first; at most fifty."""

    items: list[SavedViewBody]


class DeletedViewBody(Answered):
    id: int


def address_of(view: SavedView) -> str:
    return f"/monitoring/jobs?{urlencode(view.filter)}" if view.filter else "/monitoring/jobs"


def list_views(context: Context, asked: Asked) -> SavedViewsBody:
    found = saved_views.list_views(context, asked.tenant)
    return SavedViewsBody(items=[SavedViewBody.of_view(view) for view in found])


def save_view(context: Context, asked: Asked) -> SavedViewBody:
    body: NewViewBody = asked.body
    if body.filter.tenant not in {None, asked.tenant} and not asked.role.covers(Role.SUPPORT):
        raise NotAllowed(f"A view of another tenant's jobs takes the role {Role.SUPPORT}.")
    wanted = body.filter.model_dump(mode="json", exclude_none=True)
    return SavedViewBody.of_view(saved_views.save_view(context, asked.tenant, body.name, wanted))


def delete_view(context: Context, asked: Asked) -> DeletedViewBody:
    saved_views.delete_view(context, asked.tenant, asked.id())
    return DeletedViewBody(id=asked.id())


OPERATIONS: Final = (
    Operation(
        "GET", "/api/views", "listViews", "List the views of the jobs' list that this account keeps.",
        list_views, SavedViewsBody,
    ),
    Operation(
        "POST", "/api/views", "saveView", "Keep a view of the jobs' list; one of the same name is replaced.",
        save_view, SavedViewBody, 200, body=NewViewBody, problems=(400, 408, 409, 413, 415, 422),
    ),
    Operation(
        "DELETE", "/api/views/{id}", "deleteView", "Delete a view; no job is touched.",
        delete_view, DeletedViewBody, problems=(404, 422),
    ),
)  # fmt: skip
