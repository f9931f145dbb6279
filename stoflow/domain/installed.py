"""What installed packages bring: the objects behind the entry points of a group."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points as installed_entry_points

from stoflow.domain.errors import ConfigurationError


def installed(group: str) -> Iterator[tuple[EntryPoint, object]]:
    """Yield each entry point with its object; ConfigurationError names one that cannot be loaded."""
    for entry in installed_entry_points(group=group):
        try:
            found: object = entry.load()
        except (ImportError, AttributeError) as error:
            raise unusable(entry, f"cannot be loaded: {error}") from error
        yield entry, found


def unusable(entry: EntryPoint, reason: str) -> ConfigurationError:
    """Return the error that names an entry point and says what is wrong with it."""
    return ConfigurationError(f"The entry point {entry.name} = {entry.value} {reason}.")
