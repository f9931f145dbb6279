"""Whether the settings speak of marketplaces that there are: asked by every command, which pays only where they do."""

from importlib import import_module

from stoflow.domain.errors import ConfigurationError
from stoflow.settings import Settings, variable_of

BY_MARKETPLACE = ("concurrency", "quiet_s", "second_look_s")


def check_marketplaces(settings: Settings) -> None:
    """Raise ConfigurationError where a setting speaks of a marketplace that there is not."""
    said = [(setting, name) for setting in BY_MARKETPLACE for name in getattr(settings, setting)]
    known = import_module("stoflow.marketplaces.registry").build_registry().marketplaces if said else {}
    for setting, name in said:
        if name not in known:
            there_are = ", ".join(known)
            raise ConfigurationError(f"{variable_of(setting)} is wrong: of {name} nothing is known, of {there_are} is.")
