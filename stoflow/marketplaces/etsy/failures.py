"""What an unhappy Etsy reply means for the task; Etsy words its errors in three shapes."""

from collections.abc import Mapping
from typing import Any, cast

from stoflow.domain.call import Reply
from stoflow.domain.outcome import Broken, FieldError, Outcome, Refused, SellerMustAct
from stoflow.marketplaces.replies import common_outcome

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
FORBIDDEN = 403
CLIENT_ERRORS = frozenset({400, 404, 409, 413, 415, 422})


def outcome_of(reply: Reply, *, unsafe: bool) -> Outcome:
    """Return what an unhappy reply means."""
    return common_outcome(reply, "Etsy", unsafe=unsafe, refused=_refused)


def field_errors(reply: Reply) -> tuple[FieldError, ...]:
    """Return the reasons in a reply: a list of {path, message}, or one {error, error_description}."""
    if isinstance(reply.body, list):
        found = cast("list[Any]", reply.body)
        return tuple(_of_path(cast("Mapping[str, Any]", each)) for each in found if isinstance(each, Mapping))
    if isinstance(reply.body, Mapping):
        body = cast("Mapping[str, Any]", reply.body)
        text = str(body.get("error_description") or body.get("error") or "")
        return (FieldError(_field_in(text), text),) if text else ()
    return ()


def _of_path(error: Mapping[str, Any]) -> FieldError:
    parameter = str(error.get("path", "")).strip("/").partition("/")[0]
    return FieldError(FIELDS_BY_PARAMETER.get(parameter, parameter or "etsy"), str(error.get("message", "")))


def _field_in(text: str) -> str:
    words = text.replace("'", " ").replace('"', " ").split()
    return next((FIELDS_BY_PARAMETER[word] for word in words if word in FIELDS_BY_PARAMETER), "etsy")


def _refused(reply: Reply) -> Outcome:
    errors = field_errors(reply)
    reason = errors[0].message if errors else f"Etsy answered {reply.status}."
    if reply.status == FORBIDDEN:
        return SellerMustAct(f"Etsy does not allow this to StoFlow: {reason}")
    return (
        Refused(reason, errors)
        if reply.status in CLIENT_ERRORS
        else Broken(f"Etsy answered {reply.status}: {reply.text[:200]}")
    )
