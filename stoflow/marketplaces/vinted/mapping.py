"""A product in Vinted's words: the body of a draft."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.product import Product
from stoflow.marketplaces import checks
from stoflow.marketplaces.vinted.tables import PACKAGE, brand_id, categories, colors, size_id, statuses
from stoflow.marketplaces.vocabulary.audiences import is_unisex
from stoflow.marketplaces.vocabulary.categories import Category
from stoflow.marketplaces.vocabulary.colours import colors_of
from stoflow.marketplaces.vocabulary.conditions import grade_of
from stoflow.marketplaces.vocabulary.leaves import leaf_of
from stoflow.marketplaces.vocabulary.sizes import size_of
from stoflow.marketplaces.vocabulary.wording import one_line, plain, shorten, tidy

TITLE_CHARACTERS = 100
SHORTEST_DESCRIPTION_CHARACTERS = 5
DESCRIPTION_CHARACTERS = 2_000
COLORS = 2
UPLOADS = uuid.UUID("5f0f2c52-8f52-4f0e-9f0b-6a3c5e1b7d10")
"""The namespace of our upload sessions: one session per job, the same in every process that continues it."""


def upload_session(attempt: Attempt) -> str:
    """Return the uuid that all photos of the job share."""
    return str(uuid.uuid5(UPLOADS, f"{attempt.tenant}/{attempt.job}"))


def draft_fields(attempt: Attempt) -> Mapping[str, Any]:
    """Return the draft's fields, without its id, its photos and its marker."""
    product, category = checks.product_of(attempt), checks.category_of(attempt)
    row = categories()[category.name]
    size = size_id(size_of(product.size), category)
    return {
        "currency": checks.currency_of(attempt),
        "temp_uuid": upload_session(attempt),
        "title": title_for(product),
        "description": description_for(product),
        "brand_id": brand_id(product.brand),
        "brand": one_line(product.brand) or None,
        "catalog_id": catalog_id_of(category, product),
        "isbn": None,
        "is_unisex": is_unisex(product),
        "ai_photo": False,
        "price": float(checks.settled_price(checks.currency_of(attempt), attempt)),
        "package_size_id": int(attempt.account.settings.get("package_size_id") or row["package_size_id"]),
        "shipment_prices": {"domestic": None, "international": None},
        "color_ids": list(dict.fromkeys(colors()[name] for name in colors_of(product)))[:COLORS],
        "measurement_length": None,
        "measurement_width": None,
        "item_attributes": _attributes(product, size),
        "manufacturer": None,
        "manufacturer_labelling": None,
    }


def _attributes(product: Product, size: int | None) -> list[Mapping[str, Any]]:
    grade = grade_of(product.condition)
    found = {"size": size, "condition": statuses()[grade] if grade else None}
    return [{"code": code, "ids": [number]} for code, number in found.items() if number is not None]


def title_for(product: Product) -> str:
    """Return the title, as long as Vinted takes it."""
    return shorten(one_line(product.title), TITLE_CHARACTERS)


def catalog_id_of(category: Category, product: Product) -> int:
    """Return where it is listed: the finer place that the seller's words name, where they do."""
    return int(category.vinted_id or leaf_of(PACKAGE, category, product) or categories()[category.name]["catalog_id"])


def description_for(product: Product) -> str:
    """Return the seller's words, with the size as the seller says it where they do not."""
    words = tidy(product.description)
    if len(words) < SHORTEST_DESCRIPTION_CHARACTERS:
        words = f"{one_line(product.title)}\n\n{words}".strip()
    size = one_line(product.size)
    said = not size or plain(size) in plain(f"{product.title} {words}")
    return shorten(words if said else f"{words}\n\n{size}", DESCRIPTION_CHARACTERS)


def creation(attempt: Attempt, fields: Mapping[str, Any], photos: Sequence[int]) -> Mapping[str, Any]:
    """Return the payload of `vinted.draft.create`: the description is the attempt's marker."""
    assigned = [{"id": photo, "orientation": 0} for photo in photos]
    draft = {**fields, "id": None, "description": attempt.marker, "assigned_photos": assigned}
    return {"draft": draft, "parcel": None, "upload_session_id": fields["temp_uuid"]}


def completion(draft_id: str, fields: Mapping[str, Any], photos: Sequence[int]) -> Mapping[str, Any]:
    """Return the payload of `vinted.draft.complete`: the whole body again, with the real description."""
    assigned = [{"id": photo, "orientation": 0} for photo in photos]
    draft = {**fields, "id": int(draft_id) if draft_id.isdigit() else draft_id, "photos": assigned}
    session = fields["temp_uuid"]
    return {"id": draft_id, "draft": draft, "push_up": False, "parcel": None, "upload_session_id": session}
