"""One StoFlow, opened: what every process of it begins with."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stoflow.catalogue.media import media_folder
from stoflow.catalogue.photo_source import PhotoSource
from stoflow.domain.tempo import Tempo
from stoflow.jobs.action_types import register_action_types
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.settings import Settings
from stoflow.storage.embedded import ServerUrls, resolve_servers
from stoflow.storage.session import PLANNED_CONNECTIONS, Database
from stoflow.storage.vault import Vault, secret_keys
from stoflow.transports.direct.photos import FetchLimits, PhotoFetcher


@dataclass(frozen=True, slots=True)
class Installation:
    """One StoFlow: its settings, its servers, its database and the marketplaces it knows.

    What is put into `resources` is closed at its end, the last one first.
    """

    settings: Settings
    urls: ServerUrls
    database: Database
    registry: Registry
    resources: ExitStack = field(default_factory=ExitStack)

    @property
    def tempo(self) -> Tempo:
        return Tempo(self.settings.speed)

    @property
    def vault(self) -> Vault:
        return Vault(secret_keys(self.settings.secret_keys, self.settings.home))

    @property
    def plugin_marketplaces(self) -> tuple[str, ...]:
        known = self.registry.marketplaces.values()
        return tuple(place.name for place in known if place.transport == "plugin")

    def quiet_s(self, place: Marketplace) -> float:
        return self.settings.quiet_s.get(place.name, place.quiet_s)

    def second_look_s(self, place: Marketplace) -> float:
        return self.settings.second_look_s.get(place.name, place.second_look_s)


@contextmanager
def opened(
    settings: Settings,
    *,
    pool_size: int = 4,
    planned_size: int = PLANNED_CONNECTIONS,
    extra: Sequence[Marketplace] = (),
) -> Iterator[Installation]:
    """Open the installation these settings describe, with embedded servers where they name none."""
    with ExitStack() as stack:
        urls = stack.enter_context(resolve_servers(settings))
        database = Database(urls.database_url, pool_size=pool_size, planned_size=planned_size)
        stack.callback(database.close)
        yield Installation(settings, urls, database, build_registry(extra), stack)


def prepare(installation: Installation) -> None:
    """Let PostgreSQL know the action types of every registered marketplace."""
    register_action_types(installation.database, installation.registry)


def photo_source(installation: Installation, folder: Path) -> PhotoSource:
    """Return where the photos of one import come from: the folder of its file, and the addresses the file gives."""
    settings = installation.settings
    fetcher = PhotoFetcher(
        FetchLimits(
            content_bytes=settings.photo_bytes,
            seconds=settings.photo_timeout_s,
            redirects=settings.photo_redirects,
            photos=settings.photo_addresses,
            networks=settings.photo_networks,
        )
    )
    installation.resources.callback(fetcher.close)
    return PhotoSource(folder, media_folder(settings.home), fetcher.fetch)
