"""A seller's events over HTTP: what pages are told over the socket, read after a number."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import MAX_LIMIT, Given
from stoflow.resources.events import read

MAX_NUMBER: Final = 2**53 - 1


class EventsQuery(Given):
    """Where to read on, and how much."""

    after: Annotated[
        int, Field(strict=False, ge=0, le=MAX_NUMBER, description="The `number` of the last event that is known.")
    ] = 0
    limit: Annotated[int, Field(strict=False, ge=1, le=MAX_LIMIT, description="50 where it is not given.")] = 50


class EventBody(Answered):
    """One event: what `data` has, the schema of its type says in `/asyncapi.json`."""

    number: int
    at: datetime
    type: str
    data: dict[str, Any]


class EventsPage(Answered):
    """Events in their order. Ask again with `after` set to `last`; events are kept for a day.

    `missed` where some after the number that was given are not kept any more, or it was never given to an event: read
    again what is shown.
    """

    items: list[EventBody]
    last: int
    missed: bool


def list_events(context: Context, asked: Asked) -> EventsPage:
    told = read.list_events(context, asked.tenant, asked.query.after, asked.query.limit)
    return EventsPage(items=[EventBody.of(event) for event in told.events], last=told.last, missed=told.missed)


OPERATIONS: Final = (
    Operation(
        "GET", "/api/events", "listEvents", "List what happened after a number, oldest first: what the socket tells.",
        list_events, EventsPage, query=EventsQuery, problems=(422,),
    ),
)  # fmt: skip
