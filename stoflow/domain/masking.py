"""What is never shown: values that stand under the name of a secret."""

from collections.abc import Mapping
from typing import Final, cast

SECRET: Final = ("token", "secret", "password", "authorization", "cookie", "api_key")
MASK: Final = "***"


def masked(value: object) -> object:
    """Return the value with what stands under the name of a secret covered."""
    if isinstance(value, Mapping):
        held = cast("Mapping[str, object]", value)
        return {name: MASK if is_secret(name) else masked(each) for name, each in held.items()}
    return [masked(each) for each in cast("list[object]", value)] if isinstance(value, list) else value


def is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET)
