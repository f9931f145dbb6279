"""One StoFlow, opened: what every process of it begins with."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stoflow.admission.facts import Conditions
from stoflow.domain.errors import ConfigurationError
from stoflow.domain.facts.outages import ServerOutageBegan
from stoflow.domain.facts.processes import RoleTooStrong
from stoflow.domain.ids import TenantId
from stoflow.domain.tempo import Tempo
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.migrations.prepared import check_prepared, check_tenant_prepared
from stoflow.monitoring.record import record
from stoflow.settings import Settings, judging_by
from stoflow.storage.applications import Applications
from stoflow.storage.database.health import is_too_strong, reach
from stoflow.storage.database.installations import installation_name
from stoflow.storage.database.session import PLANNED_CONNECTIONS, Database
from stoflow.storage.engine.processes import read_told
from stoflow.storage.servers.embedded import has_servers, resolve_servers, usable
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.transports.health import redis_trouble
from stoflow.transports.hints import REDIS
from stoflow.transports.names import Names
from stoflow.upkeep.action_types import register_action_types
from stoflow.upkeep.lease import Lease

if TYPE_CHECKING:
    from stoflow.resources.products.media import MediaFolder
    from stoflow.storage.credentials.vault import Vault

Hear = Callable[[Mapping[str, Any]], None]
PATIENCE_S = 1.8  # of a process that begins while PostgreSQL is started again


@dataclass(frozen=True, slots=True)
class Installation:
    """One StoFlow: its settings, its servers, its database and the marketplaces it knows.

    `told` is by what its orchestrators judge, where this process is one that only explains their verdicts.
    What is put into `resources` is closed at its end, the last one first. `clock` tells epoch seconds.
    """

    settings: Settings
    urls: ServerUrls
    database: Database
    registry: Registry
    resources: ExitStack = field(default_factory=ExitStack)
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    clock: Callable[[], float] = time.time

    @property
    def tempo(self) -> Tempo:
        return Tempo(self.settings.speed)

    @property
    def vault(self) -> "Vault":
        """Loaded by who asks for it: an orchestrator knows no secrets."""
        vault = import_module("stoflow.storage.credentials.vault")
        return vault.Vault(vault.secret_keys(self.settings.secret_keys, self.settings.home))

    @property
    def conditions(self) -> Conditions:
        """Return what admission judges by, the same for every tenant."""
        judging = judging_by(self.settings, self.told)
        caps = {
            name: judging.concurrency.get(name, place.concurrency) for name, place in self.registry.marketplaces.items()
        }
        terms = {} if judging.plugin_terms == "told" else self._terms
        return Conditions(judging, frozenset(self.plugin_marketplaces), caps, terms, self.clock)

    @property
    def _terms(self) -> Mapping[str, str]:
        known = self.registry.marketplaces.values()
        return {place.name: place.plugin.terms.version for place in known if place.plugin is not None}

    @property
    def plugin_marketplaces(self) -> tuple[str, ...]:
        known = self.registry.marketplaces.values()
        return tuple(place.name for place in known if place.by_plugin)

    @property
    def media(self) -> "MediaFolder":
        """Loaded by who asks for it, as photos are."""
        return import_module("stoflow.wiring.photos").media_of(self.settings)

    def announced(self) -> None:
        """Wake nobody: a command has no Redis at hand, and an orchestrator looks every second."""

    def names(self) -> Names:
        """Return what this installation calls things in Redis; its database must be prepared."""
        return Names(installation_name(self.database))

    def applications(self) -> Applications:
        """Return what hears, in one process, whether marketplaces refuse StoFlow's own application."""
        refusals = {name: place.refusal for name, place in self.registry.marketplaces.items() if place.refusal}
        return Applications(self.database, refusals, scale=self.tempo.scaled_s(1.0))

    def quiet_s(self, place: Marketplace) -> float:
        return self.settings.quiet_s.get(place.name, place.quiet_s)

    def lease(self, kind: str, *, serves: Sequence[str] | None = None, hear: Hear | None = None) -> Lease:
        lease_s, every_s = self.settings.process_lease_s, self.settings.heartbeat_s
        return Lease(self.database, kind, lease_s=lease_s, every_s=every_s, serves=serves, hear=hear)

    def second_look_s(self, place: Marketplace) -> float:
        return self.settings.second_look_s.get(place.name, place.second_look_s)


class Told:
    """The conditions of a process that runs on and explains the orchestrators' verdicts: as the newest was told."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._conditions = installation.conditions

    def conditions(self) -> Conditions:
        return self._conditions

    def hear(self, told: Mapping[str, Any]) -> None:
        """Judge by this from now on; where nothing was told the process's own settings stand."""
        self._conditions = replace(self._installation, told=told).conditions


@contextmanager
def opened(
    settings: Settings,
    *,
    pool_size: int = 4,
    planned_size: int = PLANNED_CONNECTIONS,
    extra: Sequence[Marketplace] = (),
    with_redis: bool = True,
) -> Iterator[Installation]:
    """Open the installation these settings describe, with embedded servers where they name none."""
    with ExitStack() as stack:
        registry = build_registry(extra)
        urls = stack.enter_context(resolve_servers(settings, with_redis=with_redis))
        database = Database(urls.database_url, pool_size=pool_size, planned_size=planned_size)
        stack.callback(database.close)
        yield Installation(settings, urls, database, registry, stack)


@contextmanager
def prepared(
    settings: Settings,
    *,
    tenant: TenantId | None = None,
    pool_size: int = 4,
    with_files: bool = False,
    with_redis: bool = False,
) -> Iterator[Installation]:
    """Open an installation that is there already, for a command that works with what is in it.

    Raise ConfigurationError where it is not there or, `with_files`, its home is not; DatabaseUnavailable at once
    where PostgreSQL is away; DatabaseNotPrepared before `stoflow migrate`; NotFound for a tenant it does not have.
    """
    check_home(settings)
    with opened(settings, pool_size=pool_size, with_redis=with_redis) as installation:
        reach(installation.database)
        check_prepared(installation.database)
        if tenant is not None:
            check_tenant_prepared(installation.database, tenant)
        if with_files:
            check_home(settings, with_files=True)
        with installation.database.records() as connection:
            told = read_told(connection)
        yield replace(installation, told=told)


@contextmanager
def serving(settings: Settings, *, pool_size: int, planned_size: int = PLANNED_CONNECTIONS) -> Iterator[Installation]:
    """The same for a process that runs on: PostgreSQL may still be starting, and without Redis hints are late."""
    check_home(settings)
    with opened(settings, pool_size=pool_size, planned_size=planned_size) as installation:
        reach(installation.database, within_s=PATIENCE_S)
        check_prepared(installation.database)
        if is_too_strong(installation.database):
            record(RoleTooStrong())
        if trouble := redis_trouble(installation.urls.redis_url):
            if trouble.is_misnamed:
                raise ConfigurationError(trouble.sentence)
            record(ServerOutageBegan(REDIS, trouble.sentence.removesuffix(".")))
        yield installation


@contextmanager
def looked_at(settings: Settings, look: Callable[[Installation], object]) -> Iterator[ServerUrls]:
    """Give the servers to a process that has others serve: it opens the same, looks once, and keeps nothing open."""
    check_home(settings)
    with resolve_servers(settings) as urls:
        named = settings.model_copy(update={"database_url": urls.database_url, "redis_url": urls.redis_url})
        with serving(named, pool_size=1) as installation:
            look(installation)
        yield urls


def check_home(settings: Settings, *, with_files: bool = False) -> None:
    """Raise ConfigurationError where the data would be in a home in which there is none: nobody meant an empty one."""
    with usable(settings.home):
        is_missing = settings.database_url is None and not has_servers(settings.home)
        if is_missing or (with_files and not settings.home.is_dir()):
            raise ConfigurationError(_not_there(settings.home))


def _not_there(home: Path) -> str:
    return (
        f"There is no StoFlow installation in {home}: run this where you ran `stoflow up` or `stoflow migrate`, or set"
        " STOFLOW_HOME to that folder's .stoflow."
    )


def prepare(installation: Installation) -> None:
    """Let PostgreSQL know the action types of every registered marketplace."""
    register_action_types(installation.database, installation.registry)
