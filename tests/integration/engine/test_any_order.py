"""Whatever happens in whatever order, fences only grow, arrows are kept, an attempt acts once and every job ends."""

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from stoflow.domain.call import Reply
from stoflow.domain.errors import Conflict
from stoflow.domain.ids import JobId
from stoflow.domain.job import FINAL_JOB_STATUSES, JOB_TRANSITIONS, TASK_TRANSITIONS, JobStatus
from stoflow.domain.run import RunMessage, RunMode
from stoflow.execution.look import look
from stoflow.execution.run import run
from stoflow.storage.engine.unfinished import finish_cancel

if TYPE_CHECKING:
    from conftest import Act, Bench

JOBS_AT_MOST = 3
TURNS_AT_MOST = 40  # until everything that was begun has ended
FAULTS = (None, 429, 503, 500, 400, "lost", "never")


class Died(BaseException):
    """The worker's process is gone in the middle of a call."""


class Life(RuleBasedStateMachine):
    """One product's jobs under one owner, with workers that die, answers that are lost and people who interfere."""

    def __init__(self, bench: "Bench") -> None:
        super().__init__()
        self.bench = bench
        self.bench.shop.script.clear()
        self.product = bench.product()
        self.jobs: list[JobId] = []
        self.old: list[RunMessage] = []
        self.claims: dict[int, int] = {}

    @precondition(lambda self: len(self.jobs) < JOBS_AT_MOST)
    @rule()
    def submit(self) -> None:
        self.jobs.append(self.bench.submit(self.product))

    @rule(fault=st.sampled_from(FAULTS))
    def run(self, fault: Any) -> None:
        self.bench.shop.plan(fault)
        self.go_on(self.bench)

    @rule(acts=st.booleans())
    def run_and_die(self, acts: bool) -> None:
        worker = self.bench.worker()

        def and_dies(act: "Act") -> Reply:
            if acts:
                act()
            worker.dies()
            raise Died

        self.bench.shop.plan(and_dies)
        try:
            self.go_on(worker)
        except Died:
            return
        self.bench.shop.script.clear()

    @rule()
    def run_and_be_overtaken(self) -> None:
        """A worker is paused in its call, taken for dead, and answers when another may have gone on."""
        slow, seen = self.bench.worker(), list[list[dict[str, Any]]]()

        def paused(act: "Act") -> Reply:
            _, _, task, claims = self.bench.shop.attempts[-1].split("-")
            reply = act()
            slow.dies()
            self.bench.sweep()
            self.bench.make_due()
            self.go_on(self.bench)
            row = self.bench.one(f"SELECT claims FROM {{s}}.marketplace_tasks WHERE id = {task}")
            if row["claims"] > int(claims):
                seen.append(self.history())
            return reply

        self.bench.shop.plan(paused)
        self.go_on(slow)
        self.bench.shop.script.clear()
        assert not seen or seen[0] == self.history(), "a stale worker wrote"

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def repeat_an_old_message(self, data: st.DataObject) -> None:
        before = self.bench.shop.attempts.copy()
        message = data.draw(st.sampled_from(self.old))
        (look if message.mode is RunMode.LOOK else run)(self.bench.engine, message)
        fresh = self.bench.shop.attempts[len(before) :]
        assert not set(fresh) & set(before), "an attempt called twice"

    @rule()
    def time_passes(self) -> None:
        self.bench.make_due()

    @rule()
    def sweep(self) -> None:
        self.bench.sweep()

    @rule()
    def collect(self) -> None:
        self.bench.shop.script.clear()
        self.bench.collect()

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def interfere(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(self.jobs))
        ask = data.draw(st.sampled_from((self.bench.cancel, self.bench.retry)))
        try:
            ask(job)
        except Conflict:
            return

    @invariant()
    def fences_only_grow(self) -> None:
        for task in self.of_jobs("SELECT id, claims, status, output FROM {s}.marketplace_tasks WHERE job_id"):
            assert task["claims"] >= self.claims.get(task["id"], 0)
            assert task["status"] != "completed" or task["output"] is not None
            self.claims[task["id"]] = task["claims"]

    @invariant()
    def arrows_are_kept(self) -> None:
        for line in self.history():
            if not line["to_status"]:
                continue
            if line["from_status"] and line["task"] is None:
                assert line["to_status"] in JOB_TRANSITIONS[line["from_status"]]
            elif line["from_status"] and line["from_status"] != "failed":  # a retry someone asked for
                assert line["to_status"] in TASK_TRANSITIONS[line["from_status"]]

    @invariant()
    def times_rise_from_line_to_line(self) -> None:
        for before, after in pairwise(self.history()):
            assert before["job_id"] != after["job_id"] or before["at"] <= after["at"]

    @invariant()
    def jobs_of_a_product_stand_in_line(self) -> None:
        rows = self.of_jobs("SELECT id, status FROM {s}.marketplace_jobs WHERE id")
        for earlier, later in pairwise(rows):
            assert not (earlier["status"] in ("pending", "running") and later["status"] == "running")

    def teardown(self) -> None:
        self.bench.shop.script.clear()
        for _ in range(TURNS_AT_MOST):
            if self.unfinished() is None:
                return
            self.bench.sweep()
            self.bench.make_due()
            self.go_on(self.bench)
        assert self.unfinished() is None, "a job never ended"

    def go_on(self, worker: "Bench") -> None:
        """As the owner does: end what waits for its cancel, else send the job at the head of the line."""
        job = self.unfinished()
        if job is None:
            return
        with worker.engine.database.records() as connection:
            if finish_cancel(connection, worker.tenant, job):
                return
        message = worker.message(job)
        self.old.append(message)
        (look if message.mode is RunMode.LOOK else run)(worker.engine, message)

    def history(self) -> list[dict[str, Any]]:
        return self.of_jobs("SELECT * FROM {s}.job_timeline WHERE job_id", order="job_id, id")

    def unfinished(self) -> JobId | None:
        rows = self.of_jobs("SELECT id, status FROM {s}.marketplace_jobs WHERE id")
        return next((JobId(row["id"]) for row in rows if JobStatus(row["status"]) not in FINAL_JOB_STATUSES), None)

    def of_jobs(self, query: str, order: str = "id") -> list[dict[str, Any]]:
        if not self.jobs:
            return []
        return self.bench.all(f"{query} IN ({', '.join(map(str, self.jobs))}) ORDER BY {order}")


def test_any_order_of_events_keeps_the_invariants(bench: "Bench") -> None:
    run_state_machine_as_test(
        cast("type[RuleBasedStateMachine]", partial(Life, bench)),
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
