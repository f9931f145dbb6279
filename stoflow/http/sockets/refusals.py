"""How a socket is told that something was wrong, in the same words as over HTTP."""

from http import HTTPStatus
from typing import Any, Final

from pydantic import ValidationError

from stoflow.domain.errors import InputError
from stoflow.http.facts import SocketEventFailed
from stoflow.http.rest.problems import Problem, problem_of
from stoflow.http.rest.schemas import reasons_of
from stoflow.http.sockets.guarded_socket import TRY_AGAIN_LATER, GuardedSocket
from stoflow.http.sockets.lean_socketio import Refusal
from stoflow.monitoring.record import record

INTERNAL_ERROR: Final = 1011
# What will pass: a stock socket.io-client comes back after a close, whatever its code, and never after CONNECT_ERROR.
COME_BACK: Final = {
    HTTPStatus.TOO_MANY_REQUESTS: TRY_AGAIN_LATER,
    HTTPStatus.SERVICE_UNAVAILABLE: TRY_AGAIN_LATER,
    HTTPStatus.INTERNAL_SERVER_ERROR: INTERNAL_ERROR,
}
CODES: Final = {
    HTTPStatus.UNAUTHORIZED: "not_authenticated",
    HTTPStatus.FORBIDDEN: "not_allowed",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.UNPROCESSABLE_ENTITY: "bad_input",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many",
    HTTPStatus.SERVICE_UNAVAILABLE: "try_again",
    HTTPStatus.INTERNAL_SERVER_ERROR: "broken",
}


def refusal_of(socket: GuardedSocket, error: Exception) -> Refusal:
    """Return what python-socketio sends instead of a connection; what will pass closes the socket before it is said."""
    problem = _problem_of("connect", error)
    if code := COME_BACK.get(HTTPStatus(problem.status)):
        socket.end(problem.detail, code)
    return Refusal(problem.detail, _said(problem))


async def complain(socket: GuardedSocket, event: str, error: Exception) -> dict[str, Any]:
    """Send the sender an error event; return the same for the event's acknowledgement."""
    said = _said(_problem_of(event, error)) | {"event": event[:50]}
    await socket.complain(said)
    return {"ok": False, "error": said}


def _problem_of(event: str, error: Exception) -> Problem:
    if isinstance(error, ValidationError):
        return problem_of(InputError("What was sent is not right.", reasons_of(error)))
    problem = problem_of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        record(SocketEventFailed.of(event[:50], error))
    return problem


def _said(problem: Problem) -> dict[str, Any]:
    said: dict[str, Any] = {"code": CODES[HTTPStatus(problem.status)], "message": problem.detail}
    if problem.errors:
        said["errors"] = [{"field": error.field, "message": error.message} for error in problem.errors]
    return said
