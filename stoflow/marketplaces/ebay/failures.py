"""What an unhappy eBay reply means for the task."""

from collections.abc import Mapping
from typing import Any, cast

from stoflow.domain.call import Reply
from stoflow.domain.outcome import Broken, FieldError, Outcome, Refused, SellerMustAct, TryAgain, Unknown
from stoflow.marketplaces.replies import SERVER_ERRORS_FROM, common_outcome, retry_after_s

DUPLICATE_OFFER = 25002  # "any user error": the parameter offerId says it is this one
OFFER_NOT_AVAILABLE = 25713
NO_SUCH_THING = frozenset({25702, 25710, OFFER_NOT_AVAILABLE})
CONCURRENT_ACCESS = 25025
FIELDS_BY_ERROR_ID: Mapping[int, str] = {
    25003: "price",
    25004: "quantity",
    25005: "category",
    25007: "account.fulfillment_policy_id",
    25008: "account.payment_policy_id",
    25009: "account.return_policy_id",
    25012: "account.merchant_location_key",
    25014: "images",
    25015: "images",
    25501: "images",
    25020: "package",
    25021: "condition",
    25026: "account",  # selling limits exceeded
    190201: "images",
    190202: "images",
    190203: "images",
    190204: "images",
}
SELLER_MUST_ACT: Mapping[int, str] = {
    1001: "eBay asks the seller to log in again.",
    1002: "eBay asks the seller to log in again.",
    1003: "eBay asks the seller to log in again.",
    1100: "The seller has not allowed StoFlow to do this on eBay.",
    25018: "The seller's eBay account is not complete.",
}
TOO_MANY_REQUESTS = 2001
CLIENT_ERRORS = frozenset({400, 403, 404, 409, 412, 413, 415, 422})


def outcome_of(reply: Reply, *, unsafe: bool) -> Outcome:
    """Return what an unhappy reply means: the same for every call but the two that read their own 25002 and 25713."""
    ids = error_ids(reply)
    if CONCURRENT_ACCESS in ids:
        return TryAgain("eBay is busy with the same article.")
    if TOO_MANY_REQUESTS in ids:
        return TryAgain("eBay asks us to slow down.", after_s=retry_after_s(reply), charged=False)
    if reply.status < SERVER_ERRORS_FROM:
        for error_id in ids:
            if error_id in SELLER_MUST_ACT:
                return SellerMustAct(SELLER_MUST_ACT[error_id])
    return common_outcome(reply, "eBay", unsafe=unsafe, refused=_refused)


def outcome_of_publish(reply: Reply) -> Outcome:
    """As above; a refusal that may mean "already published" asks for a look: what eBay answers is not agreed."""
    if reply.status < SERVER_ERRORS_FROM and {DUPLICATE_OFFER, OFFER_NOT_AVAILABLE} & set(error_ids(reply)):
        return Unknown("eBay refused to publish; the offer may be published already.")
    return outcome_of(reply, unsafe=True)


def says_gone(reply: Reply) -> bool:
    """Say whether eBay refused because there is no such thing (any more): 400 and 404 are both seen."""
    return reply.status < SERVER_ERRORS_FROM and bool(NO_SUCH_THING & set(error_ids(reply)))


def errors_in(reply: Reply) -> tuple[Mapping[str, Any], ...]:
    """Return the error objects of a reply."""
    body = cast("Mapping[str, Any]", reply.body) if isinstance(reply.body, Mapping) else {}
    errors = body.get("errors")
    return (
        tuple(cast("Mapping[str, Any]", error) for error in cast("list[Any]", errors) if isinstance(error, Mapping))
        if (isinstance(errors, list))
        else ()
    )


def error_ids(reply: Reply) -> tuple[int, ...]:
    """Return the ids of the errors in a reply, in order."""
    return tuple(error["errorId"] for error in errors_in(reply) if isinstance(error.get("errorId"), int))


def duplicate_offer_id(reply: Reply) -> str:
    """Return the offer that a refused creation names as already there, or ""."""
    for error in errors_in(reply):
        if error.get("errorId") == DUPLICATE_OFFER:
            for parameter in error.get("parameters") or ():
                if parameter.get("name") == "offerId" and parameter.get("value"):
                    return str(parameter["value"])
    return ""


def _refused(reply: Reply) -> Outcome:
    if reply.status not in CLIENT_ERRORS:
        return Broken(f"eBay answered {reply.status}: {reply.text[:200]}")
    errors = tuple(
        FieldError(FIELDS_BY_ERROR_ID.get(error.get("errorId", 0), "ebay"), _message(error))
        for error in errors_in(reply)
    )
    reason = errors[0].message if errors else f"eBay answered {reply.status}."
    return Refused(reason, errors)


def _message(error: Mapping[str, Any]) -> str:
    return str(error.get("longMessage") or error.get("message") or "eBay gave no reason.")
