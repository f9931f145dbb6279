"""Vinted's own words for what it refuses."""

from collections.abc import Iterable

from stoflow_sandbox.calls import Answer, Refusal

NOT_FOUND = Answer(404, {"code": 104, "message": "Not found", "message_code": "not_found"})
SIGNED_OUT = Answer(401, {"code": 100, "message": "Invalid authentication token", "message_code": "invalid_token"})
ACCESS_DENIED = Answer(403, {"code": 106, "message": "Access denied", "message_code": "access_denied"})
TOO_MANY = {"code": 429, "message": "Too many requests", "message_code": "rate_limited"}
BROKEN = Answer(500, {"code": 500, "message": "Internal server error", "message_code": "server_error"})


def invalid(errors: Iterable[tuple[str, str]]) -> Refusal:
    """Return a refusal naming each field; nothing was created."""
    body = {
        "code": 99,
        "message": "Validation error",
        "message_code": "validation_error",
        "errors": [{"field": field, "value": value} for field, value in errors],
    }
    return Refusal(Answer(400, body))
