"""Webhooks made, changed and deleted by their owners; a secret is told once."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from stoflow.domain.errors import Conflict, InputError, NotFound
from stoflow.domain.outcome import FieldError
from stoflow.domain.page import LARGEST_ID
from stoflow.domain.webhook import Owner, WebhookEvent, joined_secrets, new_secret, secrets_in
from stoflow.resources.needs import Reads
from stoflow.storage.credentials.vault import SecretUnreadable, Vault
from stoflow.storage.webhooks import webhooks
from stoflow.storage.webhooks.webhooks import NewWebhook, WebhookChange, WebhookView
from stoflow.transports.direct.public_addresses import Network
from stoflow.transports.direct.webhooks import BadAddress, receiver_of

MOST_WEBHOOKS: Final = 20
OLD_SECRET_GOOD_S: Final = 86_400.0
MOST_OLD_SECRETS: Final = 3  # each is one more signature in a header


class KeepsWebhooks(Reads, Protocol):
    """… and what seals secrets, and which private networks may be called."""

    @property
    def vault(self) -> Vault: ...

    @property
    def webhook_networks(self) -> Sequence[Network]: ...


@dataclass(frozen=True, slots=True)
class WantedWebhook:
    """What somebody asks for; every event where none is named."""

    url: str
    events: Sequence[WebhookEvent] = ()
    description: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class WebhookWithSecret:
    """A webhook with its new secret, which is not told again."""

    webhook: WebhookView
    secret: str = field(repr=False)


def create_webhook(needs: KeepsWebhooks, owner: Owner, wanted: WantedWebhook) -> WebhookWithSecret:
    """Tell of what happens from now on; raise InputError for an address not to be called, Conflict for too many."""
    secret = new_secret()
    new = NewWebhook(
        url=wanted.url,
        receiver=_receiver(needs, wanted.url),
        events=list(wanted.events or WebhookEvent),
        description=wanted.description,
        active=wanted.active,
        secret=needs.vault.seal_webhook(owner, secret),
    )
    with needs.database.records() as connection:
        if webhooks.count_webhooks(connection, owner) >= MOST_WEBHOOKS:
            raise Conflict(f"There are {MOST_WEBHOOKS} webhooks already; delete one.")
        return WebhookWithSecret(webhooks.create_webhook(connection, owner, new), secret)


def list_webhooks(needs: Reads, owner: Owner) -> Sequence[WebhookView]:
    with needs.database.records() as connection:
        return webhooks.view_webhooks(connection, owner)


def find_webhook(needs: Reads, owner: Owner, webhook: int) -> WebhookView:
    """Return the webhook; raise NotFound."""
    with needs.database.records() as connection:
        return known(webhooks.view_webhook(connection, owner, sane(webhook)), webhook)


def change_webhook(needs: KeepsWebhooks, owner: Owner, webhook: int, change: WebhookChange) -> WebhookView:
    """Change it; raise NotFound, or InputError for an address not to be called. Who sets it active begins anew."""
    if change.url is not None:
        change = replace(change, receiver=_receiver(needs, change.url))
    if change.events is not None:
        change = replace(change, events=list(change.events or WebhookEvent))
    with needs.database.records() as connection:
        return known(webhooks.change_webhook(connection, owner, sane(webhook), change), webhook)


def rotate_secret(needs: KeepsWebhooks, owner: Owner, webhook: int) -> WebhookWithSecret:
    """Sign with a new secret from now on, and for a day with those that were good until now; raise NotFound.

    All of them: who asks again, since the answer was lost, has a receiver that knows only the first.
    """
    secret = new_secret()
    sealed = needs.vault.seal_webhook(owner, secret)
    with needs.database.records() as connection:
        old = _still_signing(needs.vault, owner, webhooks.good_secrets(connection, owner, sane(webhook)))
        found = webhooks.rotate_secret(
            connection, owner, webhook, secret=sealed, old_secret=old, good_s=OLD_SECRET_GOOD_S
        )
        return WebhookWithSecret(known(found, webhook), secret)


def delete_webhook(needs: Reads, owner: Owner, webhook: int) -> None:
    """Delete it with its deliveries; raise NotFound."""
    with needs.database.records() as connection:
        if not webhooks.delete_webhook(connection, owner, sane(webhook)):
            raise not_there(webhook)


def known(found: WebhookView | None, webhook: int) -> WebhookView:
    if found is None:
        raise not_there(webhook)
    return found


def sane(webhook: int) -> int:
    """Return an id that may be one; raise NotFound for what never is."""
    if not 0 < webhook <= LARGEST_ID:
        raise not_there(webhook)
    return webhook


def not_there(webhook: int) -> NotFound:
    return NotFound(f"There is no webhook {webhook}.")


def _still_signing(vault: Vault, owner: Owner, good: Sequence[str]) -> str | None:
    """Return the secrets among these that can be read, sealed as one; what no key opens would stop what is sent."""
    readable: list[str] = []
    for sealed in good:
        with suppress(SecretUnreadable):
            readable += secrets_in(vault.unseal_webhook(owner, sealed))
    return vault.seal_webhook(owner, joined_secrets(readable[:MOST_OLD_SECRETS])) if readable else None


def _receiver(needs: KeepsWebhooks, url: str) -> str:
    try:
        return receiver_of(url, needs.webhook_networks)
    except BadAddress as error:
        raise InputError("The address is not right.", (FieldError("url", str(error)),)) from None
