"""Rows of webhooks: each belongs to a tenant or to a platform, and is found by its owner only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.webhook import Owner

COLUMNS: Final = """id, url, events, description, active, disabled_reason, failing_since, old_until, created_at,
  updated_at"""
OWNED: Final = "tenant IS NOT DISTINCT FROM %(tenant)s AND platform IS NOT DISTINCT FROM %(platform)s"

COUNT = f"SELECT count(*) AS webhooks FROM public.webhooks WHERE {OWNED}"

CREATE = f"""
INSERT INTO public.webhooks (tenant, platform, url, receiver, events, description, active, secret)
VALUES (%(tenant)s, %(platform)s, %(url)s, %(receiver)s, %(events)s, %(description)s, %(active)s, %(secret)s)
RETURNING {COLUMNS}
"""

# From now on: what was numbered before it was asked for is not sent.
BEGIN = """
INSERT INTO public.event_heads AS h (tenant, number, hooked)
SELECT tenant, 0, 0 FROM (
  SELECT %(tenant)s::int AS tenant WHERE %(tenant)s::int IS NOT NULL
  UNION SELECT tenant FROM public.platform_tenants WHERE platform = %(platform)s
) AS theirs ORDER BY tenant
ON CONFLICT (tenant) DO UPDATE SET hooked = coalesce(h.hooked, h.number)
"""

ALL = f"SELECT {COLUMNS} FROM public.webhooks WHERE {OWNED} ORDER BY id"
ONE = f"SELECT {COLUMNS} FROM public.webhooks WHERE {OWNED} AND id = %(webhook)s"
DELETE = f"DELETE FROM public.webhooks WHERE {OWNED} AND id = %(webhook)s RETURNING id"

# Who switches it on begins anew, whatever went wrong before.
CHANGE = f"""
UPDATE public.webhooks
SET url = coalesce(%(url)s, url), receiver = coalesce(%(receiver)s, receiver), events = coalesce(%(events)s, events),
  description = coalesce(%(description)s, description), active = coalesce(%(active)s, active),
  disabled_reason = CASE WHEN %(active)s THEN NULL ELSE disabled_reason END,
  failures = CASE WHEN %(active)s THEN 0 ELSE failures END,
  failing_since = CASE WHEN %(active)s THEN NULL ELSE failing_since END,
  rests_until = CASE WHEN %(active)s THEN NULL ELSE rests_until END, updated_at = clock_timestamp()
WHERE {OWNED} AND id = %(webhook)s RETURNING {COLUMNS}
"""

# Held until the commit, so that of two who ask for a new secret the later one knows the earlier one's.
GOOD = f"""
SELECT secret, CASE WHEN old_until > clock_timestamp() THEN old_secret END AS old_secret
FROM public.webhooks WHERE {OWNED} AND id = %(webhook)s FOR UPDATE
"""

ROTATE = f"""
UPDATE public.webhooks SET old_secret = %(old_secret)s, secret = %(secret)s, updated_at = clock_timestamp(),
  old_until = clock_timestamp() + %(good_s)s::float8 * interval '1 second'
WHERE {OWNED} AND id = %(webhook)s RETURNING {COLUMNS}
"""


@dataclass(frozen=True, slots=True)
class WebhookView:
    """A webhook without its secret. `old_until` is how long the secret before this one still signs."""

    id: int
    url: str
    events: Sequence[str]
    description: str
    active: bool
    disabled_reason: str | None
    failing_since: datetime | None
    old_until: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """What is to be otherwise; None stays."""

    url: str | None = None
    receiver: str | None = None
    events: Sequence[str] | None = None
    description: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class NewWebhook:
    url: str
    receiver: str
    events: Sequence[str]
    description: str
    active: bool
    secret: str = field(repr=False)  # sealed


def count_webhooks(connection: Connection[DictRow], owner: Owner) -> int:
    row = connection.execute(COUNT, _of(owner)).fetchone()
    return row["webhooks"] if row else 0


def create_webhook(connection: Connection[DictRow], owner: Owner, new: NewWebhook) -> WebhookView:
    params = {name: getattr(new, name) for name in NewWebhook.__slots__} | {"events": list(new.events)}
    row = connection.execute(CREATE, {**_of(owner), **params}).fetchone()
    assert row is not None
    connection.execute(BEGIN, _of(owner))
    return WebhookView(**row)


def view_webhooks(connection: Connection[DictRow], owner: Owner) -> Sequence[WebhookView]:
    return [WebhookView(**row) for row in connection.execute(ALL, _of(owner))]


def view_webhook(connection: Connection[DictRow], owner: Owner, webhook: int) -> WebhookView | None:
    return _view(connection, ONE, owner, webhook=webhook)


def change_webhook(
    connection: Connection[DictRow], owner: Owner, webhook: int, change: WebhookChange
) -> WebhookView | None:
    params = {name: getattr(change, name) for name in WebhookChange.__slots__}
    events = list(change.events) if change.events is not None else None
    return _view(connection, CHANGE, owner, webhook=webhook, **params | {"events": events})


def good_secrets(connection: Connection[DictRow], owner: Owner, webhook: int) -> Sequence[str]:
    """Return what the webhook is signed by now, sealed, newest first, and let nobody change it meanwhile."""
    row = connection.execute(GOOD, {**_of(owner), "webhook": webhook}).fetchone()
    return [each for each in (row["secret"], row["old_secret"]) if each] if row else []


def rotate_secret(
    connection: Connection[DictRow], owner: Owner, webhook: int, *, secret: str, old_secret: str | None, good_s: float
) -> WebhookView | None:
    """Sign with this sealed secret from now on, and for `good_s` with the old one too."""
    return _view(connection, ROTATE, owner, webhook=webhook, secret=secret, old_secret=old_secret, good_s=good_s)


def delete_webhook(connection: Connection[DictRow], owner: Owner, webhook: int) -> bool:
    """Delete it with its deliveries; return whether it was there."""
    return connection.execute(DELETE, {**_of(owner), "webhook": webhook}).fetchone() is not None


def _view(connection: Connection[DictRow], text: Any, owner: Owner, **params: Any) -> WebhookView | None:
    row = connection.execute(text, {**_of(owner), **params}).fetchone()
    return WebhookView(**row) if row else None


def _of(owner: Owner) -> dict[str, Any]:
    return {"tenant": owner.tenant, "platform": owner.platform}
