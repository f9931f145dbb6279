"""Webhooks over HTTP: a seller's own, and a platform's, which are told of all the tenants that it made."""

from collections.abc import Callable
from typing import Any, Final

from pydantic import BaseModel

from stoflow.domain.page import Page
from stoflow.domain.platform import PlatformScope
from stoflow.domain.webhook import Owner
from stoflow.http.context import Context
from stoflow.http.resources.platform import platform_of
from stoflow.http.resources.webhook_bodies import (
    ChangedWebhookBody,
    DeletedWebhookBody,
    DeliveriesPage,
    DeliveryBody,
    NewWebhookBody,
    WebhookBody,
    WebhooksPage,
    WebhookWithSecretBody,
)
from stoflow.http.rest.endpoint import Answer, Asked, Operation
from stoflow.http.rest.schemas import PageQuery
from stoflow.resources.webhooks import deliveries, manage
from stoflow.resources.webhooks.manage import WantedWebhook
from stoflow.storage.webhooks.webhooks import WebhookChange

OwnerOf = Callable[[Context, Asked], Owner]
Handler = Callable[[Context, Owner, Asked], BaseModel | Answer]


def create_webhook(context: Context, owner: Owner, asked: Asked) -> Answer:
    made = manage.create_webhook(context, owner, WantedWebhook(**asked.body.model_dump()))
    prefix = "/platform" if owner.platform else "/api"
    return Answer(WebhookWithSecretBody.made(made), {"Location": f"{prefix}/webhooks/{made.webhook.id}"})


def list_webhooks(context: Context, owner: Owner, _: Asked) -> WebhooksPage:
    return WebhooksPage.of_items(Page(tuple(manage.list_webhooks(context, owner))), WebhookBody.of)


def read_webhook(context: Context, owner: Owner, asked: Asked) -> WebhookBody:
    return WebhookBody.of(manage.find_webhook(context, owner, asked.id()))


def change_webhook(context: Context, owner: Owner, asked: Asked) -> WebhookBody:
    named = {name: getattr(asked.body, name) for name in asked.body.model_fields_set}
    return WebhookBody.of(manage.change_webhook(context, owner, asked.id(), WebhookChange(**named)))


def delete_webhook(context: Context, owner: Owner, asked: Asked) -> DeletedWebhookBody:
    manage.delete_webhook(context, owner, asked.id())
    return DeletedWebhookBody(id=asked.id())


def rotate_secret(context: Context, owner: Owner, asked: Asked) -> WebhookWithSecretBody:
    return WebhookWithSecretBody.made(manage.rotate_secret(context, owner, asked.id()))


def ping_webhook(context: Context, owner: Owner, asked: Asked) -> DeliveryBody:
    return DeliveryBody.of(deliveries.ping(context, owner, asked.id()))


def list_deliveries(context: Context, owner: Owner, asked: Asked) -> DeliveriesPage:
    query: PageQuery = asked.query
    page = deliveries.list_deliveries(context, owner, asked.id(), query.limit, query.cursor)
    return DeliveriesPage.of_items(page, DeliveryBody.of)


def replay_delivery(context: Context, owner: Owner, asked: Asked) -> DeliveryBody:
    return DeliveryBody.of(deliveries.replay(context, owner, asked.id(), asked.number("delivery")))


def _tenant(_: Context, asked: Asked) -> Owner:
    return Owner(tenant=asked.tenant)


def _platform(context: Context, asked: Asked) -> Owner:
    return Owner(platform=platform_of(context, asked, PlatformScope.KEEP_WEBHOOKS))


def _handled(handle: Handler, owner_of: OwnerOf) -> Callable[[Context, Asked], BaseModel | Answer]:
    return lambda context, asked: handle(context, owner_of(context, asked), asked)


def _keeping(prefix: str, whose: str, owner_of: OwnerOf, **more: Any) -> tuple[Operation, ...]:
    """Return the operations on webhooks of one kind of owner; `whose` goes into their names."""
    root, one = f"{prefix}/webhooks", f"{prefix}/webhooks/{{id}}"
    no_token = (401, 403) if more else ()
    asked, changed = (*no_token, 400, 408, 409, 413, 415, 422), (*no_token, 400, 404, 408, 413, 415, 422)
    return (
        Operation(
            "POST", root, f"create{whose}Webhook",
            "Be told what happens from now on. The answer has the secret, this once.",
            _handled(create_webhook, owner_of), WebhookWithSecretBody, 201, body=NewWebhookBody, problems=asked, **more,
        ),
        Operation(
            "GET", root, f"list{whose}Webhooks", "List webhooks.",
            _handled(list_webhooks, owner_of), WebhooksPage, problems=(*no_token, 422), **more,
        ),
        Operation(
            "GET", one, f"read{whose}Webhook", "Read one webhook.",
            _handled(read_webhook, owner_of), WebhookBody, problems=(*no_token, 404, 422), **more,
        ),
        Operation(
            "PATCH", one, f"change{whose}Webhook", "Change a webhook, or switch it on or off.",
            _handled(change_webhook, owner_of), WebhookBody, body=ChangedWebhookBody, problems=changed, **more,
        ),
        Operation(
            "DELETE", one, f"delete{whose}Webhook", "Delete a webhook with the log of its deliveries.",
            _handled(delete_webhook, owner_of), DeletedWebhookBody, problems=(*no_token, 404, 422), **more,
        ),
        Operation(
            "POST", f"{one}/secret", f"rotate{whose}WebhookSecret",
            "Sign with a new secret, told this once; for a day what is sent is signed by those before it too.",
            _handled(rotate_secret, owner_of), WebhookWithSecretBody, problems=changed, **more,
        ),
    )  # fmt: skip


def _sending(prefix: str, whose: str, owner_of: OwnerOf, **more: Any) -> tuple[Operation, ...]:
    """Return the operations on deliveries of one kind of owner."""
    one = f"{prefix}/webhooks/{{id}}"
    no_token = (401, 403) if more else ()
    asked = (*no_token, 400, 404, 408, 409, 413, 415, 422)
    return (
        Operation(
            "POST", f"{one}/ping", f"ping{whose}Webhook", "Send a `ping`, to try the receiver by.",
            _handled(ping_webhook, owner_of), DeliveryBody, 202, problems=asked, **more,
        ),
        Operation(
            "GET", f"{one}/deliveries", f"list{whose}Deliveries", "List what was sent, newest first.",
            _handled(list_deliveries, owner_of), DeliveriesPage, query=PageQuery, problems=(*no_token, 404, 422),
            **more,
        ),
        Operation(
            "POST", f"{one}/deliveries/{{delivery}}/replay", f"replay{whose}Delivery",
            "Send a delivery once more, whatever became of it.",
            _handled(replay_delivery, owner_of), DeliveryBody, 202, problems=asked, **more,
        ),
    )  # fmt: skip


OPERATIONS: Final = (
    *_keeping("/api", "", _tenant),
    *_sending("/api", "", _tenant),
    *_keeping("/platform", "Platform", _platform, public=True, by_platform=True),
    *_sending("/platform", "Platform", _platform, public=True, by_platform=True),
)
