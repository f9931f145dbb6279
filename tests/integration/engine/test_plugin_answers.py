"""A plugin task holds nobody: its command waits in PostgreSQL, and whoever holds the answer completes it."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Answer, Call, Command, Response
from stoflow.domain.ids import JobId
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Done, Listed, LookResult, Outcome, TryAgain, Unknown
from stoflow.domain.run import NextMove
from stoflow.execution import plugin
from stoflow.execution.answer import receive_answer
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.marketplaces.registry import build_registry
from stoflow.monitoring.failpoints import arm, disarm
from stoflow.monitoring.telemetry import OpenTelemetry
from stoflow.monitoring.traces import asked_in, trace_by
from stoflow.resources.jobs.views import PluginCommand
from stoflow.storage.engine.reads.workers import StoredJob, read_job

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

LAPTOP = "laptop"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def _upload(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    answer = yield Command("shop.upload", {"product": attempt.product.id if attempt.product else 0})
    assert isinstance(answer, Answer)
    return Done({"photo": answer.data["photo"]}) if answer.success else TryAgain(answer.error_message, after_s=0.0)


def _create(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    answer = yield Command("shop.create", {"marker": attempt.marker})
    assert isinstance(answer, Answer)
    if not answer.success:
        return Unknown(answer.error_message)
    return Done({}, Listed(str(answer.data["draft"])))


def _find(attempt: Attempt) -> Generator[Call, Response, str]:
    """Leaf through two pages for the draft with the marker."""
    for page in (1, 2):
        answer = yield Command("shop.page", {"page": page, "marker": attempt.marker})
        assert isinstance(answer, Answer)
        if answer.data.get("draft"):
            return str(answer.data["draft"])
    return ""


def _look(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    found = yield from _find(attempt)
    return Done({}, Listed(found)) if found else Absent()


def _collect(attempt: Attempt) -> Generator[Call, Response, Outcome | Absent]:
    found = yield from _find(attempt)
    if not found:
        return Absent()
    yield Command("shop.delete", {"draft": found})
    return Done()


STEPS = (
    Step("validate", lambda _: Done()),
    Step("upload", _upload, TaskKind.REPEATABLE),
    Step("create", _create, TaskKind.UNSAFE, look=_look, marked=True),
    Step("save", lambda attempt: Done({"listing": attempt.listing_id})),
)


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]") -> Marketplace:
    return Marketplace(
        name="shop",
        transport="plugin",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=0),),
        handlers={"publish": shop_handler(STEPS)},
        collect=_collect,
    )


def done(**data: object) -> Answer:
    return Answer(success=True, data=data)


@dataclass
class Browser:
    """The seller's plugin, as the api sees it: it takes one command at a time and answers when it likes."""

    bench: "Bench"
    plugin_id: str = LAPTOP
    taken: list[PluginCommand] = field(default_factory=list[PluginCommand])

    def connect(self) -> "Browser":
        plugin.connected(self.bench.engine, self.bench.tenant, self.plugin_id, "socket")
        return self

    def take(self) -> PluginCommand:
        """Take the one command that waits."""
        (command,) = plugin.open_commands(self.bench.engine, [(self.bench.tenant, self.plugin_id)])
        assert plugin.commands_sent(self.bench.engine, [command]) == [command]
        self.taken.append(command)
        return command

    def answer(self, command: PluginCommand, said: Answer) -> None:
        receive_answer(self.bench.engine, self.bench.tenant, self.plugin_id, command.request_id, said)

    def does(self, **data: object) -> str:
        """Take the command that waits and answer it; its action."""
        command = self.take()
        self.answer(command, done(**data))
        return command.action


@pytest.fixture
def browser(bench: "Bench") -> Browser:
    return Browser(bench).connect()


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    trace_by(OpenTelemetry(SimpleSpanProcessor(exporter), kind="test"))
    yield exporter
    trace_by(None)


def leaving(bench: "Bench", browser: Browser, parent: str) -> PluginCommand:
    """Return the command of a job that was asked for in a trace, as it leaves."""
    with asked_in(parent):
        job = bench.submit(bench.product())
    bench.run(job)
    found = plugin.open_commands(bench.engine, [(bench.tenant, browser.plugin_id)])
    (command,) = plugin.commands_sent(bench.engine, found)
    return command


def test_what_the_plugin_does_belongs_to_the_jobs_trace(
    bench: "Bench", browser: Browser, spans: InMemorySpanExporter
) -> None:
    command = leaving(bench, browser, f"00-{TRACE}-b7ad6b7169203331-01")
    (asked,) = [span for span in spans.get_finished_spans() if span.name == "ask shop.upload"]
    context = asked.get_span_context()
    assert context is not None
    assert command.traceparent == f"00-{TRACE}-{context.span_id:016x}-01"


def test_a_plugin_is_told_nothing_of_a_trace_that_is_not_kept(
    bench: "Bench", browser: Browser, spans: InMemorySpanExporter
) -> None:
    assert leaving(bench, browser, f"00-{TRACE}-b7ad6b7169203331-00").traceparent == ""
    assert "ask shop.upload" not in [span.name for span in spans.get_finished_spans()]


def test_a_plugin_is_told_nothing_of_a_trace_where_stoflow_makes_no_spans(bench: "Bench", browser: Browser) -> None:
    assert leaving(bench, browser, f"00-{TRACE}-b7ad6b7169203331-01").traceparent == ""


def created(bench: "Bench", browser: Browser) -> JobId:
    """A job whose create waits for its answer."""
    job = bench.submit(bench.product())
    bench.run(job)
    browser.does(photo=5)
    bench.run(job)
    return job


def test_a_job_goes_from_command_to_command_to_its_end(bench: "Bench", browser: Browser) -> None:
    job = bench.submit(bench.product())
    assert bench.run(job).move is NextMove.PLUGIN
    assert browser.does(photo=5) == "shop.upload"
    assert bench.feed.reports[-1].move is NextMove.RUN

    assert bench.run(job).move is NextMove.PLUGIN
    assert browser.does(draft=77) == "shop.create"
    assert bench.run(job).move is NextMove.NOTHING
    assert (bench.row(job)["status"], bench.row(job)["result_data"]) == ("completed", {"listing": "77"})
    assert bench.task(job, "upload")["output"] == {"photo": 5}


def test_a_command_says_how_long_it_is_good_for_by_postgresqls_clock(bench: "Bench", browser: Browser) -> None:
    bench.run(bench.submit(bench.product()))
    before = bench.one("SELECT clock_timestamp() AS now")["now"]
    command = browser.take()
    after = bench.one("SELECT clock_timestamp() AS now")["now"]
    assert before < command.deadline - timedelta(seconds=command.left_s) < after


def test_an_answer_said_again_changes_nothing(bench: "Bench", browser: Browser) -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    command = browser.take()
    browser.answer(command, done(photo=5))
    before, reports = bench.steps(job), len(bench.feed.reports)
    browser.answer(command, done(photo=6))

    assert (bench.steps(job), len(bench.feed.reports)) == (before, reports)
    assert bench.task(job, "upload")["output"] == {"photo": 5}


def test_nobody_else_may_answer_and_nothing_unknown_is_an_answer(bench: "Bench", browser: Browser) -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    command = browser.take()
    stranger = Browser(bench, "another laptop")
    stranger.answer(command, done(photo=6))
    for request_id in (str(uuid4()), "", "1' OR '1'='1", command.request_id.upper()):
        receive_answer(bench.engine, bench.tenant, LAPTOP, request_id, done(photo=6))
    assert bench.task(job, "upload")["status"] == "running"

    strangers = replace(command, plugin_id=stranger.plugin_id)
    assert plugin.commands_sent(bench.engine, [strangers]) == []
    browser.answer(command, done(photo=5))
    assert bench.task(job, "upload")["output"] == {"photo": 5}


@pytest.fixture
def older(bench: "Bench", browser: Browser, marketplace: Marketplace, shop_handler: "type[ShopHandler]") -> Browser:
    """The same plugin, held by an api of a release that neither uploads nor creates."""
    assert browser
    before = replace(marketplace, handlers={"publish": shop_handler((STEPS[0], STEPS[3]))})
    return Browser(bench.worker(registry=build_registry((before,), entry_points=False)))


def test_what_an_older_api_cannot_read_is_asked_again_uncharged(
    bench: "Bench", browser: Browser, older: Browser
) -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    older.answer(browser.take(), done(photo=5))

    task = bench.task(job, "upload")
    assert (task["status"], task["failures"], task["deaths"], task["output"]) == ("pending", 0, 0, None)
    bench.make_due()
    bench.run(job)
    browser.does(photo=5)
    assert bench.task(job, "upload")["output"] == {"photo": 5}


def test_what_an_older_api_cannot_read_of_a_creating_command_is_looked_for(
    bench: "Bench", browser: Browser, older: Browser
) -> None:
    job = created(bench, browser)
    older.answer(browser.take(), done(draft=77))

    task = bench.task(job, "create")
    assert (task["status"], task["failures"], task["look_at"] is not None) == ("running", 0, True)
    bench.make_due()
    bench.look(job)
    older.answer(browser.take(), done(draft=77))
    assert bench.task(job, "create")["look_at"] is not None
    bench.make_due()
    bench.look(job)
    browser.does(draft=77)
    bench.run(job)
    assert bench.row(job)["result_data"] == {"listing": "77"}


def test_a_late_answer_to_an_attempt_that_was_given_up_changes_nothing(bench: "Bench", browser: Browser) -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    late = browser.take()
    no_answer_in_time(bench)
    bench.make_due()
    bench.run(job)

    browser.answer(late, done(photo=6))
    assert bench.task(job, "upload")["status"] == "running"
    browser.does(photo=7)
    assert bench.task(job, "upload")["output"] == {"photo": 7}


@pytest.fixture
def together(
    bench: "Bench", browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> Callable[[PluginCommand, Answer], None]:
    """Two processes have the answer: the second one settles it where the first has found its command and reads on."""

    def answer(command: PluginCommand, said: Answer) -> None:
        def read_late(*asked: Any) -> StoredJob | None:
            monkeypatch.setattr("stoflow.execution.answer.read_job", read_job)
            browser.answer(command, said)
            return read_job(*asked)

        monkeypatch.setattr("stoflow.execution.answer.read_job", read_late)
        browser.answer(command, said)

    return answer


def test_an_answer_to_a_look_that_two_processes_have_says_nothing_of_the_act(
    bench: "Bench", browser: Browser, together: Callable[[PluginCommand, Answer], None]
) -> None:
    job = created(bench, browser)
    browser.answer(browser.take(), Answer(success=False, error_message="the page was closed"))
    bench.look(job)
    browser.does()
    together(browser.take(), done())
    task = bench.task(job, "create")
    assert (task["status"], task["looks"], task["failures"]) == ("running", 1, 0)


def test_an_answer_that_two_processes_have_is_not_that_of_the_next_command_too(
    bench: "Bench", browser: Browser, together: Callable[[PluginCommand, Answer], None]
) -> None:
    job = created(bench, browser)
    browser.answer(browser.take(), Answer(success=False, error_message="the page was closed"))
    bench.look(job)
    together(browser.take(), done())
    assert bench.task(job, "create")["looks"] == 0, "the second page has not been looked at"
    assert browser.take().payload["page"] == 2


def test_an_answer_to_a_job_that_is_forgotten_meanwhile_is_nobodys(
    bench: "Bench", browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = created(bench, browser)
    command = browser.take()

    def read_then_forget(*asked: Any) -> StoredJob | None:
        found = read_job(*asked)
        bench.all("DELETE FROM {s}.plugin_commands")
        return found

    monkeypatch.setattr("stoflow.execution.answer.read_job", read_then_forget)
    browser.answer(command, done(draft=77))
    assert bench.task(job, "create")["status"] == "running"


def test_a_late_answer_to_a_look_says_nothing_of_the_act(bench: "Bench", browser: Browser) -> None:
    job = created(bench, browser)
    browser.answer(browser.take(), Answer(success=False, error_message="the page was closed"))
    bench.look(job)
    late = browser.take()
    no_answer_in_time(bench)
    browser.answer(late, done(draft=77))
    task = bench.task(job, "create")
    assert (task["status"], task["failures"], task["look_at"] is not None) == ("running", 0, True)


def test_a_late_answer_to_a_creating_command_is_still_what_was_done(bench: "Bench", browser: Browser) -> None:
    job = created(bench, browser)
    late = browser.take()
    no_answer_in_time(bench)
    browser.answer(late, done(draft=77))
    assert bench.task(job, "create")["status"] == "completed"


def no_answer_in_time(bench: "Bench") -> None:
    bench.all("UPDATE {s}.marketplace_tasks SET deadline = clock_timestamp() WHERE status = 'running'")
    bench.all("UPDATE {s}.plugin_commands SET deadline = clock_timestamp()")
    bench.sweep()


def test_what_the_plugin_could_not_do_is_asked_again(bench: "Bench", browser: Browser) -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    browser.answer(browser.take(), Answer(success=False, error_message="no network"))
    assert bench.feed.reports[-1].move is NextMove.RUN

    bench.make_due()
    assert bench.run(job).move is NextMove.PLUGIN
    browser.does(photo=5)
    assert bench.task(job, "upload")["status"] == "completed"
    assert len({command.request_id for command in browser.taken}) == 2


def test_a_lost_answer_to_a_creating_command_is_looked_for_page_by_page(bench: "Bench", browser: Browser) -> None:
    job = created(bench, browser)
    marker = browser.take().payload["marker"]
    browser.answer(browser.taken[-1], Answer(success=False, error_message="the page was closed"))
    assert bench.feed.reports[-1].move is NextMove.LOOK

    assert bench.look(job).move is NextMove.PLUGIN
    assert browser.does() == "shop.page"
    assert browser.does(draft=77) == "shop.page"
    assert [command.payload for command in browser.taken[-2:]] == [{"page": n, "marker": marker} for n in (1, 2)]
    bench.run(job)
    assert (bench.row(job)["status"], bench.row(job)["result_data"]) == ("completed", {"listing": "77"})


def test_a_command_names_the_attempt_it_belongs_to_as_a_direct_call_does(bench: "Bench", browser: Browser) -> None:
    job = created(bench, browser)
    task, tenant = bench.task(job, "create"), bench.tenant
    assert browser.take().attempt == f"{tenant}-{job}-{task['id']}-1"
    browser.answer(browser.taken[-1], Answer(success=False, error_message="the page was closed"))
    bench.look(job)
    assert browser.take().attempt == f"{tenant}-{job}-{task['id']}-2"


def test_an_orphan_draft_is_found_and_deleted_through_the_plugin(bench: "Bench", browser: Browser) -> None:
    job = created(bench, browser)
    leave_orphan(bench, job)
    (orphan,) = bench.all("SELECT id FROM {s}.strays")
    browser.does(draft=77)
    bench.collect()
    assert browser.does() == "shop.page"
    assert browser.taken[-1].attempt == f"{bench.tenant}-{job}-stray{orphan['id']}-1"
    assert browser.does(draft=78) == "shop.page"
    assert browser.take().payload == {"draft": "78"}
    assert len(bench.all("SELECT * FROM {s}.strays")) == 1, "not before the plugin has said so"
    browser.answer(browser.taken[-1], done())
    assert bench.all("SELECT * FROM {s}.strays") == []


def test_a_process_that_dies_with_the_answer_of_a_collection_leaves_its_command_to_be_answered_again(
    bench: "Bench", browser: Browser, request: pytest.FixtureRequest
) -> None:
    job = created(bench, browser)
    browser.does(draft=77)
    leave_orphan(bench, job)
    bench.collect()
    browser.does(draft=78)
    command = browser.take()
    request.addfinalizer(disarm)
    arm("collect.settle.before", and_dies)
    with pytest.raises(SystemExit):
        browser.answer(command, done())
    disarm()

    browser.answer(command, done())
    assert bench.all("SELECT * FROM {s}.strays") == []


def test_a_collection_that_has_nothing_to_ask_of_the_plugin_is_settled_by_the_worker(
    bench: "Bench", marketplace: Marketplace, browser: Browser
) -> None:
    job = created(bench, browser)
    browser.does(draft=77)
    leave_orphan(bench, job)
    object.__setattr__(marketplace, "collect", _knows_at_once)
    bench.collect()
    assert bench.all("SELECT * FROM {s}.strays") == []


def _knows_at_once(attempt: Attempt) -> Generator[Call, Response, Outcome | Absent]:
    if not attempt.marker:
        yield Command("shop.delete", {})
    return Done()


def leave_orphan(bench: "Bench", job: JobId) -> None:
    bench.all(
        "INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)"
        f" VALUES ({job}, 1, 'shop', 'stoflow-draft-orphan', clock_timestamp())"
    )


def and_dies() -> None:
    raise SystemExit


def test_an_orphan_that_is_not_there_is_looked_for_once_more(bench: "Bench", browser: Browser) -> None:
    job = created(bench, browser)
    browser.does(draft=77)
    leave_orphan(bench, job)
    for left in (1, 0):
        bench.make_due()
        bench.collect()
        assert [browser.does(), browser.does()] == ["shop.page", "shop.page"]
        assert len(bench.all("SELECT * FROM {s}.strays")) == left


def test_a_session_in_trouble_stops_the_marketplace_until_it_is_good_again(bench: "Bench", browser: Browser) -> None:
    bench.all("INSERT INTO {s}.connections (marketplace, external_id, state) VALUES ('shop', '7', 'connected')")
    plugin.session_state(bench.engine, bench.tenant, "shop", False, "Log in again.")
    assert bench.one("SELECT state, reason FROM {s}.connections")["reason"] == "Log in again."
    plugin.session_state(bench.engine, bench.tenant, "shop", True, "")
    assert bench.one("SELECT state, reason FROM {s}.connections") == {"state": "connected", "reason": None}


def test_a_plugin_that_left_is_absent_unless_it_came_again(bench: "Bench", browser: Browser) -> None:
    assert plugin.absent(bench.engine, [bench.tenant]) == []
    plugin.gone(bench.engine, bench.tenant, LAPTOP, "an older socket")
    assert plugin.absent(bench.engine, [bench.tenant]) == []
    plugin.gone(bench.engine, bench.tenant, LAPTOP, "socket")
    assert plugin.absent(bench.engine, [bench.tenant]) == [bench.tenant]
