"""A worker of an older release beside newer ones: what it does not know it hands back, and nothing fails for it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.errors import InputError
from stoflow.domain.ids import JobId
from stoflow.domain.run import NextMove, RunMessage, RunMode
from stoflow.execution.collect import collect
from stoflow.marketplaces.contract import ActionSpec, Marketplace
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.storage.engine.processes import register_process
from stoflow.storage.engine.reads.queue import QueuePage, begin_page

if TYPE_CHECKING:
    from conftest import Bench

NEWEST_STEPS = ("validate", "upload", "create", "publish", "save")
Older = Callable[[Sequence[str]], "Bench"]


def without(registry: Registry, *, steps: Sequence[str] = (), action: str = "") -> Registry:
    """The registry of a release before these steps, or this action, were there."""

    def of_before(place: Marketplace) -> Marketplace:
        handlers = {code: without_steps(handler, steps) for code, handler in place.handlers.items() if code != action}
        return replace(place, handlers=handlers, actions=tuple(spec for spec in place.actions if spec.code != action))

    return build_registry((of_before(registry.marketplace("shop")),), entry_points=False)


def without_steps(handler: Any, steps: Sequence[str]) -> Any:
    return type(handler)(tuple(step for step in handler.steps if step.name not in steps), handler.action)


@pytest.fixture
def older(bench: "Bench", registry: Registry) -> Older:
    return lambda steps: bench.worker(registry=without(registry, steps=steps))


@pytest.mark.parametrize("step", NEWEST_STEPS)
def test_an_unknown_task_is_handed_back_unchanged_and_done_by_a_newer_worker(
    bench: "Bench", older: Older, step: str
) -> None:
    job = bench.submit(bench.product())

    report = older([step]).run(job)

    assert report.move is NextMove.RUN
    assert 0 < report.delay_s <= 10
    assert bench.row(job)["status"] == "pending"
    charged = "coalesce(sum(claims + failures + deaths), 0)::int AS charged"
    assert bench.one(f"SELECT {charged} FROM {{s}}.marketplace_tasks WHERE job_id = {job}") == {"charged": 0}
    assert bench.shop.calls == []

    bench.make_due()
    bench.run(job)
    assert bench.row(job)["status"] == "completed"


def test_an_unknown_action_is_handed_back(bench: "Bench", registry: Registry) -> None:
    job = bench.submit(bench.product())

    report = bench.worker(registry=without(registry, action="publish")).run(job)

    assert (report.move, bench.row(job)["status"]) == (NextMove.RUN, "pending")
    assert "knows the task validate of shop publish" in only_older(bench, job)


def only_older(bench: "Bench", job: JobId) -> str:
    """Let the one worker that knows everything be gone, and read why the job waits."""
    bench.dies()
    return bench.view(job).waiting


def test_while_only_older_workers_run_the_job_says_so(bench: "Bench", older: Older) -> None:
    job = bench.submit(bench.product())
    old = older(["create"])

    old.run(job)

    assert bench.view(job).waiting.startswith("an older worker handed back the task create of shop publish")
    assert only_older(bench, job) == "only older workers are running: none knows the task create of shop publish"
    assert bench.view(job).status == "pending"


def test_a_newer_worker_that_comes_ends_the_wait(bench: "Bench", older: Older) -> None:
    job = bench.submit(bench.product())
    old = older(["create"])
    old.run(job)
    assert only_older(bench, job)

    newer = bench.worker()

    assert not bench.view(job).waiting.startswith("only older")
    bench.make_due()
    newer.run(job)
    assert bench.view(job).status == "completed"


def test_the_wait_grows_while_nobody_may_know_it_and_not_beside_a_newer_worker(bench: "Bench", older: Older) -> None:
    job = bench.submit(bench.product())
    old = older(["create"])
    old.run(job)
    bench.all("UPDATE public.unknown_tasks SET since = since - interval '1 hour'")
    bench.make_due()
    assert old.run(job).delay_s == 1.0

    bench.dies()
    bench.make_due()
    assert old.run(job).delay_s == 10.0


def test_what_was_begun_by_a_newer_worker_goes_on_with_one(bench: "Bench", older: Older) -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 503)
    bench.run(job)
    before = bench.task(job, "create")
    bench.make_due()

    older(["publish"]).run(job)

    after = bench.task(job, "create")
    assert (after["claims"], after["failures"], after["status"]) == (before["claims"], before["failures"], "pending")
    bench.make_due()
    bench.run(job)
    assert bench.view(job).status == "completed"


def test_a_task_of_another_kind_is_another_task(bench: "Bench", older: Older) -> None:
    job = bench.submit(bench.product())
    bench.all(f"UPDATE {{s}}.marketplace_tasks SET kind = 'unsafe' WHERE job_id = {job} AND name = 'validate'")

    assert bench.run(job).move is NextMove.RUN
    assert bench.view(job).status == "pending"


def test_a_look_is_handed_back_and_stays_owed(bench: "Bench", older: Older) -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, "lost")
    bench.run(job)
    bench.make_due()
    before = bench.task(job, "create")

    report = older(["create"]).look(job)

    after = bench.task(job, "create")
    assert (report.move, report.claims) == (NextMove.LOOK, before["claims"])
    assert (after["claims"], after["looks"], after["deaths"]) == (before["claims"], before["looks"], 0)
    assert after["look_at"] > before["look_at"]
    bench.make_due()
    assert bench.look(job).move is NextMove.RELOAD
    bench.run(job)
    assert bench.view(job).status == "completed"


def test_an_orphan_of_an_unknown_action_is_kept_for_a_newer_worker(bench: "Bench", registry: Registry) -> None:
    job = bench.submit(bench.product())
    bench.all(
        "INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)"
        f" SELECT id, product_id, marketplace, 'm', clock_timestamp() FROM {{s}}.marketplace_jobs WHERE id = {job}"
    )
    orphan = bench.one("SELECT id, claims FROM {s}.strays")
    old = bench.worker(registry=without(registry, action="publish"))

    collect(old.engine, bench.message(job, task=orphan["id"], claims=orphan["claims"], mode=RunMode.COLLECT))

    assert bench.one("SELECT id, claims FROM {s}.strays") == orphan


def test_hints_of_a_newer_release_may_say_more(bench: "Bench") -> None:
    message = bench.message(bench.submit(bench.product()))

    assert RunMessage.from_json({**message.to_json(), "colour": "green"}) == message
    with pytest.raises(InputError, match="has the fields tenant"):
        RunMessage.from_json({"tenant": 1, "colour": "green"})


def test_workers_that_work_for_other_marketplaces_only_are_said(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.dies()
    with bench.engine.database.records() as connection:
        register_process(connection, "worker", lease_s=30.0, serves=["ebay"])

    assert bench.view(job).waiting == "no worker that is running works for shop"


def page_of_older(bench: "Bench") -> QueuePage:
    """What an orchestrator that knows nothing of the shop reads."""
    with bench.engine.database.records() as connection:
        return begin_page(connection, bench.tenant, marketplaces=["ebay"], held=(), limit=10)()


def test_an_older_orchestrator_does_not_forget_the_jobs_of_a_marketplace_that_it_does_not_know(bench: "Bench") -> None:
    assert not page_of_older(bench).has_work

    job = bench.submit(bench.product())
    assert page_of_older(bench).has_work
    with bench.engine.database.records() as connection:
        owner = register_process(connection, "orchestrator", lease_s=30.0, serves=["ebay"])
        connection.execute(b"UPDATE public.tenant_work SET owner = %s", [owner])
    assert bench.view(job).waiting == "only an older orchestrator is running: it knows nothing of shop"


def test_a_job_of_an_unknown_action_has_the_usual_pace_with_an_older_orchestrator(registry: Registry) -> None:
    assert registry.rate_limit_ms("shop", "publish") == 0
    assert registry.rate_limit_ms("shop", "auction") == ActionSpec("auction", "").rate_limit_ms
    assert registry.rate_limit_ms("elsewhere", "publish") == ActionSpec("publish", "").rate_limit_ms
