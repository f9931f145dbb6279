"""How a line of the log looks: one for people, or a JSON document for programs, made by structlog's processors."""

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal, cast

from stoflow.domain.printable import json_safe, on_one_line
from stoflow.monitoring.lean_structlog import (
    EventDict,
    JSONRenderer,
    Processor,
    ProcessorFormatter,
    StackInfoRenderer,
    WrappedLogger,
    format_exc_info,
)

Form = Literal["console", "json"]

FIELDS: Final = "fields"
"""The attribute of a record that has what is shown of its fact, and of what was being done."""

NAMED: Final = "named"
"""The attribute of a record that has the fields which its words name."""

REPEATED: Final = "repeated"
"""The field that says how often a line was said again within its window."""

TAIL: Final = {
    "client": "from",
    "tenant": "tenant",
    "job": "job",
    "task": "task",
    "attempt": "attempt",
    "request_id": "request",
    "trace_id": "trace",
}
"""The fields that the console adds in brackets where the words do not name them, and how it calls them."""

OWN = ("time", "level", "message", "fact", REPEATED, "logger", "process_name", "exc_info", "exception", "stack")
"""What a line has beside the fields of its fact, none of which is called so."""

AS_JSON = JSONRenderer(ensure_ascii=False)

_PASSWORDS = r"(?:access_token|refresh_token|client_secret|password|authorization|api_key)"
SECRET = re.compile(
    rf"""(?i)(\b{_PASSWORDS}["']?\s*[=:]\s*["']?(?:(?:bearer|basic)\s+)?|\b(?:bearer|basic)\s+)[^\s"'&,;]+"""
)


def masked(text: str) -> str:
    """Return the text without what opens a door."""
    return SECRET.sub(r"\1***", text)


def formatter(form: Form) -> logging.Formatter:
    """Return what writes lines of this form."""
    forms: Mapping[Form, Processor] = {"json": _document, "console": _line}
    return ProcessorFormatter(processors=[_gather, StackInfoRenderer(), format_exc_info, _mask, forms[form]])


def _gather(_logger: WrappedLogger, _level: str, line: EventDict) -> EventDict:
    """Return everything that a record says: its own words and the fields beside them."""
    record = cast("logging.LogRecord", line["_record"])
    at = datetime.fromtimestamp(record.created, UTC)
    return {
        "time": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
        "level": record.levelname.lower(),
        "message": on_one_line(str(line["event"])),
        **getattr(record, FIELDS, {}),
        "logger": record.name,
        "process_name": record.processName,
        **{name: line[name] for name in ("exc_info", "stack_info") if name in line},
        "_record": record,
    }


def _mask(_logger: WrappedLogger, _level: str, line: EventDict) -> EventDict:
    return {name: masked(value) if isinstance(value, str) else value for name, value in line.items()}


def _document(logger: WrappedLogger, level: str, line: EventDict) -> str:
    del line["_record"]
    return json_safe(str(AS_JSON(logger, level, line)))


def _line(_logger: WrappedLogger, _level: str, line: EventDict) -> str:
    named = getattr(line["_record"], NAMED, frozenset[str]())
    tail = ", ".join(f"{word} {line[name]}" for name, word in TAIL.items() if name in line and name not in named)
    again = f" (said {line[REPEATED]} more times)" if REPEATED in line else ""
    more = "".join(f"\n{line[name]}" for name in ("exception", "stack") if name in line)
    begin = f"{line['time']} {line['level'].upper():<7} {line['process_name']} {line['message']}"
    return f"{begin}{f' [{tail}]' if tail else ''}{again}{more}"
