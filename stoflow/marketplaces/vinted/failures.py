"""What an unhappy answer of the plugin means for the task."""

from collections.abc import Mapping
from typing import Any, cast

from stoflow.domain.call import Answer
from stoflow.domain.outcome import Broken, FieldError, Outcome, Refused, SellerMustAct, TryAgain, Unknown

SELLER_MUST_ACT: Mapping[str, str] = {
    "datadome": "Vinted asks the seller to prove that a person is there.",
    "session_lost": "The seller must log in to Vinted again.",
    "http_401": "The seller must log in to Vinted again.",
    "http_403": "Vinted refuses this seller's session for now.",
}
REFUSED = frozenset({"http_400", "http_404", "http_409", "http_413", "http_422", "photo_missing"})
NOT_DONE = frozenset({"unreachable", "deadline"})
NOBODY_KNOWS = frozenset({"no_answer", "unknown", "not_json"})
SERVER_ERROR = "http_5"
NOT_FOUND = "http_404"
TOO_MANY_REQUESTS = "http_429"
PAUSE_S = 60.0  # Vinted names no time of its own; one request a second was too many
FIELDS: Mapping[str, str] = {
    "brand": "brand",
    "brand_id": "brand",
    "catalog_id": "category",
    "category": "category",
    "color": "colors",
    "color_ids": "colors",
    "condition": "condition",
    "currency": "currency",
    "description": "description",
    "file": "images",
    "photos": "images",
    "price": "price",
    "size": "size",
    "status": "condition",
    "title": "title",
}


def outcome_of(answer: Answer, *, unsafe: bool) -> Outcome:
    """Return what an answer without success means; one that says nothing of the act leaves an unsafe one unknown."""
    code = answer.error_code
    reason = answer.error_message or f"The plugin answered {code or 'without a reason'}."
    if code == TOO_MANY_REQUESTS:
        return TryAgain("Vinted asks us to slow down.", after_s=_pause_s(answer), charged=False)
    if code in SELLER_MUST_ACT:
        return SellerMustAct(SELLER_MUST_ACT[code])
    if code in REFUSED:
        return _refused(answer, reason)
    if code in NOBODY_KNOWS or code.startswith(SERVER_ERROR):
        return Unknown(f"{reason} It may have been done.") if unsafe else TryAgain(reason)
    if code in NOT_DONE or answer.retryable:
        return TryAgain(reason)
    return Broken(reason)


def body_of(answer: Answer) -> Mapping[str, Any]:
    """Return the JSON that Vinted answered: the plugin hands it on as `body`, beside the status."""
    body = answer.data.get("body", answer.data)
    return cast("Mapping[str, Any]", body) if isinstance(body, Mapping) else {}


def _pause_s(answer: Answer) -> float:
    asked = answer.data.get("retry_after_s")
    return float(asked) if isinstance(asked, int | float) and asked >= 0 else PAUSE_S


def _refused(answer: Answer, reason: str) -> Refused:
    found = cast("list[Any]", body_of(answer).get("errors") or [])
    errors = tuple(_field_error(cast("Mapping[str, Any]", error)) for error in found if isinstance(error, Mapping))
    return Refused(errors[0].message if errors else reason, errors)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    name = str(error.get("field", ""))
    return FieldError(FIELDS.get(name, name or "vinted"), str(error.get("value", "")))
