"""What the api tells over a socket: one table of events, which it sends by and documents by."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from stoflow.domain.batch import BatchStatus
from stoflow.domain.job import JobStatus
from stoflow.domain.observed import OrderState
from stoflow.http.resources.batch_bodies import ProgressBody
from stoflow.http.rest.answers import Answered, PriceBody, SomeAction, SomeMarketplace

MISSED: Final = "events_missed"
JOB_CHANGED: Final = "job_status_update"

Number = Annotated[int, Field(description="Where it stands in the account's sequence: the next `last_event`.")]


class Told(Answered):
    """What a page is told."""


class Numbered(Told):
    """An event of the sequence: it comes once, in order, and again where the page gives an older `last_event`."""

    number: Number
    at: datetime


class DoneOfTotal(Answered):
    done: int
    total: int


class JobStatusUpdate(Told):
    """A job has another status; or it goes on running, which has no `number` and is not told again."""

    number: Number | None = None
    at: datetime | None = None
    job_id: int
    status: JobStatus
    marketplace: SomeMarketplace
    action: SomeAction | None
    product_id: int | None = None
    batch_id: int | None = None
    progress: DoneOfTotal | None = None
    error_kind: str | None = None
    error_message: str | None = None
    unread: list[Any] | None = None
    oversales: list[Any] | None = None
    gone: list[Any] | None = None
    unknown_states: list[Any] | None = None
    warnings: list[Any] | None = None


class BatchProgress(Numbered):
    """How far a batch is, at most once a second and always once after the last change of one of its jobs."""

    batch_id: int
    name: str | None = None
    marketplace: SomeMarketplace | None = None
    action: SomeAction | None = None
    status: BatchStatus | None = None
    completed_at: datetime | None = None
    progress: ProgressBody | None = None


class ListingChanged(Numbered):
    """A product's listing was made, is shown to buyers, or is there no more."""

    product_id: int
    marketplace: SomeMarketplace
    listing_id: str
    state: Literal["draft", "for_sale", "ended"]


class OrderedLine(Answered):
    listing_id: str
    product_id: int | None
    quantity: int


class OrderReceived(Numbered):
    """An order was seen for the first time; nothing of the buyer is in it."""

    marketplace: SomeMarketplace
    order_id: str
    state: OrderState
    ordered_at: datetime | None = None
    total: PriceBody | None = None
    lines: list[OrderedLine] | None = None


class NeedsSeller(Numbered):
    """A marketplace waits for the seller, and why; or, where it is not `needed`, goes on again."""

    marketplace: SomeMarketplace
    needed: bool
    reason: str | None


class ConnectionStatus(Numbered):
    """The seller's plugin came or went."""

    connected: bool
    since: datetime


class WebhookDisabled(Numbered):
    """A webhook of the account was switched off, and why: nothing is sent there until it is made active again."""

    webhook_id: int
    reason: str


class PluginProgressTold(Told):
    """How far the plugin is with a command; it is not told again."""

    request_id: str
    done: int
    total: int


class EventsMissed(Told):
    """What came after `last_event` is not kept any more: read again what is shown. It goes on after `number`."""

    last_event: int
    number: Number


SEQUENCE: Final[Mapping[str, type[Told]]] = {
    JOB_CHANGED: JobStatusUpdate,
    "batch_progress": BatchProgress,
    "listing_changed": ListingChanged,
    "order_received": OrderReceived,
    "needs_seller": NeedsSeller,
    "vinted_connection_status": ConnectionStatus,
    "webhook_disabled": WebhookDisabled,
}
"""The events that have numbers, with what is said by each."""


class PluginCommandTold(Told):
    """A command: it is sent again, with the same `request_id`, until it is answered."""

    request_id: str
    action: str
    payload: dict[str, Any]
    deadline: datetime
    left_s: float = Field(description="Seconds until the deadline, when it left: for a client whose clock is wrong.")
    attempt: str
    traceparent: str = Field(
        default="",
        description="W3C Trace Context of what asks for it: only where StoFlow is traced, and this job with it.",
    )


class ErrorTold(Told):
    """What was wrong with what the client said."""

    code: str
    message: str


PASSING: Final[Mapping[str, type[Told]]] = {
    "plugin_progress": PluginProgressTold,
    MISSED: EventsMissed,
    "error": ErrorTold,
}
EVENTS_TO_FRONTENDS: Final[Mapping[str, type[Told]]] = {**SEQUENCE, **PASSING}
TO_PLUGINS: Final[Mapping[str, type[Told]]] = {"plugin_command": PluginCommandTold, "error": ErrorTold}
