"""Pages and plugins of all tenants at once: what each is told is looked at, and many go and come in the midst of it."""

import asyncio
import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from campaigns.canaries.shop import PLUGIN, CanaryShop
from campaigns.canaries.words import COMMANDED, PAGE, Judge

STAYS_S: Final = (0.5, 8.0)
PING, PONG, HELLO, TOLD = "2", "3", "40", "42"
AGAIN_S: Final = 0.2
OPEN_WITHIN_S: Final = 30.0
FROM_THE_BEGINNING, BROKEN = 0.05, 0.5  # of the connections


@dataclass
class Sockets:
    """Two for each shop: a page, which asks for what it missed or for everything, and the plugin."""

    port: int
    shops: Sequence[CanaryShop]
    judge: Judge
    seed: int
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), name="sockets", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    async def _listen(self) -> None:
        random = Random(self.seed)
        pages = (self._page(Random(random.random()), shop) for shop in self.shops)
        plugins = (self._plugin(Random(random.random()), shop) for shop in self.shops)
        await asyncio.gather(*pages, *plugins)

    async def _page(self, random: Random, shop: CanaryShop) -> None:
        last = 0
        while not self._over.is_set():
            asked = 0 if random.random() < FROM_THE_BEGINNING else last
            last = max(last, await self._come_and_go(random, shop, PAGE, {"client": "frontend", "last_event": asked}))

    async def _plugin(self, random: Random, shop: CanaryShop) -> None:
        while not self._over.is_set():
            await self._come_and_go(random, shop, COMMANDED, {"client": "plugin", "plugin_id": PLUGIN})

    async def _come_and_go(self, random: Random, shop: CanaryShop, kind: str, auth: dict[str, Any]) -> int:
        """Return the number of the last event that was told, 0 where none was."""
        address = f"ws://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=websocket"
        last = 0
        try:
            async with connect(address, max_size=None, open_timeout=OPEN_WITHIN_S) as socket:
                await socket.send(HELLO + json.dumps({**auth, "token": shop.token()}))
                last = await self._hear(socket, shop, kind, random.uniform(*STAYS_S))
                if random.random() < BROKEN:
                    socket.transport.abort()
                    self.judge.cancel()
        except (OSError, WebSocketException, TimeoutError):
            self.judge.miss()
        await asyncio.sleep(AGAIN_S)
        return last

    async def _hear(self, socket: ClientConnection, shop: CanaryShop, kind: str, for_s: float) -> int:
        last = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                async for frame in socket:
                    text = frame if isinstance(frame, str) else frame.decode()
                    if text == PING:
                        await socket.send(PONG)
                    elif text.startswith(TOLD):
                        self.judge.look(shop.owner, kind, text.encode())
                        last = max(last, json.loads(text[len(TOLD) :])[1].get("number") or 0)
        return last
