"""Hears every frame of a plugin's sockets, and breaks them where a check wants that."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stoflow.http.sockets.frames import CONNECT, EVENT

HELLO: Final = "hello"
OPENED: Final = "opened"


@dataclass(frozen=True, slots=True)
class Heard:
    """What the plugin said: an event by its name, a `hello`, or that it `opened` a socket; `at` is monotonic."""

    name: str
    data: Any
    at: float


class Wire:
    """Stands before the door. What is heard is kept in order; threads wait for what comes."""

    def __init__(self, door: ASGIApp) -> None:
        self._door = door
        self._heard: list[Heard] = []
        self._news = threading.Condition()
        self._drop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._losing = ""

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a socket on, hearing it."""
        self._loop = asyncio.get_running_loop()
        drop = self._drop

        async def hear() -> Message:
            message = await _either(receive, drop)
            if message["type"] == "websocket.receive":
                return self._taken(message)
            return message

        self._tell(OPENED, None)
        await self._door(scope, hear, send)

    def mark(self) -> int:
        """Return where what is heard from now on begins."""
        with self._news:
            return len(self._heard)

    def since(self, mark: int) -> list[Heard]:
        with self._news:
            return self._heard[mark:]

    def wait_for(self, is_it: Callable[[Heard], bool], *, since: int = 0, within_s: float) -> Heard | None:
        """Return the first that fits, None where none comes in time."""
        until = time.monotonic() + within_s
        with self._news:
            while True:
                found = next((one for one in self._heard[since:] if is_it(one)), None)
                left_s = until - time.monotonic()
                if found is not None or left_s <= 0:
                    return found
                self._news.wait(left_s)

    def drop(self) -> None:
        """Break every socket, as a line that is cut."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._break)

    def lose_answer(self, request_id: str) -> None:
        """Break the socket instead of taking the answer of this command, once."""
        self._losing = request_id

    def _break(self) -> None:
        broken, self._drop = self._drop, asyncio.Event()
        broken.set()

    def _taken(self, message: Message) -> Message:
        text = message.get("text") or ""
        name, data = _read(text)
        if name:
            self._tell(name, data)
        if name == "plugin_response" and self._losing and self._losing == data.get("request_id"):
            self._losing = ""
            return {"type": "websocket.disconnect", "code": 1006}
        return message

    def _tell(self, name: str, data: Any) -> None:
        with self._news:
            self._heard.append(Heard(name, data, time.monotonic()))
            self._news.notify_all()


async def _either(receive: Receive, drop: asyncio.Event) -> Message:
    """Return the next message, or that the socket is gone where it is to break first."""
    incoming, broken = asyncio.ensure_future(receive()), asyncio.ensure_future(drop.wait())
    try:
        await asyncio.wait({incoming, broken}, return_when=asyncio.FIRST_COMPLETED)
        return incoming.result() if incoming.done() else {"type": "websocket.disconnect", "code": 1006}
    finally:
        for one in (incoming, broken):
            one.cancel()


def _read(text: str) -> tuple[str, Any]:
    """Return what a frame says, "" where it is none of a plugin's words."""
    with suppress(ValueError):
        if text.startswith(CONNECT):
            return HELLO, json.loads(text[len(CONNECT) :] or "{}")
        if text.startswith(EVENT):
            said = json.loads(text[text.index("[") :])
            return str(said[0]), said[1] if len(said) > 1 else {}
    return "", None
