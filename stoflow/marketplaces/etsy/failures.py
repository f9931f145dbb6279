"""What an unhappy Etsy reply means for the task; Etsy words its errors in three shapes."""

from collections.abc import Mapping
from typing import Any, cast

from stoflow.domain.application import Refusal
from stoflow.domain.call import Reply, Request
from stoflow.domain.outcome import FieldError, Outcome
from stoflow.marketplaces.call_limits import CallsLeft
from stoflow.marketplaces.replies import Dialect

FIELDS_BY_PARAMETER: Mapping[str, str] = {
    "title": "title",
    "description": "description",
    "price": "price",
    "quantity": "quantity",
    "taxonomy_id": "category",
    "who_made": "who_made",
    "when_made": "when_made",
    "tags": "tags",
    "materials": "materials",
    "image": "images",
    "shipping_profile_id": "account.shipping_profile_id",
    "return_policy_id": "account.return_policy_id",
    "readiness_state_id": "account.readiness_state_id",
}
NO_REASON = "Etsy gave no reason."
SECOND_S = 1.0
DAY_S = 86_400.0
"""Etsy's two windows: waited for in full where a 429 names no time of its own."""
LEFT_TODAY, LIMIT_TODAY = "x-remaining-today", "x-limit-per-day"
LEFT_THIS_SECOND = ("x-remaining-this-second", "x-remaining-this-secon")
"""Etsy's documentation has shown the second one too."""
DAILY = "daily rate limit"
CONFLICT = 409
OF_THE_APPLICATION = ("x-api-key", "api key", "api_key", "shared secret", "shared_secret", "keystring", "client_id")
PASSING = ("inconsistent order", "edited by another process", "try again later", "temporarily unavailable")
"""What Etsy answers with a 400 as well while it is at the same listing itself (open-api issue 427)."""


def field_errors(reply: Reply) -> tuple[FieldError, ...]:
    """Return the reasons in a reply: a list of {path, message}, or one {error, error_description}."""
    if isinstance(reply.body, list):
        found = cast("list[Any]", reply.body)
        return tuple(_of_path(cast("Mapping[str, Any]", each)) for each in found if isinstance(each, Mapping))
    text = _text(reply)
    return (FieldError(_field_in(text), text),) if text else ()


def window_s(reply: Reply) -> float:
    """Return how long the window is that a 429 says is used up: the second's is checked first."""
    is_daily = reply.headers.get(LEFT_TODAY, "").strip() == "0" or DAILY in _text(reply).lower()
    return DAY_S if is_daily else SECOND_S


def rest_s(reply: Reply) -> float | None:
    """Return how long the calls of this second are used up. When those of the day come back, only a 429 tells."""
    return SECOND_S if any(reply.headers.get(name, "").strip() == "0" for name in LEFT_THIS_SECOND) else None


def calls_left(reply: Reply) -> tuple[CallsLeft, ...]:
    """Return how many calls StoFlow's application has left of its rolling day; those of a second are over when read."""
    left, most = (_whole(reply.headers.get(name, "")) for name in (LEFT_TODAY, LIMIT_TODAY))
    return () if left is None else (CallsLeft("day", DAY_S, left, most),)


def passes(reply: Reply) -> bool:
    """Say whether a refusal is about this moment: another edit is under way, or Etsy says itself to try again."""
    said = " ".join(error.message for error in field_errors(reply)).lower()
    return reply.status == CONFLICT or any(words in said for words in PASSING)


def is_about_the_application(reply: Reply) -> bool:
    """Say whether a refusal is about StoFlow's own key: no seller can mend it (etsyv3 issue 31)."""
    said = " ".join(error.message for error in field_errors(reply)).lower()
    return any(words in said for words in OF_THE_APPLICATION)


def is_spent(reply: Reply) -> bool:
    """Say whether a 429 is about the day: the second's calls are there again a moment later."""
    return window_s(reply) == DAY_S


ETSY_SAYS = Dialect("Etsy", field_errors, window_s, passes, is_about_the_application, is_spent)


def refusal_of(_: Request, reply: Reply) -> Refusal | None:
    """Return what a reply says of StoFlow's own application."""
    return ETSY_SAYS.refusal(reply)


def outcome_of(reply: Reply, *, unsafe: bool) -> Outcome:
    """Return what any reply means: Etsy has no error ids, so that its statuses decide."""
    return ETSY_SAYS.outcome_of(reply, unsafe=unsafe)


def _whole(text: str) -> int | None:
    return int(text) if text.strip().isascii() and text.strip().isdigit() else None


def _text(reply: Reply) -> str:
    body = cast("Mapping[str, Any]", reply.body) if isinstance(reply.body, Mapping) else {}
    return str(body.get("error_description") or body.get("error") or "")


def _of_path(error: Mapping[str, Any]) -> FieldError:
    parameter = str(error.get("path", "")).strip("/").partition("/")[0]
    message = str(error.get("message") or NO_REASON)
    return FieldError(FIELDS_BY_PARAMETER.get(parameter, parameter or "etsy"), message)


def _field_in(text: str) -> str:
    words = text.replace("'", " ").replace('"', " ").split()
    return next((FIELDS_BY_PARAMETER[word] for word in words if word in FIELDS_BY_PARAMETER), "etsy")
