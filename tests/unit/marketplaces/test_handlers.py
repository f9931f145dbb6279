"""A handler names its tasks; photos beyond what a marketplace takes make none."""

from dataclasses import replace
from inspect import getsourcelines, unwrap

import pytest

from stoflow.domain.call import Answer, Command, Reply, Request
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.ebay.marketplace import EBAY
from stoflow.marketplaces.etsy.marketplace import ETSY
from stoflow.marketplaces.handlers import BaseJobHandler, DirectAPIJobHandler
from stoflow.marketplaces.vinted.handlers import VintedJobHandler
from stoflow.marketplaces.vinted.marketplace import VINTED

TASKS = {
    "vinted": ["validate", "map", "upload:1", "create", "choose", "complete", "save"],
    "ebay": ["validate", "map", "upload:1", "item", "create", "revise", "publish", "save"],
    "etsy": ["validate", "map", "create", "choose", "upload:1", "inventory", "activate", "save"],
}
MOST_PHOTOS = {"vinted": 20, "ebay": 24, "etsy": 20}
PLACES = {place.name: place for place in (VINTED, EBAY, ETSY)}


@pytest.mark.parametrize("marketplace", PLACES)
def test_the_tasks_of_a_publication(product: Product, marketplace: str) -> None:
    handler = PLACES[marketplace].handlers["publish"]
    one_photo = replace(product, images=product.images[:1])
    assert [plan.name for plan in handler.create_tasks(one_photo)] == TASKS[marketplace]
    assert not any(plan.name.startswith("upload") for plan in handler.create_tasks(None))


@pytest.mark.parametrize("marketplace", PLACES)
def test_photos_beyond_the_marketplaces_number_are_left_out(product: Product, marketplace: str) -> None:
    many = replace(product, images=tuple(ProductImage(number, "1.jpg") for number in range(1, 40)))
    names = [plan.name for plan in PLACES[marketplace].handlers["publish"].create_tasks(many)]
    assert sum(name.startswith("upload:") for name in names) == MOST_PHOTOS[marketplace]


@pytest.mark.parametrize("marketplace", ["ebay", "etsy"])
def test_the_paced_task_is_the_services_named_method(marketplace: str) -> None:
    handler = PLACES[marketplace].handlers["publish"]
    assert isinstance(handler, DirectAPIJobHandler)
    paced = [step for step in handler.steps if step.paced]
    assert [unwrap(step.do) for step in paced] == [handler.service_method]


def test_a_numbered_task_has_the_step_of_its_name() -> None:
    handler = PLACES["vinted"].handlers["publish"]
    assert isinstance(handler, BaseJobHandler)
    assert handler.step("upload:17") is handler.step("upload:1")
    for name in ("upload", "upload:", "create:1", "other"):
        with pytest.raises(KeyError):
            handler.step(name)


def test_a_step_asks_by_call_http_and_is_given_the_reply() -> None:
    asked = BaseJobHandler.call_http("PUT", "/things/7", query={"of": "me"}, json={"title": "Coat"})
    assert next(asked) == Request("PUT", "/things/7", query={"of": "me"}, json={"title": "Coat"})
    with pytest.raises(StopIteration) as ended:
        asked.send(Reply(404))
    assert ended.value.value == Reply(404)


@pytest.mark.parametrize("action_name", ["item.get", "vinted.item.get"])
def test_a_command_of_call_plugin_begins_with_its_marketplace_and_a_refusal_is_returned(action_name: str) -> None:
    handler = PLACES["vinted"].handlers["publish"]
    assert isinstance(handler, VintedJobHandler)
    asked = handler.call_plugin(action_name, {"item_id": 7})
    assert next(asked) == Command("vinted.item.get", {"item_id": 7})
    with pytest.raises(StopIteration) as ended:
        asked.send(Answer(success=False, error_code="http_404"))
    assert ended.value.value.error_code == "http_404"


@pytest.mark.parametrize("handler", [BaseJobHandler, DirectAPIJobHandler, VintedJobHandler])
def test_what_handlers_are_made_from_is_short(handler: type) -> None:
    lines, _ = getsourcelines(handler)
    assert len(lines) <= 80
    assert handler.__doc__
