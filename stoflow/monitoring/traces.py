"""One trace for each job, through every process that works on it: OpenTelemetry's, where it is switched on.

Where it is not, nothing of it is imported, and a job keeps the trace of whoever asked for it all the same, so that
logs name it.
"""

import re
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Final, Literal, Protocol

from stoflow.monitoring.context import about

Kind = Literal["server", "producer", "consumer", "client", "internal"]
Attribute = str | int | float | bool

_GIVEN = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, level 1: what another version says is taken as nothing said."""

SAMPLED: Final = 1

_PARENT: Final[ContextVar[str]] = ContextVar("traceparent", default="")


class Span(Protocol):
    """What is known of something under way."""

    def note(self, **attributes: Attribute) -> None: ...


class Tracer(Protocol):
    """Makes spans; `parent` is a traceparent, "" for one that begins a trace."""

    def span(
        self, name: str, kind: Kind, parent: str, attributes: dict[str, Attribute], lasted_s: float
    ) -> AbstractContextManager[Span]: ...

    def traceparent(self) -> str: ...


class _NoSpan:
    def note(self, **attributes: Attribute) -> None:
        pass


_NOTHING: Final = nullcontext(_NoSpan())
_tracer: Tracer | None = None


def trace_by(tracer: Tracer | None) -> None:
    """Let this process make spans, or none."""
    global _tracer  # noqa: PLW0603 - of the whole process, as its log is
    _tracer = tracer


def is_tracing() -> bool:
    """Whether this process makes spans."""
    return _tracer is not None


def span(
    name: str, kind: Kind = "internal", *, parent: str = "", lasted_s: float = 0.0, **attributes: Attribute
) -> AbstractContextManager[Span]:
    """Be a span for a block, which began `lasted_s` ago; one of `parent`, or of what is done now."""
    return _NOTHING if _tracer is None else _tracer.span(name, kind, parent or traceparent(), attributes, lasted_s)


def traceparent() -> str:
    """Return what names the trace, and the span in it, of what is done now; "" where there is none."""
    return (_tracer.traceparent() if _tracer is not None else "") or _PARENT.get()


def traced_in(parent: str) -> bool:
    """Whether this process makes spans, and keeps those of the trace that `parent` names."""
    return _tracer is not None and bool(parent) and bool(int(parent[-2:], 16) & SAMPLED)


def traceparent_in(header: str) -> str:
    """Return a caller's traceparent, "" where it is none."""
    return header if _GIVEN.fullmatch(header) else ""


def trace_id_of(parent: str) -> str:
    """Return the name of the trace alone."""
    return parent.split("-")[1] if parent else ""


@contextmanager
def asked_in(parent: str) -> Generator[None]:
    """Let a block's jobs, and its lines of log, belong to the caller's trace."""
    token = _PARENT.set(parent)
    try:
        with about(trace_id=trace_id_of(parent)):
            yield
    finally:
        _PARENT.reset(token)
