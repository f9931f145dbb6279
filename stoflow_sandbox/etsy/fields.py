"""Reads the form fields of an Etsy listing, and refuses what Etsy refuses."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from stoflow_sandbox.etsy.errors import invalid, refusal
from stoflow_sandbox.etsy.shop import BELONGINGS, Shop

TITLE_LENGTH = 140
TAGS_AT_MOST = 13
TAG_LENGTH = 20
ONCE_IN_TITLE = "%:&+"
PRICE_AT_LEAST = 0.20
PRICE_AT_MOST = 50_000.0
QUANTITY_AT_MOST = 999
WHO_MADE = frozenset({"i_did", "someone_else", "collective"})
# These labels move every January; the sandbox speaks those of the contract of September 2026.
WHEN_MADE = frozenset(
    {
        "made_to_order",
        "2020_2026",
        "2010_2019",
        "2007_2009",
        "before_2007",
        "2000_2006",
        *(f"{year}s" for year in range(1900, 2000, 10)),
        "1800s",
        "1700s",
        "before_1700",
    }
)
REQUIRED = ("quantity", "title", "description", "price", "who_made", "when_made", "taxonomy_id")
TITLE_FORBIDDEN = re.compile(r"[^\w\s!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u205e\u20a0-\u20bf\u2100-\u22ff]")
TAG_FORBIDDEN = re.compile(r"[^\w\s'\u2122\u00a9\u00ae-]")
WHOLE = re.compile(r"\d{1,12}")
NUMBER = re.compile(r"\d{1,9}(\.\d+)?")


def new_listing_fields(form: Mapping[str, str], shop: Shop) -> dict[str, Any]:
    """Return the fields of createDraftListing."""
    missing = [name for name in REQUIRED if name not in form]
    if missing:
        raise refusal(400, f"Missing required parameter: {', '.join(missing)}")
    fields = changed_fields(form, shop)
    if form.get("type", "physical") == "physical" and "shipping_profile_id" not in fields:
        raise refusal(400, "A shipping_profile_id is required for physical listings.")
    return fields


def changed_fields(form: Mapping[str, str], shop: Shop) -> dict[str, Any]:
    """Return the fields a form sets, checked one by one."""
    fields: dict[str, Any] = {}
    for name, read in READERS.items():
        if name in form:
            fields[name] = read(form[name])
    for name in ("tags", "materials"):
        text = form.get(name, form.get(f"{name}[]"))
        if text is not None:
            fields[name] = _words(name, text)
    _check_belongings(fields, shop)
    return fields


def _title(text: str) -> str:
    if not text.strip():
        raise invalid("/title", "too_short", "must not be empty")
    if len(text) > TITLE_LENGTH:
        raise invalid("/title", "too_long", f"must be at most {TITLE_LENGTH} characters")
    found = TITLE_FORBIDDEN.search(text)
    if found:
        raise invalid(f"/title/{found.start()}", "invalid_characters", "contains invalid characters")
    for sign in ONCE_IN_TITLE:
        if text.count(sign) > 1:
            raise invalid("/title", "invalid_characters", f"can only contain {sign} once")
    return text


def _description(text: str) -> str:
    if not text.strip():
        raise invalid("/description", "too_short", "must not be empty")
    return text


def _words(name: str, text: str) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if len(words) > TAGS_AT_MOST:
        raise invalid(f"/{name}", "too_many", f"can have at most {TAGS_AT_MOST} values")
    for index, word in enumerate(words):
        if name == "tags" and len(word) > TAG_LENGTH:
            raise invalid(f"/{name}/{index}", "too_long", f"must be at most {TAG_LENGTH} characters")
        if TAG_FORBIDDEN.search(word):
            raise invalid(f"/{name}/{index}", "invalid_characters", "contains invalid characters")
    return words


def _price(text: str) -> float:
    if not NUMBER.fullmatch(text):
        raise refusal(400, f"Expected float value for 'price' (got '{text}')")
    if not PRICE_AT_LEAST <= float(text) <= PRICE_AT_MOST:
        raise refusal(400, f"Price must be between {PRICE_AT_LEAST:.2f} and {PRICE_AT_MOST:.2f}.")
    return float(text)


def _quantity(text: str) -> int:
    quantity = _whole("quantity")(text)
    if not 1 <= quantity <= QUANTITY_AT_MOST:
        raise refusal(400, f"The quantity must be between 1 and {QUANTITY_AT_MOST}.")
    return quantity


def _whole(name: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not WHOLE.fullmatch(text):
            raise refusal(400, f"Expected int value for '{name}' (got '{text}')")
        return int(text)

    return read


def _one_of(name: str, allowed: frozenset[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise refusal(400, f"Invalid enum value for '{name}' (got '{text}')")
        return text

    return read


def _flag(text: str) -> bool:
    return text.lower() in {"true", "1"}


READERS: Mapping[str, Callable[[str], Any]] = {
    "title": _title,
    "description": _description,
    "price": _price,
    "quantity": _quantity,
    "who_made": _one_of("who_made", WHO_MADE),
    "when_made": _one_of("when_made", WHEN_MADE),
    "taxonomy_id": _whole("taxonomy_id"),
    "shipping_profile_id": _whole("shipping_profile_id"),
    "return_policy_id": _whole("return_policy_id"),
    "readiness_state_id": _whole("readiness_state_id"),
    "is_supply": _flag,
    "should_auto_renew": _flag,
}


def _check_belongings(fields: Mapping[str, Any], shop: Shop) -> None:
    for name in BELONGINGS:
        if name in fields and fields[name] not in shop.all_of(name):
            raise refusal(400, f"Invalid {name}: it does not belong to this shop.")
