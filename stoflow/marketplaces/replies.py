"""What a marketplace's reply says whatever the marketplace: wait, log in again, it broke, or read its own error."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

from stoflow.domain.call import Answer, Reply, Response
from stoflow.domain.outcome import Outcome, SellerMustAct, TryAgain, Unknown

SUCCESS_CLASS = 2
UNAUTHORIZED = 401
NOT_FOUND = 404
TOO_MANY_REQUESTS = 429
SERVER_ERRORS_FROM = 500


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
    return reply.status // 100 == SUCCESS_CLASS


def retry_after_s(reply: Reply) -> float | None:
    """Return the wait a reply asks for, in seconds: a number, or a date beside the reply's own date."""
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        return _until(text, reply.headers.get("date", ""))


def _until(then: str, now: str) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(then) - parsedate_to_datetime(now)).total_seconds())
    except (TypeError, ValueError):
        return None


def common_outcome(reply: Reply, marketplace: str, *, unsafe: bool, refused: Callable[[Reply], Outcome]) -> Outcome:
    """Return what an unhappy reply means; `refused` reads the marketplace's own 4xx body.

    The transport has refreshed the token once before a 401 arrives here.
    """
    if reply.status == TOO_MANY_REQUESTS:
        return TryAgain(f"{marketplace} asks us to slow down.", after_s=retry_after_s(reply), charged=False)
    if reply.status == UNAUTHORIZED:
        return SellerMustAct(f"{marketplace} asks the seller to log in again.")
    if reply.status >= SERVER_ERRORS_FROM:
        return broken_server(reply.status, marketplace, unsafe=unsafe)
    return refused(reply)


def broken_server(status: int, marketplace: str, *, unsafe: bool) -> Outcome:
    """Return what a 5xx means: on an unsafe call nobody knows whether it was done."""
    if unsafe:
        return Unknown(f"{marketplace} answered {status}; it may have been done.")
    return TryAgain(f"{marketplace} answered {status}.", away=True)
