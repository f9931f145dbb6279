"""Every marketplace keeps the same promises: this suite runs over whatever the registry holds."""

from dataclasses import replace

import pytest

from stoflow.domain.call import Call, Command, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, CannotTell, Done, Refused, TryAgain, Unknown
from stoflow.domain.product import Product
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import BUILT_IN
from stoflow_sandbox.server import SandboxServer
from tests.harness.acting import Acting, hold, response_to
from tests.harness.shown import visible

pytestmark = pytest.mark.usefixtures("marketplace", "action")


def test_a_product_is_published_once_and_the_result_says_where(acting: Acting, sandbox: SandboxServer) -> None:
    acting.run()
    result = acting.outputs["save"]
    assert result["url"].endswith(result["listing_id"])
    assert visible(sandbox, acting) == {result["listing_id"]} == {acting.listing_id}


def test_validate_and_map_come_first_and_save_comes_last(acting: Acting) -> None:
    assert acting.tasks[:2] == ["validate", "map"]
    assert acting.tasks[-1] == "save"


def test_exactly_one_task_changes_what_buyers_see(acting: Acting) -> None:
    plans = acting.handler.create_tasks(acting.product)
    assert [plan.kind for plan in plans if plan.paced] == [TaskKind.UNSAFE]


def test_each_photo_is_a_task_of_its_own(acting: Acting) -> None:
    uploads = [task for task in acting.tasks if task.startswith("upload:")]
    assert uploads == ["upload:1", "upload:2", "upload:3"]


def test_a_name_never_given_has_no_step(acting: Acting) -> None:
    for name in ("upload", "upload:x", "validate:1", "nothing"):
        with pytest.raises(KeyError):
            acting.handler.step(name)


def test_an_unsafe_or_plugin_step_makes_exactly_one_call(acting: Acting, marketplace: Marketplace) -> None:
    for task in acting.tasks:
        acting.site.calls.clear()
        outcome = acting.act(task)
        step = acting.handler.step(task)
        if step.kind is TaskKind.UNSAFE or (marketplace.transport == "plugin" and step.kind is not TaskKind.INNER):
            assert len(acting.site.calls) == 1, task
        acting.finish(task, outcome)


def test_a_look_says_absent_before_the_act_and_finds_it_after(acting: Acting) -> None:
    for task, step in acting.outside():
        if step.kind is not TaskKind.UNSAFE:
            continue
        acting.run(until=task)
        assert isinstance(acting.look(task), Absent), task
        done, found = acting.do(task), acting.look(task)
        assert isinstance(done, Done), task
        assert isinstance(found, Done), task
        assert found.listed == done.listed
        assert {key: found.output[key] for key in done.output if key.endswith("id")} == {
            key: value for key, value in done.output.items() if key.endswith("id")
        }


def test_the_same_attempt_makes_the_same_call(acting: Acting) -> None:
    for task in acting.tasks:
        acting.attempt(task)  # its marker is drawn once, as its claim does
        first, second = acting.first_call(task), acting.first_call(task)
        assert first == second
        acting.do(task)


def test_a_second_job_on_the_product_makes_no_second_listing(acting: Acting, sandbox: SandboxServer) -> None:
    acting.run()
    again = acting.again(product=replace(acting.product, title="Robe d'été, prix baissé"))
    for task in again.tasks:
        outcome = again.do(task)
        if isinstance(outcome, Unknown):  # the marketplace would not do it twice: the look tells
            outcome = again.look(task)
        assert isinstance(outcome, Done), f"{task}: {outcome}"
        again.record(task, outcome)
    assert visible(sandbox, acting) == {acting.listing_id}


def test_a_product_whose_listing_vanished_behind_our_back_is_listed_anew(
    acting: Acting, marketplace: Marketplace, sandbox: SandboxServer
) -> None:
    if marketplace not in BUILT_IN:
        pytest.skip(f"Nobody but StoFlow acts on {marketplace.name} here.")
    acting.run()
    gone, seller = acting.listing_id, acting.site.account.external_id
    sandbox.sandbox.control.behave(marketplace.name, seller, "delete", {"listing_id": gone})
    again = acting.again()
    for task in again.tasks:
        outcome = again.do(task)
        if isinstance(outcome, TryAgain):  # what was recorded is gone: the next try finds nothing recorded
            assert outcome.ended == gone
            again.listing_id, again.visible = "", False
            outcome = again.do(task)
        assert isinstance(outcome, Done), f"{task}: {outcome}"
    assert again.listing_id != gone
    assert visible(sandbox, again) == {again.listing_id}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_broken_server_leaves_an_unsafe_call_unknown_and_another_to_be_tried_again(
    acting: Acting, status: int
) -> None:
    for task, step in acting.outside():
        acting.run(until=task)
        if acting.first_call(task) is None:
            continue
        outcome = acting.act(task, send=lambda call: response_to(call, status))
        assert isinstance(outcome, Unknown if step.kind is TaskKind.UNSAFE else TryAgain), task


def slow_down(call: Call) -> Response:
    return response_to(call, 429, headers={"retry-after": "9"})


def test_too_many_calls_are_tried_again_without_a_charge(acting: Acting) -> None:
    for task, _ in acting.outside():
        acting.run(until=task)
        if acting.first_call(task) is None:
            continue
        outcome = acting.act(task, send=slow_down)
        assert isinstance(outcome, TryAgain), task
        assert not outcome.charged
        if not isinstance(acting.first_call(task), Command):
            assert outcome.after_s == 9


def test_a_look_that_cannot_see_never_says_absent(acting: Acting) -> None:
    acting.run()
    for task, step in acting.outside():
        if step.look:
            for status in (401, 429, 503):
                found = hold(
                    step.look(acting.attempt(task, marker="m" * 20)), lambda call, at=status: response_to(call, at)
                )
                assert isinstance(found, CannotTell), (task, status)


def test_a_product_without_anything_is_refused_with_every_reason_at_once(acting: Acting) -> None:
    empty = acting.again(product=Product(id=9, title="", description="", price=None, quantity=0))
    refused = empty.do("validate")
    assert isinstance(refused, Refused)
    assert {"title", "price", "quantity", "category", "images"} <= {error.field for error in refused.errors}
    assert all(error.message.endswith((".", "?")) for error in refused.errors)


def test_a_missing_photo_file_is_refused_in_validate(acting: Acting) -> None:
    refused = acting.again(media_root="/nowhere").do("validate")
    assert isinstance(refused, Refused)
    assert {error.field for error in refused.errors} == {"images"}


def test_an_orphan_draft_is_collected_and_the_chosen_one_stays(
    acting: Acting, marketplace: Marketplace, sandbox: SandboxServer
) -> None:
    if marketplace.collect is None:
        pytest.skip(f"{marketplace.name} makes no drafts under a marker.")
    acting.run(until="create")
    orphan = acting.attempt("create")
    lost = acting.act("create", orphan)
    acting.run()  # the second attempt's draft is chosen; the first one is an orphan now
    chosen = acting.listing_id
    assert isinstance(lost, Done)
    assert lost.output["listing_id"] != chosen
    for _ in range(2):
        look = replace(orphan, listing_id=chosen)
        assert isinstance(hold(marketplace.collect(look), acting.site.send), Done)
    states = {entry.listing_id: entry.state for entry in sandbox.sandbox.ledger.since() if entry.committed_at}
    assert states[lost.output["listing_id"]] == "deleted"
    assert states[chosen] == "active"


def test_the_chosen_draft_is_never_collected(acting: Acting, marketplace: Marketplace) -> None:
    if marketplace.collect is None:
        pytest.skip(f"{marketplace.name} makes no drafts under a marker.")
    acting.run(until="choose")
    looking = acting.attempt("create", marker=acting.markers["create"])
    assert isinstance(hold(marketplace.collect(looking), acting.site.send), Done)
    assert isinstance(acting.look("create"), Done)
