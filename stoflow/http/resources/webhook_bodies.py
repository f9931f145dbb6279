"""What is asked of webhooks over HTTP, and what is answered of them."""

from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.config import JsonDict

from stoflow.domain.webhook import DeliveryState, WebhookEvent
from stoflow.http.rest.answers import Answered, Moment, PageBody
from stoflow.http.rest.schemas import ONE_LINE_PATTERN, Given, Word, changes_of, one_line
from stoflow.resources.webhooks.manage import WebhookWithSecret

Url = Annotated[str, Field(min_length=1, max_length=2000, json_schema_extra=ONE_LINE_PATTERN), AfterValidator(one_line)]
WantedEvent = Annotated[WebhookEvent, Field(strict=False)]
EXAMPLE: JsonDict = {"url": "https://shop.example/stoflow", "events": ["job.completed", "job.failed", "order.received"]}


class NewWebhookBody(Given):
    """Where to send what: each `event` that is named, or all where none is. Only `https://`, and no private network."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    url: Url
    events: Annotated[list[WantedEvent], Field(max_length=50)] = Field(default_factory=list[WebhookEvent])
    description: Annotated[Word, Field(description="For people, to know it by.")] = ""
    active: Annotated[bool, Field(description="Whether anything is sent; true where it is not given.")] = True


ChangedWebhookBody = changes_of(
    NewWebhookBody,
    "ChangedWebhookBody",
    "What is to be otherwise; no `events` are all. `active: true` switches on what was off, and forgets its failures.",
    example={"active": True},
)


class WebhookBody(Answered):
    """A webhook. `disabled_reason` says why it was switched off, `old_until` how long those before still sign."""

    id: int
    url: str
    events: list[WebhookEvent | str]
    description: str
    active: bool
    disabled_reason: str | None
    failing_since: Moment | None
    old_until: Moment | None
    created_at: Moment
    updated_at: Moment


class WebhookWithSecretBody(WebhookBody):
    """The webhook with its secret, which is told this once: check `webhook-signature` by it (Standard Webhooks)."""

    secret: str = Field(repr=False)

    @classmethod
    def made(cls, made: WebhookWithSecret) -> Self:
        return cls.with_fields(made.webhook, secret=made.secret)


class WebhooksPage(PageBody[WebhookBody]):
    pass


class DeletedWebhookBody(Answered):
    id: int


class DeliveryBody(Answered):
    """What was sent, and its last try: `status` is what the receiver answered, `error` what went wrong.

    `message` is its header `webhook-id`, the same at each try. While it is waiting it is tried again at `next_at`.
    """

    id: int
    type: str
    message: str
    state: DeliveryState
    attempts: int
    next_at: Moment
    created_at: Moment
    tried_at: Moment | None
    status: int | None
    error: str | None
    duration_ms: int | None


class DeliveriesPage(PageBody[DeliveryBody]):
    pass
