"""What a marketplace answers leads to the right next step: a refusal ends at once, in its own words; what passes is
tried again, in order; what concerns the application waits for its operators and asks nothing of the seller."""

from collections.abc import Callable
from typing import Any

import pytest

from stoflow.domain.call import Call, Reply, Response
from stoflow.domain.errors import ApplicationNotAccepted
from stoflow.domain.job import JobStatus, TaskKind
from stoflow.domain.product import ProductImage
from stoflow.marketplaces.contract import Marketplace
from stoflow.monitoring.record import counts
from stoflow.resources.jobs.views import JobView
from stoflow.testing.harness import Harness
from stoflow.testing.ledger import on_sale, verdict
from stoflow.testing.network import Act, Deed
from stoflow.testing.scenario import TURNS, Scenario
from stoflow.testing.situations import TITLE
from stoflow.testing.words import described
from tests.harness.played import REGISTRY

EBAY, ETSY = REGISTRY.marketplaces["ebay"], REGISTRY.marketplaces["etsy"]
INSIDE_LEG = "A user error has occurred. The item specific Inside Leg is missing."
THREE = tuple(ProductImage(number, f"{number}.jpg") for number in (1, 2, 3))
ORDER = {"error": "The ListingImages for this Listing are in an inconsistent order."}
EDITED = "The resource you are trying to edit is being edited by another process."
LATER = [{"path": "/", "message": "Temporarily unavailable, please try again later."}]
Open = Callable[[Marketplace], Scenario]


@pytest.fixture
def opened(harness: Harness) -> Open:
    return lambda place: harness.scenario(place, "publish")


def says(status: int, body: Any) -> Deed:
    """The marketplace does nothing, and says why."""
    return lambda _, __: Reply(status, body=body)


def ebay_says(status: int, number: int, message: str) -> Deed:
    return says(status, {"errors": [{"errorId": number, "message": message}]})


def begun(scenario: Scenario) -> Scenario:
    scenario.begin(scenario.make_product(title=TITLE, images=THREE), {})
    return scenario


def meets(scenario: Scenario, step: str, deed: Deed) -> None:
    scenario.network.calls[step] = deed


def finished_though(scenario: Scenario, step: str, deed: Deed) -> JobView:
    """Go on to the end while each act of a step meets the same; its looks meet nothing."""
    for _ in range(TURNS):
        if scenario.words_of(step)[-1:] not in (["outcome unknown"], ["looked: absent"]):
            meets(scenario, step, deed)
        else:
            scenario.network.calls.clear()
        if not scenario.turn():
            break
    return scenario.view()


def reasons(scenario: Scenario) -> list[str]:
    lines = scenario.bench.all(f"SELECT detail FROM {{s}}.job_timeline WHERE job_id = {scenario.job} ORDER BY id")
    return [line["detail"]["reason"] for line in lines if "reason" in (line["detail"] or {})]


@pytest.mark.parametrize(
    ("place", "step", "deed", "words"),
    [
        pytest.param(EBAY, "publish", ebay_says(400, 25002, INSIDE_LEG), INSIDE_LEG, id="ebay-a-missing-aspect"),
        pytest.param(
            EBAY,
            "publish",
            ebay_says(404, 25713, "This Offer is not available."),
            "This Offer is not available.",
            id="ebay-a-policy-of-another-site",
        ),
        pytest.param(EBAY, "create", ebay_says(400, 25002, INSIDE_LEG), INSIDE_LEG, id="ebay-at-the-offer"),
        pytest.param(EBAY, "publish", ebay_says(400, 25019, "Cannot revise."), "Cannot revise.", id="ebay-another-id"),
        pytest.param(
            ETSY,
            "activate",
            says(400, {"error": "Oh dear, you cannot sell this item on Etsy."}),
            "Oh dear, you cannot sell this item on Etsy.",
            id="etsy-at-the-activation",
        ),
    ],
)
def test_a_refusal_is_final_at_once_and_its_words_reach_job_task_and_timeline(
    opened: Open, place: Marketplace, step: str, deed: Deed, words: str
) -> None:
    scenario = begun(opened(place))
    meets(scenario, step, deed)

    view = scenario.finished()

    assert view.status is JobStatus.FAILED, described(view)
    assert (view.error_kind, view.error) == ("refused", words)
    (task,) = [task for task in view.tasks if task.name == step]
    assert (task.attempt, task.error) == (1, words)
    assert scenario.place.handlers[scenario.action].step(step).kind is TaskKind.UNSAFE
    assert reasons(scenario)[-1] == words
    assert on_sale(scenario) == []


def test_a_refusal_of_what_is_published_already_is_adopted(opened: Open) -> None:
    scenario = begun(opened(EBAY))

    def done_before(call: Call, act: Act) -> Response:
        act()
        return ebay_says(400, 25002, "The offer is published already.")(call, act)

    meets(scenario, "publish", done_before)

    assert scenario.finished().status is JobStatus.COMPLETED
    assert on_sale(scenario) == [TITLE]
    assert verdict(scenario).is_green


def test_words_of_a_broken_server_are_still_there_when_nothing_more_is_tried(opened: Open) -> None:
    scenario = begun(opened(EBAY))
    view = finished_though(scenario, "publish", ebay_says(500, 25001, "Listing is under maintenance."))
    assert view.status is JobStatus.FAILED, described(view)
    assert "Listing is under maintenance." in (view.error or "")


@pytest.mark.parametrize(
    ("step", "deed"),
    [
        pytest.param("upload:1", says(400, ORDER), id="photos"),
        pytest.param("upload:2", says(400, ORDER), id="a-later-photo"),
        pytest.param("inventory", says(409, {"error": f"{EDITED} Please try again."}), id="inventory"),
        pytest.param("activate", says(409, None), id="activation-without-words"),
        pytest.param("inventory", says(400, {"error": EDITED}), id="its-words-with-another-status"),
        pytest.param("create", says(400, LATER), id="a-draft"),
    ],
)
def test_what_passes_by_itself_is_tried_again_in_order(opened: Open, step: str, deed: Deed) -> None:
    scenario = begun(opened(ETSY))
    meets(scenario, step, deed)

    view = scenario.finished()

    assert view.status is JobStatus.COMPLETED, described(view)
    assert on_sale(scenario) == [TITLE]
    assert verdict(scenario).is_green
    (task,) = [task for task in view.tasks if task.name == step]
    assert (task.attempt, task.failures) == (2, 1)
    begun_at = [task.started_at for task in view.tasks if task.name.startswith("upload") and task.started_at]
    assert len(begun_at) == len(THREE)
    assert begun_at == sorted(begun_at)


@pytest.mark.parametrize(
    ("action", "step", "deed"),
    [
        pytest.param("update", "upload:1", says(400, ORDER), id="update-a-photo"),
        pytest.param("update", "trim", says(400, ORDER), id="update-photos-taken-away"),
        pytest.param("update", "listing", says(409, [{"path": "/title", "message": EDITED}]), id="update-the-listing"),
        pytest.param("update", "inventory", says(409, {"error": EDITED}), id="update-the-inventory"),
        pytest.param("delete", "end", says(409, {"error": EDITED}), id="delete"),
    ],
)
def test_what_passes_by_itself_is_tried_again_by_other_actions_too(
    harness: Harness, action: str, step: str, deed: Deed
) -> None:
    scenario = harness.scenario(ETSY, action)
    product = scenario.make_product(title=TITLE, images=THREE[:2])
    scenario.done("publish", product)
    scenario.change_product(product, title=f"{TITLE} once more", quantity=2)
    scenario.change_photos(product, *THREE[2:])
    scenario.begin(product, {})
    meets(scenario, step, deed)

    view = scenario.finished()

    assert view.status is JobStatus.COMPLETED, described(view)
    assert {task.name: task.failures for task in view.tasks if task.failures} == {step: 1}
    assert on_sale(scenario) == ([f"{TITLE} once more"] if action == "update" else [])
    assert verdict(scenario).is_green


def test_what_does_not_pass_ends_in_etsys_words(opened: Open) -> None:
    scenario = begun(opened(ETSY))
    view = finished_though(scenario, "inventory", says(409, {"error": f"{EDITED} Please try again."}))
    assert (view.status, view.error) == (JobStatus.FAILED, f"{EDITED} Please try again.")


@pytest.mark.parametrize("step", ["create", "upload:2", "activate"])
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "Shared secret is required in x-api-key header."),
        (403, "API key not found or not active, or incorrect shared secret for API key."),
        (401, "Invalid API key: should be in the format 'keystring:shared_secret'."),
    ],
)
def test_what_is_about_the_application_asks_nothing_of_the_seller_and_goes_on_by_itself(
    opened: Open, step: str, status: int, words: str
) -> None:
    scenario, before = begun(opened(ETSY)), counts().get("ApplicationRefused", 0)
    for _ in range(6):  # more often than a task may fail
        meets_once(scenario, step, says(status, {"error": words}))
        assert not scenario.halted
        view = scenario.view()
        assert view.status is JobStatus.RUNNING, described(view)
        assert "Nothing is asked of the seller" in view.waiting
        assert view.waiting.endswith(words)

    view = scenario.finished()

    assert view.status is JobStatus.COMPLETED, described(view)
    (task,) = [task for task in view.tasks if task.name == step]
    assert (task.attempt, task.failures) == (7, 0)
    assert on_sale(scenario) == [TITLE]
    assert verdict(scenario).is_green
    assert counts()["ApplicationRefused"] == before + 1  # told once


def test_credentials_that_the_token_endpoint_does_not_take_ask_nothing_of_the_seller(opened: Open) -> None:
    scenario = begun(opened(EBAY))

    def not_accepted(_: Call, __: Act) -> Response:
        raise ApplicationNotAccepted("client authentication failed", sent=False)

    for step in ("upload:1", "create", "publish"):
        meets_once(scenario, step, not_accepted)
        assert not scenario.halted
        assert scenario.view().waiting.endswith("client authentication failed")
    assert scenario.finished().status is JobStatus.COMPLETED
    assert verdict(scenario).is_green


def test_a_seller_who_must_act_is_still_asked(opened: Open) -> None:
    scenario = begun(opened(ETSY))
    meets_once(scenario, "create", says(403, {"error": "insufficient_scope", "error_description": "listings_w"}))
    assert scenario.halted


def meets_once(scenario: Scenario, step: str, deed: Deed) -> None:
    meets(scenario, step, deed)
    for _ in range(TURNS):
        if step not in scenario.network.calls:
            return
        scenario.turn()
    raise AssertionError(described(scenario.view()))
