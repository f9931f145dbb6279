"""What changes of pages that somebody looks at: made once for all who see the same, and sent where it is another."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from stoflow.domain.errors import DatabaseError
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.facts import BackgroundLoopFailed
from stoflow.http.pages.monitoring.page import Page, Shown
from stoflow.http.pages.monitoring.rendering import render_parts
from stoflow.http.rest.streams import Stream
from stoflow.http.rest.threads import Threads
from stoflow.monitoring.record import record
from stoflow.resources.monitoring.glance import Glance

EVERY_S = 1.0
SHARE = 10  # times as long as it kept the processor, nothing is made
STANDING = "standing"  # names the part that says whether the page is up to date
AWAY = "PostgreSQL does not answer: what is shown is how it was."
BROKEN = "This page cannot be brought up to date: see the log of the api."


@dataclass(frozen=True, slots=True)
class Topic:
    """What is looked at, and what of it may be seen: the same for all who look at it."""

    address: str
    scope: TenantId | None
    role: Role


@dataclass(slots=True)
class _Watched:
    page: Page
    shown: Shown
    told: dict[str, str] = field(default_factory=dict[str, str])
    streams: set[Stream] = field(default_factory=set[Stream])
    due_at: float = 0.0

    def take_turn(self, now: float) -> bool:
        """Return whether it is to be made now, by the monotonic clock; the next time is counted from here."""
        if now < self.due_at:
            return False
        self.due_at = now + self.page.every_s
        return True


class LivePages:
    """Of one api. Its state is the event loop's; pages are made in a thread, all of them in one turn."""

    def __init__(self, glance: Glance, threads: Threads) -> None:
        self._glance = glance
        self._threads = threads
        self._watched: dict[Topic, _Watched] = {}
        self._is_watched = asyncio.Event()

    def join(self, topic: Topic, page: Page, shown: Shown, stream: Stream) -> Callable[[], None]:
        """Send a stream what changes of a page from now on, and all at first; return what ends that."""
        watched = self._watched.setdefault(topic, _Watched(page, shown))
        watched.streams.add(stream)
        stream.put(watched.told)
        self._is_watched.set()
        return lambda: self._leave(topic, stream)

    async def tell(self) -> None:
        """Once: make what is looked at anew, and send what is another."""
        await self._is_watched.wait()
        now = time.monotonic()
        due = [watched for watched in self._watched.values() if watched.take_turn(now)]
        made, work_s = await self._threads.run(_make, due)
        for watched, parts in zip(due, made, strict=True):
            changed = {name: text for name, text in parts.items() if watched.told.get(name) != text}
            watched.told |= changed
            for stream in watched.streams if changed else ():
                stream.put(changed)
        await asyncio.sleep(max(EVERY_S, self._glance.good_for_s, SHARE * work_s))

    def _leave(self, topic: Topic, stream: Stream) -> None:
        watched = self._watched[topic]
        watched.streams.discard(stream)
        if not watched.streams:
            del self._watched[topic]
        if not self._watched:
            self._is_watched.clear()


def _make(several: Sequence[_Watched]) -> tuple[Sequence[Mapping[str, str]], float]:
    """Return the parts of each, and how long that kept the processor."""
    begun_s = time.thread_time()
    made = [_parts(each.page, each.shown) for each in several]
    return made, time.thread_time() - begun_s


def _parts(page: Page, shown: Shown) -> Mapping[str, str]:
    """Return the parts of a page, or what is said where they cannot be made: the others are made all the same."""
    try:
        return {**render_parts(page, (page.changing or page.show)(shown)), STANDING: ""}
    except DatabaseError:
        return {STANDING: AWAY}
    except Exception as error:  # noqa: BLE001 - one page's fault must not stand in the way of another's
        record(BackgroundLoopFailed.of("pages", error))
        return {STANDING: BROKEN}
