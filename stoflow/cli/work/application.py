"""Asking marketplaces as StoFlow's application itself, for no seller."""

from collections.abc import Callable

from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import ConfigurationError
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import Registry, direct_profiles
from stoflow.settings import Settings
from stoflow.transports.direct.application import as_application
from stoflow.transports.direct.client import DirectClient


def known_marketplace(registry: Registry, name: str) -> Marketplace:
    """Return the marketplace of that name; raise ConfigurationError where there is none."""
    try:
        return registry.marketplace(name)
    except ValueError as error:
        raise ConfigurationError(f"{error}.") from None


def asker(
    client: DirectClient, registry: Registry, settings: Settings, *, marketplace: str, scope: str
) -> Callable[[Request], Reply]:
    """Return what asks a marketplace with a token of the application, which is asked for now."""
    profiles = {profile.name: profile for profile in direct_profiles(registry, settings)}
    return as_application(client, profiles[marketplace], scope)
