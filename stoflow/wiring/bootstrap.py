"""The composition root: the only file in which concrete classes meet."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.applications import Starlette

from stoflow.actors.system import Orchestrator, Policy
from stoflow.domain.ids import JobId, ProcessId, TenantId
from stoflow.domain.product import Product
from stoflow.execution import plugin
from stoflow.execution.answer import receive_answer
from stoflow.execution.engine import Engine
from stoflow.http.app import ApiOptions, create_app
from stoflow.http.auth.keys import load_keys
from stoflow.http.auth.tokens import AccessTokens
from stoflow.http.doors import ConnectionUseCases, Doors, PluginUseCases, Standing
from stoflow.http.sockets.redis_feed import events
from stoflow.http.sockets.relay import Relay
from stoflow.marketplaces.registry import direct_profiles
from stoflow.resources.attributes.attributes import list_attributes
from stoflow.resources.connections.choosing import choose, read_account
from stoflow.resources.connections.connection import Accounts, disconnect, find_connection
from stoflow.resources.connections.consent import complete, invite
from stoflow.resources.jobs.change import cancel_job, retry_job
from stoflow.resources.jobs.read import find_job, list_jobs, timeline
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import JobView, SubmitJob
from stoflow.resources.observed.read import list_listings, list_orders
from stoflow.resources.products.media import media_folder
from stoflow.resources.products.store import Shelf
from stoflow.settings import Settings
from stoflow.storage.applications import Applications
from stoflow.storage.credentials.account_settings import AccountSettings
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.consents import Consents
from stoflow.storage.credentials.renewals import Renewals
from stoflow.storage.credentials.seller_tokens import SellerTokens
from stoflow.storage.database.recorder import Recorder
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import standings_of
from stoflow.storage.taxonomy import TaxonomyCache
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.oauth import refresh
from stoflow.transports.direct.transport import DirectTransport
from stoflow.transports.feed import FeedReader, HintedFeed, OnNews
from stoflow.transports.hints import Hints
from stoflow.transports.messages.broker import make_broker
from stoflow.transports.messages.sending import Messages
from stoflow.upkeep.lease import Lease
from stoflow.upkeep.stock import Stock
from stoflow.upkeep.timetable import Timetable, periods
from stoflow.wiring.installation import Installation as Installation
from stoflow.wiring.installation import health
from stoflow.wiring.installation import opened as opened
from stoflow.wiring.installation import photo_source as photo_source
from stoflow.wiring.installation import prepare as prepare
from stoflow.wiring.installation import prepared as prepared
from stoflow.wiring.installation import serving as serving
from stoflow.worker.process import WorkerProcess

API_CONNECTIONS = 12
WORKER_CONNECTIONS_BESIDE_THREADS = 4


# The orchestrator


def orchestrator(installation: Installation) -> tuple[Orchestrator, Hints]:
    """Return the orchestrator and the hints' thread it sends by; neither is started."""
    hints, names = Hints(installation.urls.redis_url), installation.names()
    messages = Messages(make_broker(installation.urls.redis_url, names, hints), hints)

    def reader(me: ProcessId, on_news: OnNews) -> FeedReader:
        return FeedReader(installation.urls.redis_url, names, me, on_news, hints.outage)

    return Orchestrator(installation.database, _policy(installation), send=messages.send, feed=reader), hints


def _policy(installation: Installation) -> Policy:
    settings, registry, places = installation.settings, installation.registry, installation.registry.marketplaces

    def pace_s(marketplace: str, action: str) -> float:
        return installation.tempo.pace_s(registry.rate_limit_ms(marketplace, action))

    return Policy(
        caps={name: settings.concurrency.get(name, place.concurrency) for name, place in places.items()},
        plugins=frozenset(installation.plugin_marketplaces),
        pace_s=pace_s,
        quiet_s={name: installation.tempo.scaled_s(installation.quiet_s(place)) for name, place in places.items()},
        window=settings.window,
        page_size=settings.page_size,
        ownership_lease_s=settings.ownership_lease_s,
        sweep_every_s=settings.sweep_every_s,
        timetable=Timetable(installation.database, registry, periods(registry, settings)),
        stock=Stock(installation.database, registry),
        refusals=installation.applications().standing,
    )


# The worker


def worker_process(installation: Installation, *, threads: int, marketplaces: Sequence[str]) -> WorkerProcess:
    """Return one worker process's parts; `marketplaces` are the queues it consumes, all of them where empty."""
    served = list(marketplaces) or list(installation.registry.marketplaces)
    lease, names = installation.lease("worker", serves=served), installation.names()
    hints = Hints(installation.urls.redis_url)
    return WorkerProcess(
        engine=_engine(installation, lease, HintedFeed(hints, names)),
        broker=make_broker(installation.urls.redis_url, names, hints),
        lease=lease,
        hints=hints,
        marketplaces=served,
        threads=threads,
        drain_s=installation.settings.drain_s,
    )


def _engine(installation: Installation, lease: Lease, feed: HintedFeed) -> Engine:
    settings, applications = installation.settings, installation.applications()
    return Engine(
        database=installation.database,
        recorder=Recorder(installation.database),
        registry=installation.registry,
        transport=_transport(installation, applications),
        feed=feed,
        tempo=installation.tempo,
        process=lease.process,
        lease_s=settings.process_lease_s,
        quiet_s=installation.quiet_s,
        second_look_s=installation.second_look_s,
        media_root=str(media_folder(settings.home).root),
        taxonomy=TaxonomyCache(installation.database).of,
        applications=applications,
    )


def _transport(installation: Installation, applications: Applications) -> DirectTransport:
    profiles = direct_profiles(installation.registry, installation.settings)
    client = _client(installation)
    flows = {profile.name: profile.refresh for profile in profiles}
    tokens = SellerTokens(Renewals(installation.database, installation.vault), flows, partial(refresh, client))
    return DirectTransport(profiles, tokens, client, renews=applications.renews)


def _client(installation: Installation) -> DirectClient:
    return installation.resources.enter_context(closing(DirectClient()))


# The api


@dataclass(frozen=True, slots=True)
class ApiProcess:
    """The api's application with what runs beside it; started in order, stopped in reverse."""

    app: Starlette
    lease: Lease
    engine: Engine
    hints: Hints

    def start(self) -> None:
        self.lease.start()
        self.hints.start()

    def stop(self) -> None:
        self.hints.stop()
        self.lease.stop()


def api_application(installation: Installation) -> ApiProcess:
    """Return the api, its doors bound to the use cases."""
    settings = installation.settings
    lease, hints = installation.lease("api"), Hints(installation.urls.redis_url)
    names = installation.names()
    feed = HintedFeed(hints, names)
    engine = _engine(installation, lease, feed)
    app = create_app(
        _doors(installation, engine, feed),
        access_tokens(settings),
        feed=partial(events, installation.urls.redis_url, names.events),
        relay=Relay(installation.urls.redis_url, channel=names.sockets),
        options=ApiOptions(cors_origins=settings.cors_origins),
    )
    return ApiProcess(app, lease, engine, hints)


def access_tokens(settings: Settings) -> AccessTokens:
    """Return what issues and reads access tokens, with keys made under the home where none are configured."""
    return AccessTokens(load_keys(settings.jwt_keys_dir, home=settings.home))


def _doors(installation: Installation, engine: Engine, feed: HintedFeed) -> Doors:
    database, by_plugin = installation.database, installation.plugin_marketplaces
    shelf = Shelf(database)
    view = partial(find_job, database, plugin=by_plugin)

    def submitted(tenant: TenantId, asked: SubmitJob) -> JobView:
        job, made = submit(database, installation.registry, tenant, asked)
        if made:
            feed.announced()
        return view(tenant, job)

    def changed(change: Callable[..., JobView]) -> Callable[[TenantId, JobId], JobView]:
        def use_case(tenant: TenantId, job: JobId) -> JobView:
            after = change(database, tenant, job, plugin=by_plugin)
            feed.announced()
            return after

        return use_case

    return Doors(
        marketplaces={name: installation.registry.actions(name) for name in installation.registry.marketplaces},
        submit=submitted,
        find_job=view,
        list_jobs=partial(list_jobs, database, plugin=by_plugin),
        timeline=partial(timeline, database),
        cancel_job=changed(cancel_job),
        retry_job=changed(retry_job),
        list_listings=partial(list_listings, database),
        list_orders=partial(list_orders, database),
        create_product=shelf.add,
        change_product=_changing(installation, shelf, feed),
        list_products=shelf.page,
        find_product=shelf.find,
        read_photo=partial(shelf.photo, media_folder(installation.settings.home)),
        list_attributes=partial(list_attributes, database),
        standings=partial(_standings, database),
        health=partial(health, installation),
        connections=_connection_doors(installation, engine, feed),
        plugin=_plugin_doors(engine, feed),
    )


def _changing(
    installation: Installation, shelf: Shelf, feed: HintedFeed
) -> Callable[[TenantId, int, Mapping[str, Any]], Product]:
    stock = Stock(installation.database, installation.registry)

    def change(tenant: TenantId, product: int, changes: Mapping[str, Any]) -> Product:
        after = shelf.change(tenant, product, changes)
        if stock.follow(tenant):
            feed.announced()
        return after

    return change


def _connection_doors(installation: Installation, engine: Engine, feed: HintedFeed) -> ConnectionUseCases:
    accounts = Accounts(
        database=installation.database,
        connections=Connections(installation.database, installation.vault),
        consents=Consents(installation.database, installation.vault),
        settings=AccountSettings(installation.database),
        profiles={profile.name: profile for profile in direct_profiles(installation.registry, installation.settings)},
        options={name: place.options for name, place in installation.registry.marketplaces.items() if place.options},
        plugins=frozenset(installation.plugin_marketplaces),
        client=_client(installation),
        transport=engine.transport,
        applications=engine.applications,
        announced=feed.announced,
    )
    return ConnectionUseCases(
        find=partial(find_connection, accounts),
        disconnect=partial(disconnect, accounts),
        invite=partial(invite, accounts),
        complete=partial(complete, accounts),
        choose=partial(choose, accounts),
        read=partial(read_account, accounts),
    )


def _plugin_doors(engine: Engine, feed: HintedFeed) -> PluginUseCases:
    def announcing(use_case: Callable[..., None]) -> Callable[..., None]:
        def announced(*arguments: object) -> None:
            use_case(engine, *arguments)
            feed.announced()

        return announced

    return PluginUseCases(
        connected=announcing(plugin.connected),
        gone=announcing(plugin.gone),
        absent=partial(plugin.absent, engine),
        open_commands=partial(plugin.open_commands, engine),
        command_sent=partial(plugin.command_sent, engine),
        receive_answer=partial(receive_answer, engine),
        session_state=announcing(plugin.session_state),
    )


def _standings(database: Database, tenants: Sequence[TenantId]) -> Mapping[TenantId, Standing]:
    return {
        tenant: Standing.ACTIVE if active else Standing.SUSPENDED
        for tenant, active in standings_of(database, tenants).items()
    }
