"""All that is said between StoFlow and the sandbox keeps to the marketplace's own OpenAPI files.

Each contract test is judged so while it runs: see `Judge`.
"""

from dataclasses import replace

import pytest

from stoflow.domain.call import Reply, Request
from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import Marketplace
from stoflow.testing.acting import Acting
from tests.harness.official import documents, faults, reply_faults, undecided_errors

INVENTORY = "/sell/inventory/v1"
SHOP = "/v3/application/shops/1"
WRONG_REQUESTS = {
    "ebay": Request("POST", f"{INVENTORY}/offer", json={"sku": 5, "nonsense": True}),
    "etsy": Request("POST", f"{SHOP}/listings", form={"title": "t", "nonsense": "1"}),
}
UNKNOWN_PATHS = {"ebay": "/sell/nonsense/v1/offer", "etsy": f"{SHOP}/nonsense"}
WRONG_ANSWERS = {
    "ebay": (
        (Request("GET", f"{INVENTORY}/offer/8"), Reply(200, body={"offerId": 8}, text="…")),
        (Request("GET", f"{INVENTORY}/offer/8"), Reply(418, text="…")),
        (Request("POST", f"{INVENTORY}/offer/8/publish"), Reply(200)),
        (
            Request("GET", f"{INVENTORY}/offer/8"),
            Reply(400, body={"errors": [{"errorId": 25003, "message": "Price."}]}, text="…"),
        ),
    ),
    "etsy": (
        (Request("GET", "/v3/application/listings/8"), Reply(200, body={"listing_id": "8"}, text="…")),
        (Request("GET", "/v3/application/listings/8"), Reply(409, text="…")),
        (Request("GET", "/v3/application/listings/8"), Reply(404, body={"message": "none"}, text="…")),
    ),
}


def test_every_request_and_answer_is_judged(acting: Acting, marketplace: Marketplace, action: str) -> None:
    documents(marketplace.name)
    for job in (acting, acting.again()):  # the second meets what the first one made: other calls
        for task in job.tasks:
            job.do(task)
            looked = job.look(task) if job.handler.step(task).look else None
            if task not in job.outputs and isinstance(looked, Done):
                job.record(task, looked)
    acting.again(handler=marketplace.handlers["update"], product=replace(acting.product, title="Robe rouge")).run()
    acting.again(handler=marketplace.handlers["delete"]).run()
    assert acting.site.judge.requests == acting.site.judge.replies == len(acting.site.calls) > len(acting.outside())


def test_a_wrong_request_fails_the_test_that_makes_it(acting: Acting, marketplace: Marketplace, action: str) -> None:
    documents(marketplace.name)
    with pytest.raises(AssertionError, match="nonsense"):
        acting.site.send(WRONG_REQUESTS[marketplace.name])


def test_the_judge_sees_a_wrong_request(marketplace: Marketplace, action: str) -> None:
    found = documents(marketplace.name)
    said = faults(found, WRONG_REQUESTS[marketplace.name])
    assert any("nonsense" in fault for fault in said)
    assert len(said) > 2
    assert faults(found, Request("GET", UNKNOWN_PATHS[marketplace.name]))


def test_the_judge_sees_a_call_whose_errors_nobody_decided_on(marketplace: Marketplace, action: str) -> None:
    found = documents(marketplace.name)
    undecided = undecided_errors(found, Request("POST", f"{INVENTORY}/bulk_migrate_listing"))
    assert undecided == ([25718] if marketplace.name == "ebay" else [])


def test_the_judge_sees_a_wrong_answer(marketplace: Marketplace, action: str) -> None:
    found = documents(marketplace.name)
    for request, reply in WRONG_ANSWERS[marketplace.name]:
        assert reply_faults(found, request, reply), (request, reply)
