"""Two installations on one Redis, whatever its database numbers: nothing that one says is heard by the other."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest
import redis

from stoflow import settings as stoflow_settings
from stoflow.domain.attempt import Attempt
from stoflow.domain.errors import DatabaseNotPrepared
from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.job import JobChanged, JobStatus
from stoflow.domain.product import NewProduct
from stoflow.domain.run import NextMove, RunMessage, RunMode, RunReport
from stoflow.monitoring.outage import Outage
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.installations import installation_name
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant
from stoflow.storage.products.snapshots import add_product
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.transports.feed import FeedReader, HintedFeed
from stoflow.transports.hints import Hints
from stoflow.transports.messages.broker import make_broker, queue_name
from stoflow.transports.messages.sending import Messages
from stoflow.transports.names import Names
from stoflow.wiring.installation import Installation, opened, prepare
from stoflow.wiring.orchestrator import make_orchestrator
from stoflow.wiring.worker import make_worker_process
from tests.harness.flea import FLEA, Note, flea

if TYPE_CHECKING:
    from conftest import Databases

WITHIN_S = 20.0
OWNER = ProcessId(1)  # of the same number in both
TENANT = TenantId(1)


def noting(book: "SimpleQueue[str]") -> Note:
    """Note each job's product in its installation's own book."""

    def note(attempt: Attempt) -> None:
        book.put(attempt.product.title if attempt.product else "")

    return note


@dataclass
class Side:
    """One of two installations."""

    installation: Installation
    hints: Hints
    client: "redis.Redis"
    book: "SimpleQueue[str]" = field(default_factory=SimpleQueue[str])

    @property
    def names(self) -> Names:
        return self.installation.names()

    def submit(self, title: str) -> JobId:
        with self.installation.database.tenant(TENANT) as session:
            product = add_product(session, NewProduct(title=title, description="", price=None))
        asked = SubmitJob(FLEA, "publish", product)
        job, _ = submit(self.installation.database, self.installation.registry, TENANT, asked)
        return job

    def say(self, told: int) -> None:
        """Send one of everything, and return when Redis has it; each names the same owner, tenant and job."""
        feed = HintedFeed(self.hints, self.names)
        feed.report(OWNER, report(told))
        feed.announced()
        feed.job_changed(JobChanged(TENANT, JobId(told), FLEA, "publish", JobStatus.RUNNING, 0, 1))
        messages = Messages(make_broker(self.installation.urls.redis_url, self.names, self.hints), self.hints)
        messages.send(FLEA, [message(told)])
        self.hints.start()
        self.hints.stop()


def report(job: int) -> RunReport:
    return RunReport(
        tenant=TENANT,
        job=JobId(job),
        marketplace=FLEA,
        mode=RunMode.ACT,
        move=NextMove.NOTHING,
        task=TaskId(0),
        claims=1,
        delay_s=0.0,
    )


def message(job: int) -> RunMessage:
    return RunMessage(
        tenant=TENANT, job=JobId(job), task=TaskId(1), claims=0, epoch=Epoch(1), owner=OWNER, mode=RunMode.ACT,
        permit=True, stepwise=False,
    )  # fmt: skip


@pytest.fixture(params=[(11, 12), (11, 11)], ids=["two database numbers", "one database number"])
def sides(
    request: pytest.FixtureRequest, tmp_path: Path, server_urls: ServerUrls, databases: "Databases"
) -> Iterator[tuple[Side, Side]]:
    with ExitStack() as stack:
        yield tuple(_side(stack, tmp_path, server_urls, databases, number) for number in request.param)  # pyright: ignore[reportReturnType]


def _side(stack: ExitStack, home: Path, server_urls: ServerUrls, databases: "Databases", number: int) -> Side:
    name = databases.create(databases.migrated)
    stack.callback(databases.drop, name)
    redis_url = f"{server_urls.redis_url.partition('?')[0]}?db={number}"
    client = stack.enter_context(redis.Redis.from_url(redis_url))
    client.flushdb()
    stack.callback(client.flushdb)
    settings = stoflow_settings.load(
        env_file=None,
        home=home,
        database_url=databases.url_of(name),
        redis_url=redis_url,
        sync_every_s=0,
        orders_every_s=0,
    )
    book: SimpleQueue[str] = SimpleQueue()
    installation = stack.enter_context(opened(settings, pool_size=8, extra=[flea(noting(book))]))
    prepare(installation)
    assert create_tenant(installation.database, "seller@example.com") == TENANT
    return Side(installation, Hints(redis_url), client, book)


def test_an_installation_has_one_name_and_no_other_has_it(sides: tuple[Side, Side]) -> None:
    one, other = (side.names.installation for side in sides)
    assert one != other
    assert len(one) == 16
    again = Database(sides[0].installation.urls.database_url)
    assert installation_name(again) == one
    again.close()


def test_before_it_is_prepared_it_has_no_name(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with pytest.raises(DatabaseNotPrepared):
        installation_name(database)
    database.close()


def test_reports_and_wakes_reach_their_own_orchestrator_alone(sides: tuple[Side, Side]) -> None:
    for told, side in enumerate(sides, start=1):
        side.say(told)
    for told, side in enumerate(sides, start=1):
        heard: SimpleQueue[tuple[Any, bool]] = SimpleQueue()
        reader = FeedReader(
            side.installation.urls.redis_url, side.names, OWNER, lambda *news, to=heard: to.put(news), Outage(streak=1)
        )
        reader.start()
        reports, woken = heard.get(timeout=WITHIN_S)
        reader.stop()
        assert ([each.job for each in reports], woken) == ([told], True)


def test_news_reach_their_own_sockets_alone(sides: tuple[Side, Side]) -> None:
    with ExitStack() as stack:
        heard = [stack.enter_context(side.client.pubsub(ignore_subscribe_messages=True)) for side in sides]
        for side, listening in zip(sides, heard, strict=True):
            listening.subscribe(side.names.events)
            listening.get_message(timeout=WITHIN_S)
        for told, side in enumerate(sides, start=1):
            side.say(told)
        for told, listening in enumerate(heard, start=1):
            news: Any = listening.get_message(timeout=WITHIN_S)
            assert json.loads(news["data"])["data"]["job_id"] == told
            assert listening.get_message() is None


def test_messages_are_fetched_by_their_own_workers_alone_also_where_the_other_is_wiped(
    sides: tuple[Side, Side],
) -> None:
    for told, side in enumerate(sides, start=1):
        side.say(told)
    wiped, kept = sides
    for key in wiped.client.scan_iter(match=f"{wiped.names.namespace}:*"):
        wiped.client.unlink(key)
    queue = queue_name(FLEA)
    fetched = [
        make_broker(side.installation.urls.redis_url, side.names, side.hints).do_fetch(queue, 10) for side in sides
    ]
    assert fetched[0] == []
    assert [json.loads(data)["kwargs"]["job"] for data in fetched[1]] == [2]
    assert kept.client.llen(kept.names.reports(OWNER)) == 1


def test_each_does_its_own_jobs_and_every_name_in_redis_is_of_one_of_them(sides: tuple[Side, Side]) -> None:
    with ExitStack() as stack:
        jobs = [side.submit(title) for side, title in zip(sides, ("mine", "yours"), strict=True)]
        assert jobs[0] == jobs[1]
        for side in sides:
            orchestrator, hints = make_orchestrator(side.installation)
            for part in (
                hints,
                make_worker_process(side.installation, threads=2, marketplaces=[FLEA]),
                orchestrator,
            ):
                part.start()
                stack.callback(part.stop)
        assert [side.book.get(timeout=WITHIN_S) for side in sides] == ["mine", "yours"]
        own = (*(f"{side.names.namespace}:".encode() for side in sides), b"stoflow:test")
        names: set[Any] = {key for side in sides for key in (*side.client.scan_iter(), *side.client.pubsub_channels())}
        assert names
        assert [name for name in names if not name.startswith(own)] == []
    assert all(side.book.empty() for side in sides)


def test_what_lies_in_redis_under_the_names_of_before_is_missed_by_nobody(sides: tuple[Side, Side]) -> None:
    """An upgrade: the job was announced and dispatched by a release whose names held no installation."""
    side, _ = sides
    job = side.submit("from before")
    client = side.client
    client.rpush("stoflow:feed:wake", "1")
    client.rpush("stoflow:run.flea", "a-message")
    client.hset("stoflow:run.flea.msgs", "a-message", json.dumps(message(job).to_json()))
    with ExitStack() as stack:
        orchestrator, hints = make_orchestrator(side.installation)
        for part in (hints, make_worker_process(side.installation, threads=2, marketplaces=[FLEA]), orchestrator):
            part.start()
            stack.callback(part.stop)
        assert side.book.get(timeout=WITHIN_S) == "from before"
    assert client.llen("stoflow:run.flea") == 1
