"""Rows in which a backslash stands before a quote: what those who write so may have meant."""

import re
from collections.abc import Callable
from functools import cache

ESCAPED_QUOTE = '\\"'
ESCAPE = re.compile(r'(?<!\\)((?:\\\\)*)\\"')  # an even number of backslashes is so many backslashes, and a bare quote

Reading = Callable[[str], str]
"""Rewrites a physical line so that RFC 4180 reads from it what its writer meant."""


@cache
def readings(delimiter: str) -> tuple[Reading, ...]:
    r"""Return the two that are in use: an escape everywhere, or everywhere but at the end of a value, as in `"C:\"`."""
    within = re.compile(rf"{ESCAPE.pattern}(?!{re.escape(delimiter)}|[\r\n]|$)")
    return lambda line: ESCAPE.sub(r'\1""', line), lambda line: within.sub(r'\1""', line)


def is_well_formed(text: str, delimiter: str) -> bool:
    """Tell whether a record is quoted as RFC 4180 wants it: no quote within a value that is not quoted itself."""
    return _well_formed(delimiter).fullmatch(text) is not None


@cache
def _well_formed(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]++|"")*+"|[^"{mark}\r\n]*+)'
    return re.compile(rf"{cell}(?:{mark}{cell})*+[\r\n]*+")
