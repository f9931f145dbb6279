"""What publishing promises on every marketplace, one step at a time, without engine or database."""

from dataclasses import replace

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Command, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, CannotTell, Done, LookResult, Outcome, Refused, TryAgain, Unknown
from stoflow.domain.product import Product
from stoflow.marketplaces.contract import Marketplace
from stoflow.testing.acting import Acting, hold, response_to
from stoflow.testing.contract.cases import in_cases, publishing
from stoflow.testing.declared import particulars_of
from stoflow.testing.shown import ended, visible
from stoflow.testing.situations import NEW_TITLE
from stoflow_sandbox.market import has_people
from stoflow_sandbox.server import SandboxServer

pytestmark = in_cases(("marketplace", "action"), publishing)


def test_a_product_is_published_once_and_the_result_says_where(acting: Acting, sandbox: SandboxServer) -> None:
    acting.run()
    last = acting.tasks[-1]
    result = acting.outputs[last]
    assert result.get("listing_id"), f"{last}: the last task puts out `listing_id`"
    assert result.get("url"), f"{last}: the last task puts out `url`"
    assert acting.listing_id == result["listing_id"], f"{last}: no step said `listed` of {result['listing_id']}"
    assert acting.visible, f"{last}: no step said that the listing is visible"
    assert visible(sandbox, acting) == {acting.listing_id}, f"{last}: what buyers see, by the ledger"


def test_the_first_and_the_last_task_call_nobody(acting: Acting) -> None:
    first, *_, last = acting.tasks
    for task in (first, last):
        assert acting.handler.step(task).kind is TaskKind.INNER, task


def test_exactly_one_task_changes_what_buyers_see(acting: Acting) -> None:
    paced = [plan for plan in acting.handler.create_tasks(acting.product) if plan.paced]
    assert len(paced) == 1, [plan.name for plan in paced]
    assert paced[0].kind is not TaskKind.INNER, paced[0].name


def test_tasks_of_several_are_numbered_from_one_and_no_photo_has_two(acting: Acting) -> None:
    numbers: dict[str, list[str]] = {}
    for task in acting.tasks:
        step, colon, number = task.partition(":")
        if colon:
            numbers.setdefault(step, []).append(number)
    for step, found in numbers.items():
        assert found == [str(number) for number in range(1, len(found) + 1)], step
        assert len(found) <= len(acting.product.images), step


def test_a_name_never_given_has_no_step(acting: Acting) -> None:
    first = acting.tasks[0]
    for name in (f"{first}:1", f"{first}:x", "a name never given"):
        with pytest.raises(KeyError):
            acting.handler.step(name)


def test_an_unsafe_or_plugin_step_makes_exactly_one_call(acting: Acting, marketplace: Marketplace) -> None:
    for task in acting.tasks:
        acting.site.calls.clear()
        outcome = acting.act(task)
        step = acting.handler.step(task)
        if step.kind is TaskKind.UNSAFE or (marketplace.by_plugin and step.kind is not TaskKind.INNER):
            assert len(acting.site.calls) == 1, f"{task}: calls made: {len(acting.site.calls)}"
        acting.finish(task, outcome)


def test_a_look_says_absent_before_the_act_and_finds_it_after(acting: Acting) -> None:
    for task, step in acting.outside():
        if step.kind is not TaskKind.UNSAFE:
            continue
        acting.run(until=task)
        before = acting.look(task)
        assert isinstance(before, Absent), f"{task}: its look says {before} before the act"
        done, found = acting.do(task), acting.look(task)
        assert isinstance(done, Done), f"{task}: {done}"
        assert isinstance(found, Done), f"{task}: its look says {found} after the act"
        assert found.listed == done.listed, task
        assert {key: found.output[key] for key in done.output if key.endswith("id")} == {
            key: value for key, value in done.output.items() if key.endswith("id")
        }


def test_the_same_attempt_makes_the_same_call(acting: Acting) -> None:
    for task in acting.tasks:
        acting.attempt(task)  # its marker is drawn once, as its claim does
        first, second = acting.first_call(task), acting.first_call(task)
        assert first == second, task
        acting.do(task)


def test_a_second_job_on_the_product_makes_no_second_listing(acting: Acting, sandbox: SandboxServer) -> None:
    acting.run()
    again = acting.again(product=replace(acting.product, title=NEW_TITLE))
    for task in again.tasks:
        outcome = again.do(task)
        if isinstance(outcome, Unknown):  # the marketplace would not do it twice: the look tells
            outcome = again.look(task)
        assert isinstance(outcome, Done), f"{task}: {outcome}"
        again.record(task, outcome)
        other = again.outputs[task].get("listing_id", acting.listing_id) != acting.listing_id
        assert not other, f"{task}: it is about another listing than the first job's, {acting.listing_id}"
    assert visible(sandbox, acting) == {acting.listing_id}


def test_a_product_whose_listing_vanished_behind_our_back_is_listed_anew(
    acting: Acting, marketplace: Marketplace, sandbox: SandboxServer
) -> None:
    if not has_people(next(market for market in sandbox.sandbox.markets if market.name == marketplace.name)):
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
        expected = Unknown if step.kind is TaskKind.UNSAFE else TryAgain
        assert isinstance(outcome, expected), f"{task}: a {status} means {outcome}"


def slow_down(call: Call) -> Response:
    return response_to(call, 429, headers={"retry-after": "9"})


def test_too_many_calls_are_tried_again_without_a_charge(acting: Acting) -> None:
    for task, _ in acting.outside():
        acting.run(until=task)
        if acting.first_call(task) is None:
            continue
        outcome = acting.act(task, send=slow_down)
        assert isinstance(outcome, TryAgain), f"{task}: a 429 means {outcome}"
        assert not outcome.charged, task
        if not isinstance(acting.first_call(task), Command):
            assert outcome.after_s == 9, f"{task}: the answer named 9 seconds"


def test_a_look_that_cannot_see_never_says_absent(acting: Acting) -> None:
    acting.run()
    for task, step in acting.outside():
        if step.look:
            for status in (401, 429, 503):
                found = hold(
                    step.look(acting.attempt(task, marker="m" * 20)), lambda call, at=status: response_to(call, at)
                )
                assert isinstance(found, CannotTell), (task, status)


def test_a_product_without_anything_is_refused_with_every_reason_at_once(
    acting: Acting, marketplace: Marketplace
) -> None:
    empty, first = (
        acting.again(product=Product(id=9, title="", description="", price=None, quantity=0)),
        acting.tasks[0],
    )
    refused = empty.do(first)
    assert isinstance(refused, Refused), f"{first}: {refused}"
    missing = particulars_of(marketplace.name).refused_without - {error.field for error in refused.errors}
    assert not missing, f"{first}: it does not say that these are missing"
    assert all(error.message.endswith((".", "?")) for error in refused.errors), f"{first}: {refused.errors}"


def test_a_missing_photo_file_is_refused_first(acting: Acting, marketplace: Marketplace) -> None:
    if "images" not in particulars_of(marketplace.name).refused_without:
        pytest.skip(f"{marketplace.name} takes products without photos.")
    first = acting.tasks[0]
    refused = acting.again(media_root="/nowhere").do(first)
    assert isinstance(refused, Refused), f"{first}: {refused}"
    assert {error.field for error in refused.errors} == {"images"}, first


@pytest.fixture
def marked(acting: Acting, marketplace: Marketplace) -> str:
    """The task that makes something under a marker."""
    if marketplace.collect is None:
        pytest.skip(f"{marketplace.name} makes no drafts under a marker.")
    return next(task for task in acting.tasks if acting.handler.step(task).marked)


def test_an_orphan_draft_is_collected_and_the_chosen_one_stays(
    acting: Acting, marketplace: Marketplace, sandbox: SandboxServer, marked: str
) -> None:
    acting.run(until=marked)
    orphan = acting.attempt(marked)
    lost = acting.act(marked, orphan)
    acting.run()  # the second attempt's draft is chosen; the first one is an orphan now
    chosen = acting.listing_id
    assert isinstance(lost, Done), marked
    assert lost.listed, marked
    assert lost.listed.external_id != chosen, marked
    for _ in range(2):
        assert isinstance(collected(acting, marketplace, replace(orphan, listing_id=chosen)), Done), marked
    assert {lost.listed.external_id} <= ended(sandbox, acting)
    assert visible(sandbox, acting) == {chosen}


def test_the_chosen_draft_is_never_collected(acting: Acting, marketplace: Marketplace, marked: str) -> None:
    acting.run(until=acting.tasks[acting.tasks.index(marked) + 1])
    looking = acting.attempt(marked, marker=acting.markers[marked])
    assert isinstance(collected(acting, marketplace, looking), Done), marked
    assert isinstance(acting.look(marked), Done), marked


def collected(acting: Acting, marketplace: Marketplace, attempt: Attempt) -> Outcome | LookResult:
    assert marketplace.collect is not None
    return hold(marketplace.collect(attempt), acting.site.send)
