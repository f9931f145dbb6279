"""Buyers and the member herself act on the simulated Vinted, and the site shows what came of it."""

from typing import Any

import pytest

from stoflow.domain.errors import InputError
from stoflow_sandbox.sellers import Seller
from stoflow_sandbox.server import SandboxServer
from stoflow_sandbox.vinted.market import VintedMarket


@pytest.fixture
def market(server: SandboxServer) -> VintedMarket:
    (found,) = (market for market in server.sandbox.markets if isinstance(market, VintedMarket))
    return found


@pytest.fixture
def behave(market: VintedMarket, vinted: Any) -> Any:
    member = Seller("vinted", vinted.made["external_id"], "")
    return lambda act, **wishes: market.behave(member, act, wishes)


@pytest.fixture
def item(vinted: Any) -> int:
    draft, body = vinted.make_draft()
    vinted.complete(draft, body)
    return draft


def shown(vinted: Any, path: str) -> Any:
    answer = vinted.call("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def in_wardrobe(vinted: Any) -> Any:
    return shown(vinted, f"/wardrobe/{vinted.settings['user_id']}/items")["items"][0]


def conversation_of(vinted: Any) -> int:
    return shown(vinted, "/inbox")["conversations"][0]["id"]


def reply(vinted: Any, conversation: int, body: Any) -> Any:
    said = {"body": body, "photo_temp_uuids": None, "is_personal_data_sharing_check_skipped": False}
    return vinted.call("POST", f"/conversations/{conversation}/replies", json={"reply": said})


def test_what_was_sold_is_closed_an_order_and_a_conversation(vinted: Any, behave: Any, item: int) -> None:
    effect = behave("sell", listing_id=str(item))
    assert (effect.listing_id, effect.state, effect.committed) == (str(item), "sold", True)

    closed = in_wardrobe(vinted)
    assert (closed["is_closed"], closed["item_closing_action"]) == (True, "sold")
    assert vinted.call("GET", f"/item_upload/items/{item}").status_code == 404
    (order,) = shown(vinted, "/my_orders?type=sold&status=all")["my_orders"]
    assert (order["title"], order["price"]["amount"]) == ("Robe rouge", "25.00")
    assert "item_id" not in order
    conversation = shown(vinted, f"/conversations/{order['conversation_id']}")["conversation"]
    assert conversation["transaction"] == {"id": order["transaction_id"], "item_id": item}
    assert shown(vinted, f"/transactions/{order['transaction_id']}")["transaction"]["item_id"] == item


def test_orders_are_listed_by_their_state_newest_first(vinted: Any, behave: Any, item: int) -> None:
    behave("sell", listing_id=str(item), state="cancelled", days_ago=3)
    behave("sell", listing_id=str(item), state="shipped", days_ago=2)

    def listed(status: str, kind: str = "sold") -> list[str]:
        orders = shown(vinted, f"/my_orders?type={kind}&status={status}")["my_orders"]
        return [order["status"] for order in orders]

    assert listed("all") == ["Commande finalisée", "Commande annulée"]
    assert listed("canceled") == ["Commande annulée"]
    assert listed("completed") == ["Commande finalisée"]
    assert listed("in_progress") == listed("all", "purchased") == []
    assert vinted.call("GET", "/my_orders?status=lost").status_code == 400


def test_a_reserved_item_stays_in_the_wardrobe_and_cannot_be_edited(vinted: Any, behave: Any, item: int) -> None:
    assert behave("reserve", listing_id=str(item)).state == "reserved"
    kept = in_wardrobe(vinted)
    assert (kept["is_reserved"], kept["is_closed"]) == (True, False)
    assert vinted.call("GET", f"/item_upload/items/{item}").status_code == 404
    assert vinted.call("PUT", f"/item_upload/items/{item}", json={"item": {}}).status_code == 404
    assert behave("sell", listing_id=str(item)).state == "sold"


def test_the_member_edits_and_deletes_on_the_site_itself(vinted: Any, behave: Any, item: int) -> None:
    assert behave("edit", listing_id=str(item), title="Robe verte", price="19.50").title == "Robe verte"
    edited = shown(vinted, f"/item_upload/items/{item}")["item"]
    assert (edited["title"], edited["price"]["amount"]) == ("Robe verte", "19.50")
    assert behave("delete", listing_id=str(item)).state == "deleted"
    assert vinted.call("GET", f"/item_upload/items/{item}").status_code == 404


def test_the_member_lists_another_thing_like_it_by_hand(vinted: Any, behave: Any, item: int) -> None:
    listed = behave("list", listing_id=str(item), title="Robe bleue")
    assert (listed.state, listed.title, listed.marker) == ("active", "Robe bleue", "")
    assert listed.listing_id != str(item)
    assert in_wardrobe(vinted)["id"] == int(listed.listing_id)
    alike = shown(vinted, f"/item_upload/items/{listed.listing_id}")["item"]
    assert alike["catalog_id"] == shown(vinted, f"/item_upload/items/{item}")["item"]["catalog_id"]


def test_a_buyer_writes_and_is_answered_as_often_as_it_is_said(vinted: Any, behave: Any, item: int) -> None:
    behave("write", listing_id=str(item), text="Bonjour, toujours disponible ?")
    effect = behave("write", listing_id=str(item), text="Alors ?")
    conversation = conversation_of(vinted)
    assert (effect.listing_id, effect.offer_id) == (str(item), str(conversation))
    for _ in range(2):
        assert reply(vinted, conversation, "Oui").status_code == 200
    said = shown(vinted, f"/conversations/{conversation}")["conversation"]
    assert [message["entity"]["body"] for message in said["messages"]][1:] == ["Alors ?", "Oui", "Oui"]
    assert (said["allow_reply"], said["transaction"]["item_id"]) == (True, item)
    entry = vinted.ledger()[-2]
    expected = ("message.send", "sent", "Oui", str(item))
    assert tuple(entry[name] for name in ("operation", "state", "title", "listing_id")) == expected


def test_who_buys_goes_on_in_the_conversation_that_was_begun(vinted: Any, behave: Any, item: int) -> None:
    behave("write", listing_id=str(item), text="Je prends !")
    behave("sell", listing_id=str(item))
    assert shown(vinted, "/my_orders")["my_orders"][0]["conversation_id"] == conversation_of(vinted)


def test_a_closed_conversation_and_an_empty_message_are_refused(vinted: Any, behave: Any, item: int) -> None:
    behave("write", listing_id=str(item), text="Bonjour")
    conversation = conversation_of(vinted)
    assert [reply(vinted, conversation, body).status_code for body in ("", None, 5)] == [400, 400, 400]
    behave("write", listing_id=str(item), text="Adieu", allow_reply=False)
    assert shown(vinted, f"/conversations/{conversation}")["conversation"]["allow_reply"] is False
    assert reply(vinted, conversation, "Oui").status_code == 400
    assert reply(vinted, 1, "Oui").status_code == 404
    assert vinted.call("GET", "/conversations/x").status_code == 404


def test_nobody_sees_another_members_orders_and_conversations(vinted: Any, behave: Any, item: int) -> None:
    behave("sell", listing_id=str(item))
    order = shown(vinted, "/my_orders")["my_orders"][0]
    stranger = type(vinted)(vinted.http, tenant=8)
    assert shown(stranger, "/my_orders")["my_orders"] == shown(stranger, "/inbox")["conversations"] == []
    assert stranger.call("GET", f"/transactions/{order['transaction_id']}").status_code == 404
    assert stranger.call("GET", f"/conversations/{order['conversation_id']}").status_code == 404


@pytest.mark.parametrize(
    ("act", "wishes", "field"),
    [
        ("steal", {}, "act"),
        ("sell", {"listing_id": "1"}, "listing_id"),
        ("sell", {"listing_id": "x"}, "listing_id"),
        ("sell", {"quantity": 2}, "quantity"),
        ("sell", {"state": "unpaid"}, "state"),
        ("sell", {"days_ago": -1}, "days_ago"),
        ("edit", {}, "title"),
        ("edit", {"price": "cheap"}, "price"),
        ("write", {"text": " "}, "text"),
        ("write", {}, "text"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    behave: Any, item: int, act: str, wishes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as refused:
        behave(act, **{"listing_id": str(item), **wishes})
    assert [error.field for error in refused.value.errors] == [field]


def test_nobody_buys_what_is_sold_hidden_or_a_draft(vinted: Any, behave: Any, item: int) -> None:
    draft, _ = vinted.make_draft()
    behave("sell", listing_id=str(item))
    hidden, body = vinted.make_draft()
    vinted.complete(hidden, body)
    vinted.call("PUT", f"/items/{hidden}/is_hidden", json={"is_hidden": True})
    for listing in (draft, item, hidden):
        with pytest.raises(InputError):
            behave("sell", listing_id=str(listing))
    assert vinted.call("POST", f"/items/{item}/delete").status_code == 404
