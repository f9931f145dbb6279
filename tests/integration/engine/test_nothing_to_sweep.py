"""Hardly any tenant has anything to be swept: one is asked by a small statement first, and nothing is missed by that."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.ids import TenantId
from stoflow.storage.engine.sweep import Swept, sweep_tenant
from stoflow.upkeep.sweep import Sweep

if TYPE_CHECKING:
    from conftest import Bench

    from stoflow.domain.ids import JobId

Arranged = Callable[["Bench", "JobId"], None]

NOBODY = 2**40  # no process ever had this id
PASSED, AHEAD = "clock_timestamp() - interval '1 s'", "clock_timestamp() + interval '1 hour'"
BROKEN = TenantId(2**31 - 3)
CLEAR = """
UPDATE {s}.marketplace_tasks SET status = 'skipped', claimed_by = NULL, deadline = NULL, look_at = NULL;
UPDATE {s}.marketplace_jobs SET status = 'completed', claimed_by = NULL, deadline = NULL;
DELETE FROM {s}.strays; DELETE FROM {s}.connections
"""


def changed(query: str) -> Arranged:
    """Return what makes this change; a [dead] and a [living] process may hold something in it."""

    def change(bench: "Bench", job: "JobId") -> None:
        dead = bench.worker()
        dead.dies()
        names = {"[dead]": dead.process, "[living]": bench.process, "[job]": job}
        text = query
        for name, number in names.items():
            text = text.replace(name, str(number))
        bench.all(text)

    return change


def job_is(changes: str) -> Arranged:
    return changed(f"UPDATE {{s}}.marketplace_jobs SET {changes} WHERE id = [job]")


def task_is(changes: str) -> Arranged:
    """Let its task that creates run and be so, and the job be in rows."""
    return changed(
        f"UPDATE {{s}}.marketplace_tasks SET status = 'running', {changes} WHERE job_id = [job] AND name = 'create'"
    )


def row_is(holder: object, deadline: str) -> Arranged:
    """Let the job be under way as one row, and be held so."""
    held = job_is(f"claimed_by = {holder}, deadline = {deadline}")

    def begin(bench: "Bench", job: "JobId") -> None:
        def stops(_: Any) -> Any:
            raise KeyboardInterrupt

        bench.shop.plan(stops)
        with pytest.raises(KeyboardInterrupt):
            bench.run(job)
        held(bench, job)
        assert bench.row(job)["folded"] is not None

    return begin


def orphan_is(holder: str, deadline: str) -> Arranged:
    columns = "job_id, product_id, marketplace, marker, look_after, claimed_by, deadline"
    return changed(
        f"INSERT INTO {{s}}.strays ({columns}) VALUES ([job], 1, 'shop', 'm', {PASSED}, {holder}, {deadline})"
    )


def connection_is(columns: str, values: str) -> Arranged:
    return changed(
        f"INSERT INTO {{s}}.connections (marketplace, state, secret, {columns}) "
        f"VALUES ('shop', 'needs_seller', 'sealed', {values})"
    )


def final(status: str) -> Arranged:
    """A job that is final may have a call under way that nobody will answer for."""

    def end(bench: "Bench", job: "JobId") -> None:
        task_is(f"claimed_by = [dead], deadline = {AHEAD}")(bench, job)
        job_is(f"status = '{status}'")(bench, job)

    return end


def accepted(bench: "Bench", job: "JobId") -> None:
    """The marketplace has had its time for what it accepted, and nobody can ask it."""
    until = f"jsonb_build_object('until', {PASSED})"
    task_is(f"look_at = clock_timestamp(), output = {until}")(bench, job)
    job_is("status = 'running'")(bench, job)
    connection_is("next_try", AHEAD)(bench, job)


def cancelled(bench: "Bench", job: "JobId") -> None:
    """A job that acted was cancelled, and its look is not made."""
    task_is("look_at = clock_timestamp() + interval '1 s'")(bench, job)
    job_is("status = 'running', acted = true")(bench, job)
    bench.cancel(job)
    task_is("look_at = clock_timestamp() - interval '1 day'")(bench, job)


DUE: dict[str, Arranged] = {
    "one row, of a dead process": row_is("[dead]", AHEAD),
    "one row, of a hung thread": row_is("[living]", PASSED),
    "one row, of a forgotten process": row_is(NOBODY, AHEAD),
    "a task of a dead process": task_is(f"claimed_by = [dead], deadline = {AHEAD}"),
    "a task of a hung thread": task_is(f"claimed_by = [living], deadline = {PASSED}"),
    "a task of a forgotten process": task_is(f"claimed_by = {NOBODY}, deadline = {AHEAD}"),
    "a plugin that is silent": task_is(f"deadline = {PASSED}"),
    **{f"a dead process's task of a {status} job": final(status) for status in ("completed", "failed", "cancelled")},
    "a pending job whose time is over": job_is(f"expires_at = {PASSED}"),
    "a running job whose time is over": job_is(f"status = 'running', expires_at = {PASSED}"),
    "what was accepted and is late": accepted,
    "a cancelled job that nobody looks for": cancelled,
    "an orphan of a dead process": orphan_is("[dead]", AHEAD),
    "an orphan whose look is too long": orphan_is("[living]", PASSED),
    "an orphan whose plugin is silent": orphan_is("NULL", PASSED),
    "a connection to be tried": connection_is("next_try", PASSED),
    "a connection that an older release marked": connection_is("updated_at", "clock_timestamp() - interval '1 hour'"),
}
NOT_DUE: dict[str, Arranged] = {
    "a pending job": job_is(f"expires_at = {AHEAD}"),
    "one row that is worked on": row_is("[living]", AHEAD),
    "a task that is worked on": task_is(f"claimed_by = [living], deadline = {AHEAD}"),
    "a plugin that is asked": task_is(f"deadline = {AHEAD}"),
    "what is verified": task_is("look_at = clock_timestamp()"),
    "what was accepted": task_is(f"look_at = clock_timestamp(), output = jsonb_build_object('until', {AHEAD})"),
    "an orphan that waits": orphan_is("NULL", "NULL"),
    "a connection whose try is far": connection_is("next_try", AHEAD),
    "a connection that was tried enough": connection_is("tries, next_try", f"16, {PASSED}"),
}


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> list[tuple[TenantId, Swept]]:
    """What real sweeps found, by the tenant."""
    found: list[tuple[TenantId, Swept]] = []

    def watched(connection: Any, tenant: TenantId, **params: Any) -> Swept:
        found.append((tenant, sweep_tenant(connection, tenant, **params)))
        return found[-1][1]

    monkeypatch.setattr("stoflow.upkeep.sweep.sweep_tenant", watched)
    return found


def after_each(
    bench: "Bench", swept: list[tuple[TenantId, Swept]], states: dict[str, Arranged]
) -> dict[str, list[bool]]:
    """Return by state the sweeps of the tenant that there were, each as whether anything was done."""
    told: dict[str, list[bool]] = {}
    for state, arrange in states.items():
        arrange(bench, bench.submit(bench.product()))
        bench.sweep()
        told[state] = [bool(found.tasks or found.ended or found.orphans or found.tried) for _, found in swept]
        swept.clear()
        bench.all(CLEAR)
    return told


def test_what_is_due_is_swept(bench: "Bench", swept: list[tuple[TenantId, Swept]]) -> None:
    assert after_each(bench, swept, DUE) == {state: [True] for state in DUE}


def test_what_is_not_due_costs_no_sweep(bench: "Bench", swept: list[tuple[TenantId, Swept]]) -> None:
    assert after_each(bench, swept, NOT_DUE) == {state: [] for state in NOT_DUE}


def test_a_broken_tenant_is_asked_once_and_holds_up_no_other(
    bench: "Bench", swept: list[tuple[TenantId, Swept]]
) -> None:
    sweep = Sweep(bench.database, {"shop": 1.0}, ())
    sweep.tenants([BROKEN, bench.tenant])
    assert [tenant for tenant, _ in swept] == [bench.tenant], "nobody could be asked, so each is swept"
    sweep.tenants([BROKEN, bench.tenant])
    assert len(swept) == 1, "it is left out of what is asked of the others, and swept by itself"
