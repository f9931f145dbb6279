"""structlog's processors without colours for tracebacks, for which it loads rich, and without greenlets."""

from stoflow.monitoring.sparing import without

with without("greenlet", "pygments", "rich"):
    from structlog.processors import JSONRenderer, StackInfoRenderer, format_exc_info
    from structlog.stdlib import ProcessorFormatter
    from structlog.types import EventDict, Processor, WrappedLogger

__all__ = [
    "EventDict",
    "JSONRenderer",
    "Processor",
    "ProcessorFormatter",
    "StackInfoRenderer",
    "WrappedLogger",
    "format_exc_info",
]
