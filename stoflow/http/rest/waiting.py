"""`Prefer: wait=N`: an answer that comes when its job has ended, and costs no thread and no question meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol, TypeVar

from starlette.datastructures import Headers

from stoflow.domain.errors import DatabaseError
from stoflow.domain.ids import TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES
from stoflow.http.rest.problems import Busy

LONGEST_S: Final = 30
Feed = Callable[[], AsyncIterator[Mapping[str, Any]]]
MOST: Final = 1000
MOST_OF_ONE: Final = 50
JOB_NEWS: Final = "job_status_update"
PREFER: Final = "Prefer"
PREFER_HELP: Final = (
    f"`wait=N`: answer when the job has ended, or after N seconds (at most {LONGEST_S}) as it stands;"
    " `Preference-Applied` says that this was done."
)


class Job(Protocol):
    """What is read of a job's body."""

    @property
    def id(self) -> int: ...

    @property
    def status(self) -> str: ...


JobT = TypeVar("JobT", bound=Job)


def preferred_wait_s(headers: Headers) -> int | None:
    """Return how many seconds the client would wait, None where it does not say so; other preferences are not ours."""
    for preference in ",".join(headers.getlist(PREFER)).split(","):
        name, _, value = (part.strip() for part in preference.partition(";")[0].partition("="))
        digits = value.strip('"')
        if name.lower() == "wait" and digits.isascii() and digits.isdecimal():
            return min(int(digits[:10]), LONGEST_S)
    return None


class Waiters:
    """Who waits for which job in this process. `hear` is told all news; `drain` lets everybody go."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[TenantId, int], set[asyncio.Event]] = {}
        self._of_tenant: Counter[TenantId] = Counter()
        self._is_draining = False

    def hear(self, news: Mapping[str, Any]) -> None:
        """Wake whoever waits for a job that news says has ended; the job itself is read again."""
        if news.get("event") == JOB_NEWS and isinstance(news.get("data"), dict):
            tenant, job, status = news.get("tenant"), news["data"].get("job_id"), news["data"].get("status")
            if isinstance(tenant, int) and isinstance(job, int) and status in [*FINAL_JOB_STATUSES]:
                self._wake(self._waiting.get((TenantId(tenant), job), ()))

    def drain(self) -> None:
        """Let everybody go with their jobs as they stand: this process is about to end."""
        self._is_draining = True
        for several in self._waiting.values():
            self._wake(several)

    async def outwait(
        self, tenant: TenantId, job: JobT, wait_s: float, read: Callable[[], Awaitable[JobT]]
    ) -> JobT | None:
        """Return the job when it has ended, or after `wait_s` as it stands; None where no more may wait."""
        until = asyncio.get_running_loop().time() + wait_s
        with self._listening(tenant, job.id) as news:
            if news is None:
                return None
            try:
                job = await read()  # it may have ended before anybody listened
                while not (job.status in FINAL_JOB_STATUSES or self._is_draining or await _is_late(news, until)):
                    job = await read()
                return job if job.status in FINAL_JOB_STATUSES else await read()
            except (Busy, DatabaseError):
                return job  # as it was: what was asked for is done, and only the waiting failed

    @staticmethod
    def _wake(several: Iterable[asyncio.Event]) -> None:
        for each in several:
            each.set()

    @contextmanager
    def _listening(self, tenant: TenantId, job: int) -> Iterator[asyncio.Event | None]:
        """Give what news of the job sets; None where too many wait already."""
        if self._is_draining or self._of_tenant.total() >= MOST or self._of_tenant[tenant] >= MOST_OF_ONE:
            yield None
            return
        news, key = asyncio.Event(), (tenant, job)
        self._waiting.setdefault(key, set()).add(news)
        self._of_tenant[tenant] += 1
        try:
            yield news
        finally:
            self._of_tenant -= Counter({tenant: 1})  # forgets those of whom nobody is left
            self._waiting[key].discard(news)
            if not self._waiting[key]:
                del self._waiting[key]


def overheard(feed: Feed, hear: Callable[[Mapping[str, Any]], None]) -> Feed:
    """Return the feed; all that it brings is heard on the way."""

    async def open_feed() -> AsyncIterator[Mapping[str, Any]]:
        async for news in feed():
            hear(news)
            yield news

    return open_feed


async def _is_late(news: asyncio.Event, until: float) -> bool:
    """Wait for news; say whether the time was over before any came."""
    try:
        async with asyncio.timeout_at(until):
            await news.wait()
    except TimeoutError:
        return True
    news.clear()
    return False
