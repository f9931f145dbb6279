"""httpx without its command line, for which it loads rich and pygments."""

from stoflow.monitoring.sparing import without

with without("pygments", "rich"):
    import httpx

__all__ = ["httpx"]
