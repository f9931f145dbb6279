"""How an api is put together: its doors bound to the use cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.applications import Starlette

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.product import Product
from stoflow.execution import plugin
from stoflow.execution.answer import receive_answer
from stoflow.execution.engine import Engine
from stoflow.http.app import ApiOptions, create_app
from stoflow.http.doors import ConnectionUseCases, Doors, PluginUseCases, TenantStatus
from stoflow.http.sockets.redis_feed import events
from stoflow.http.sockets.relay import Relay
from stoflow.marketplaces.registry import direct_profiles
from stoflow.resources.attributes.attributes import list_attributes
from stoflow.resources.connections.choosing import choose, read_account
from stoflow.resources.connections.connection import Accounts, disconnect, find_connection
from stoflow.resources.connections.consent import complete, invite
from stoflow.resources.connections.entering import enter
from stoflow.resources.jobs.change import cancel_job, retry_job
from stoflow.resources.jobs.read import explain_job, find_job, list_jobs, timeline
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import JobView, SubmitJob
from stoflow.resources.observed.read import list_listings, list_orders
from stoflow.resources.products.media import media_folder
from stoflow.resources.products.store import Products
from stoflow.storage.credentials.account_settings import AccountSettings
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.consents import Consents
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import are_active
from stoflow.transports.feed import HintedFeed
from stoflow.transports.hints import Hints
from stoflow.upkeep.lease import Lease
from stoflow.upkeep.stock import Stock
from stoflow.wiring.engine import make_client, make_engine
from stoflow.wiring.installation import Installation, health
from stoflow.wiring.tokens import access_tokens

API_CONNECTIONS = 12


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


def make_api(installation: Installation) -> ApiProcess:
    """Return the api, its doors bound to the use cases."""
    settings = installation.settings
    lease, hints = installation.lease("api"), Hints(installation.urls.redis_url)
    names = installation.names()
    feed = HintedFeed(hints, names)
    engine = make_engine(installation, lease, feed)
    app = create_app(
        _doors(installation, engine, feed),
        access_tokens(settings),
        feed=partial(events, installation.urls.redis_url, names.events),
        relay=Relay(installation.urls.redis_url, channel=names.sockets),
        options=ApiOptions(cors_origins=settings.cors_origins),
    )
    return ApiProcess(app, lease, engine, hints)


def _doors(installation: Installation, engine: Engine, feed: HintedFeed) -> Doors:
    database, conditions = installation.database, installation.conditions
    store = Products(database)
    view = partial(find_job, database, conditions=conditions)

    def submitted(tenant: TenantId, asked: SubmitJob) -> JobView:
        job, made = submit(database, installation.registry, tenant, asked)
        if made:
            feed.announced()
        return view(tenant, job)

    def changed(change: Callable[..., JobView]) -> Callable[[TenantId, JobId], JobView]:
        def use_case(tenant: TenantId, job: JobId) -> JobView:
            after = change(database, tenant, job, conditions)
            feed.announced()
            return after

        return use_case

    return Doors(
        marketplaces={name: installation.registry.actions(name) for name in installation.registry.marketplaces},
        submit=submitted,
        find_job=view,
        list_jobs=partial(list_jobs, database, conditions=conditions),
        explain_job=partial(explain_job, database, conditions=conditions),
        timeline=partial(timeline, database),
        cancel_job=changed(cancel_job),
        retry_job=changed(retry_job),
        list_listings=partial(list_listings, database),
        list_orders=partial(list_orders, database),
        create_product=store.add,
        change_product=_changing(installation, store, feed),
        list_products=store.page,
        find_product=store.find,
        read_photo=partial(store.photo, media_folder(installation.settings.home)),
        list_attributes=partial(list_attributes, database),
        statuses=partial(_tenant_statuses, database),
        health=partial(health, installation),
        connections=_connection_doors(installation, engine, feed),
        plugin=_plugin_doors(engine, feed),
    )


def _changing(
    installation: Installation, store: Products, feed: HintedFeed
) -> Callable[[TenantId, int, Mapping[str, Any]], Product]:
    stock = Stock(installation.database, installation.registry)

    def change(tenant: TenantId, product: int, changes: Mapping[str, Any]) -> Product:
        after = store.change(tenant, product, changes)
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
        client=make_client(installation),
        transport=engine.transport,
        applications=engine.applications,
        announced=feed.announced,
    )
    return ConnectionUseCases(
        find=partial(find_connection, accounts),
        enter=partial(enter, accounts),
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


def _tenant_statuses(database: Database, tenants: Sequence[TenantId]) -> Mapping[TenantId, TenantStatus]:
    return {
        tenant: TenantStatus.ACTIVE if active else TenantStatus.SUSPENDED
        for tenant, active in are_active(database, tenants).items()
    }
