"""Use cases of events and webhooks, without PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.page import Page
from stoflow.domain.webhook import Owner
from stoflow.resources.events.read import Told
from stoflow.resources.events.wording import Event
from stoflow.resources.webhooks.manage import WantedWebhook, WebhookWithSecret
from stoflow.storage.webhooks.deliveries import DeliveryView
from stoflow.storage.webhooks.webhooks import WebhookView
from tests.harness.faked.remembered import Remembered


class FakeEvents(Remembered):
    """What happened to several tenants, and who is told of it, in memory."""

    def reset(self) -> None:
        super().reset()
        self.events: dict[TenantId, list[Event]] = {}
        self.webhooks: dict[Owner, dict[int, WebhookView]] = {}

    def tell(self, tenant: TenantId, event_type: str, data: Mapping[str, Any]) -> None:
        """Let something have happened."""
        events = self.events.setdefault(tenant, [])
        events.append(Event(len(events) + 1, datetime.now(UTC), event_type, data))

    def newest(self, tenants: Sequence[TenantId]) -> Mapping[TenantId, int]:
        self.answers()
        return {tenant: len(self.events.get(tenant, [])) for tenant in tenants}

    def events_after(self, tenant: TenantId, after: int, limit: int) -> Told:
        self.answers()
        events = self.events.get(tenant, [])
        found = events[after : after + limit]
        return Told(found, after > len(events), found[-1].number if found else len(events))

    list_events = events_after

    def create_webhook(self, owner: Owner, wanted: WantedWebhook) -> WebhookWithSecret:
        self.answers()
        now = datetime.now(UTC)
        view = WebhookView(next(self.ids), wanted.url, (), "", True, None, None, None, now, now)
        self.webhooks.setdefault(owner, {})[view.id] = view
        return WebhookWithSecret(view, "whsec_new")

    def list_webhooks(self, owner: Owner) -> Sequence[WebhookView]:
        self.answers()
        return list(self.webhooks.get(owner, {}).values())

    def find_webhook(self, owner: Owner, webhook: int, *_: Any) -> WebhookView:
        self.answers()
        try:
            return self.webhooks[owner][webhook]
        except KeyError:
            raise NotFound(f"There is no webhook {webhook}.") from None

    change_webhook = delete_webhook = find_webhook

    def rotate_secret(self, owner: Owner, webhook: int) -> WebhookWithSecret:
        return WebhookWithSecret(self.find_webhook(owner, webhook), "whsec_next")

    def ping(self, owner: Owner, webhook: int, delivery: int = 1) -> DeliveryView:
        self.find_webhook(owner, webhook)
        now = datetime.now(UTC)
        return DeliveryView(delivery, "ping", "msg", "waiting", 0, now, now, None, None, None, None)

    replay = ping

    def list_deliveries(self, owner: Owner, webhook: int, *_: Any) -> Page[DeliveryView]:
        return Page((self.ping(owner, webhook),))
