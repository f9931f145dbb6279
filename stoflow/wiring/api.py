"""How an api is put together: what its resources are given, and what its sockets ask."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from starlette.applications import Starlette

from stoflow.domain.ids import TenantId
from stoflow.execution import plugin
from stoflow.execution.answer import receive_answer
from stoflow.execution.engine import Engine
from stoflow.execution.noticing import hear
from stoflow.http.app import ApiOptions, create_app
from stoflow.http.auth.auth import TenantStatus
from stoflow.http.auth.tokens import AccessTokens
from stoflow.http.context import Context
from stoflow.http.rest.rate_limits import RateLimits
from stoflow.http.sockets.event_use_cases import EventUseCases
from stoflow.http.sockets.limits import SocketLimits
from stoflow.http.sockets.plugin_use_cases import PluginUseCases
from stoflow.http.sockets.redis_feed import events
from stoflow.http.sockets.relay import Relay
from stoflow.marketplaces.registry import direct_profiles
from stoflow.monitoring.live.publisher import Publisher
from stoflow.resources.connections.connection import Accounts
from stoflow.resources.descriptions.describe import Writer
from stoflow.resources.events.read import events_after, newest
from stoflow.resources.imports.running import Importer
from stoflow.resources.monitoring.snapshot import Watching
from stoflow.settings import Settings
from stoflow.storage.credentials.account_settings import AccountSettings
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.consents import Consents
from stoflow.storage.credentials.token_families import ended_of
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import are_active
from stoflow.storage.tenants.roles import find_role, find_roles
from stoflow.transports.direct.text_model import TextModel
from stoflow.transports.feed import HintedFeed
from stoflow.transports.hints import Hints
from stoflow.upkeep.lease import Lease
from stoflow.upkeep.stock import Stock
from stoflow.upkeep.ticking import Ticking
from stoflow.wiring.engine import make_client, make_engine
from stoflow.wiring.health import health
from stoflow.wiring.installation import Installation, Told
from stoflow.wiring.live import make_board, make_publisher
from stoflow.wiring.photos import fetching, media_of
from stoflow.wiring.tokens import access_tokens
from stoflow.wiring.watching import make_watching

API_CONNECTIONS = 12
IMPORTS = "imports"
IMPORTS_EVERY_S = 0.5
IMPORTS_IDLE_S = 5.0  # for those that another process left; its own wake it


@dataclass(frozen=True, slots=True)
class ApiProcess:
    """The api's application with what runs beside it; started in order, stopped in reverse."""

    app: Starlette
    lease: Lease
    engine: Engine
    hints: Hints
    importer: Importer
    imports: Ticking
    live: Publisher

    def start(self) -> None:
        self.lease.start()
        self.hints.start()
        self.live.start()
        self.imports.start()

    def stop(self) -> None:
        self.importer.ending.set()  # one that is under way is left to whoever takes it next
        self.imports.stop()
        self.live.stop()
        self.hints.stop()
        self.lease.stop()


def make_api(installation: Installation) -> ApiProcess:
    """Return the api: its resources and sockets before one installation."""
    settings, database = installation.settings, installation.database
    told = Told(installation)
    lease, hints = installation.lease("api", hear=told.hear), Hints(installation.urls.redis_url)
    names = installation.names()
    feed = HintedFeed(hints, names)
    engine = make_engine(installation, lease, feed)
    tokens = access_tokens(settings)
    importer = Importer(
        database, settings.home / IMPORTS, media_of(settings), partial(fetching, settings), lease.process
    )
    imports = Ticking("imports", importer.turn, every_s=IMPORTS_EVERY_S, idle_s=IMPORTS_IDLE_S, doing="importing files")
    board = make_board(installation, "api", lease.process)
    limits = RateLimits(
        installation.urls.redis_url,
        names.namespace,
        account=settings.account_requests,
        address=settings.address_requests,
    )
    app = create_app(
        _context(installation, told, engine, feed, tokens, importer, imports.wake, make_watching(installation, board)),
        _plugin_use_cases(engine),
        _event_use_cases(installation),
        partial(_tenant_statuses, database),
        tokens,
        ended=partial(ended_of, database),
        feed=partial(events, installation.urls.redis_url, names.events),
        rate_limits=limits,
        relay=Relay(installation.urls.redis_url, channel=names.sockets),
        options=_options(settings),
    )
    return ApiProcess(
        app,
        lease,
        engine,
        hints,
        importer,
        imports,
        make_publisher(installation, board),
    )


def _context(
    installation: Installation,
    told: Told,
    engine: Engine,
    feed: HintedFeed,
    tokens: AccessTokens,
    importer: Importer,
    import_asked: Callable[[], None],
    watching: Watching,
) -> Context:
    return Context(
        database=installation.database,
        registry=installation.registry,
        conditions_now=told.conditions,
        media=importer.media,
        imports=importer.folder,
        import_asked=import_asked,
        fetching=importer.fetching,
        stock=Stock(installation.database, installation.registry),
        accounts=_accounts(installation, engine, feed),
        announced=feed.announced,
        job_changed=feed.job_changed,
        noticed=partial(hear, engine),
        health=partial(health, installation),
        tokens=tokens,
        role_of=partial(find_role, installation.database),
        roles_of=partial(find_roles, installation.database),
        registers=installation.settings.registration == "open",
        vault=installation.vault,
        webhook_networks=installation.settings.webhook_networks,
        watching=watching,
        metrics_token=installation.settings.metrics_token,
        writer=_writer(installation),
    )


def _writer(installation: Installation) -> Writer | None:
    settings = installation.settings
    if not settings.ai_url or not settings.ai_model:
        return None
    client = make_client(installation)
    model = TextModel(client, settings.ai_url, settings.ai_model, settings.ai_key, settings.ai_timeout_s)
    return Writer(model, settings.ai_photos)


def _accounts(installation: Installation, engine: Engine, feed: HintedFeed) -> Accounts:
    database, vault, places = installation.database, installation.vault, installation.registry.marketplaces
    return Accounts(
        database=database,
        connections=Connections(database, vault),
        consents=Consents(database, vault, shares=installation.settings.shared_accounts),
        settings=AccountSettings(database),
        profiles={profile.name: profile for profile in direct_profiles(installation.registry, installation.settings)},
        options={name: place.options for name, place in places.items() if place.options},
        plugins=frozenset(installation.plugin_marketplaces),
        client=make_client(installation),
        transport=engine.transport,
        applications=engine.applications,
        announced=feed.announced,
        action_name=installation.registry.name_of,
        returns=installation.settings.return_addresses,
    )


def _options(settings: Settings) -> ApiOptions:
    limits = SocketLimits()
    if not settings.address_connections:  # any number, sockets that have not said who they are too
        limits = replace(limits, address_unknown=limits.unknown_sockets)
    return ApiOptions(settings.cors_origins, limits, address_refusals=settings.address_refusals)


def _plugin_use_cases(engine: Engine) -> PluginUseCases:
    return PluginUseCases(
        connected=partial(plugin.connected, engine),
        gone=partial(plugin.gone, engine),
        absent=partial(plugin.absent, engine),
        open_commands=partial(plugin.open_commands, engine),
        commands_sent=partial(plugin.commands_sent, engine),
        receive_answer=partial(receive_answer, engine),
        session_state=partial(plugin.session_state, engine),
    )


def _event_use_cases(installation: Installation) -> EventUseCases:
    return EventUseCases(newest=partial(newest, installation), after=partial(events_after, installation))


def _tenant_statuses(database: Database, tenants: Sequence[TenantId]) -> Mapping[TenantId, TenantStatus]:
    return {
        tenant: TenantStatus.ACTIVE if active else TenantStatus.SUSPENDED
        for tenant, active in are_active(database, tenants).items()
    }
