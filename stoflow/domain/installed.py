"""What installed packages bring: the objects behind the entry points of a group."""

import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points

from stoflow.domain.errors import ConfigurationError


def installed(group: str) -> Iterator[tuple[EntryPoint, object]]:
    """Yield each entry point with its object; ConfigurationError names one that cannot be loaded."""
    for entry in entries(group):
        try:
            found: object = entry.load()
        except (ImportError, AttributeError) as error:
            raise unusable(entry, f"cannot be loaded: {error}") from error
        yield entry, found


def entries(group: str) -> EntryPoints:
    """Return the entry points of a group, none of them loaded."""
    return _entries(group, tuple(sys.path))


@lru_cache(maxsize=16)
def _entries(group: str, _path: tuple[str, ...]) -> EntryPoints:
    """Kept, because finding them opens a file of each installed package."""
    return entry_points(group=group)


def unusable(entry: EntryPoint, reason: str) -> ConfigurationError:
    """Return the error that names an entry point and says what is wrong with it."""
    return ConfigurationError(f"The entry point {entry.name} = {entry.value} {reason}.")
