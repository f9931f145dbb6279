"""Webhooks: what a receiver may ask to be told, how that is signed, and when it is tried again."""

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from stoflow.domain.ids import TenantId

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how every secret begins
SECRET_BYTES: Final = 32
RETRY_AFTER_S: Final = (5.0, 60.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 28_800.0, 30_600.0)  # a day in all
DAY_S: Final = 86_400.0
REST_AT_MOST_S: Final = 300.0


class WebhookEvent(StrEnum):
    """What is told; jobs and batches are told of when they end."""

    JOB_COMPLETED = "job.completed"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    JOB_EXPIRED = "job.expired"
    BATCH_COMPLETED = "batch.completed"
    BATCH_PARTIALLY_FAILED = "batch.partially_failed"
    BATCH_FAILED = "batch.failed"
    BATCH_CANCELLED = "batch.cancelled"
    LISTING_CHANGED = "listing.changed"
    ORDER_RECEIVED = "order.received"
    SELLER_NEEDED = "seller.needed"


PING: Final = "ping"


class DeliveryState(StrEnum):
    """A delivery is tried while it is waiting."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose webhooks: a tenant's, or a platform's."""

    tenant: TenantId | None = None
    platform: str | None = None


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def joined_secrets(secrets: Sequence[str]) -> str:
    """Return several secrets as the one text that is sealed."""
    return " ".join(secrets)


def secrets_in(text: str) -> Sequence[str]:
    return text.split()


def signatures(keys: Sequence[str], message: str, timestamp: int, body: str) -> str:
    """Return the header webhook-signature of Standard Webhooks: one signature for each secret that is good now."""
    signed = f"{message}.{timestamp}.{body}".encode()
    digests = [hmac.digest(base64.b64decode(key.removeprefix(SECRET_PREFIX)), signed, sha256) for key in keys]
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def retry_after_s(attempts: int) -> float | None:
    """Return how long to wait after so many tries, None where that was the last."""
    return RETRY_AFTER_S[attempts - 1] if attempts <= len(RETRY_AFTER_S) else None


def rest_s(failures: int) -> float:
    """Return for how long nothing is sent to a receiver after so many failures in a row."""
    return min(RETRY_AFTER_S[min(failures, len(RETRY_AFTER_S)) - 1], REST_AT_MOST_S)
