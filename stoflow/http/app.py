"""The api's doors put together: routes, sockets, and the middleware every request passes."""

import re
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, compile_path

from stoflow.http.auth.auth import Authentication, EndedOf, Statuses
from stoflow.http.auth.tenancy import PROTECTED_PREFIXES, TenancyMiddleware
from stoflow.http.auth.tokens import AccessTokens
from stoflow.http.context import Context
from stoflow.http.pages import docs
from stoflow.http.pages.monitoring.doors import asset_route
from stoflow.http.pages.monitoring.pages import MonitoringPages
from stoflow.http.rest.body_limit import MAX_BODY_BYTES, BodyLimit, BodyLimitMiddleware
from stoflow.http.rest.crossings import Crossing, Crossings
from stoflow.http.rest.endpoint import Endpoint, Operation, endpoint_of
from stoflow.http.rest.json_schemas import JsonSchema
from stoflow.http.rest.middleware import (
    ClientMiddleware,
    ProblemMiddleware,
    RequestIdMiddleware,
    SecurityHeadersMiddleware,
)
from stoflow.http.rest.openapi import OPENAPI_PATH, openapi_document
from stoflow.http.rest.rate_limits import RateLimitHeadersMiddleware, RateLimits, unlimited
from stoflow.http.rest.refusals import A_MINUTE, Refusals, RefusalsMiddleware
from stoflow.http.rest.threads import Threads
from stoflow.http.rest.unread import UnreadMiddleware
from stoflow.http.rest.waiting import Waiters, overheard
from stoflow.http.routes import find_operations
from stoflow.http.sockets.asyncapi import ASYNCAPI_PATH, asyncapi_document
from stoflow.http.sockets.event_use_cases import EventUseCases
from stoflow.http.sockets.feed import Feed
from stoflow.http.sockets.limits import SocketLimits, SocketTimes
from stoflow.http.sockets.plugin_use_cases import PluginUseCases
from stoflow.http.sockets.protocol import PROTOCOL_PATH, plugin_protocol
from stoflow.http.sockets.relay import Relay
from stoflow.http.sockets.sockets import Sockets

ALLOWED_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
ALLOWED_HEADERS: Final = ("Authorization", "Content-Type", "X-Request-ID")  # and what operations take
EXPOSED_HEADERS: Final = tuple(
    "ETag Idempotency-Replayed Location Preference-Applied RateLimit RateLimit-Policy Retry-After X-Request-ID".split()
)


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """What may be configured of the doors."""

    cors_origins: Sequence[str] = ()
    limits: SocketLimits = field(default_factory=SocketLimits)
    times: SocketTimes = field(default_factory=SocketTimes)
    address_refusals: int = A_MINUTE


def create_app(
    context: Context,
    plugin: PluginUseCases,
    events: EventUseCases,
    statuses: Statuses,
    tokens: AccessTokens,
    *,
    ended: EndedOf = lambda _: (),
    feed: Feed,
    relay: Relay | None = None,
    rate_limits: RateLimits | None = None,
    options: ApiOptions | None = None,
) -> Starlette:
    """Return the application, with every resource there is a file of.

    `ended` tells which sign-ins are over, `feed` brings other processes' news, `relay` joins the sockets of several
    of them, `rate_limits` counts requests.
    """
    options, operations = options or ApiOptions(), find_operations()
    threads, waiters, refusals = Threads(), Waiters(), Refusals(options.address_refusals)
    authentication = Authentication(tokens, statuses, threads, ended=ended)
    sockets = Sockets(
        plugin,
        events,
        authentication,
        threads,
        refusals,
        relay=relay,
        origins=options.cors_origins,
        limits=options.limits,
        times=options.times,
    )

    pages = MonitoringPages(context, tokens, statuses, ended, threads)
    app = Starlette(
        routes=[
            *_routes(operations, context, threads, waiters, pages),
            *docs.routes(),
            Mount("/socket.io", app=sockets.asgi),
        ],
        middleware=_middleware(authentication, refusals, rate_limits, options, operations, pages),
        lifespan=_lifespan(sockets, overheard(feed, waiters.hear), pages, rate_limits),
    )
    app.state.drain = lambda: (waiters.drain(), pages.streams.drain())
    return app


def _lifespan(
    sockets: Sockets, feed: Feed, pages: MonitoringPages, rate_limits: RateLimits | None
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        await sockets.start(feed)
        await pages.start()
        try:
            yield
        finally:
            await pages.stop()
            await sockets.stop()
            if rate_limits is not None:
                await rate_limits.close()

    return lifespan


def _middleware(
    authentication: Authentication,
    refusals: Refusals,
    rate_limits: RateLimits | None,
    options: ApiOptions,
    operations: Sequence[Operation],
    pages: MonitoringPages,
) -> list[Middleware]:
    return [
        # every answer, also an error's
        Middleware(ClientMiddleware),
        Middleware(RequestIdMiddleware),
        Middleware(SecurityHeadersMiddleware),
        Middleware(
            CORSMiddleware,
            allow_origins=options.cors_origins,
            allow_methods=ALLOWED_METHODS,
            allow_headers=sorted({*ALLOWED_HEADERS, *(name for one in operations for name in one.headers)}),
            # for the one cookie there is, which ties a consent to a browser
            allow_credentials="*" not in options.cors_origins,
            expose_headers=EXPOSED_HEADERS,
        ),
        Middleware(RateLimitHeadersMiddleware),
        Middleware(RefusalsMiddleware, refusals=refusals),
        # nothing unhappy leaves in another shape
        Middleware(ProblemMiddleware),
        Middleware(UnreadMiddleware),
        pages.middleware(),
        # what may come in, and for whom
        Middleware(BodyLimitMiddleware, limits=_limits(operations)),
        Middleware(
            TenancyMiddleware,
            authentication=authentication,
            open_paths=_paths(one for one in operations if one.public and not one.foreign),
            foreign_paths=_paths(one for one in operations if one.foreign),
            uncounted_paths=[compile_path(one.path)[0] for one in operations if one.uncounted],
            spend=rate_limits.spend if rate_limits else unlimited,
        ),
    ]


def _limits(operations: Iterable[Operation]) -> list[BodyLimit]:
    larger = (one for one in operations if one.body_bytes != MAX_BODY_BYTES)
    return [BodyLimit(one.method, compile_path(one.path)[0], one.body_bytes) for one in larger]


def _paths(operations: Iterable[Operation]) -> list[re.Pattern[str]]:
    return [compile_path(one.path)[0] for one in operations if f"{one.path}/".startswith(PROTECTED_PREFIXES)]


def _routes(
    operations: Sequence[Operation], context: Context, threads: Threads, waiters: Waiters, pages: MonitoringPages
) -> list[Route]:
    places = {name: context.registry.payloads(name) for name in context.registry.marketplaces}
    crossings = Crossings(threads, places)
    by_path: dict[str, dict[str, Endpoint]] = {
        OPENAPI_PATH: {"GET": _document(partial(openapi_document, operations, places))},
        ASYNCAPI_PATH: {"GET": _document(partial(asyncapi_document, places))},
        PROTOCOL_PATH: {"GET": _document(partial(plugin_protocol, context.registry.marketplaces.values()))},
    }
    for one in (*operations, *pages.operations):
        made = endpoint_of(one, context, _crossing(crossings, one), waiters, pages.streams)
        by_path.setdefault(one.path, {})[one.method] = made
    fixed_first = sorted(by_path, key=lambda path: "{marketplace}" in path)  # jobs and products are no marketplaces
    routes = [Route(path, _of_method(by_path[path]), methods=list(by_path[path])) for path in fixed_first]
    return [*routes, asset_route()]


def _crossing(crossings: Crossings, one: Operation) -> Callable[[Mapping[str, str]], Crossing]:
    return crossings.of(heavy=one.heavy, asks_marketplace=one.asks_marketplace, uncounted=one.uncounted)


def _document(write: Callable[[], JsonSchema]) -> Endpoint:
    """Written for the first who asks: it takes a third of a second, for which no start of an api waits."""
    written = cache(write)

    async def endpoint(_: Request) -> Response:
        return JSONResponse(await run_in_threadpool(written))

    return endpoint


def _of_method(endpoints: Mapping[str, Endpoint]) -> Endpoint:
    """One route per path, so that a wrong method is told all the right ones."""

    async def endpoint(request: Request) -> Response:
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return endpoint
