"""Reading what earlier tasks put out, and ids out of a marketplace's JSON."""

from collections.abc import Mapping
from typing import Any, cast

from stoflow.domain.attempt import Attempt


def in_order(attempt: Attempt, step: str) -> tuple[Mapping[str, Any], ...]:
    """Return the outputs of a repeated step (`upload:1`, `upload:2` …), by number."""
    numbered = [
        (int(name.partition(":")[2]), output) for name, output in attempt.outputs.items() if name.startswith(f"{step}:")
    ]
    return tuple(output for _, output in sorted(numbered, key=lambda pair: pair[0]))


def id_in(body: Any, *path: str) -> str:
    """Return the id at a path of keys, as text or number; raise ValueError where there is none."""
    text = text_in(body, *path)
    if not text:
        message = f"{'.'.join(path)} is missing"
        raise ValueError(message)
    return text


def text_in(body: Any, *path: str) -> str:
    """Return the text or number at a path of keys as text, "" where there is none."""
    value: Any = body
    for key in path:
        value = cast("Mapping[str, Any]", value).get(key) if isinstance(value, Mapping) else None
    return "" if value is None or isinstance(value, Mapping | list | bool) else str(value)
