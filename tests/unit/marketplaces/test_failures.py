"""Every unhappy answer means one of six things, on each marketplace."""

from collections.abc import Mapping
from typing import Any

import pytest

from stoflow.domain.call import Answer, Reply
from stoflow.domain.outcome import Broken, FieldError, Outcome, Refused, SellerMustAct, TryAgain, Unknown
from stoflow.marketplaces.ebay import failures as ebay
from stoflow.marketplaces.etsy import failures as etsy
from stoflow.marketplaces.replies import answer_of, reply_of, retry_after_s
from stoflow.marketplaces.vinted import failures as vinted

DATE = "Fri, 20 Nov 2026 05:00:00 GMT"
IN_A_MINUTE = "Fri, 20 Nov 2026 05:01:00 GMT"


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
        (
            400,
            ebay_errors(25026, longMessage="Your limit."),
            Refused("Your limit.", (FieldError("account", "Your limit."),)),
        ),
        (400, None, Refused("eBay answered 400.", ())),
        (401, ebay_errors(1001), SellerMustAct),
        (400, ebay_errors(1002), SellerMustAct),
        (403, ebay_errors(1100), SellerMustAct),
        (429, ebay_errors(2001), TryAgain("eBay asks us to slow down.", None, charged=False)),
        (500, ebay_errors(25025), TryAgain("eBay is busy with the same article.")),
        (418, None, Broken),
        (302, None, Broken),
    ],
)
def test_ebays_replies(status: int, body: Any, expected: Any) -> None:
    outcome = ebay.outcome_of(Reply(status, body=body), unsafe=True)
    assert outcome == expected or isinstance(outcome, expected if isinstance(expected, type) else ())


def test_ebays_warnings_name_every_field() -> None:
    refused = ebay.outcome_of(Reply(400, body=ebay_errors(25005, 25021)), unsafe=False)
    assert isinstance(refused, Refused)
    assert [error.field for error in refused.errors] == ["category", "condition"]


def test_an_ebay_offer_already_there_is_named_in_the_parameters() -> None:
    named = ebay_errors(25002, parameters=[{"name": "x", "value": "1"}, {"name": "offerId", "value": "8123"}])
    assert ebay.duplicate_offer_id(Reply(400, body=named)) == "8123"
    assert ebay.duplicate_offer_id(Reply(400, body=ebay_errors(25002))) == ""
    assert ebay.duplicate_offer_id(Reply(400, body=ebay_errors(25003))) == ""


@pytest.mark.parametrize("number", [25002, 25713])
def test_a_refusal_to_publish_that_may_mean_published_is_looked_into(number: int) -> None:
    assert isinstance(ebay.outcome_of_publish(Reply(400, body=ebay_errors(number))), Unknown)
    assert isinstance(ebay.outcome_of_publish(Reply(400, body=ebay_errors(25012))), Refused)


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
        (409, True, Refused),
        (418, True, Broken),
    ],
)
def test_etsys_replies(status: int, unsafe: bool, kind: type[Outcome]) -> None:
    assert isinstance(etsy.outcome_of(Reply(status, body={"error": "Server Error"}), unsafe=unsafe), kind)


def test_an_etsy_day_that_is_used_up_is_waited_for_without_a_charge() -> None:
    outcome = etsy.outcome_of(Reply(429, headers={"retry-after": "86400"}), unsafe=True)
    assert outcome == TryAgain("Etsy asks us to slow down.", after_s=86400, charged=False)


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
        ("bad_payload", True, Broken),
        ("", True, Broken),
    ],
)
def test_the_plugins_answers(code: str, unsafe: bool, kind: type[Outcome]) -> None:
    outcome = vinted.outcome_of(Answer(success=False, error_code=code, error_message="So."), unsafe=unsafe)
    assert isinstance(outcome, kind)


def test_what_the_plugin_says_may_be_repeated_is_tried_again() -> None:
    assert isinstance(vinted.outcome_of(Answer(success=False, error_code="odd", retryable=True), unsafe=True), TryAgain)


@pytest.mark.parametrize(("data", "pause_s"), [({}, vinted.PAUSE_S), ({"retry_after_s": 3}, 3.0)])
def test_vinteds_too_many_is_a_pause_without_a_charge(data: Mapping[str, Any], pause_s: float) -> None:
    outcome = vinted.outcome_of(Answer(success=False, error_code="http_429", data=data), unsafe=True)
    assert outcome == TryAgain("Vinted asks us to slow down.", after_s=pause_s, charged=False)


def test_vinteds_refusal_names_its_fields() -> None:
    body = {"code": 99, "errors": [{"field": "color_ids", "value": "Too many."}, {"field": "odd", "value": "Odd."}]}
    outcome = vinted.outcome_of(Answer(success=False, error_code="http_400", data={"body": body}), unsafe=True)
    assert outcome == Refused("Too many.", (FieldError("colors", "Too many."), FieldError("odd", "Odd.")))
