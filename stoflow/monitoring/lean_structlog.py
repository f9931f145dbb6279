"""structlog's processors without what they would show a traceback in colours with, for which structlog loads rich."""

from stoflow.monitoring.sparing import without

with without("pygments", "rich"):
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
