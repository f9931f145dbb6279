"""Every marketplace is told what changed, keeps what StoFlow does not know, and is told nothing where nothing changed."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from stoflow.domain.call import Call, Command, Request
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Done, Refused
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.replies import answer_of, reply_of
from stoflow.marketplaces.vinted.editing import as_written
from stoflow.testing.acting import Acting
from stoflow.testing.shown import visible
from stoflow_sandbox.server import SandboxServer

pytestmark = pytest.mark.usefixtures("marketplace", "action")
ACTION = "update"
CHEAPER = Decimal("19.90")
SKU = "sf7p5"
INVENTORY = "/sell/inventory/v1"
UPLOAD = "6b0e8b9a-2f57-4a52-9a3e-0d2f6f1c7a11"
READING = frozenset({"vinted.item.get", "vinted.wardrobe.list"})


@pytest.fixture
def updating(acting: Acting, marketplace: Marketplace) -> Acting:
    """An update of a product that was published and has not changed since."""
    acting.run()
    acting.site.calls.clear()
    return acting.again(handler=marketplace.handlers["update"])


def changed(updating: Acting, **fields: Any) -> Acting:
    return replace(updating, product=replace(updating.product, **fields))


def writes(updating: Acting) -> list[Call]:
    """Return the calls that change something."""
    return [
        call
        for call in updating.site.calls
        if (isinstance(call, Request) and call.method != "GET")
        or (isinstance(call, Command) and call.action not in READING)
    ]


def shown(updating: Acting) -> Mapping[str, Any]:
    """Return what the marketplace shows of the listing: title, price, and how many photos."""
    name, listing, send = updating.site.account.marketplace, updating.listing_id, updating.site.answer
    if name == "vinted":
        item = answer_of(send(Command("vinted.item.get", {"id": listing}))).data["body"]["item"]
        return {"title": item["title"], "price": Decimal(item["price"]["amount"]), "photos": len(item["photos"])}
    if name == "etsy":
        query = {"includes": "Images"}
        found = reply_of(send(Request("GET", f"/v3/application/listings/{listing}", query=query))).body
        price = Decimal(found["price"]["amount"]) / found["price"]["divisor"]
        return {"title": found["title"], "price": price, "photos": len(found["images"])}
    if name != "ebay":
        pytest.skip(f"This suite does not know how {name} shows a listing.")
    item = reply_of(send(Request("GET", f"{INVENTORY}/inventory_item/{SKU}"))).body["product"]
    (offer,) = reply_of(send(Request("GET", f"{INVENTORY}/offer", query={"sku": SKU}))).body["offers"]
    price = Decimal(offer["pricingSummary"]["price"]["value"])
    return {"title": item["title"], "price": price, "photos": len(item["imageUrls"])}


def test_buyers_see_the_new_title_and_price_of_the_same_listing(updating: Acting, sandbox: SandboxServer) -> None:
    job = changed(updating, title="Robe d'été, prix baissé", price=CHEAPER)
    job.run()
    assert shown(job) == {"title": "Robe d'été, prix baissé", "price": CHEAPER, "photos": 3}
    assert visible(sandbox, job) == {job.listing_id}
    assert job.outputs["save"]["changed"]


def test_what_has_not_changed_is_not_sent(updating: Acting) -> None:
    updating.run()
    assert writes(updating) == []
    assert updating.outputs["save"]["changed"] == []


def test_only_the_new_photo_is_sent_and_the_old_one_goes(updating: Acting) -> None:
    first, second, _ = updating.product.images
    job = changed(updating, images=(first, replace(second, path="3.jpg")))
    job.run()
    sent = [task for task, _ in job.outside() if task.startswith("upload:")]
    assert sent == ["upload:1", "upload:2"]
    assert shown(job)["photos"] == 2
    again = job.again()
    again.site.calls.clear()
    again.run()
    assert writes(again) == []


def test_all_photos_are_sent_again_where_none_is_recorded(updating: Acting) -> None:
    job = replace(updating, photos=())
    job.run()
    assert shown(job)["photos"] == 3
    assert len(job.photos) == 3
    assert all(photo.fingerprint and photo.name for photo in job.photos)


def test_exactly_one_task_is_paced_and_what_changes_something_is_looked_at(updating: Acting) -> None:
    plans = updating.handler.create_tasks(updating.product)
    assert [plan.kind for plan in plans if plan.paced] == [TaskKind.UNSAFE]


def test_a_look_says_absent_before_the_act_and_finds_it_after(updating: Acting) -> None:
    job = changed(updating, title="Robe d'été, prix baissé", price=CHEAPER)
    for task, step in job.outside():
        if step.kind is not TaskKind.UNSAFE:
            continue
        job.run(until=task)
        assert isinstance(job.look(task), Absent), task
        done, found = job.do(task), job.look(task)
        assert isinstance(done, Done), task
        assert isinstance(found, Done), task
        assert (found.output, found.listed) == (done.output, done.listed)


def test_a_change_that_buyers_see_is_said_to_be_seen(updating: Acting) -> None:
    job = changed(updating, title="Robe d'été, prix baissé", price=CHEAPER)
    for task, step in job.outside():
        if step.kind is TaskKind.UNSAFE:
            job.run(until=task)
            for outcome in (job.do(task), job.look(task)):
                assert isinstance(outcome, Done)
                assert outcome.acted or (outcome.listed and outcome.listed.visible), task


def test_a_photo_that_shows_as_soon_as_it_is_sent_or_taken_away_is_said_to_be_seen(
    updating: Acting, marketplace: Marketplace
) -> None:
    if marketplace.name != "etsy":
        pytest.skip("Only on Etsy a photo shows before the listing is changed.")
    first, second, _ = updating.product.images
    outcomes = changed(updating, images=(first, replace(second, path="3.jpg"))).run()
    acted = {task: outcome.acted for task, outcome in outcomes.items() if isinstance(outcome, Done)}
    assert (acted["upload:1"], acted["upload:2"], acted["trim"]) == (False, True, True)


def test_where_nothing_changed_nobody_has_seen_anything(updating: Acting) -> None:
    assert not any(outcome.acted for outcome in updating.run().values() if isinstance(outcome, Done))


def test_a_product_without_a_listing_is_refused_by_name(acting: Acting, marketplace: Marketplace) -> None:
    updating = replace(acting, handler=marketplace.handlers["update"])
    outcome = updating.do("validate")
    assert isinstance(outcome, Refused)
    assert [error.field for error in outcome.errors] == ["listing"]


def test_a_listing_that_somebody_ended_is_refused(updating: Acting, marketplace: Marketplace) -> None:
    ended = updating.again(handler=marketplace.handlers["delete"])
    ended.run()
    updating.run(until="read")
    outcome = updating.do("read")
    assert isinstance(outcome, Refused)
    assert "no longer" in outcome.reason


def keep_ebay(job: Acting) -> None:
    item_path, offers = f"{INVENTORY}/inventory_item/{SKU}", Request("GET", f"{INVENTORY}/offer", query={"sku": SKU})
    language, send = {"Content-Language": "fr-FR"}, job.site.answer
    weight = {"weight": {"value": 0.4, "unit": "KILOGRAM"}}

    def item() -> dict[str, Any]:
        return dict(reply_of(send(Request("GET", item_path))).body)

    def offer() -> dict[str, Any]:
        (found,) = reply_of(send(offers)).body["offers"]
        return dict(found)

    mine: dict[str, Any] = item() | {"packageWeightAndSize": weight}
    mine["product"]["aspects"]["Motif"] = ["Fleurs"]
    send(Request("PUT", item_path, headers=language, json=mine))
    limited = offer() | {"quantityLimitPerBuyer": 1}
    send(Request("PUT", f"{INVENTORY}/offer/{limited['offerId']}", headers=language, json=limited))
    job.run()
    assert item()["packageWeightAndSize"] == weight
    assert item()["product"]["aspects"]["Motif"] == ["Fleurs"]
    assert offer()["quantityLimitPerBuyer"] == 1


def keep_etsy(job: Acting) -> None:
    listing, send = f"/v3/application/listings/{job.listing_id}", job.site.answer
    inventory = f"{listing}/inventory"
    offering: dict[str, Any] = {"price": 20.0, "quantity": 1, "is_enabled": True}
    offering["readiness_state_id"] = int(job.site.account.settings["readiness_state_id"])
    red: dict[str, Any] = {"property_id": 200, "value_ids": [1213], "property_name": "Couleur", "values": ["Rouge"]}
    products = [
        {"sku": SKU, "property_values": [], "offerings": [offering]},
        {"sku": "red", "property_values": [red], "offerings": [offering | {"price": 99.0}]},
    ]
    send(Request("PUT", inventory, json={"products": products, "price_on_property": [200]}))
    job.run()
    found = reply_of(send(Request("GET", inventory))).body
    assert [(each["sku"], each["offerings"][0]["price"]["amount"]) for each in found["products"]] == [
        (SKU, 1990),
        ("red", 9900),
    ]
    assert found["products"][1]["property_values"] == [red]
    assert found["price_on_property"] == [200]


def keep_vinted(job: Acting) -> None:
    get, send = Command("vinted.item.get", {"id": job.listing_id}), job.site.answer

    def item() -> dict[str, Any]:
        return dict(answer_of(send(get)).data["body"]["item"])

    there = as_written(item())
    upload = {"temp_uuid": UPLOAD, "url": "/api/products/5/photos/1"}
    photo = answer_of(send(Command("vinted.photo.upload", upload))).data["body"]["id"]
    mine = {
        **there,
        "price": 24.5,
        "package_size_id": 3,
        "item_attributes": [*there["item_attributes"], {"code": "material", "ids": [44]}],
        "assigned_photos": [*there["assigned_photos"], {"id": photo, "orientation": 0}],
    }
    update = {"id": job.listing_id, "item": mine, "upload_session_id": UPLOAD}
    assert answer_of(send(Command("vinted.item.update", update))).success
    job.run()
    assert item()["package_size_id"] == 3
    assert {"code": "material", "ids": [44]} in item()["item_attributes"]
    assert [each["id"] for each in item()["photos"]][3:] == [photo]


KEEPING = {"ebay": keep_ebay, "etsy": keep_etsy, "vinted": keep_vinted}


def test_what_the_seller_added_on_the_marketplace_stays(updating: Acting, marketplace: Marketplace) -> None:
    job = changed(updating, title="Robe d'été, prix baissé", price=CHEAPER)
    if marketplace.name not in KEEPING:
        pytest.skip(f"This suite does not know what a seller adds on {marketplace.name}.")
    KEEPING[marketplace.name](job)
    assert {name: shown(job)[name] for name in ("title", "price")} == {"title": job.product.title, "price": CHEAPER}


def test_a_listing_with_variations_of_the_sellers_own_is_refused(updating: Acting, marketplace: Marketplace) -> None:
    if marketplace.name != "etsy":
        pytest.skip("Only an Etsy listing has variations that StoFlow did not make.")
    offering: dict[str, Any] = {"price": 20.0, "quantity": 1, "is_enabled": True}
    offering["readiness_state_id"] = int(updating.site.account.settings["readiness_state_id"])
    products = [{"sku": sku, "property_values": [], "offerings": [offering]} for sku in ("red", "blue")]
    path = f"/v3/application/listings/{updating.listing_id}/inventory"
    updating.site.answer(Request("PUT", path, json={"products": products}))
    updating.run(until="read")
    outcome = updating.do("read")
    assert isinstance(outcome, Refused)
    assert [error.field for error in outcome.errors] == ["listing"]


def test_a_brand_vinted_has_no_id_for_is_not_sent_under_the_old_one(updating: Acting, marketplace: Marketplace) -> None:
    if marketplace.name != "vinted":
        pytest.skip("Only Vinted has ids for brands.")
    job = changed(updating, brand="Atelier Sans Nom")
    job.run()
    found = answer_of(job.site.answer(Command("vinted.item.get", {"id": job.listing_id}))).data["body"]["item"]
    assert (found["brand_id"], found["brand_dto"]["title"]) == (None, "Atelier Sans Nom")


def test_a_photo_that_an_update_given_up_has_replaced_is_sent_again(updating: Acting, marketplace: Marketplace) -> None:
    first, second, third = updating.product.images
    given_up = changed(updating, images=(third, second, first))
    given_up.run(until=next(plan.name for plan in given_up.handler.create_tasks(given_up.product) if plan.paced))
    job = given_up.again(product=updating.product)
    sent = [photo.fingerprint for photo in job.photos]
    job.run()
    assert [photo.fingerprint for photo in job.photos] == sent
    if marketplace.name == "etsy":  # where a photo shows as soon as it is sent
        path = f"/v3/application/listings/{job.listing_id}/images"
        there = reply_of(job.site.answer(Request("GET", path))).body["results"]
        ids = [str(image["listing_image_id"]) for image in sorted(there, key=lambda image: image["rank"])]
        assert ids == [photo.name for photo in job.photos]
