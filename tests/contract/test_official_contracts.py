"""Each request of a whole publication keeps to the marketplace's own OpenAPI file."""

import os
from pathlib import Path

import pytest

from stoflow.domain.call import Request
from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import Marketplace
from tests.contract.acting import Acting
from tests.contract.openapi import Document, read_document

SPECS = Path(os.environ.get("STOFLOW_SHARED", Path(__file__).parents[3] / "shared")) / "specs"
FILES: dict[str, tuple[tuple[str, str], ...]] = {
    "ebay": (
        ("ebay/sell_inventory_v1_oas3.json", "/sell/inventory/v1"),
        ("ebay/commerce_media_v1_beta_oas3.json", "/commerce/media/v1_beta"),
    ),
    "etsy": (("etsy/openapi_v3.json", ""),),
}


def documents(marketplace: str) -> list[Document]:
    if marketplace not in FILES:
        pytest.skip(f"{marketplace} publishes no OpenAPI file.")
    if not SPECS.is_dir():
        pytest.skip("The contracts lie in the folder STOFLOW_SHARED names, which is not here.")
    return [read_document(SPECS / name, prefix) for name, prefix in FILES[marketplace]]


def faults(found: list[Document], request: Request) -> list[str]:
    document = next(document for document in found if request.path.startswith(document.prefix))
    return list(document.errors(request))


def test_every_request_keeps_to_the_contract(acting: Acting, marketplace: Marketplace, action: str) -> None:
    found = documents(marketplace.name)
    for job in (acting, acting.again()):  # the second meets what the first one made: other calls
        for task in job.tasks:
            job.do(task)
            looked = job.look(task) if job.handler.step(task).look else None
            if task not in job.outputs and isinstance(looked, Done):
                job.record(task, looked)
    requests = [call for call in acting.site.calls if isinstance(call, Request)]
    assert len(requests) > len(acting.outside())
    said = {f"{request.method} {request.path}": faults(found, request) for request in requests}
    assert {call: found for call, found in said.items() if found} == {}


def test_the_judge_sees_a_wrong_request(marketplace: Marketplace, action: str) -> None:
    found = documents(marketplace.name)
    wrong = {
        "ebay": Request("POST", "/sell/inventory/v1/offer", json={"sku": 5, "nonsense": True}),
        "etsy": Request("POST", "/v3/application/shops/1/listings", form={"title": "t", "nonsense": "1"}),
    }[marketplace.name]
    said = faults(found, wrong)
    assert any("nonsense" in fault for fault in said)
    assert len(said) > 2
