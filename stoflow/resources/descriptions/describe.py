"""Having a text written: a credit is reserved, the model is called with no transaction open, and the text is kept."""

import time
from dataclasses import dataclass
from typing import Final, Protocol

from stoflow.domain.described import Description, WrittenText
from stoflow.domain.errors import APIError, Conflict
from stoflow.domain.facts.processes import Stumbled
from stoflow.domain.ids import TenantId
from stoflow.domain.product import Product
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.resources.descriptions.prompt import digest_of, messages_of, text_in
from stoflow.resources.needs import ReadsPhotos
from stoflow.resources.products.editing import find_product
from stoflow.storage.credits import texts
from stoflow.storage.credits.ledger import credits_left
from stoflow.storage.credits.texts import Reservation, UnderWay
from stoflow.transports.direct.text_model import TextModel

LONGER_S: Final = 10.0  # than a call may take: then who made it is dead
LOOK_EVERY_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Writer:
    """The operator's model, and how many photos of a product it is shown."""

    model: TextModel
    photos: int


class Describes(ReadsPhotos, Protocol):
    """… and what writes; None where the operator named nothing."""

    @property
    def writer(self) -> Writer | None: ...


def describe_product(needs: Describes, tenant: TenantId, product: int, language: str) -> Description:
    """Return a text for a product in a language; nothing of the product changes.

    Raise NotFound, Conflict where no model is there to write, NoCredits, and APIError where it does not answer: what
    was taken for a lost answer is taken once, whoever asks the same again.
    """
    writer = needs.writer
    if writer is None:
        raise Conflict("No texts are written here: the operator must set STOFLOW_AI_URL and STOFLOW_AI_MODEL first.")
    found = find_product(needs, tenant, product)
    digest = digest_of(found, model=writer.model.model, language=language, photos=writer.photos)
    held = _reserved(needs, writer, tenant, digest)
    text = held if isinstance(held, WrittenText) else _written(needs, writer, held, found, language)
    return Description(text, isinstance(held, Reservation), credits_left(needs.database, tenant))


def _reserved(needs: Describes, writer: Writer, tenant: TenantId, digest: str) -> WrittenText | Reservation:
    """Return the text, or the right to call for it; while somebody else calls it is waited for."""
    lease_s = writer.model.timeout_s + LONGER_S
    while isinstance(held := texts.reserve(needs.database, tenant, digest, lease_s), UnderWay):
        time.sleep(LOOK_EVERY_S)
    return held


def _written(needs: Describes, writer: Writer, held: Reservation, product: Product, language: str) -> WrittenText:
    failpoint("describe.call.before")
    try:
        messages = messages_of(product, language=language, media=needs.media, photos=writer.photos)
        text = text_in(writer.model.complete(messages))
    except APIError as error:
        record(Stumbled("having a text written", str(error)))
        end = texts.release if error.sent else texts.give_back
        end(needs.database, held)
        raise
    failpoint("describe.call.after")
    texts.settle(needs.database, held, text)
    failpoint("describe.settled.after")
    return text
