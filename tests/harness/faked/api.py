"""An api over fakes, and whoever asks it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.sync.client import connect

from stoflow.domain.ids import JobId, TenantId
from stoflow.http.app import ApiOptions
from stoflow.http.auth.keys import SigningKeys
from stoflow.http.auth.tokens import AccessTokens
from stoflow.http.sockets.feed import Feed
from stoflow.http.sockets.relay import Relay
from stoflow.resources.jobs.views import SubmitJob
from tests.harness.faked.use_cases import FakeUseCases
from tests.harness.raw_socket import RawSocket
from tests.harness.serving import WAIT_S, serving
from tests.harness.trust import TRUST


class Wire:
    """The feed, as Redis would bring it: what is said in the test's thread is heard in the api's loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()

    async def listen(self) -> AsyncIterator[Mapping[str, Any]]:
        self._loop = asyncio.get_running_loop()
        while True:
            yield await self._queue.get()

    def say(self, **news: Any) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._queue.put_nowait, news)


@dataclass
class Api:
    """A running api."""

    url: str
    use_cases: FakeUseCases
    tokens: AccessTokens
    wire: Wire
    client: httpx.Client
    open_sockets: ExitStack = field(default_factory=ExitStack)

    @property
    def alice(self) -> TenantId:
        return self.use_cases.alice

    @property
    def bob(self) -> TenantId:
        return self.use_cases.bob

    def token(self, tenant: TenantId | None = None) -> str:
        return self.tokens.issue_access_token(tenant or self.alice)

    def ask(self, method: str, path: str, *, tenant: TenantId | None = None, **more: Any) -> httpx.Response:
        """Send a request as Alice, or as another tenant."""
        headers = {"Authorization": f"Bearer {self.token(tenant)}"} | more.pop("headers", {})
        return self.client.request(method, path, headers=headers, **more)

    def ask_unknown(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request without a token."""
        return self.client.request(method, path, **more)

    def a_job(self, **changes: Any) -> JobId:
        job, _ = self.use_cases.submit_job(self.alice, SubmitJob("vinted", "publish", 1))
        self.use_cases.change(self.alice, job.id, **changes)
        return job.id

    def socket(self, **headers: str) -> RawSocket:
        """Open a websocket and speak Engine.IO only as far as its greeting."""
        url = self.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        socket = RawSocket(self.open_sockets.enter_context(connect(url, additional_headers=headers, max_size=None)))
        assert socket.read().startswith("0")
        return socket

    def frontend(self, tenant: TenantId | None = None) -> RawSocket:
        return self.socket().hello({"token": self.token(tenant), "client": "frontend"})

    def plugin(self, tenant: TenantId | None = None, plugin_id: str = "laptop") -> RawSocket:
        return self.socket().hello({"token": self.token(tenant), "client": "plugin", "plugin_id": plugin_id})


StartApi = Callable[..., Api]


def starter(stack: ExitStack, keys: SigningKeys) -> StartApi:
    def start(
        options: ApiOptions | None = None,
        *,
        use_cases: FakeUseCases | None = None,
        relay: Relay | None = None,
        feed: Feed | None = None,
        serve: Mapping[str, Any] | None = None,
    ) -> Api:
        fake, wire, tokens = use_cases or FakeUseCases(), Wire(), AccessTokens(keys)
        app = fake.app(tokens, feed=feed or wire.listen, relay=relay, options=options)
        url = stack.enter_context(serving(app, **(serve or {})))
        client = stack.enter_context(httpx.Client(verify=TRUST, base_url=url, timeout=WAIT_S))
        api = Api(url, fake, tokens, wire, client)
        stack.callback(api.open_sockets.close)
        return api

    return start
