"""Every answer that is not a success: problem details (RFC 9457), also for what no one foresaw."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from stoflow.domain.errors import (
    AccountSuspended,
    APIError,
    Changed,
    Conflict,
    ConsentRefused,
    DatabaseError,
    DatabaseNotPrepared,
    DatabaseRefused,
    InputError,
    NoCredits,
    NotFound,
    PhotosUnavailable,
    QuotaExceeded,
    SignInRefused,
    StoflowError,
    TooManyTries,
)
from stoflow.domain.outcome import FieldError
from stoflow.http.auth.tokens import NotAuthenticated

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2


class Malformed(StoflowError):
    """The request cannot be read at all."""


class TooLarge(StoflowError):
    """The body is longer than what is asked for takes."""


class NotAllowed(StoflowError):
    """Known, but not welcome now."""


class TooMany(StoflowError):
    """So many at once are not allowed; there is room again when one of them ends."""


class Busy(StoflowError):
    """Every thread is taken; the caller should come back."""


class MarketplaceBusy(Busy):
    """Every thread in which one marketplace is asked is taken; the message may be shown."""


# The most exact class first: the first one that fits gives the status.
STATUS_OF: Final[Mapping[type[Exception], int]] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    ConsentRefused: HTTPStatus.BAD_REQUEST,
    InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    SignInRefused: HTTPStatus.UNAUTHORIZED,
    QuotaExceeded: HTTPStatus.PAYMENT_REQUIRED,
    NoCredits: HTTPStatus.PAYMENT_REQUIRED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    AccountSuspended: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Changed: HTTPStatus.PRECONDITION_FAILED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    TooManyTries: HTTPStatus.TOO_MANY_REQUESTS,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    PhotosUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    APIError: HTTPStatus.BAD_GATEWAY,
    DatabaseNotPrepared: HTTPStatus.SERVICE_UNAVAILABLE,
    DatabaseRefused: HTTPStatus.INTERNAL_SERVER_ERROR,
    DatabaseError: HTTPStatus.SERVICE_UNAVAILABLE,
}

HEADERS_OF: Final[Mapping[int, Mapping[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(RETRY_AFTER_S)},
}

# What is said instead of an exception's own words, which are for the log only.
HIDDEN_DETAIL: Final[Mapping[int, str]] = {
    HTTPStatus.SERVICE_UNAVAILABLE: "StoFlow cannot do this right now; please try again in a moment.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side; nothing else is known about it here.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One unhappy answer. `more` holds extension members; `retry_after_s` is said where it is known."""

    status: int
    detail: str
    errors: Sequence[FieldError] = ()
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    retry_after_s: int | None = None

    def body(self) -> dict[str, Any]:
        about: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": int(self.status),
            "detail": self.detail,
        }
        if self.errors:
            about["errors"] = [{"field": error.field, "message": error.message} for error in self.errors]
        return about | dict(self.more)

    def encoded(self) -> bytes:
        return json.dumps(self.body(), ensure_ascii=True, separators=(",", ":")).encode()

    def headers(self) -> dict[str, str]:
        return {**HEADERS_OF.get(self.status, {}), **self.wait_headers()}

    def wait_headers(self) -> dict[str, str]:
        """Return when to come back, where that is known."""
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}


def problem_of(error: Exception) -> Problem:
    """Return the answer to an exception; its own words only where they were written for the caller."""
    status = next((status for kind, status in STATUS_OF.items() if isinstance(error, kind)), None)
    if status is None:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    errors = error.errors if isinstance(error, Conflict | InputError) else ()
    retry_after_s = error.retry_after_s if isinstance(error, TooManyTries | QuotaExceeded) else None
    more = {"quota": error.quota.told(error.asked)} if isinstance(error, QuotaExceeded) else {}
    hidden = "" if isinstance(error, MarketplaceBusy) else HIDDEN_DETAIL.get(status, "")
    return Problem(status, hidden or str(error), errors, more, retry_after_s)


def response_of(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        problem.encoded(), problem.status, headers={**problem.headers(), **(headers or {})}, media_type=MEDIA_TYPE
    )
