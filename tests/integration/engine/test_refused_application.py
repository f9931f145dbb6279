"""A marketplace refuses StoFlow itself: one mark for all, one call at a time that tries, nobody asked or failed."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.application import Channel, Refusal
from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.errors import APITimeoutError, ApplicationNotAccepted, DatabaseUnavailable
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus, TaskKind
from stoflow.domain.outcome import Absent, Done, LookResult, Outcome, cannot_tell
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.marketplaces.replies import Dialect, reply_of
from stoflow.monitoring.record import counts
from stoflow.storage.applications import Applications
from stoflow.transports.direct.tokens import ConsentEnded

if TYPE_CHECKING:
    from conftest import Bench

SHOP = "shop"
NO_KEY = Reply(403, body="This key is not known.")
SPENT = Reply(429, body="The day's calls are used up.")
SHOP_SAYS = Dialect(
    "Shop",
    lambda _: (),
    lambda _: 86_400.0,
    application=lambda reply: reply.body == NO_KEY.body,
    spent=lambda reply: reply.body == SPENT.body,
)


@dataclass
class Door:
    """The marketplace's door: what it says to each call, once, and then 200."""

    says: list[Reply | BaseException] = field(default_factory=list)
    calls: int = 0

    def send(self, _: Request, **__: Any) -> Reply:
        self.calls += 1
        said = self.says.pop(0) if self.says else Reply(200)
        if isinstance(said, BaseException):
            raise said
        return said


class Publish(BaseJobHandler):
    marketplace, action = SHOP, "publish"

    def make_steps(self) -> tuple[Step, ...]:
        return (
            Step("create", self._call, TaskKind.REPEATABLE),
            Step("publish", self._call, TaskKind.UNSAFE, look=self._look),
        )

    def _call(self, _: Attempt) -> Generator[Call, Response, Outcome]:
        return SHOP_SAYS.outcome_of(reply_of((yield Request("POST", "/thing"))), unsafe=True)

    def _look(self, _: Attempt) -> Generator[Call, Response, LookResult]:
        reply = reply_of((yield Request("GET", "/thing")))
        outcome = SHOP_SAYS.outcome_of(reply, unsafe=False)
        return Absent() if isinstance(outcome, Done) else cannot_tell(outcome)


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def registry() -> Registry:
    specs = (ActionSpec("publish", "publish", rate_limit_ms=0),)
    place = Marketplace(
        SHOP,
        "direct",
        specs,
        {"publish": Publish()},
        products=frozenset({"publish"}),
        refusal=lambda _, reply: SHOP_SAYS.refusal(reply),
    )
    return build_registry((place,), entry_points=False)


@pytest.fixture
def shop(bench: "Bench", door: Door) -> "Bench":
    return replace(bench, engine=replace(bench.engine, transport=door))


def job_of(shop: "Bench") -> JobId:
    return shop.submit(shop.product())


def mark(shop: "Bench") -> dict[str, Any]:
    return shop.one(
        "SELECT channel, detail, tries, tenant, ended_at, next_try > clock_timestamp() AS waits,"
        " extract(epoch FROM next_try - clock_timestamp())::int AS in_s FROM public.application_refusals"
    )


def due(shop: "Bench") -> None:
    """Let the time of a try come, and that of every job."""
    shop.make_due()


def told(fact: str) -> int:
    return counts().get(fact, 0)


def test_a_refusal_marks_the_marketplace_once_and_later_jobs_do_not_call(shop: "Bench", door: Door) -> None:
    first, second, before = job_of(shop), job_of(shop), told("ApplicationRefused")
    door.says = [NO_KEY]
    assert shop.run(first).move is NextMove.RUN
    shop.all("UPDATE {s}.marketplace_tasks SET not_before = NULL")

    for job in (first, second, second):
        assert shop.run(job).move is NextMove.RUN

    assert door.calls == 1
    assert (mark(shop)["channel"], mark(shop)["tenant"], mark(shop)["ended_at"]) == ("calls", shop.tenant, None)
    assert told("ApplicationRefused") == before + 1
    assert [shop.view(job).status for job in (first, second)] == [JobStatus.RUNNING, JobStatus.PENDING]
    for job in (first, second):
        waiting = shop.view(job).waiting
        assert waiting.startswith("shop refuses StoFlow itself")
        assert "operators are told" in waiting


def test_one_job_tries_the_others_wait_and_go_on_when_it_is_over(shop: "Bench", door: Door) -> None:
    jobs, before = [job_of(shop) for _ in range(3)], told("ApplicationAccepted")
    door.says = [NO_KEY, NO_KEY]
    shop.run(jobs[0])
    due(shop)
    shop.run(jobs[1])  # tries, in vain
    assert (mark(shop)["tries"], mark(shop)["waits"]) == (1, True)
    shop.all("UPDATE {s}.marketplace_tasks SET not_before = NULL")
    for job in jobs:
        shop.run(job)
    assert door.calls == 2

    due(shop)
    assert shop.run(jobs[2]).move is NextMove.NOTHING  # tries, and goes through
    assert mark(shop)["ended_at"] is not None
    assert told("ApplicationAccepted") == before + 1
    shop.all("UPDATE {s}.marketplace_tasks SET not_before = NULL")
    for job in jobs[:2]:
        assert shop.run(job).move is NextMove.NOTHING
    assert {shop.view(job).status for job in jobs} == {JobStatus.COMPLETED}
    assert [task["failures"] for task in shop.all("SELECT failures FROM {s}.marketplace_tasks")] == [0] * 6


def test_tries_come_ever_more_rarely(shop: "Bench", door: Door) -> None:
    job = job_of(shop)
    door.says = [NO_KEY] * 9
    shop.run(job)
    waits = [mark(shop)["in_s"]]
    for _ in range(8):
        due(shop)
        shop.run(job)
        waits.append(mark(shop)["in_s"])
    assert waits == [5, 5, 10, 20, 40, 80, 160, 300, 300]
    assert shop.view(job).status is JobStatus.RUNNING


def test_a_process_that_dies_with_the_try_leaves_the_next_one_to_others(shop: "Bench", door: Door) -> None:
    first, second = job_of(shop), job_of(shop)
    door.says = [NO_KEY, KeyboardInterrupt()]
    shop.run(first)
    due(shop)
    with pytest.raises(KeyboardInterrupt):
        shop.run(first)
    assert (mark(shop)["ended_at"], mark(shop)["waits"]) == (None, True)
    shop.dies()
    shop.sweep()
    other = shop.worker()
    due(other)
    assert other.run(second).move is NextMove.NOTHING
    assert other.run(first).move is NextMove.NOTHING
    assert {other.view(job).status for job in (first, second)} == {JobStatus.COMPLETED}


@pytest.mark.parametrize("detail", ["invalid_client", "client authentication failed", "it answered 429"])
def test_a_token_endpoint_that_refuses_the_client_marks_too(shop: "Bench", door: Door, detail: str) -> None:
    job = job_of(shop)
    door.says = [ApplicationNotAccepted(detail, sent=False)]
    shop.run(job)
    assert (mark(shop)["channel"], mark(shop)["detail"]) == ("tokens", detail)
    assert shop.engine.applications.renews(SHOP)
    due(shop)
    assert shop.run(job).move is NextMove.NOTHING
    assert not shop.engine.applications.renews(SHOP)


def test_a_look_meets_it_and_waits_for_it(shop: "Bench", door: Door) -> None:
    job = verifying(shop, door)
    door.says = [NO_KEY]
    assert shop.look(job).move is NextMove.LOOK
    assert mark(shop)["channel"] == "calls"
    shop.all("UPDATE {s}.marketplace_tasks SET look_at = clock_timestamp() WHERE look_at IS NOT NULL")
    calls = door.calls
    held = shop.look(job)
    assert (held.move, door.calls) == (NextMove.LOOK, calls)
    assert held.claims == shop.message(job).claims, "nothing was claimed, so that the next look has the same fence"
    due(shop)
    shop.look(job)
    assert mark(shop)["ended_at"] is not None


def test_a_look_that_a_cancel_waits_for_goes_all_the_same_and_has_an_end(shop: "Bench", door: Door) -> None:
    job = verifying(shop, door)
    door.says = [NO_KEY] * 9
    shop.look(job)
    shop.cancel(job)
    for _ in range(3):
        shop.all("UPDATE {s}.marketplace_tasks SET look_at = clock_timestamp() WHERE look_at IS NOT NULL")
        shop.look(job)
    assert (shop.view(job).status, shop.view(job).error_kind) == (JobStatus.FAILED, "unverified")


def verifying(shop: "Bench", door: Door) -> JobId:
    """Return a job of which nobody knows what became of its last call."""
    job = job_of(shop)
    door.says = [Reply(200), APITimeoutError("No answer came.")]
    shop.run(job)
    shop.make_due()
    return job


def test_that_the_mark_cannot_be_written_changes_nothing_for_the_job(
    shop: "Bench", door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> tuple[bool, bool]:
        raise DatabaseUnavailable("PostgreSQL is away.")

    monkeypatch.setattr("stoflow.storage.applications.note_refusal", away)
    job = job_of(shop)
    door.says = [NO_KEY]
    assert shop.run(job).move is NextMove.RUN
    assert shop.all("SELECT FROM public.application_refusals") == []
    assert shop.view(job).status is JobStatus.RUNNING
    due(shop)
    assert shop.run(job).move is NextMove.NOTHING


# What ends a mark


@pytest.fixture
def heard(shop: "Bench") -> Applications:
    return shop.engine.applications


def hears(heard: Applications, reply: Reply, *, tenant: int = 1, took_s: float = 0.0) -> None:
    heard.hear(SHOP, TenantId(tenant), Request("GET", "/"), reply, took_s)


def stands(heard: Applications) -> list[str]:
    return [view.channel.value for view, _ in heard.read_refusals()]


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 503])
def test_an_answer_that_may_come_before_the_key_is_looked_at_ends_nothing(heard: Applications, status: int) -> None:
    hears(heard, NO_KEY)
    hears(heard, Reply(status))
    assert stands(heard) == ["calls"]


@pytest.mark.parametrize("status", [200, 204, 400, 404, 409])
def test_any_other_answer_ends_it(heard: Applications, status: int) -> None:
    hears(heard, NO_KEY)
    hears(heard, Reply(status))
    assert stands(heard) == []


def test_a_call_that_was_begun_before_the_last_refusal_ends_nothing(heard: Applications) -> None:
    hears(heard, NO_KEY)
    hears(heard, Reply(200), took_s=60.0)
    assert stands(heard) == ["calls"]


@pytest.mark.parametrize("ended", [False, True])
def test_refused_tokens_are_ended_by_the_token_endpoint_only(heard: Applications, ended: bool) -> None:
    with pytest.raises(ApplicationNotAccepted), heard.asking_for_tokens(SHOP, TenantId(1)):
        raise ApplicationNotAccepted("invalid_client", sent=False)
    hears(heard, Reply(200))
    assert stands(heard) == ["tokens"]
    if ended:
        with pytest.raises(ConsentEnded), heard.asking_for_tokens(SHOP, TenantId(2)):
            raise ConsentEnded("invalid_grant")  # whose client was taken
    else:
        with heard.asking_for_tokens(SHOP, TenantId(2)):
            pass
    assert stands(heard) == []


def test_a_401_of_our_own_shows_nothing_of_the_token_endpoint(heard: Applications) -> None:
    heard.know(SHOP, Channel.TOKENS)
    with pytest.raises(ApplicationNotAccepted), heard.asking_for_tokens(SHOP, TenantId(1)):
        raise ApplicationNotAccepted("invalid_client", sent=False)
    heard.call(SHOP, TenantId(2), Request("GET", "/"), lambda: Reply(401))
    assert stands(heard) == ["tokens"]
    heard.call(SHOP, TenantId(2), Request("GET", "/"), lambda: Reply(200))
    assert stands(heard) == []


@pytest.mark.parametrize(("told_s", "in_s"), [(None, 60), (3_600.0, 3_600), (86_400.0, 86_400)])
def test_used_up_calls_wait_for_the_time_that_is_named(shop: "Bench", told_s: float | None, in_s: int) -> None:
    headers = {} if told_s is None else {"retry-after": str(told_s)}
    hears(shop.engine.applications, replace(SPENT, headers=headers))
    assert mark(shop)["channel"] == "quota"
    assert mark(shop)["in_s"] in (in_s, in_s - 1)


def test_what_is_one_seller_s_own_limit_holds_up_the_others_once(shop: "Bench", heard: Applications) -> None:
    hears(heard, SPENT, tenant=1)
    hears(heard, Reply(200), tenant=2)
    assert stands(heard) == []
    hears(heard, SPENT, tenant=1)
    assert stands(heard) == []
    assert not heard.stands(SHOP)
    hears(heard, SPENT, tenant=2)
    assert stands(heard) == ["quota"]
    assert mark(shop)["tenant"] == 2


def test_a_seller_s_own_limit_is_waited_for_by_that_seller(shop: "Bench", door: Door) -> None:
    job = job_of(shop)
    hears(shop.engine.applications, SPENT, tenant=shop.tenant)
    hears(shop.engine.applications, Reply(200), tenant=shop.tenant + 1)
    door.says = [SPENT]
    assert shop.run(job).delay_s == 86_400.0
    assert shop.view(job).waiting.startswith("retry at")


def test_a_mark_says_what_the_marketplace_said_in_short(shop: "Bench") -> None:
    with pytest.raises(ApplicationNotAccepted), shop.engine.applications.asking_for_tokens(SHOP, None):
        raise ApplicationNotAccepted("no " * 500, sent=False)
    assert len(mark(shop)["detail"]) == 300
    assert Refusal(Channel.TOKENS, "x").after_s is None
