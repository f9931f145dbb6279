"""What our messages look like in Redis: made by orchestrators, and told from what anybody else put there."""

from typing import Any
from uuid import uuid4

from dramatiq import Message
from dramatiq.errors import DecodeError

from stoflow.domain.errors import InputError
from stoflow.domain.run import RunMessage

WORKER_FUNCTION = "run"
REDIS_ID = "redis_message_id"  # the name under which the broker's script keeps and acknowledges a message


def encode(queue: str, message: RunMessage) -> tuple[str, bytes]:
    """Return the message's key in Redis and its text."""
    identity = str(uuid4())
    envelope: Message[None] = Message(queue, WORKER_FUNCTION, (), message.to_json(), {REDIS_ID: identity})
    return identity, envelope.encode()


def decode(queue: str, data: bytes) -> Message[Any]:
    """Return the message, or raise InputError for one that no orchestrator of ours put into this queue.

    Dramatiq trusts what it fetches: a queue it does not consume or an option of the wrong type ends its threads, an
    "eta" takes a consumer's places for ever, and one that cannot be acknowledged comes back without end.
    """
    try:
        message: Message[Any] = Message.decode(data)
    except (DecodeError, TypeError, ValueError, RecursionError) as error:
        raise InputError(f"A message could not be decoded: {error}") from error
    if reason := _oddity(queue, message):
        raise InputError(f"A message {reason}.")
    return message


def key_in_redis(data: bytes) -> str | None:
    """Return under which key a refused message is to be acknowledged, None where it names none."""
    try:
        options: Any = Message.decode(data).options
        key: Any = options.get(REDIS_ID)
    except (DecodeError, AttributeError, TypeError, ValueError, RecursionError):
        return None
    return key if isinstance(key, str) else None


def _oddity(queue: str, message: Message[Any]) -> str:
    named: Any = message.queue_name
    if named != queue:
        return f"names the queue {named!r} but lay in {queue}"
    if message.actor_name != WORKER_FUNCTION:
        return f"names the function {message.actor_name!r}, which is not ours"
    if not isinstance(message.message_id, str) or not isinstance(message.message_timestamp, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        return "has an id or a time of another type"
    options: Any = message.options
    if not isinstance(options, dict) or options.keys() != {REDIS_ID} or not isinstance(options[REDIS_ID], str):
        return "has options that are not ours"
    if message.args or not isinstance(message.kwargs, dict):  # pyright: ignore[reportUnnecessaryIsInstance]
        return "has arguments that are not ours"
    return ""
