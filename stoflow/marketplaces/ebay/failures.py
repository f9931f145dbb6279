"""What an unhappy eBay reply means for the task."""

from collections.abc import Sequence

from stoflow.domain.application import Refusal
from stoflow.domain.call import Reply, Request
from stoflow.domain.outcome import Broken, FieldError, Outcome, Refused, SellerMustAct, TryAgain
from stoflow.marketplaces.ebay.errors import Error, Row, error_ids, errors_in, field_error, parameters, row_of, worded
from stoflow.marketplaces.replies import (
    SERVER_ERRORS_FROM,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    Dialect,
    Meaning,
    is_success,
    nobody_knows,
    retry_after_s,
)

TOO_MANY = 2001
COUNTED_BY_SELLER = "/commerce/media/"
DUPLICATE_OFFER = 25002  # "any user error": the parameter offerId says it is this one
OFFER_NOT_AVAILABLE = 25713
NO_SUCH_THING = frozenset({25702, 25710, OFFER_NOT_AVAILABLE})
PAUSE_S = 60.0  # eBay need not name a time, and a 429 may be the day's last
DAY_S = 86_400.0  # where eBay's own day begins is not established
NEXT_DAY = "next_day"
URGENCY = (Meaning.SELLER_MUST_ACT, Meaning.REFUSED, Meaning.TRY_AGAIN, Meaning.UNKNOWN, Meaning.BROKEN)
"""Which of several errors decides."""


def field_errors(reply: Reply) -> tuple[FieldError, ...]:
    """Return the reasons in a reply, each naming StoFlow's field."""
    return tuple(field_error(error) for error in errors_in(reply))


def is_spent(reply: Reply) -> bool:
    """Say whether a 429 may be the day's last: eBay's limits are the application's, and end with no time, or late."""
    told_s = retry_after_s(reply)
    return TOO_MANY in error_ids(reply) and (told_s is None or told_s >= PAUSE_S)


EBAY_SAYS = Dialect("eBay", field_errors, lambda _: PAUSE_S, spent=is_spent)


def refusal_of(request: Request, reply: Reply) -> Refusal | None:
    """Return what a reply says of StoFlow's own application; eBay counts pictures by seller."""
    return None if request.path.startswith(COUNTED_BY_SELLER) else EBAY_SAYS.refusal(reply)


def outcome_of(reply: Reply, *, unsafe: bool) -> Outcome:  # noqa: PLR0911  one return per outcome
    """Return what any reply means: the same for every call; two of them read their own 25002 and 25713 first."""
    decisive = _decisive(reply)
    if decisive is None:
        return EBAY_SAYS.outcome_of(reply, unsafe=unsafe)
    error, row = decisive
    match row.meaning:
        case Meaning.TRY_AGAIN if row.after == NEXT_DAY:
            return TryAgain(worded(error), after_s=DAY_S)
        case Meaning.TRY_AGAIN:
            return EBAY_SAYS.slow_down(reply)
        case Meaning.SELLER_MUST_ACT:
            return SellerMustAct(worded(error))
        case Meaning.DONE | Meaning.REFUSED:
            return Refused(worded(error), field_errors(reply))
        case Meaning.UNKNOWN:
            return nobody_knows(worded(error), retry_after_s(reply), unsafe=unsafe)
        case Meaning.BROKEN:
            return Broken(f"StoFlow asked eBay for something it does not take: {worded(error)}")


def may_be_published(reply: Reply) -> bool:
    """Say whether a refusal to publish may only mean that it is done: what eBay then answers is not agreed."""
    return reply.status < SERVER_ERRORS_FROM and bool({DUPLICATE_OFFER, OFFER_NOT_AVAILABLE} & set(error_ids(reply)))


def is_not_available(reply: Reply) -> bool:
    """Say whether eBay refused because an offer is not available, whatever it means by that."""
    return OFFER_NOT_AVAILABLE in error_ids(reply)


def stands_on_another_site(refusal: Reply, site: str) -> Refused:
    """Return what it means that an offer which is there is not available: it stands on policies of another site."""
    meant = f"eBay says so where a business policy is of another of its sites: choose the account's policies of {site}."
    fields = ("fulfillment_policy_id", "payment_policy_id", "return_policy_id")
    return Refused(EBAY_SAYS.reason(refusal), tuple(FieldError(f"account.{name}", meant) for name in fields))


def says_gone(reply: Reply) -> bool:
    """Say whether eBay refused because there is no such thing (any more): 400 and 404 are both seen."""
    return reply.status < SERVER_ERRORS_FROM and bool(NO_SUCH_THING & set(error_ids(reply)))


def duplicate_offer_id(reply: Reply) -> str:
    """Return the offer that a refused creation names as already there, or ""."""
    twins = (error for error in errors_in(reply) if error.get("errorId") == DUPLICATE_OFFER)
    named = (value for error in twins for name, value in parameters(error) if name == "offerId")
    return next(filter(None, named), "")


def _decisive(reply: Reply) -> tuple[Error, Row] | None:
    """Return the error that decides, if the table knows one; a status that says it all needs none.

    An unsafe call that met a 5xx may have been done, whatever else its body says.
    """
    if is_success(reply) or reply.status in {UNAUTHORIZED, TOO_MANY_REQUESTS}:
        return None
    counts: Sequence[Meaning] = (Meaning.UNKNOWN,) if reply.status >= SERVER_ERRORS_FROM else URGENCY
    known = ((error, row_of(error)) for error in errors_in(reply))
    deciding = [(error, row) for error, row in known if row and row.meaning in counts]
    return min(deciding, key=lambda found: counts.index(found[1].meaning), default=None)
