"""Whatever a marketplace or a plugin answers means one of six things: nothing raises, nothing is taken for done."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stoflow.domain.call import Answer, Reply
from stoflow.domain.outcome import Broken, Done, Outcome, Refused, SellerMustAct, TryAgain, Unknown
from stoflow.marketplaces.ebay import failures as ebay
from stoflow.marketplaces.ebay.errors import error_ids, error_table
from stoflow.marketplaces.etsy import failures as etsy
from stoflow.marketplaces.replies import LONGEST_PAUSE_S, SHORTEST_PAUSE_S
from stoflow.marketplaces.vinted import failures as vinted

OutcomeOf = Callable[..., Outcome]
HTTP = [pytest.param(ebay.outcome_of, id="ebay"), pytest.param(etsy.outcome_of, id="etsy")]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(LEAVES, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part))
ERROR_IDS = st.sampled_from(sorted(error_table())) | JSON
PARAMETERS = st.lists(st.fixed_dictionaries({"name": JSON, "value": JSON}) | JSON, max_size=3) | JSON
ERRORS = st.fixed_dictionaries(
    {"errorId": ERROR_IDS}, optional={"message": JSON, "longMessage": JSON, "parameters": PARAMETERS}
)
EBAY_BODIES = st.fixed_dictionaries({"errors": st.lists(ERRORS | JSON, max_size=4) | JSON})
ETSY_BODIES = st.fixed_dictionaries({"error": JSON}, optional={"error_description": JSON}) | st.lists(
    st.fixed_dictionaries({"path": JSON, "message": JSON}) | JSON, max_size=3
)
WAITS = (
    st.sampled_from(["0", "7", "-1", "inf", "nan", "1e999", "soon", "Fri, 20 Nov 2026 05:01:00 GMT", "²"]) | st.text()
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "date", "x-remaining-today", "x-remaining-this-second", "content-type"]), WAITS
)
STATUSES = st.sampled_from([200, 204, 302, 400, 401, 403, 404, 409, 410, 422, 423, 429, 500, 503]) | st.integers(
    -1, 9_999
)
REPLIES = st.builds(
    Reply,
    status=STATUSES,
    headers=HEADERS,
    body=EBAY_BODIES | ETSY_BODIES | JSON,
    text=st.text(max_size=300),
)
CODES = st.sampled_from(sorted(vinted.BY_CODE)) | STATUSES.map("http_{}".format) | st.text(max_size=12)
VINTED_BODIES = st.fixed_dictionaries(
    {"errors": st.lists(st.fixed_dictionaries({"field": JSON, "value": JSON}) | JSON)}
)
DATA = st.fixed_dictionaries(
    {}, optional={"body": VINTED_BODIES | JSON, "status": STATUSES | JSON, "retry_after_s": JSON}
)
REFUSED_FIELDS = Answer(success=False, data={"body": {"errors": [{}]}}, error_code="http_400")
ANSWERS = st.builds(
    Answer, success=st.booleans(), data=DATA, error_code=CODES, error_message=st.text(), retryable=st.booleans()
)


def is_an_outcome(outcome: Any) -> bool:
    """Say whether the engine can settle it: a pause within reason, and words for the seller."""
    match outcome:
        case Done():
            return True
        case TryAgain(reason, after_s, _):
            return bool(reason) and (after_s is None or 0 <= after_s <= LONGEST_PAUSE_S)
        case Refused(reason, errors):
            return bool(reason) and all(error.field and error.message for error in errors)
        case SellerMustAct(reason) | Unknown(reason) | Broken(reason):
            return bool(reason)
        case _:
            return False


@pytest.mark.parametrize("outcome_of", HTTP)
@given(reply=REPLIES, unsafe=st.booleans())
def test_any_reply_is_an_outcome_and_done_only_with_a_2xx(outcome_of: OutcomeOf, reply: Reply, unsafe: bool) -> None:
    outcome = outcome_of(reply, unsafe=unsafe)
    assert is_an_outcome(outcome)
    assert isinstance(outcome, Done) == (reply.status // 100 == 2)


@pytest.mark.parametrize("outcome_of", HTTP)
@given(reply=REPLIES)
def test_an_unsafe_call_that_met_a_broken_server_is_never_simply_repeated(outcome_of: OutcomeOf, reply: Reply) -> None:
    broken = Reply(500 + abs(reply.status) % 100, reply.headers, reply.body, reply.text)
    assert isinstance(outcome_of(broken, unsafe=True), Unknown)
    assert isinstance(outcome_of(broken, unsafe=False), TryAgain)


@pytest.mark.parametrize("outcome_of", HTTP)
@given(reply=REPLIES, unsafe=st.booleans())
def test_too_many_requests_cost_no_attempt_whatever_else_is_said(
    outcome_of: OutcomeOf, reply: Reply, unsafe: bool
) -> None:
    outcome = outcome_of(Reply(429, reply.headers, reply.body, reply.text), unsafe=unsafe)
    assert isinstance(outcome, TryAgain)
    assert not outcome.charged
    assert outcome.after_s is not None
    assert SHORTEST_PAUSE_S <= outcome.after_s <= LONGEST_PAUSE_S


@given(reply=REPLIES)
def test_what_services_ask_of_an_ebay_reply_is_answered(reply: Reply) -> None:
    assert ebay.may_be_published(reply) in {True, False}
    assert ebay.says_gone(reply) in {True, False}
    assert isinstance(ebay.duplicate_offer_id(reply), str)
    assert all(isinstance(number, int) for number in error_ids(reply))


@given(answer=ANSWERS, unsafe=st.booleans())
@example(answer=REFUSED_FIELDS, unsafe=True)
def test_any_answer_of_a_plugin_is_an_outcome_and_done_only_where_it_says_so(answer: Answer, unsafe: bool) -> None:
    outcome = vinted.outcome_of(answer, unsafe=unsafe)
    assert is_an_outcome(outcome)
    assert isinstance(outcome, Done) == answer.success
    assert is_an_outcome(vinted.outcome_of_upload(answer))


@given(answer=ANSWERS, unsafe=st.booleans(), word=st.sampled_from(vinted.PROTECTION_WORDS))
def test_a_protection_is_never_knocked_at_again(answer: Answer, unsafe: bool, word: str) -> None:
    shown = {**answer.data, "body": {"url": f"https://{word}/captcha"}}
    refused = Answer(success=False, data=shown, error_code=answer.error_code, retryable=answer.retryable)
    assert isinstance(vinted.outcome_of(refused, unsafe=unsafe), SellerMustAct)
    assert isinstance(vinted.outcome_of_upload(refused), SellerMustAct)
