"""The feed: what processes tell one another. Lists for orchestrators, a channel for the api's sockets."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from stoflow.domain.errors import InputError
from stoflow.domain.facts.outages import RedisAway, ServerOutageBegan, ServerOutageEnded
from stoflow.domain.facts.work import MessageRefused
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.domain.job import JobChanged
from stoflow.domain.run import RunReport
from stoflow.monitoring.lean_redis import redis
from stoflow.monitoring.outage import Outage
from stoflow.monitoring.record import record
from stoflow.transports.hints import REDIS, Hints
from stoflow.transports.names import Names

LOOK_EVERY_S = 1  # by itself, should a wake be lost
BATCH = 500
KEPT_S = 60


class HintedFeed:
    """Sends facts as hints: implements the Feed of `execution/`."""

    def __init__(self, hints: Hints, names: Names) -> None:
        self._hints = hints
        self._names = names

    def report(self, owner: ProcessId, report: RunReport) -> None:
        """Tell the tenant's owner how a run ended."""
        key, text = self._names.reports(owner), json.dumps(report.to_json())
        self._hints.put(lambda pipeline: pipeline.rpush(key, text))
        self._hints.put(lambda pipeline: pipeline.expire(key, KEPT_S), once=key)

    def job_changed(self, news: JobChanged) -> None:
        """Tell the seller's open pages."""
        data = {
            "job_id": news.job,
            "status": news.status,
            "marketplace": news.marketplace,
            "action": news.action,
            "progress": {"done": news.done, "total": news.total},
            **news.named,
        }
        self._publish({"tenant": news.tenant, "event": "job_status_update", "data": data})

    def commands_waiting(self, tenant: TenantId) -> None:
        """Tell the api process that holds the tenant's plugin to read its open commands."""
        self._publish({"tenant": tenant, "event": "plugin_command", "data": {}})

    def announced(self) -> None:
        """Wake an orchestrator: the outbox has rows."""
        key = self._names.announcements

        def hint(pipeline: Any) -> None:
            pipeline.rpush(key, "1")
            pipeline.ltrim(key, -8, -1)  # one is enough, however many jobs came

        self._hints.put(hint, once=key)

    def _publish(self, event: dict[str, Any]) -> None:
        text = json.dumps(event)
        self._hints.put(lambda pipeline: pipeline.publish(self._names.events, text))


OnNews = Callable[[Sequence[RunReport], bool], None]


class FeedReader:
    """Waits for reports to one orchestrator and for wakes, in a thread of its own."""

    def __init__(
        self,
        url: str,
        names: Names,
        me: ProcessId,
        on_news: OnNews,
        outage: Outage,
        *,
        on_back: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_news` is called for each batch of reports, and told whether it is time to look at the outbox.

        `outage` is Redis's as this process meets it; `on_back` is called when Redis answers again.
        """
        self._outage = outage
        self._on_back = on_back
        self._is_away = False
        self._client = redis.Redis.from_url(url, socket_timeout=LOOK_EVERY_S + 2)  # pyright: ignore[reportUnknownMemberType]
        self._key = names.reports(me)
        self._wake = names.announcements
        self._on_news = on_news
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(LOOK_EVERY_S + 3)
        self._client.close()

    def _run(self) -> None:
        looked_at_s = 0.0
        while not self._stopping.is_set():
            was_away = self._is_away
            reports, woken = self._wait()
            look = woken or time.monotonic() - looked_at_s >= LOOK_EVERY_S
            if look:
                looked_at_s = time.monotonic()
            self._on_news(reports, look)
            if was_away and not self._is_away:
                self._on_back()

    def _wait(self) -> tuple[list[RunReport], bool]:
        """Return the reports that have come, and whether an announcement has."""
        try:
            with self._client.pipeline(transaction=False) as pipeline:  # Redis waits, then does what stands behind it
                pipeline.blpop([self._key, self._wake], timeout=LOOK_EVERY_S)
                pipeline.lpop(self._key, BATCH)
                pipeline.delete(self._wake)
                got, more, woken = pipeline.execute()
        except redis.RedisError as failure:
            error, self._is_away = str(failure), True
            self._outage.failed(lambda: ServerOutageBegan(REDIS, error))
            record(RedisAway("waiting for reports", error))
            self._stopping.wait(LOOK_EVERY_S)
            return [], True
        self._is_away = False
        self._outage.answered(lambda lasted_s: ServerOutageEnded(REDIS, lasted_s))
        key, first = got or (self._wake.encode(), b"")  # where nothing came it is time to look, as after a wake
        announced = key.decode() == self._wake
        texts = [*(() if announced else (first,)), *(more or ())]
        return [report for text in texts if (report := _parsed(text)) is not None], announced or bool(woken)


def _parsed(text: bytes) -> RunReport | None:
    try:
        return RunReport.from_json(json.loads(text))
    except (ValueError, InputError) as error:
        record(MessageRefused(str(error)))
        return None
