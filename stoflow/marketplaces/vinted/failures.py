"""What an unhappy answer of the plugin means for the task."""

import re
from collections.abc import Mapping
from typing import Any, cast

from stoflow.domain.call import Answer
from stoflow.domain.outcome import Broken, Done, FieldError, Lock, Outcome, Refused, SellerMustAct, TryAgain
from stoflow.marketplaces.replies import (
    LOCKED,
    SHORTEST_PAUSE_S,
    TOO_MANY_REQUESTS,
    Meaning,
    bounded_s,
    meaning_of,
    nobody_knows,
)

LOG_IN = "The seller must log in to Vinted again."
DATADOME = "datadome"
SELLER_MUST_ACT: Mapping[str, str] = {
    DATADOME: "Vinted asks the seller to prove that a person is there.",
    "session_lost": LOG_IN,
    "http_401": LOG_IN,
    "http_403": "Vinted refuses this seller's session for now.",
}
UNREACHABLE, INTERRUPTED, NOT_JSON = "unreachable", "unknown", "not_json"
NOT_AWAY = frozenset({INTERRUPTED, NOT_JSON})
"""Where nobody knows what was done, though Vinted answers: such a try is charged, so that it ends."""
BY_CODE: Mapping[str, Meaning] = {
    **dict.fromkeys(SELLER_MUST_ACT, Meaning.SELLER_MUST_ACT),
    "photo_missing": Meaning.REFUSED,
    UNREACHABLE: Meaning.TRY_AGAIN,
    "deadline": Meaning.TRY_AGAIN,
    "no_answer": Meaning.UNKNOWN,
    INTERRUPTED: Meaning.UNKNOWN,
    NOT_JSON: Meaning.UNKNOWN,
    "bad_payload": Meaning.BROKEN,
}
"""The plugin's own codes; `http_` and a number is Vinted's status."""
NOT_KNOWN = frozenset({"unknown_action", "unknown_command"})
OLD_PLUGIN = (
    "The seller's plugin is older than StoFlow and does not know what it is asked; nothing was done. Waiting until the"
    " seller has updated the plugin: {reason}"
)
OLD_PLUGIN_S = 60.0
"""A plugin that an older one was replaced by is asked within so long."""
HTTP = "http_"
STATUS_CODE = re.compile(r"http_[1-5][0-9][0-9]")
NOT_FOUND = "http_404"
PROTECTION_WORDS = ("captcha-delivery", "__cf_chl")
"""DataDome's address and Cloudflare's: whatever the status, a person must answer, and nothing else may."""
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


def outcome_of(answer: Answer, *, unsafe: bool) -> Outcome:  # noqa: PLR0911  one return per outcome
    """Return what any answer means; one that says nothing of the act leaves an unsafe one unknown."""
    code = _code(answer)
    reason = answer.error_message or f"The plugin answered {code or 'without a reason'}."
    if code in NOT_KNOWN and not answer.success:
        return TryAgain(OLD_PLUGIN.format(reason=reason), after_s=OLD_PLUGIN_S, charged=False)
    match _meaning(answer, code):
        case Meaning.DONE:
            return Done()
        case Meaning.TRY_AGAIN if code == f"{HTTP}{TOO_MANY_REQUESTS}":
            return TryAgain("Vinted asks us to slow down.", after_s=_pause_s(answer), charged=False)
        case Meaning.TRY_AGAIN:
            return TryAgain(reason, away=code == UNREACHABLE)
        case Meaning.SELLER_MUST_ACT:
            lock = Lock() if code == f"{HTTP}{LOCKED}" else None
            return SellerMustAct(SELLER_MUST_ACT.get(code, reason), person=code == DATADOME, lock=lock)
        case Meaning.REFUSED:
            return _refused(answer, reason)
        case Meaning.UNKNOWN:
            return nobody_knows(reason, unsafe=unsafe, away=code not in NOT_AWAY)
        case Meaning.BROKEN:
            return Broken(reason)


def outcome_of_upload(answer: Answer) -> Outcome:
    """As above; a photo answered with a page instead of JSON was blocked, however good the status: it is refused."""
    if not answer.success and _code(answer) == NOT_JSON:
        reason = "Vinted did not take the photo."
        return Refused(reason, (FieldError("images", reason),))
    return outcome_of(answer, unsafe=False)


def body_of(answer: Answer) -> Mapping[str, Any]:
    """Return the JSON that Vinted answered: the plugin hands it on as `body`, beside the status."""
    body = answer.data.get("body", answer.data)
    return cast("Mapping[str, Any]", body) if isinstance(body, Mapping) else {}


def _code(answer: Answer) -> str:
    """Return the plugin's code, or the one its answer shows: a captcha by its address, a page by its bad status."""
    status = answer.data.get("status")
    if any(word in str(answer.data.get("body")) for word in PROTECTION_WORDS):
        return DATADOME
    is_page = answer.error_code == NOT_JSON and isinstance(status, int) and meaning_of(status) is not Meaning.DONE
    return f"{HTTP}{status}" if is_page else answer.error_code


def _meaning(answer: Answer, code: str) -> Meaning:
    if answer.success:
        return Meaning.DONE
    if code in BY_CODE:
        return BY_CODE[code]
    if STATUS_CODE.fullmatch(code):
        by_status = meaning_of(int(code.removeprefix(HTTP)))
        return Meaning.UNKNOWN if by_status is Meaning.DONE else by_status
    return Meaning.TRY_AGAIN if answer.retryable else Meaning.BROKEN


def _pause_s(answer: Answer) -> float:
    asked = answer.data.get("retry_after_s")
    told_s = bounded_s(asked) if isinstance(asked, int | float) else None
    return PAUSE_S if told_s is None else max(SHORTEST_PAUSE_S, told_s)


def _refused(answer: Answer, reason: str) -> Refused:
    found = body_of(answer).get("errors")
    named = cast("list[Any]", found) if isinstance(found, list) else []
    found_in = (cast("Mapping[str, Any]", error) for error in named if isinstance(error, Mapping))
    errors = tuple(_field_error(error, answer.error_code) for error in found_in)
    return Refused(errors[0].message if errors else reason, errors)


def _field_error(error: Mapping[str, Any], code: str) -> FieldError:
    name = str(error.get("field", ""))
    return FieldError(FIELDS.get(name, name or "vinted"), str(error.get("value") or "Vinted gave no reason."), code)
