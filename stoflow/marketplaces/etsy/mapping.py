"""A product in Etsy's words: the draft, its inventory, and the description buyers read."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import FieldError, Refused
from stoflow.domain.product import Product
from stoflow.marketplaces import checks
from stoflow.marketplaces.etsy.labels import PACKAGE, categories, declared, era_fault, era_of
from stoflow.marketplaces.vocabulary.categories import Category
from stoflow.marketplaces.vocabulary.colours import colors_of
from stoflow.marketplaces.vocabulary.conditions import grade_of
from stoflow.marketplaces.vocabulary.kinds import kind_label
from stoflow.marketplaces.vocabulary.leaves import leaf_of
from stoflow.marketplaces.vocabulary.wording import keep_signs, one_line, plain, shorten, tidy

TITLE_CHARACTERS = 140
TAGS = 13
TAG_CHARACTERS = 20
MATERIALS = 13
MATERIAL_CHARACTERS = 45
DESCRIPTION_CHARACTERS = 50_000
MARKS = frozenset("™©®")
ONLY_AT_CREATION = frozenset({"quantity", "price", "readiness_state_id"})
"""Fields of a draft that an update does not take; the inventory carries them."""
ONCE_EACH = frozenset("%:&+")
"""Signs a title may hold once at most."""
PRODUCT_NUMBER = "[1-9][0-9]{0,8}"  # what a database's whole number holds: a seller may write any SKU


def sku_of(attempt: Attempt) -> str:
    """Return the SKU of the listing's only product: the one it has there already, else one of our own."""
    return attempt.listing_sku or checks.sku_of(attempt)


def product_in(sku: str, tenant: TenantId) -> int | None:
    """Return the product that `sku_of` gave this SKU for this tenant; None for any other SKU."""
    own = re.fullmatch(rf"sf{tenant}p({PRODUCT_NUMBER})", sku)
    return int(own[1]) if own else None


def content_of(attempt: Attempt) -> Mapping[str, Any]:
    """Return what StoFlow says: `sku`, `draft` (the form without description), `inventory`, and `description`."""
    price = checks.settled_price(checks.currency_of(attempt), attempt)
    return {
        "sku": sku_of(attempt),
        "draft": draft_form(attempt, price),
        "inventory": inventory(attempt, price),
        "description": description_for(checks.product_of(attempt)),
    }


def draft_form(attempt: Attempt, price: Decimal) -> Mapping[str, str]:
    """Return the form of createDraftListing, without its description."""
    product, settings = checks.product_of(attempt), attempt.account.settings
    category = checks.category_of(attempt)
    form = {
        "quantity": str(product.quantity),
        "title": title_for(product),
        "price": str(price),
        "who_made": declared(attempt, "who_made"),
        "when_made": era_of(declared(attempt, "when_made"), attempt.today),
        "taxonomy_id": taxonomy_id_of(category, product),
        "shipping_profile_id": str(settings["shipping_profile_id"]),
        "readiness_state_id": str(settings["readiness_state_id"]),
        "is_supply": "false",
        "type": "physical",
        "tags": ",".join(tags_for(product, category)),
        "materials": ",".join(materials_for(product)),
    }
    if settings.get("return_policy_id"):
        form["return_policy_id"] = str(settings["return_policy_id"])
    return {name: value for name, value in form.items() if value}


def update_form(draft: Mapping[str, str], description: str) -> Mapping[str, str]:
    """Return the form of updateListing that says the same as the draft's and has its real description."""
    kept = {name: value for name, value in draft.items() if name not in ONLY_AT_CREATION}
    return {**kept, "description": description}


def in_todays_labels(form: Mapping[str, str], attempt: Attempt) -> Mapping[str, str] | Refused:
    """Return a form that was mapped before with today's label of when_made: a new year may lie between the two."""
    said = form.get("when_made", "")
    label = era_of(said, attempt.today)
    if label or not said:
        return {**form, "when_made": label} if label else form
    return Refused("The product is not ready for Etsy.", (FieldError("when_made", era_fault(said, attempt.today)),))


def inventory(attempt: Attempt, price: Decimal) -> Mapping[str, Any]:
    """Return the body of updateListingInventory: one product, one offering."""
    offering = {
        "price": float(price),
        "quantity": checks.product_of(attempt).quantity,
        "is_enabled": True,
        "readiness_state_id": int(attempt.account.settings["readiness_state_id"]),
    }
    return {
        "products": [{"sku": sku_of(attempt), "property_values": [], "offerings": [offering]}],
        "price_on_property": [],
        "quantity_on_property": [],
        "sku_on_property": [],
    }


def taxonomy_id_of(category: Category, product: Product) -> str:
    """Return the node of the taxonomy to list under: the finer one that the seller's words name, where they do."""
    return leaf_of(PACKAGE, category, product) or categories()[category.name]


def title_for(product: Product) -> str:
    """Return the title in signs Etsy allows: letters, digits, punctuation, maths, ™ © ®; each of % : & + once."""
    allowed = keep_signs(product.title, _in_title)
    kept = list[str]()
    for sign in allowed:
        kept.append(" " if sign in ONCE_EACH and sign in kept else sign)
    return shorten(one_line("".join(kept)), TITLE_CHARACTERS)


def description_for(product: Product) -> str:
    """Return the seller's words, and below them what Etsy has no field of its own for."""
    grade = grade_of(product.condition)
    facts = {
        "Brand": one_line(product.brand),
        "Size": one_line(product.size),
        "Colour": ", ".join(colors_of(product)),
        "Material": ", ".join(product.materials),
        "Condition": str(grade) if grade else "",
    }
    lines = "\n".join(f"{name}: {value}" for name, value in facts.items() if value)
    words = tidy(product.description) or one_line(product.title)
    return shorten(f"{words}\n\n{lines}".strip(), DESCRIPTION_CHARACTERS)


def tags_for(product: Product, category: Category) -> tuple[str, ...]:
    """Return what buyers may search by, in signs and length that Etsy allows."""
    label = kind_label(category.kind, "en").lower()
    candidates = (
        label,
        f"{category.audience} {label}",
        product.brand,
        *colors_of(product),
        *product.materials,
        product.season,
    )
    cleaned = (keep_signs(candidate, _in_tag).lower() for candidate in candidates)
    return tuple(dict.fromkeys(tag for tag in cleaned if tag and len(tag) <= TAG_CHARACTERS))[:TAGS]


def materials_for(product: Product) -> tuple[str, ...]:
    """Return what it is made of, in signs and length that Etsy allows."""
    cleaned = (keep_signs(material, _in_material) for material in product.materials)
    return tuple(dict.fromkeys(shorten(name, MATERIAL_CHARACTERS) for name in cleaned if plain(name)))[:MATERIALS]


def _in_title(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return kind[0] in "LP" or kind in {"Nd", "Sm", "Zs"} or sign in MARKS


def _in_tag(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return kind[0] == "L" or kind in {"Nd", "Zs"} or sign in MARKS or sign in "-'"


def _in_material(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return kind[0] == "L" or kind in {"Nd", "Zs"}
