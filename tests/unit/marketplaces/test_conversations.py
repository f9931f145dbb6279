"""Conversations held by hand, for what the sandbox never says: odd pages, missing ids, things gone in between."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Answer, Call, Command, Reply, Request, Response
from stoflow.domain.outcome import (
    Absent,
    Broken,
    CannotTell,
    Done,
    Listed,
    LookResult,
    Outcome,
    Refused,
    TryAgain,
    Unknown,
)
from stoflow.marketplaces.drafts import choose
from stoflow.marketplaces.ebay.publication import EbayPublication
from stoflow.marketplaces.etsy import drafts as etsy_drafts
from stoflow.marketplaces.etsy.publication import EtsyPublication
from stoflow.marketplaces.etsy.update import EtsyUpdate
from stoflow.marketplaces.vinted import wardrobe
from stoflow.marketplaces.vinted.publication import VintedPublication
from tests.unit.marketplaces.conftest import MakeAttempt

EBAY, ETSY, VINTED = EbayPublication(), EtsyPublication(), VintedPublication()
Held = tuple[Outcome | LookResult, list[Call]]


def held(conversation: Generator[Call, Response, Outcome | LookResult], responses: Iterable[Response]) -> Held:
    """Return how a conversation ends on these responses, and the calls it made."""
    calls: list[Call] = []
    waiting = iter(responses)
    try:
        calls.append(next(conversation))
        while True:
            calls.append(conversation.send(next(waiting)))
    except StopIteration as end:
        return end.value, calls


def drafts(*found: Mapping[str, Any], count: int | None = None) -> Reply:
    return Reply(200, body={"count": len(found) if count is None else count, "results": list(found)})


def draft(number: int, description: str = "") -> Mapping[str, Any]:
    return {"listing_id": number, "description": description or f"text {number}", "state": "draft"}


def said(body: Mapping[str, Any]) -> Answer:
    return Answer(success=True, data={"status": 200, "body": body})


def failed(code: str) -> Answer:
    return Answer(success=False, error_code=code, error_message="No.")


def wardrobe_page(*items: Mapping[str, Any], pages: int = 1) -> Answer:
    return said({"items": list(items), "pagination": {"total_pages": pages}})


@pytest.fixture
def etsy(make_attempt: MakeAttempt) -> Attempt:
    inventory = {"products": [{"sku": "sf7p5", "offerings": [{"quantity": 3}]}]}
    return make_attempt("etsy", outputs={"map": {"inventory": inventory}, "choose": {"listing_id": "5"}})


@pytest.fixture
def vinted(make_attempt: MakeAttempt) -> Attempt:
    return make_attempt("vinted", outputs={"choose": {"listing_id": "5"}})


@pytest.fixture
def ebay(make_attempt: MakeAttempt) -> Attempt:
    offer = {"sku": "sf7p5", "marketplaceId": "EBAY_FR", "format": "FIXED_PRICE", "availableQuantity": 3}
    created = {"offer_id": "8", "adopted": True}
    outputs = {"map": {"sku": "sf7p5", "offer": offer}, "create": created, "revise": {}}
    return make_attempt("ebay", outputs=outputs)


def test_etsys_pages_may_repeat_a_draft(etsy: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etsy_drafts, "PAGE_SIZE", 2)
    pages = [
        drafts(draft(1), draft(2), count=3),
        drafts(draft(2), draft(1), count=3),
        drafts(draft(3, etsy.marker), count=3),
    ]
    found, calls = held(ETSY.look_for_draft(etsy), pages)
    assert found == Done({"listing_id": "3"}, listed=Listed("3"))
    assert [call.query["offset"] for call in calls if isinstance(call, Request)] == ["0", "2", "4"]


def test_a_marker_must_be_the_whole_description(etsy: Attempt) -> None:
    found, _ = held(ETSY.look_for_draft(etsy), [drafts(draft(1, f"{etsy.marker} and more"))])
    assert isinstance(found, Absent)


def test_a_shop_without_end_is_not_looked_through(etsy: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etsy_drafts, "PAGE_SIZE", 1)
    monkeypatch.setattr(etsy_drafts, "MOST_PAGES", 2)
    found, _ = held(ETSY.look_for_draft(etsy), [drafts(draft(1), count=9), drafts(draft(2), count=9)])
    assert isinstance(found, CannotTell)


def test_a_shop_that_denies_its_list_of_drafts_has_none(etsy: Attempt) -> None:
    denied = Reply(404, body={"error": "Resource not found"})
    assert isinstance(held(ETSY.look_for_draft(etsy), [denied])[0], Absent)
    assert held(etsy_drafts.collect_orphan(etsy), [denied])[0] == Done()


def test_an_answer_without_a_list_is_not_taken_for_an_empty_one(etsy: Attempt) -> None:
    for conversation in (ETSY.look_for_draft(etsy), etsy_drafts.collect_orphan(etsy)):
        assert isinstance(held(conversation, [Reply(200, text="<html>Please wait</html>")])[0], Broken | CannotTell)


def test_a_look_or_a_collection_without_a_marker_is_our_own_fault(make_attempt: MakeAttempt) -> None:
    for conversation in (
        ETSY.look_for_draft(make_attempt("etsy", marker="")),
        etsy_drafts.collect_orphan(make_attempt("etsy", marker="")),
        VINTED.look_for_draft(make_attempt("vinted", marker="")),
        wardrobe.collect_orphan(make_attempt("vinted", marker="")),
    ):
        found, calls = held(conversation, [])
        assert isinstance(found, Broken | CannotTell)
        assert calls == []


@pytest.mark.parametrize(
    ("status", "ending"), [(204, Done), (404, Done), (400, Refused), (409, TryAgain), (503, TryAgain)]
)
def test_an_orphan_on_etsy_is_gone_or_stays_for_a_reason(etsy: Attempt, status: int, ending: type) -> None:
    found, calls = held(etsy_drafts.collect_orphan(etsy), [drafts(draft(3, etsy.marker)), Reply(status)])
    assert isinstance(found, ending)
    assert calls[1] == Request("DELETE", "/v3/application/listings/3")


def test_a_collection_that_cannot_see_deletes_nothing(etsy: Attempt, vinted: Attempt) -> None:
    for found, calls in (
        held(etsy_drafts.collect_orphan(etsy), [Reply(503)]),
        held(wardrobe.collect_orphan(vinted), [failed("no_answer")]),
    ):
        assert isinstance(found, TryAgain)
        assert len(calls) == 1


@pytest.mark.parametrize(
    ("reply", "ending"),
    [
        (Reply(200, body={"state": "active", "url": "https://etsy/5"}), Done),
        (Reply(200, body={"state": "draft"}), Absent),
        (Reply(200, body={"state": "sold_out"}), Done),
        (Reply(200, body={"state": "inactive"}), Done),
        (Reply(200, body={"state": "expired"}), Done),
        (Reply(404, body={"error": "gone"}), Absent),
        (Reply(500), CannotTell),
    ],
)
def test_a_listing_on_etsy_is_what_its_state_says(etsy: Attempt, reply: Reply, ending: type) -> None:
    found, _ = held(ETSY.look_for_listing(etsy), [reply])
    assert isinstance(found, ending)


@pytest.mark.parametrize(("left", "shown"), [(None, 3), (2, 2), (5, 3)])
def test_a_listing_shows_as_many_as_were_put_of_it(etsy: Attempt, ebay: Attempt, left: int | None, shown: int) -> None:
    created = {"listing_id": "5", "state": "draft", "left": left}
    again = replace(etsy, outputs={**etsy.outputs, "create": created})
    ended, _ = held(ETSY.look_for_listing(again), [Reply(200, body={"state": "active"})])
    assert isinstance(ended, Done)
    assert ended.listed is not None
    assert ended.listed.quantity == shown
    revised = {"item": {"left": left}, "revise": {"listing_id": "110"}}
    ended, _ = held(EBAY.publish(replace(ebay, outputs={**ebay.outputs, **revised})), [])
    assert isinstance(ended, Done)
    assert ended.listed is not None
    assert ended.listed.quantity == shown


def test_a_marketplace_that_answers_without_an_id_is_not_trusted(
    make_attempt: MakeAttempt, etsy: Attempt, vinted: Attempt, ebay: Attempt
) -> None:
    mapped = {"map": {"draft": {"temp_uuid": "u"}, "description": "d"}, "choose": {"listing_id": "5"}}
    plain = make_attempt("etsy", outputs=mapped)
    for conversation, response in (
        (ETSY.create_draft(plain), Reply(201, body={})),
        (ETSY.activate(plain), Reply(200, body={"state": "inactive"})),
        (VINTED.create_draft(make_attempt("vinted", outputs=mapped)), said({"draft": {}})),
        (VINTED.upload(make_attempt("vinted", index=1)), said({"id": None})),
        (VINTED.look_for_listing(vinted), said({})),
        (EBAY.create_offer(ebay), Reply(201, body=None)),
        (EBAY.publish(ebay), Reply(200, body={})),
        (EBAY.upload(make_attempt("ebay", index=1)), Reply(201, body={})),
    ):
        ended, _ = held(conversation, [response])
        assert isinstance(ended, Broken | CannotTell)


def test_what_a_listing_on_etsy_was_before_proves_nothing(etsy: Attempt) -> None:
    created = {"listing_id": "5", "state": "expired"}
    revived = replace(etsy, outputs={**etsy.outputs, "create": created})
    for state, ending in (("expired", Absent), ("sold_out", Done), ("inactive", Done)):
        found, _ = held(ETSY.look_for_listing(revived), [Reply(200, body={"state": state})])
        assert isinstance(found, ending), state


def test_the_offer_ebay_names_is_adopted_and_given_this_jobs_words(ebay: Attempt) -> None:
    twin = {"errorId": 25002, "parameters": [{"name": "offerId", "value": "8"}]}
    ended, _ = held(EBAY.create_offer(ebay), [Reply(400, body={"errors": [twin]})])
    assert ended == Done({"offer_id": "8", "adopted": True})
    ended, calls = held(EBAY.revise(ebay), [Reply(200, body={"status": "UNPUBLISHED"}), Reply(204)])
    assert ended == Done({"listing_id": "", "ended": ""})
    assert isinstance(calls[1], Request)
    assert (calls[1].method, calls[1].path) == ("PUT", "/sell/inventory/v1/offer/8")
    for responses in ([Reply(503)], [Reply(200, body={}), Reply(503)]):
        ended, _ = held(EBAY.revise(ebay), responses)
        assert isinstance(ended, TryAgain)


def test_an_adopted_offer_that_is_a_listing_already_is_not_published_again(ebay: Attempt) -> None:
    shown = Reply(200, body={"status": "PUBLISHED", "listing": {"listingId": "110"}})
    revised, _ = held(EBAY.revise(ebay), [shown, Reply(204)])
    assert revised == Done({"listing_id": "110", "ended": ""})
    ended, calls = held(EBAY.publish(replace(ebay, outputs={**ebay.outputs, "revise": {"listing_id": "110"}})), [])
    assert isinstance(ended, Done)
    assert ended.listed is not None
    assert ended.listed.visible
    assert calls == []


@pytest.mark.parametrize(
    ("number", "found", "ending"),
    [
        (25002, Reply(200, body={"status": "UNPUBLISHED"}), Refused),
        (25002, Reply(200, body={"status": "PUBLISHED", "listing": {"listingId": "110"}}), Done),
        (25713, Reply(404, body={"errors": [{"errorId": 25713}]}), Refused),
        (25713, Reply(503), Unknown),
        (25002, Reply(429), Unknown),
    ],
)
def test_a_refusal_to_publish_is_final_once_the_offer_is_seen_to_have_no_listing(
    ebay: Attempt, number: int, found: Reply, ending: type
) -> None:
    refusal = Reply(400, body={"errors": [{"errorId": number, "message": "Add Inside Leg."}]})
    ended, calls = held(EBAY.publish(ebay), [refusal, found])
    assert isinstance(ended, ending)
    assert [call.method for call in calls if isinstance(call, Request)] == ["POST", "GET"]
    assert isinstance(ended, Done) or ended.reason == "Add Inside Leg."


def test_an_offer_in_another_format_is_not_ours(ebay: Attempt) -> None:
    auction = {"offerId": "9", "sku": "sf7p5", "marketplaceId": "EBAY_FR", "format": "AUCTION"}
    found, _ = held(EBAY.look_for_offer(ebay), [Reply(200, body={"offers": [auction]})])
    assert isinstance(found, Absent)
    found, _ = held(EBAY.look_for_offer(ebay), [Reply(404, body={"errors": [{"errorId": 25710}]})])
    assert isinstance(found, Absent)


def test_a_published_offer_is_adopted_with_its_listing(ebay: Attempt) -> None:
    body = {"status": "PUBLISHED", "listing": {"listingId": "110"}}
    found, _ = held(EBAY.look_for_listing(ebay), [Reply(200, body=body)])
    assert isinstance(found, Done)
    assert found.listed == Listed("110", visible=True, url="https://www.ebay.fr/itm/110", photos=(), quantity=3)


def test_vinteds_wardrobe_leaves_descriptions_out_so_each_draft_is_asked_for(vinted: Attempt) -> None:
    pages = [
        wardrobe_page({"id": 1, "is_draft": False}, {"id": 2, "is_draft": True}, pages=2),
        failed("http_404"),  # draft 2 was deleted since
        wardrobe_page({"id": 3, "is_draft": True}, pages=2),
        said({"item": {"id": 3, "is_draft": True, "description": vinted.marker}}),
    ]
    found, calls = held(VINTED.look_for_draft(vinted), pages)
    assert found == Done({"listing_id": "3"}, listed=Listed("3"))
    assert [call.payload.get("id") for call in calls if isinstance(call, Command)] == [None, "2", None, "3"]


def test_a_description_in_the_wardrobe_spares_the_question(vinted: Attempt) -> None:
    page = wardrobe_page({"id": 3, "is_draft": True, "description": vinted.marker})
    found, calls = held(VINTED.look_for_draft(vinted), [page])
    assert isinstance(found, Done)
    assert len(calls) == 1


def test_a_captcha_in_the_middle_of_a_look_asks_the_seller(vinted: Attempt) -> None:
    found, _ = held(VINTED.look_for_draft(vinted), [wardrobe_page({"id": 3, "is_draft": True}), failed("datadome")])
    assert isinstance(found, CannotTell)
    assert found.seller


def test_a_wardrobe_without_end_is_not_looked_through(vinted: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wardrobe, "MOST_PAGES", 1)
    found, _ = held(VINTED.look_for_draft(vinted), [wardrobe_page(pages=2)])
    assert isinstance(found, CannotTell)
    found, _ = held(VINTED.look_for_listing(vinted), [failed("http_404"), wardrobe_page(pages=2)])
    assert isinstance(found, CannotTell)


@pytest.mark.parametrize(
    ("page", "ending"),
    [
        (wardrobe_page({"id": 5, "is_draft": False, "url": "https://vinted/5"}), Done),
        (wardrobe_page({"id": 4, "is_draft": False}), Absent),
        (failed("http_503"), CannotTell),
    ],
)
def test_an_item_vinted_no_longer_edits_is_found_in_the_wardrobe(vinted: Attempt, page: Answer, ending: type) -> None:
    found, _ = held(VINTED.look_for_listing(vinted), [failed("http_404"), page])
    assert isinstance(found, ending)


def test_an_orphan_on_vinted_may_be_gone_already(vinted: Attempt) -> None:
    page = wardrobe_page({"id": 3, "is_draft": True, "description": vinted.marker})
    for answer, ending in ((failed("http_404"), Done), (said({}), Done), (failed("http_503"), TryAgain)):
        found, calls = held(wardrobe.collect_orphan(vinted), [page, answer])
        assert isinstance(found, ending)
        assert calls[1] == Command("vinted.draft.delete", {"id": "3"})


def test_a_draft_vinted_does_not_know_may_be_completed_already(make_attempt: MakeAttempt) -> None:
    outputs = {"map": {"draft": {"temp_uuid": "u"}}, "choose": {"listing_id": "5"}}
    ended, _ = held(VINTED.complete(make_attempt("vinted", outputs=outputs)), [failed("http_404")])
    assert isinstance(ended, Unknown)


def test_the_recorded_draft_is_chosen_whichever_this_job_made(make_attempt: MakeAttempt) -> None:
    created = {"create": {"listing_id": "B"}}
    assert choose(make_attempt("etsy", outputs=created, listing_id="A")) == Done({"listing_id": "A"})
    assert isinstance(choose(make_attempt("etsy", outputs=created)), Broken)


ETSY_LISTING = Reply(200, body={"listing_id": 5, "state": "draft"})
VINTED_ITEM = said({"item": {"id": 5, "is_draft": True}})


@pytest.mark.parametrize(("service", "shown"), [(ETSY, [ETSY_LISTING]), (VINTED, [VINTED_ITEM])])
def test_a_product_with_a_chosen_draft_that_is_there_makes_no_other(
    make_attempt: MakeAttempt, service: EtsyPublication | VintedPublication, shown: Sequence[Response]
) -> None:
    ended, calls = held(service.create_draft(make_attempt("etsy", listing_id="5")), shown)
    assert isinstance(ended, Done)
    assert (ended.output["listing_id"], ended.listed) == ("5", Listed("5"))
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("service", "gone"), [(ETSY, [Reply(404)]), (VINTED, [failed("http_404"), wardrobe_page({"id": 4})])]
)
def test_a_product_whose_listing_is_gone_has_none_and_is_tried_again_at_once(
    make_attempt: MakeAttempt, service: EtsyPublication | VintedPublication, gone: Sequence[Response]
) -> None:
    ended, _ = held(service.create_draft(make_attempt("etsy", listing_id="5")), gone)
    assert isinstance(ended, TryAgain)
    assert (ended.ended, ended.after_s, ended.charged) == ("5", 0.0, False)


@pytest.mark.parametrize(("service", "silent"), [(ETSY, Reply(503)), (VINTED, failed("http_503"))])
def test_a_marketplace_that_cannot_tell_has_not_lost_a_listing(
    make_attempt: MakeAttempt, service: EtsyPublication | VintedPublication, silent: Response
) -> None:
    ended, _ = held(service.create_draft(make_attempt("etsy", listing_id="5")), [silent])
    assert isinstance(ended, TryAgain)
    assert ended.ended == ""


@pytest.mark.parametrize(("title", "ending"), [("Salt & Pepper", Done), ("Salt &amp; Pepper", Done), ("Salt", Absent)])
def test_a_title_on_etsy_is_the_one_that_was_sent_also_with_entities(
    make_attempt: MakeAttempt, title: str, ending: type
) -> None:
    attempt = make_attempt("etsy", outputs={"read": {"form": {"title": "Salt & Pepper"}}}, listing_id="5")
    found, _ = held(EtsyUpdate().look_at_listing(attempt), [Reply(200, body={"listing_id": 5, "title": title})])
    assert isinstance(found, ending)
