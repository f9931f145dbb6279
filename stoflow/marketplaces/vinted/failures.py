"""What an unhappy answer of the plugin means for the task."""

from collections.abc import Mapping

from stoflow.domain.call import Answer
from stoflow.domain.outcome import Broken, FieldError, Outcome, Refused, SellerMustAct, TryAgain, Unknown

SELLER_MUST_ACT: Mapping[str, str] = {
    "datadome": "Vinted asks the seller to prove that a person is there.",
    "session_lost": "The seller must log in to Vinted again.",
    "http_401": "The seller must log in to Vinted again.",
    "http_403": "Vinted refuses this seller's session for now.",
}
REFUSED = frozenset({"validation_error", "http_400", "http_404", "http_409", "http_413", "http_422"})
NOT_FOUND = "http_404"
TOO_MANY_REQUESTS = "http_429"
NO_ANSWER = "no_answer"
PAUSE_S = 60.0  # Vinted names no time; one request a second was too many
FIELDS: Mapping[str, str] = {
    "brand": "brand",
    "brand_id": "brand",
    "catalog_id": "category",
    "category": "category",
    "color": "colors",
    "color_ids": "colors",
    "condition": "condition",
    "description": "description",
    "photos": "images",
    "assigned_photos": "images",
    "price": "price",
    "size": "size",
    "status": "condition",
    "title": "title",
}


def outcome_of(answer: Answer, *, unsafe: bool) -> Outcome:
    """Return what an answer without success means; one that says nothing of the act leaves an unsafe one unknown."""
    code, reason = answer.error_code, answer.error_message or f"Vinted answered {answer.error_code or 'nothing'}."
    if code == TOO_MANY_REQUESTS:
        return TryAgain("Vinted asks us to slow down.", after_s=PAUSE_S, charged=False)
    if code in SELLER_MUST_ACT:
        return SellerMustAct(SELLER_MUST_ACT[code])
    if code in REFUSED:
        return Refused(reason, field_errors(answer))
    if code == NO_ANSWER or code.startswith("http_5"):
        return Unknown(f"{reason} It may have been done.") if unsafe else TryAgain(reason)
    if answer.retryable:
        return TryAgain(reason)
    return Broken(reason)


def field_errors(answer: Answer) -> tuple[FieldError, ...]:
    """Return the fields Vinted refused: the plugin words them "field: text; field: text"."""
    pairs = (part.partition(":") for part in answer.error_message.split(";"))
    return tuple(
        FieldError(FIELDS.get(field.strip(), field.strip()), text.strip())
        for field, colon, text in pairs
        if colon and text.strip()
    )
