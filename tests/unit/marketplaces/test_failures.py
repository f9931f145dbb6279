"""Every unhappy answer means one of six things, on each marketplace."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from inspect import getsource
from typing import Any

import pytest

from stoflow.domain.call import Answer, Reply
from stoflow.domain.outcome import Broken, Done, FieldError, Lock, Outcome, Refused, SellerMustAct, TryAgain, Unknown
from stoflow.marketplaces.ebay import failures as ebay
from stoflow.marketplaces.etsy import failures as etsy
from stoflow.marketplaces.replies import (
    LOCKED,
    LONGEST_PAUSE_S,
    SHORTEST_PAUSE_S,
    Dialect,
    Meaning,
    answer_of,
    lock_at,
    reason_at,
    reply_of,
    retry_after_s,
)
from stoflow.marketplaces.vinted import failures as vinted
from stoflow_sandbox import plugin
from stoflow_sandbox.vinted import commands

DATE = "Fri, 20 Nov 2026 05:00:00 GMT"
IN_A_MINUTE = "Fri, 20 Nov 2026 05:01:00 GMT"
CODES = re.compile(r'(?:failed\(|code, message = |else )"([a-z_]+)"')


def ebay_errors(*ids: int, **more: Any) -> Mapping[str, Any]:
    return {"errors": [{"errorId": number, "message": f"Reason {number}.", **more} for number in ids]}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "-1"}, 0),
        ({"retry-after": IN_A_MINUTE, "date": DATE}, 60),
        ({"retry-after": IN_A_MINUTE}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e12"}, LONGEST_PAUSE_S),
        ({"retry-after": "Fri, 20 Nov 99999 05:01:00 GMT", "date": DATE}, None),
    ],
)
def test_a_wait_is_read_as_seconds_or_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(Reply(429, headers=headers)) == seconds


def test_an_answer_by_the_wrong_way_is_our_own_fault() -> None:
    with pytest.raises(TypeError):
        reply_of(Answer(success=True))
    with pytest.raises(TypeError):
        answer_of(Reply(200))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, ebay_errors(25003), Refused("Reason 25003.", (FieldError("price", "Reason 25003."),))),
        (400, ebay_errors(25005, 25021), Refused),
        (400, ebay_errors(99999), Refused("Reason 99999.", (FieldError("ebay", "Reason 99999."),))),
        (400, None, Refused("eBay answered 400.", ())),
        (404, ebay_errors(2002), Broken),
        (400, ebay_errors(25706), Broken),
        (403, ebay_errors(190013), SellerMustAct),
        (403, None, SellerMustAct("eBay does not allow this to StoFlow: eBay answered 403.")),
        (400, ebay_errors(25018), SellerMustAct("The seller's eBay account is not complete: Reason 25018.")),
        (401, ebay_errors(1001), SellerMustAct),
        (400, ebay_errors(1002), SellerMustAct),
        (403, ebay_errors(1100), SellerMustAct),
        (429, ebay_errors(2001), TryAgain("eBay asks us to slow down.", ebay.PAUSE_S, charged=False, application=True)),
        (500, ebay_errors(25025), Unknown("eBay is busy with the same article. It may have been done.")),
        (500, ebay_errors(25003), Unknown("eBay answered 500. It may have been done.")),
        (200, None, Done()),
        (418, None, Broken),
        (302, None, Broken),
    ],
)
def test_ebays_replies(status: int, body: Any, expected: Any) -> None:
    outcome = ebay.outcome_of(Reply(status, body=body), unsafe=True)
    assert outcome == expected or isinstance(outcome, expected if isinstance(expected, type) else ())


def test_ebays_refusal_names_every_field() -> None:
    refused = ebay.outcome_of(Reply(400, body=ebay_errors(25005, 25021)), unsafe=False)
    assert isinstance(refused, Refused)
    assert [error.field for error in refused.errors] == ["category", "condition"]


@pytest.mark.parametrize(
    ("number", "value", "field"),
    [
        (25709, "availability.shipToLocationAvailability.quantity", "quantity"),
        (25016, "pricingSummary.price.value", "price"),
        (25029, "Marque", "brand"),
        (25029, "Motif", "category"),
        (25017, "product.aspects.Pointure", "size"),
        (25017, "nonsense", "ebay"),
    ],
)
def test_an_ebay_error_about_any_field_names_stoflows(number: int, value: str, field: str) -> None:
    named = ebay_errors(number, parameters=[{"name": "fieldName", "value": value}])
    refused = ebay.outcome_of(Reply(400, body=named), unsafe=True)
    assert isinstance(refused, Refused)
    assert [error.field for error in refused.errors] == [field]


def test_an_ebay_limit_of_the_day_is_waited_for_and_charged_so_that_it_ends() -> None:
    outcome = ebay.outcome_of(Reply(400, body=ebay_errors(25026)), unsafe=True)
    assert isinstance(outcome, TryAgain)
    assert (outcome.after_s, outcome.charged) == (86_400, True)
    assert "Reason 25026." in outcome.reason


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ((25003, 25018), SellerMustAct),
        ((25026, 25003), Refused),
        ((2004, 25003), Refused),
        ((99999, 2004), Broken),
        ((25028, 25003), Refused),
        ((25028,), Refused),
    ],
)
def test_of_several_ebay_errors_one_decides(numbers: tuple[int, ...], kind: type[Outcome]) -> None:
    assert isinstance(ebay.outcome_of(Reply(400, body=ebay_errors(*numbers)), unsafe=True), kind)


def test_an_ebay_offer_already_there_is_named_in_the_parameters() -> None:
    named = ebay_errors(25002, parameters=[{"name": "x", "value": "1"}, {"name": "offerId", "value": "8123"}])
    assert ebay.duplicate_offer_id(Reply(400, body=named)) == "8123"
    assert ebay.duplicate_offer_id(Reply(400, body=ebay_errors(25002))) == ""
    assert ebay.duplicate_offer_id(Reply(400, body=ebay_errors(25003))) == ""


@pytest.mark.parametrize("number", [25002, 25713])
def test_a_refusal_to_publish_may_mean_published_where_ebay_has_no_other_word_for_that(number: int) -> None:
    assert ebay.may_be_published(Reply(400, body=ebay_errors(number)))
    assert not ebay.may_be_published(Reply(400, body=ebay_errors(25012)))
    assert not ebay.may_be_published(Reply(500, body=ebay_errors(number)))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([{"path": "/title/1", "type": "invalid_characters", "message": "bad"}], (FieldError("title", "bad"),)),
        ({"error": "Invalid price given"}, (FieldError("price", "Invalid price given"),)),
        ({"error": "e", "error_description": "text"}, (FieldError("etsy", "text"),)),
        ([{"path": "/odd", "message": "m"}], (FieldError("odd", "m"),)),
        ("<html>", ()),
        ({}, ()),
    ],
)
def test_etsy_words_its_errors_in_three_shapes(body: Any, expected: tuple[FieldError, ...]) -> None:
    assert etsy.field_errors(Reply(400, body=body)) == expected
    refused = etsy.outcome_of(Reply(400, body=body), unsafe=True)
    assert isinstance(refused, Refused)
    assert refused.errors == expected


@pytest.mark.parametrize(
    ("status", "unsafe", "kind"),
    [
        (500, True, Unknown),
        (500, False, TryAgain),
        (401, False, SellerMustAct),
        (403, False, SellerMustAct),
        (409, True, TryAgain),
        (404, True, Refused),
        (408, True, Unknown),
        (408, False, TryAgain),
        (418, True, Broken),
    ],
)
def test_etsys_replies(status: int, unsafe: bool, kind: type[Outcome]) -> None:
    assert isinstance(etsy.outcome_of(Reply(status, body={"error": "Server Error"}), unsafe=unsafe), kind)


@pytest.mark.parametrize(
    ("headers", "error", "seconds"),
    [
        ({"retry-after": "86400"}, "Exceeded daily rate limit", 86_400),
        ({"retry-after": "7"}, "Exceeded daily rate limit", 7),
        ({}, "Exceeded daily rate limit", 86_400),
        ({"x-remaining-today": "0"}, "Too many", 86_400),
        ({"x-remaining-today": "312", "x-remaining-this-second": "0"}, "Exceeded per second rate limit", 1),
        ({"x-remaining-today": "312", "x-remaining-this-secon": "0"}, "", 1),
        ({}, "", 1),
    ],
)
def test_etsys_window_that_is_used_up_is_waited_for_without_a_charge(
    headers: dict[str, str], error: str, seconds: float
) -> None:
    outcome = etsy.outcome_of(Reply(429, headers=headers, body={"error": error}), unsafe=True)
    of_the_day = seconds > 1  # which is the application's
    assert outcome == TryAgain("Etsy asks us to slow down.", seconds, charged=False, application=of_the_day)


@pytest.mark.parametrize("outcome_of", [ebay.outcome_of, etsy.outcome_of])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": IN_A_MINUTE, "date": DATE}, 60),
        ({"retry-after": "0"}, SHORTEST_PAUSE_S),
    ],
)
def test_too_many_requests_wait_as_they_are_told(outcome_of: Any, headers: dict[str, str], seconds: float) -> None:
    for unsafe in (True, False):
        outcome = outcome_of(Reply(429, headers=headers), unsafe=unsafe)
        assert isinstance(outcome, TryAgain)
        assert (outcome.after_s, outcome.charged) == (seconds, False)


@pytest.mark.parametrize("outcome_of", [ebay.outcome_of, etsy.outcome_of])
def test_a_server_that_says_when_it_is_back_is_asked_then(outcome_of: Any) -> None:
    outcome = outcome_of(Reply(503, headers={"retry-after": "30"}), unsafe=False)
    assert isinstance(outcome, TryAgain)
    assert (outcome.after_s, outcome.away) == (30, True)


@pytest.mark.parametrize(
    ("code", "unsafe", "kind"),
    [
        ("datadome", True, SellerMustAct),
        ("session_lost", True, SellerMustAct),
        ("http_403", True, SellerMustAct),
        ("no_answer", True, Unknown),
        ("no_answer", False, TryAgain),
        ("unknown", True, Unknown),
        ("not_json", True, Unknown),
        ("http_503", True, Unknown),
        ("http_503", False, TryAgain),
        ("unreachable", True, TryAgain),
        ("deadline", True, TryAgain),
        ("http_404", True, Refused),
        ("http_200", True, Unknown),
        ("http_418", True, Broken),
        ("http_9999", True, Broken),
        ("unknown_action", False, TryAgain),
        ("bad_payload", True, Broken),
        ("", True, Broken),
    ],
)
def test_the_plugins_answers(code: str, unsafe: bool, kind: type[Outcome]) -> None:
    outcome = vinted.outcome_of(Answer(success=False, error_code=code, error_message="So."), unsafe=unsafe)
    assert isinstance(outcome, kind)


@pytest.mark.parametrize(
    ("code", "away"),
    [("http_503", True), ("no_answer", True), ("unreachable", True), ("unknown", False), ("not_json", False)],
)
def test_vinted_is_away_only_where_it_does_not_answer(code: str, away: bool) -> None:
    outcome = vinted.outcome_of(Answer(success=False, error_code=code), unsafe=False)
    assert isinstance(outcome, TryAgain)
    assert outcome.away is away


def test_what_the_plugin_says_may_be_repeated_is_tried_again() -> None:
    assert isinstance(vinted.outcome_of(Answer(success=False, error_code="odd", retryable=True), unsafe=True), TryAgain)


CAPTCHA = {"url": "https://geo.captcha-delivery.com/captcha/?initialCid=x"}
CLOUDFLARE = "<html><script src='/cdn-cgi/challenge?__cf_chl_tk=x'></script></html>"
SIGNED_OUT, REFUSED_SESSION = vinted.LOG_IN, vinted.SELLER_MUST_ACT["http_403"]


@pytest.mark.parametrize(
    ("code", "data", "expected"),
    [
        ("http_400", {"status": 400, "body": {"code": 99, "errors": []}}, Refused),
        ("http_401", {"status": 401}, SellerMustAct(SIGNED_OUT)),
        ("session_lost", {"status": 401}, SellerMustAct(SIGNED_OUT)),
        ("http_403", {"status": 403, "body": {"code": 106}}, SellerMustAct(REFUSED_SESSION)),
        ("datadome", {"status": 403}, SellerMustAct),
        ("http_403", {"status": 403, "body": CAPTCHA}, SellerMustAct(vinted.SELLER_MUST_ACT["datadome"], person=True)),
        (
            "http_429",
            {"status": 429, "body": CLOUDFLARE},
            SellerMustAct(vinted.SELLER_MUST_ACT["datadome"], person=True),
        ),
        ("not_json", {"status": 200, "body": None}, Unknown),
        ("not_json", {"status": 403, "body": None}, SellerMustAct(REFUSED_SESSION)),
        ("not_json", {"status": 429, "body": None}, TryAgain),
        ("not_json", {"status": 502, "body": None}, Unknown),
        ("http_404", {"status": 404}, Refused),
        ("http_429", {"status": 429}, TryAgain),
    ],
)
def test_every_refusal_that_was_seen_on_vinted(code: str, data: Mapping[str, Any], expected: Any) -> None:
    outcome = vinted.outcome_of(Answer(success=False, data=data, error_code=code), unsafe=True)
    assert outcome == expected or isinstance(outcome, expected if isinstance(expected, type) else ())


def test_a_photo_answered_with_a_page_is_refused_and_never_taken_for_sent() -> None:
    blocked = Answer(success=False, data={"status": 200, "body": None}, error_code="not_json")
    refused = vinted.outcome_of_upload(blocked)
    assert isinstance(refused, Refused)
    assert [error.field for error in refused.errors] == ["images"]
    away = Answer(success=False, data={"status": 502, "body": None}, error_code="not_json")
    assert isinstance(vinted.outcome_of_upload(away), TryAgain)


def test_every_code_the_plugin_has_is_in_the_table() -> None:
    said = {code for module in (commands, plugin) for code in CODES.findall(getsource(module))}
    assert said | {"http_401", "http_403"} == set(vinted.BY_CODE) | (said & vinted.NOT_KNOWN)
    assert said & vinted.NOT_KNOWN


@pytest.mark.parametrize(
    ("data", "pause_s"),
    [
        ({}, vinted.PAUSE_S),
        ({"retry_after_s": 3}, 3.0),
        ({"retry_after_s": 0}, SHORTEST_PAUSE_S),
        ({"retry_after_s": 10**400}, LONGEST_PAUSE_S),
        ({"retry_after_s": "3"}, vinted.PAUSE_S),
    ],
)
def test_vinteds_too_many_is_a_pause_without_a_charge(data: Mapping[str, Any], pause_s: float) -> None:
    outcome = vinted.outcome_of(Answer(success=False, error_code="http_429", data=data), unsafe=True)
    assert outcome == TryAgain("Vinted asks us to slow down.", after_s=pause_s, charged=False)


def test_vinteds_refusal_names_its_fields() -> None:
    body = {"code": 99, "errors": [{"field": "color_ids", "value": "Too many."}, {"field": "odd", "value": "Odd."}]}
    outcome = vinted.outcome_of(Answer(success=False, error_code="http_400", data={"body": body}), unsafe=True)
    assert outcome == Refused("Too many.", (FieldError("colors", "Too many."), FieldError("odd", "Odd.")))


LOCKED_UNTIL = datetime(2026, 12, 24, 17, tzinfo=UTC)
SAYS = Dialect(
    "Shop",
    reason_at("error", otherwise="shop"),
    pause_s=lambda _: 1.0,
    statuses={451: Meaning.REFUSED, 403: Meaning.REFUSED, 418: Meaning.SELLER_MUST_ACT},
    lock=lock_at(until="until", address="unlock", locked=lambda reply: reply.status in {LOCKED, 403}),
)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (
            451,
            {"error": "Not for your country."},
            Refused("Not for your country.", (FieldError("shop", "Not for your country."),)),
        ),
        (410, {"error": "It is gone."}, Refused("It is gone.", (FieldError("shop", "It is gone."),))),
        (418, {}, SellerMustAct("Shop does not allow this to StoFlow: Shop answered 418.")),
        (423, {"error": "Closed."}, SellerMustAct("Closed.", lock=Lock())),
        (403, {"until": "2026-12-24T17:00:00Z"}, SellerMustAct("Shop answered 403.", lock=Lock(LOCKED_UNTIL))),
        (423, {"until": "2026-12-24 17:00"}, SellerMustAct("Shop answered 423.", lock=Lock(LOCKED_UNTIL))),
        (423, {"until": "soon", "unlock": "javascript:alert(1)"}, SellerMustAct("Shop answered 423.", lock=Lock())),
        (423, {"unlock": "https://shop/u"}, SellerMustAct("Shop answered 423.", lock=Lock(None, "https://shop/u"))),
        (402, {}, Broken("Shop answered 402.")),
    ],
    ids=str,
)
def test_a_marketplace_has_statuses_of_its_own_and_says_what_is_locked(
    status: int, body: Mapping[str, Any], expected: Outcome
) -> None:
    assert SAYS.outcome_of(Reply(status, body=body), unsafe=True) == expected


def test_without_words_of_its_own_423_is_a_locked_account_and_the_three_say_no_more() -> None:
    for outcome in (ebay.outcome_of(Reply(423), unsafe=False), etsy.outcome_of(Reply(423), unsafe=False)):
        assert isinstance(outcome, SellerMustAct)
        assert outcome.lock == Lock()


def test_what_the_plugin_hands_on_of_a_locked_account_is_no_session_to_renew() -> None:
    answer = Answer(success=False, error_code="http_423", error_message="locked")
    for unsafe in (False, True):
        assert vinted.outcome_of(answer, unsafe=unsafe) == SellerMustAct("locked", lock=Lock())


def test_the_plugin_may_hand_on_any_status() -> None:
    for status in range(100, 600):
        answer = Answer(success=False, error_code=f"http_{status}", error_message="So.")
        assert not isinstance(vinted.outcome_of(answer, unsafe=False), Done)
