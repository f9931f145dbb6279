"""What a marketplace's reply means by its status: wait, log in again, it broke, or read its own error."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from math import inf

from stoflow.domain.application import Channel, Refusal
from stoflow.domain.call import Answer, Reply, Response
from stoflow.domain.outcome import Broken, Done, FieldError, Lock, Outcome, Refused, SellerMustAct, TryAgain, Unknown
from stoflow.marketplaces.outputs import text_in

SUCCESS_CLASS = 2
UNAUTHORIZED = 401
NOT_FOUND = 404
LOCKED = 423
GONE = frozenset({NOT_FOUND, 410})
TOO_MANY_REQUESTS = 429
SERVER_ERRORS_FROM = 500
SHORTEST_PAUSE_S = 1.0  # a wait of nothing, uncharged, would ask without end
LONGEST_PAUSE_S = 7 * 86_400.0  # no marketplace has asked for more than a day
QUOTED_CHARACTERS = 200


class Meaning(StrEnum):
    """The six outcomes, as tables name them."""

    DONE = "done"
    TRY_AGAIN = "try_again"
    SELLER_MUST_ACT = "seller_must_act"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    BROKEN = "broken"


BY_STATUS: Mapping[int, Meaning] = {
    400: Meaning.REFUSED,
    401: Meaning.SELLER_MUST_ACT,
    403: Meaning.SELLER_MUST_ACT,
    404: Meaning.REFUSED,
    408: Meaning.UNKNOWN,
    409: Meaning.REFUSED,
    410: Meaning.REFUSED,
    412: Meaning.REFUSED,
    413: Meaning.REFUSED,
    415: Meaning.REFUSED,
    422: Meaning.REFUSED,
    LOCKED: Meaning.SELLER_MUST_ACT,
    TOO_MANY_REQUESTS: Meaning.TRY_AGAIN,
}


def meaning_of(status: int) -> Meaning:
    """Return what any status means, where the marketplace's body says nothing better."""
    if status // 100 == SUCCESS_CLASS:
        return Meaning.DONE
    if status >= SERVER_ERRORS_FROM:
        return Meaning.UNKNOWN
    return BY_STATUS.get(status, Meaning.BROKEN)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one marketplace words its unhappy replies.

    `errors` reads the reasons in a body; `pause_s` is the wait after a 429 that names none; `passes` says of a refusal
    that it may pass by itself: nothing was done, and the same call may be taken a moment later. `application` says of a
    refusal that it is about StoFlow's own key, and not about the seller, `spent` of a 429 that the calls of the
    application's day are used up. `statuses` are those that mean something else there than by the table for all, or
    are its own: no 2xx, 401, 429 or 5xx. `lock` says of a refusal that the account is locked, and until when.
    """

    marketplace: str
    errors: Callable[[Reply], tuple[FieldError, ...]]
    pause_s: Callable[[Reply], float]
    passes: Callable[[Reply], bool] = lambda _: False
    application: Callable[[Reply], bool] = lambda _: False
    spent: Callable[[Reply], bool] = lambda _: False
    statuses: Mapping[int, Meaning] = field(default_factory=dict[int, Meaning])
    lock: Callable[[Reply], Lock | None] = lambda reply: Lock() if reply.status == LOCKED else None

    def meaning_of(self, status: int) -> Meaning:
        return self.statuses.get(status, meaning_of(status))

    def outcome_of(self, reply: Reply, *, unsafe: bool) -> Outcome:  # noqa: C901, PLR0911  one return per outcome
        """Return what any reply means by its status.

        The transport has refreshed the token once before a 401 arrives here.
        """
        match self.meaning_of(reply.status):
            case Meaning.DONE:
                return Done()
            case Meaning.TRY_AGAIN:
                return self.slow_down(reply)
            case Meaning.SELLER_MUST_ACT | Meaning.REFUSED if self.application(reply):
                return application_refused(self.marketplace, self.reason(reply))
            case Meaning.SELLER_MUST_ACT | Meaning.REFUSED if lock := self.lock(reply):
                return SellerMustAct(self.reason(reply), lock=lock)
            case Meaning.SELLER_MUST_ACT if reply.status == UNAUTHORIZED:
                return SellerMustAct(f"{self.marketplace} asks the seller to log in again.")
            case Meaning.SELLER_MUST_ACT:
                return SellerMustAct(f"{self.marketplace} does not allow this to StoFlow: {self.reason(reply)}")
            case Meaning.REFUSED if self.passes(reply):
                return TryAgain(self.reason(reply))
            case Meaning.REFUSED:
                return Refused(self.reason(reply), self.errors(reply))
            case Meaning.UNKNOWN:
                return nobody_knows(self.answered(reply), retry_after_s(reply), unsafe=unsafe)
            case Meaning.BROKEN:
                return Broken(f"{self.answered(reply)} {reply.text[:QUOTED_CHARACTERS]}".strip())

    def slow_down(self, reply: Reply) -> TryAgain:
        """Return the pause a 429 asks for: nothing was done, and it costs no attempt."""
        told_s = retry_after_s(reply)
        pause_s = max(SHORTEST_PAUSE_S, self.pause_s(reply) if told_s is None else told_s)
        is_spent = self.spent(reply)
        return TryAgain(f"{self.marketplace} asks us to slow down.", pause_s, charged=False, application=is_spent)

    def refusal(self, reply: Reply) -> Refusal | None:
        """Return what a reply says of StoFlow's own application, None where it is not refused."""
        match self.meaning_of(reply.status):
            case Meaning.SELLER_MUST_ACT | Meaning.REFUSED if self.application(reply):
                return Refusal(Channel.CALLS, self.reason(reply))
            case Meaning.TRY_AGAIN if self.spent(reply):
                return Refusal(Channel.QUOTA, self.reason(reply), retry_after_s(reply))
            case _:
                return None

    def reason(self, reply: Reply) -> str:
        """Return the first reason in a reply."""
        return next((error.message for error in self.errors(reply)), self.answered(reply))

    def answered(self, reply: Reply) -> str:
        return f"{self.marketplace} answered {reply.status}."


def reason_at(key: str, *, otherwise: str, field: str = "") -> Callable[[Reply], tuple[FieldError, ...]]:
    """Return what reads the one reason of a body that says it under `key`: about what it names under `field`, or else
    about `otherwise`."""

    def reasons_in(reply: Reply) -> tuple[FieldError, ...]:
        reason = text_in(reply.body, key)
        return (FieldError((field and text_in(reply.body, field)) or otherwise, reason),) if reason else ()

    return reasons_in


def lock_at(
    *, until: str = "", address: str = "", locked: Callable[[Reply], bool] = lambda reply: reply.status == LOCKED
) -> Callable[[Reply], Lock | None]:
    """Return what reads what a `locked` reply says under these keys: a time (UTC where it names no zone), a place."""

    def lock_in(reply: Reply) -> Lock | None:
        if not locked(reply):
            return None
        where = text_in(reply.body, address) if address else ""
        is_web = where.startswith(("https://", "http://"))  # it is shown to the seller as a link
        return Lock(moment_in(text_in(reply.body, until)) if until else None, where if is_web else "")

    return lock_in


def moment_in(text: str) -> datetime | None:
    """Return the time that a text says, None for what is none."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def is_gone(reply: Reply) -> bool:
    """Say whether the thing that was asked for is not there (any more)."""
    return reply.status in GONE


def application_refused(marketplace: str, said: str) -> TryAgain:
    """Return what it means that a marketplace takes no call of StoFlow's, whoever the seller is."""
    words = f"Waiting: {marketplace} does not accept StoFlow itself now. Nothing is asked of the seller, and it goes on"
    return TryAgain(f"{words} by itself once StoFlow's operators have mended that: {said}", application=True)


def nobody_knows(reason: str, after_s: float | None = None, *, unsafe: bool, away: bool = True) -> Outcome:
    """Return what a failure of the marketplace's own means: all the same it may have been done, or be done yet."""
    if unsafe:
        return Unknown(f"{reason} It may have been done.")
    return TryAgain(reason, after_s=after_s, away=away, lost=True)


def bounded_s(seconds: float) -> float | None:
    """Return a wait that somebody asked for, within reason; None for what is no number of seconds."""
    return min(max(0.0, seconds), LONGEST_PAUSE_S) if seconds < inf else None


def retry_after_s(reply: Reply) -> float | None:
    """Return the wait a reply asks for, in seconds: a number, or a date beside the reply's own date."""
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return bounded_s(float(text))
    except ValueError:
        return _until(text, reply.headers.get("date", ""))


def _until(then: str, now: str) -> float | None:
    try:
        return bounded_s((parsedate_to_datetime(then) - parsedate_to_datetime(now)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def reply_of(response: Response) -> Reply:
    """Return an HTTP step's response; a plugin's answer to it is a fault of ours."""
    if not isinstance(response, Reply):
        message = "An HTTP call was answered by a plugin."
        raise TypeError(message)
    return response


def answer_of(response: Response) -> Answer:
    """Return a plugin step's response; an HTTP reply to it is a fault of ours."""
    if not isinstance(response, Answer):
        message = "A plugin's command was answered over HTTP."
        raise TypeError(message)
    return response


def is_success(reply: Reply) -> bool:
    """Say whether the status is one of the 2xx."""
    return meaning_of(reply.status) is Meaning.DONE
