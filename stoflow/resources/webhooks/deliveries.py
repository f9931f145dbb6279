"""What was sent to a webhook: the log, one of it once more, and one to try it by."""

import json
from datetime import UTC, datetime
from secrets import token_hex

from stoflow.domain.errors import Conflict, NotFound
from stoflow.domain.page import Page, id_in
from stoflow.domain.webhook import PING, Owner
from stoflow.resources.needs import Reads
from stoflow.resources.webhooks.manage import known, sane
from stoflow.storage.database.session import Records
from stoflow.storage.webhooks import deliveries
from stoflow.storage.webhooks.deliveries import DeliveryView, Message
from stoflow.storage.webhooks.webhooks import view_webhook


def list_deliveries(needs: Reads, owner: Owner, webhook: int, limit: int, cursor: str | None) -> Page[DeliveryView]:
    """Return one page of what was sent, newest first; raise NotFound."""
    before = id_in(cursor)
    with needs.database.records() as connection:
        known(view_webhook(connection, owner, sane(webhook)), webhook)
        found = deliveries.view_deliveries(connection, owner, webhook, before=before, limit=limit + 1)
    items = tuple(found[:limit])
    return Page(items, str(items[-1].id) if len(found) > limit else None)


def replay(needs: Reads, owner: Owner, webhook: int, delivery: int) -> DeliveryView:
    """Send it once more, whatever became of it, and try it as at first; raise NotFound, or Conflict."""
    with needs.database.records() as connection:
        _check_active(connection, owner, webhook)
        found = deliveries.replay(connection, owner, webhook, delivery)
    if found is None:
        raise NotFound(f"There is no delivery {delivery} to webhook {webhook}.")
    return found


def ping(needs: Reads, owner: Owner, webhook: int) -> DeliveryView:
    """Send something to try the receiver by; raise NotFound, or Conflict."""
    data = {"webhook_id": webhook} | ({"tenant": owner.tenant} if owner.tenant is not None else {})
    body = json.dumps({"type": PING, "timestamp": datetime.now(UTC).isoformat(), "data": data})
    with needs.database.records() as connection:
        _check_active(connection, owner, webhook)
        message = Message(f"msg_ping_{token_hex(12)}", PING, body, owner.tenant)
        made = deliveries.make_delivery(connection, webhook, message)
        assert made is not None
        return deliveries.view_delivery(connection, made)


def _check_active(connection: Records, owner: Owner, webhook: int) -> None:
    if not known(view_webhook(connection, owner, sane(webhook)), webhook).active:
        raise Conflict("The webhook is switched off; set `active` first.")
