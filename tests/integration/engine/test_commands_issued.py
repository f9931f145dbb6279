"""A plugin is asked once per attempt, however many messages there are for it; what PostgreSQL refuses is told apart."""

from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from stoflow.domain.call import Command
from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.facts.outages import StatementRefused, database_failure
from stoflow.domain.ids import JobId
from stoflow.execution import plugin
from stoflow.storage.database.tenants import suspend_tenant
from stoflow.storage.engine.claim import Claim
from stoflow.storage.engine.commands import issue_command
from stoflow.storage.engine.orphan_drafts import claim_orphan, issue_for_orphan
from stoflow.storage.engine.recorded import Granted
from stoflow.storage.engine.statement import Statement, bind

if TYPE_CHECKING:
    from conftest import Bench

DEADLINE_S = 60.0


def claim_and_command(bench: "Bench", job: JobId) -> tuple[Statement[Granted], Statement[bool]]:
    """What a worker writes when it has read the job's first task as it was before anybody claimed it."""
    bench.keep_in_rows()
    message = bench.message(job)
    claim = Claim(
        tenant=bench.tenant,
        job=job,
        task=message.task,
        name="validate",
        claims=message.claims,
        epoch=bench.epoch,
        process=bench.owner,
        holder=None,
        marketplace="shop",
        action="publish",
        pace_s=0.0,
        deadline_s=DEADLINE_S,
        marker=None,
        digest="",
    )
    issued = issue_command(
        bench.tenant,
        task=message.task,
        claims=message.claims + 1,
        seq=0,
        request_id=str(uuid4()),
        action="shop.photo.upload",
        payload={},
    )
    return claim.statement(), issued


def test_of_two_messages_for_one_task_one_asks_the_plugin(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    first, second = claim_and_command(bench, job), claim_and_command(bench, job)

    assert bench.engine.recorder.write(bench.tenant, job, *first).granted
    assert not bench.engine.recorder.write(bench.tenant, job, *second).granted
    assert len(bench.all("SELECT id FROM {s}.plugin_commands")) == 1


def test_a_message_never_asks_on_another_s_claim(bench: "Bench") -> None:
    """The first found nothing to ask, such as a photo that is gone; the second, a moment later, would."""
    job = bench.submit(bench.product())
    (claim, _), second = claim_and_command(bench, job), claim_and_command(bench, job)

    assert bench.engine.recorder.write(bench.tenant, job, claim).granted
    assert not bench.engine.recorder.write(bench.tenant, job, *second).granted
    assert bench.all("SELECT id FROM {s}.plugin_commands") == []


def test_the_next_command_of_an_attempt_is_written_with_the_answer_before(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    task = bench.message(job).task
    bench.engine.recorder.write(bench.tenant, job, *claim_and_command(bench, job))
    follows = issue_command(
        bench.tenant, task=task, claims=1, seq=1, request_id=str(uuid4()), action="shop.photo.upload", payload={}
    )
    assert bench.engine.recorder.write(bench.tenant, job, follows)
    assert not bench.engine.recorder.write(bench.tenant, job, follows)


def test_of_two_messages_in_one_commit_one_asks_the_plugin(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    both = (*claim_and_command(bench, job), *claim_and_command(bench, job))

    assert bench.engine.recorder.write(bench.tenant, job, *both).granted
    assert bench.task(job, "validate")["claims"] == 1
    assert len(bench.all("SELECT id FROM {s}.plugin_commands")) == 1


def test_of_two_messages_for_one_orphan_one_asks_the_plugin(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    orphan = bench.one(
        "INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)"
        f" VALUES ({job}, 1, 'shop', 'stoflow-draft-1', clock_timestamp()) RETURNING id"
    )["id"]
    for _ in range(2):
        claim = claim_orphan(bench.tenant, orphan, 0, epoch=bench.epoch, holder=None, deadline_s=DEADLINE_S)
        issued = issue_for_orphan(bench.tenant, orphan, job, 1, 0, Command("shop.draft.delete", {}))
        bench.engine.recorder.write(bench.tenant, job, claim, issued)

    assert len(bench.all("SELECT id FROM {s}.plugin_commands")) == 1


def test_a_refused_statement_is_not_told_as_a_database_that_is_away(bench: "Bench") -> None:
    twice = bind(
        "INSERT INTO {s}.connections (marketplace, external_id, state) VALUES ('shop', '', 'connected')", bench.tenant
    )
    with pytest.raises(DatabaseRefused) as refused:
        bench.engine.recorder.write(bench.tenant, 0, twice, twice)

    assert database_failure("claiming", refused.value) == StatementRefused("claiming", str(refused.value))
    assert "duplicate key" in str(refused.value)


def test_a_refused_write_takes_none_beside_it_along(bench: "Bench") -> None:
    wrong = bind("SELECT 1 FROM {s}.nothing", bench.tenant)
    job = bench.submit(bench.product())
    with pytest.raises(DatabaseRefused):
        bench.engine.recorder.write(bench.tenant, job, wrong)

    assert bench.engine.recorder.write(bench.tenant, job, *claim_and_command(bench, job)).granted


def test_a_command_to_act_is_not_sent_while_its_tenant_is_suspended_and_one_to_look_is(bench: "Bench") -> None:
    job, plugin_id = bench.submit(bench.product()), "the plugin"
    plugin.connected(bench.engine, bench.tenant, plugin_id, "socket")
    bench.engine.recorder.write(bench.tenant, job, *claim_and_command(bench, job))
    open_now = partial(plugin.open_commands, bench.engine, [(bench.tenant, plugin_id)])
    assert len(open_now()) == 1

    suspend_tenant(bench.engine.database, bench.tenant)
    assert open_now() == []
    bench.all(f"UPDATE {{s}}.marketplace_tasks SET look_at = clock_timestamp() WHERE job_id = {job} AND claims = 1")
    assert len(open_now()) == 1
