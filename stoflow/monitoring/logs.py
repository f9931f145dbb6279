"""The words of the logs: one table says how each fact is told, and one list which of its fields may be shown."""

import logging
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import Field
from typing import Any, ClassVar, Protocol

MAX_VALUE_CHARS = 300
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"
LINE_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(processName)s %(message)s"

LIBRARY_LEVELS: Mapping[str, int] = {
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "dramatiq": logging.WARNING,
    "engineio": logging.ERROR,  # below that it writes whole payloads, the token of a connect among them
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,  # below that it writes each URL with its query
    "pykka": logging.WARNING,
    "socketio": logging.ERROR,
    "sqlalchemy": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.access": logging.ERROR,
}

SHOWN_FIELDS = frozenset(
    """
    action actor after_s applied attempt cause child claims code count deaths duration_ms epoch error event failures
    field from_status host job kind limit listing look_at looks loop marketplace name next_at outcome owner path pid
    plugin port position process product queue reason request_id revision rows signal size socket state status step
    task tenant tenants threads to_status until url version waited_s waiting where work
    """.split()
)
"""Only these fields of a fact reach a log: a token, a payload or a seller's text in another one stays out."""

WORDS: Mapping[str, tuple[int, str]] = {}
"""Level and sentence by fact, `{field}` being filled in; a fact that is not here is told as `name field=value`."""


class Fact(Protocol):
    """A frozen dataclass whose name is in the past tense: what happened, to whom."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class _StandardError(logging.StreamHandler[Any]):
    """Write to what standard error is now, not to what it was when logging was set up."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


_logger = logging.getLogger("stoflow")
_handler = _StandardError()


def setup_logging(level: str) -> None:
    """Send every line at or above `level` to standard error, in UTC. Safe to call again with another level."""
    formatter = logging.Formatter(LINE_FORMAT, TIME_FORMAT)
    formatter.converter = time.gmtime
    _handler.setFormatter(formatter)
    root = logging.getLogger()
    if _handler not in root.handlers:
        root.addHandler(_handler)
    root.setLevel(level)
    for name, lowest in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(max(lowest, root.level))


def write(fact: Fact) -> None:
    """Write a fact's line; with its traceback where the fact holds an exception and is worded as an error."""
    level, words = WORDS.get(type(fact).__name__, (_level_of(fact), ""))
    if not _logger.isEnabledFor(level):
        return
    error = next((value for _, value in _fields_of(fact) if isinstance(value, BaseException)), None)
    _logger.log(level, "%s", sentence(fact, words), exc_info=error if level >= logging.ERROR else None)


def sentence(fact: Fact, words: str) -> str:
    """Return `words` with its `{field}`s filled in, or the fact's name followed by its fields."""
    shown = {name: _told(value) for name, value in _fields_of(fact) if name in SHOWN_FIELDS}
    if words:
        return re.sub(r"\{(\w+)\}", lambda match: shown.get(match[1], "?"), words)
    name = re.sub(r"(?<!^)(?=[A-Z])", " ", type(fact).__name__).lower()
    return " ".join([name, *(f"{field}={value}" for field, value in shown.items())])


def _level_of(fact: Fact) -> int:
    """A fact that holds an exception is one somebody should read."""
    return logging.ERROR if any(isinstance(value, BaseException) for _, value in _fields_of(fact)) else logging.DEBUG


def _fields_of(fact: Fact) -> Iterator[tuple[str, object]]:
    return ((name, getattr(fact, name)) for name in fact.__dataclass_fields__)


def _told(value: object) -> str:
    """One line, of bounded length, whatever a marketplace or a seller wrote."""
    text = f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else str(value)
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text[: MAX_VALUE_CHARS + 1])[:MAX_VALUE_CHARS]
