"""Etsy's own words for what it refuses: a text, a text with a description, or a list of fields."""

from stoflow_sandbox.calls import Answer, Refusal


def refusal(status: int, error: str) -> Refusal:
    """Return a refusal in one text."""
    return Refusal(Answer(status, {"error": error}))


def described(status: int, error: str, description: str) -> Refusal:
    """Return a refusal of the OAuth kind."""
    return Refusal(Answer(status, {"error": error, "error_description": description}))


def invalid(path: str, kind: str, message: str) -> Refusal:
    """Return a refusal of one field, which Etsy wraps in a bare list."""
    return Refusal(Answer(400, [{"path": path, "type": kind, "message": message}]))
