"""News from other processes: hints to look for commands or events, and what only passes, for the tenant's pages."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.http.facts import FeedItemRefused
from stoflow.http.rest.schemas import MAX_ID, Given
from stoflow.http.sockets.told import JOB_CHANGED, JobStatusUpdate
from stoflow.monitoring.record import record

Feed = Callable[[], AsyncIterator[Mapping[str, Any]]]
"""Opens the stream of {"tenant", "event", "data"}; it is opened again after it ended or failed."""

COMMAND_HINT: Final = "plugin_command"


class FeedItem(Given):
    tenant: Annotated[int, Field(ge=1, le=MAX_ID)]
    event: Annotated[str, Field(max_length=50)]
    data: dict[str, Any] = Field(default_factory=dict)


async def follow(
    feed: Feed,
    *,
    tell: Callable[[TenantId, str, dict[str, Any]], Awaitable[None]],
    wake: Callable[[TenantId], None],
    changed: Callable[[TenantId], None],
) -> None:
    """Pass each piece of news on until the feed ends. What is not news is refused and changes nothing."""
    async for raw in feed():
        try:
            item = FeedItem.model_validate(raw)
            passing = _passing(item)
        except ValidationError:
            record(FeedItemRefused(reason="It is not shaped like news."))
            continue
        if item.event == COMMAND_HINT:
            wake(TenantId(item.tenant))
        elif item.event == JOB_CHANGED:
            changed(TenantId(item.tenant))
            if passing is not None:
                await tell(TenantId(item.tenant), item.event, passing)
        else:
            record(FeedItemRefused(reason="Its event is not known."))


def _passing(item: FeedItem) -> dict[str, Any] | None:
    """Return what is told of a job that goes on running, which is no event; that it came to an end is one."""
    if item.event != JOB_CHANGED:
        return None
    said = JobStatusUpdate.model_validate(item.data)
    return said.model_dump(mode="json", exclude_unset=True) if said.status is JobStatus.RUNNING else None
