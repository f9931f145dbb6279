"""What changes of pages that somebody looks at: made once for all who see the same, and sent where it is another."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.pages.monitoring.page import Page, Shown
from stoflow.http.pages.monitoring.watched import Watched, make_turn
from stoflow.http.rest.streams import Stream
from stoflow.http.rest.threads import Threads
from stoflow.resources.monitoring.glance import Glance, Rest

EVERY_S: Final = 0.75
SHARE: Final = 25  # times as long as it kept the processor, nothing is made


@dataclass(frozen=True, slots=True)
class Topic:
    """What is looked at, and what of it may be seen: the same for all who look at it."""

    address: str
    scope: TenantId | None
    role: Role


class LivePages:
    """Of one api. Its state is the event loop's; pages are made in a thread, all of them in one turn."""

    def __init__(self, glance: Glance, threads: Threads) -> None:
        self._glance = glance
        self._threads = threads
        self._watched: dict[Topic, Watched] = {}
        self._is_watched = asyncio.Event()
        self._rest = Rest(SHARE)

    def join(self, topic: Topic, page: Page, shown: Shown, stream: Stream) -> Callable[[], None]:
        """Send a stream what changes of a page from now on, and all at first; return what ends that."""
        watched = self._watched.setdefault(topic, Watched(page, shown))
        watched.streams.add(stream)
        stream.put(watched.told)
        watched.mark = None  # whoever has just loaded the page may know more than was told last
        self._is_watched.set()
        return lambda: self._leave(topic, stream)

    async def tell(self) -> None:
        """Once: make what is looked at anew, and send what is another."""
        await self._is_watched.wait()
        several = list(self._watched.values())
        turn = await self._threads.run(make_turn, self._glance, several, EVERY_S / SHARE)
        for watched, parts in turn.made:
            changed = {name: text for name, text in parts.items() if watched.told.get(name) != text}
            watched.told |= changed
            for stream in watched.streams if changed else ():
                stream.put(changed)
        await asyncio.sleep(max(EVERY_S, self._rest.after(turn.work_s)))

    def _leave(self, topic: Topic, stream: Stream) -> None:
        watched = self._watched[topic]
        watched.streams.discard(stream)
        if not watched.streams:
            del self._watched[topic]
        if not self._watched:
            self._is_watched.clear()
