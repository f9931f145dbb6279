"""The pages of one api, put together: who is signed in, what is looked at, and what is asked for where."""

import asyncio
import re
from collections.abc import Mapping, Sequence

from starlette.middleware import Middleware
from starlette.routing import compile_path

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.auth.auth import Authentication, EndedOf, Statuses
from stoflow.http.auth.tokens import AccessTokens
from stoflow.http.context import Context
from stoflow.http.pages.monitoring.doors import Doors
from stoflow.http.pages.monitoring.guard import PagesMiddleware
from stoflow.http.pages.monitoring.live import LivePages
from stoflow.http.pages.monitoring.sessions import Sessions
from stoflow.http.rest.endpoint import Operation
from stoflow.http.rest.streams import Streams
from stoflow.http.rest.threads import Threads
from stoflow.http.sockets.server import again_and_again
from stoflow.resources.monitoring.glance import Glance


class MonitoringPages:
    """`operations` are all that is asked for here, `streams` those of them that go on."""

    def __init__(
        self, context: Context, tokens: AccessTokens, statuses: Statuses, ended: EndedOf, threads: Threads
    ) -> None:
        own = tokens.for_pages()
        authentication = Authentication(own, statuses, threads, ended=ended)
        self._context = context
        self._threads = threads
        self._sessions = Sessions(own, authentication)
        glance = Glance(context)
        self._live = LivePages(glance, threads)
        self._tasks: list[asyncio.Task[None]] = []
        self.streams = Streams(authentication, self._roles_of)
        self.operations: Sequence[Operation] = Doors(self._sessions, glance, self._live).operations()

    async def start(self) -> None:
        rounds = {"pages": self._live.tell, "streams": self.streams.look_after}
        self._tasks = [asyncio.create_task(again_and_again(name, once)) for name, once in rounds.items()]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def middleware(self) -> Middleware:
        return Middleware(
            PagesMiddleware,
            sessions=self._sessions,
            paths=_paths(self.operations),
            open_paths=_paths([each for each in self.operations if each.public]),
        )

    async def _roles_of(self, tenants: Sequence[TenantId]) -> Mapping[TenantId, Role]:
        return await self._threads.run(self._context.roles_of, tenants) if tenants else {}


def _paths(operations: Sequence[Operation]) -> list[re.Pattern[str]]:
    return [compile_path(path)[0] for path in dict.fromkeys(each.path for each in operations)]
