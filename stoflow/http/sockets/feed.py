"""News from other processes: handed to the tenant's own sockets, or taken as a hint to look for commands."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from stoflow.domain.ids import TenantId
from stoflow.http.facts import FeedItemRefused
from stoflow.http.rest.schemas import MAX_ID, Given
from stoflow.http.sockets.events import EVENTS_TO_FRONTENDS
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
) -> None:
    """Pass each piece of news on until the feed ends. What is not news is refused and changes nothing."""
    async for raw in feed():
        try:
            item = FeedItem.model_validate(raw)
        except ValidationError:
            record(FeedItemRefused(reason="It is not shaped like news."))
            continue
        if item.event == COMMAND_HINT:
            wake(TenantId(item.tenant))
        elif item.event in EVENTS_TO_FRONTENDS:
            await tell(TenantId(item.tenant), item.event, item.data)
        else:
            record(FeedItemRefused(reason="Its event is not known."))
