"""Each error that the official files list for a call StoFlow makes, or will make, was decided on purpose."""

import re
from collections.abc import Iterator, Mapping

from stoflow.domain.call import Reply
from stoflow.domain.outcome import Broken, Done, Outcome, Refused, SellerMustAct, TryAgain, Unknown
from stoflow.marketplaces.ebay import failures as ebay
from stoflow.marketplaces.ebay.errors import error_table
from stoflow.marketplaces.etsy import failures as etsy
from stoflow.marketplaces.replies import Meaning
from tests.harness.official import SPECS, documents

EBAY_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "/sell/inventory/v1": (
        "createOrReplaceInventoryItem",
        "getInventoryItem",
        "getInventoryItems",
        "deleteInventoryItem",
        "createOffer",
        "updateOffer",
        "getOffer",
        "getOffers",
        "publishOffer",
        "withdrawOffer",
        "deleteOffer",
        "getListingFees",
        "bulkCreateOrReplaceInventoryItem",
        "bulkGetInventoryItem",
        "bulkCreateOffer",
        "bulkPublishOffer",
        "bulkUpdatePriceQuantity",
        "getInventoryLocation",
        "getInventoryLocations",
        "createInventoryLocation",
    ),
    "/sell/account/v1": (
        "getFulfillmentPolicies",
        "getPaymentPolicies",
        "getReturnPolicies",
        "getPrivileges",
        "getOptedInPrograms",
        "optInToProgram",
    ),
    "/sell/fulfillment/v1": (
        "getOrders",
        "getOrder",
        "createShippingFulfillment",
        "getShippingFulfillment",
        "getShippingFulfillments",
    ),
    "/sell/metadata/v1": ("getItemConditionPolicies",),
    "/commerce/taxonomy/v1": ("getDefaultCategoryTreeId", "getCategorySuggestions", "getItemAspectsForCategory"),
    "/commerce/media/v1_beta": ("createImageFromFile", "createImageFromUrl", "getImage"),
    "/commerce/message/v1": ("getConversations", "getConversation", "sendMessage", "updateConversation"),
    "/commerce/identity/v1": ("getUser",),
    "/developer/analytics/v1_beta": ("getRateLimits", "getUserRateLimits"),
}
MEANS: Mapping[Meaning, tuple[type, ...]] = {
    Meaning.TRY_AGAIN: (TryAgain,),
    Meaning.SELLER_MUST_ACT: (SellerMustAct,),
    Meaning.REFUSED: (Refused,),
    Meaning.UNKNOWN: (Unknown,),
    Meaning.BROKEN: (Broken,),
}
ETSY_STATUSES: Mapping[int, type] = {
    200: Done,
    201: Done,
    204: Done,
    400: Refused,
    401: SellerMustAct,
    403: SellerMustAct,
    404: Refused,
    409: TryAgain,
    422: Refused,
    500: Unknown,
    501: Unknown,
    503: Unknown,
}
HTTP_METHODS = {"get", "post", "put", "patch", "delete"}


def ebay_errors(operations: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, int, int]]:
    """Yield operation, status and id of each error and warning that eBay's files list."""
    by_prefix = {document.prefix: document for document in documents("ebay")}
    for prefix, names in operations.items():
        for name in names:
            for status, ids in by_prefix[prefix].named(name).error_ids.items():
                yield from ((name, status, number) for number in ids)


def ebay_reply(status: int, *ids: int) -> Reply:
    return Reply(status, body={"errors": [{"errorId": number, "message": "So."} for number in ids]})


def test_the_table_decides_on_every_id_that_ebay_lists_for_the_calls_used() -> None:
    listed = {number for _, _, number in ebay_errors(EBAY_OPERATIONS)}
    assert len(listed) > 200
    assert sorted(listed - set(error_table())) == []


def test_the_table_names_no_id_that_nobody_lists() -> None:
    listed = {number for _, _, number in ebay_errors(EBAY_OPERATIONS)}
    facts = {int(number) for number in re.findall(r"\b\d{4,6}\b", (SPECS / "FACTS.md").read_text(encoding="utf-8"))}
    assert sorted(set(error_table()) - listed - facts) == []


def test_a_warning_is_done_and_a_failure_of_ebays_own_is_unknown() -> None:
    statuses: dict[int, set[int]] = {}
    for _, status, number in ebay_errors(EBAY_OPERATIONS):
        statuses.setdefault(number, set()).add(status // 100)
    warnings = {number for number, where in statuses.items() if where == {2}}
    failures = {number for number, where in statuses.items() if where == {5}}
    table = error_table()
    assert {number for number in statuses if table[number].meaning is Meaning.DONE} == warnings
    assert {number for number in statuses if table[number].meaning is Meaning.UNKNOWN} == failures


def test_each_listed_error_gives_the_outcome_its_row_says() -> None:
    for name, status, number in ebay_errors(EBAY_OPERATIONS):
        for unsafe in (True, False):
            outcome = ebay.outcome_of(ebay_reply(status, number), unsafe=unsafe)
            assert isinstance(outcome, expected(number, status, unsafe=unsafe)), (name, status, number, outcome)


def expected(number: int, status: int, *, unsafe: bool) -> tuple[type, ...]:
    if status < 300:
        return (Done,)
    meaning = error_table()[number].meaning
    return (TryAgain,) if meaning is Meaning.UNKNOWN and not unsafe else MEANS[meaning]


def test_an_id_that_nobody_listed_is_decided_by_its_status() -> None:
    decided = {status: type(ebay.outcome_of(ebay_reply(status, 1), unsafe=True)) for status in range(200, 600)}
    assert decided[200] is Done
    assert decided[302] is decided[418] is Broken
    assert decided[400] is decided[404] is decided[409] is Refused
    assert decided[401] is decided[403] is SellerMustAct
    assert decided[429] is TryAgain
    assert {decided[status] for status in range(500, 600)} == {Unknown}


def test_every_refusal_names_a_field_and_every_row_says_what_it_must() -> None:
    for number, row in error_table().items():
        assert row.after in {"", "as_told", "next_day"}, number
        assert bool(row.after) == (row.meaning is Meaning.TRY_AGAIN), number
        assert bool(row.message) >= (row.meaning is Meaning.SELLER_MUST_ACT), number
        assert not row.field or row.meaning in {Meaning.REFUSED, Meaning.TRY_AGAIN}, number
        assert not row.message or row.message.endswith((".", "{said}")), number


def test_every_status_that_etsy_lists_for_any_call_is_decided() -> None:
    (document,) = documents("etsy")
    seen: set[int] = set()
    for item in document.root["paths"].values():
        for method in HTTP_METHODS & set(item):
            for status in map(int, item[method]["responses"]):
                outcome: Outcome = etsy.outcome_of(Reply(status, body={"error": "So."}), unsafe=True)
                assert isinstance(outcome, ETSY_STATUSES[status]), (item[method]["operationId"], status)
                seen.add(status)
    assert seen == set(ETSY_STATUSES)
