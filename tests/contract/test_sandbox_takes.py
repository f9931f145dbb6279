"""The simulated marketplaces take what the official files have, and refuse what these have no longer."""

import re
from collections.abc import Iterator

import pytest

from stoflow.domain.call import Reply, Request
from stoflow.marketplaces.registry import build_registry
from stoflow.testing.acting import Site
from stoflow_sandbox.application import Application
from stoflow_sandbox.etsy import parameters
from stoflow_sandbox.market import Market, Operation
from tests.contract.conftest import MARKETS, SiteMaker
from tests.harness.official import FILES, document_of, documents
from tests.harness.openapi import Operation as Official
from tests.harness.openapi import resolved

OF_CONSENT = frozenset({"consent.page", "token.refresh"})
"""No official file has them."""
PLACES = build_registry(entry_points=False).marketplaces
V3 = "/v3/application"
INVENTORY = "/sell/inventory/v1"
NOT_TAKEN = {
    "ebay": (
        Request("GET", f"{INVENTORY}/inventory_item", query={"limit": "10", "page": "2"}),
        Request("GET", f"{INVENTORY}/offer/1", query={"fieldgroups": "x"}),
    ),
    "etsy": (
        Request("GET", f"{V3}/listings/1", query={"includes": "Inventory"}),
        Request("GET", f"{V3}/listings/1", query={"includes": "Images,Shipping"}),
        Request("GET", f"{V3}/listings/batch", query={"listing_ids": "1", "includes": "Inventory"}),
        Request("GET", f"{V3}/listings/1/inventory", query={"legacy": "true"}),
        Request("GET", f"{V3}/shops/{{shop}}/listings", query={"legacy": "false"}),
        Request("POST", f"{V3}/shops/{{shop}}/listings", form={"personalization_is_required": "true"}),
        Request("POST", f"{V3}/shops/{{shop}}/listings", form={"sku": "sf7p1"}),
    ),
}


def taken_by(market: type[Market]) -> Iterator[tuple[Operation, Official]]:
    """Yield each operation of a simulated marketplace with the official one."""
    found = documents(market.name)
    for operation in market(Application()).operations():
        if operation.name in OF_CONSENT:
            continue
        request = Request(operation.method, re.sub(r"\{[^}]+\}", "7", operation.path))
        document = document_of(found, request)
        official = document.operation(request.method, request.path) if document else None
        assert official is not None, f"{operation.name}: {operation.path} is in no file."
        yield operation, official


def queries_of(official: Official) -> set[str]:
    declared = [resolved(official.root, parameter) for parameter in official.said["parameters"]]
    return {parameter["name"] for parameter in declared if parameter["in"] == "query"}


@pytest.mark.parametrize("market", [one for one in MARKETS if one.name in FILES], ids=lambda market: market.name)
def test_each_call_takes_the_parameters_that_the_official_files_declare(market: type[Market]) -> None:
    found = {operation.name: (operation.query, queries_of(official)) for operation, official in taken_by(market)}
    assert len(found) > 15
    assert {name: both for name, both in found.items() if both[0] != both[1]} == {}


@pytest.mark.parametrize(
    ("name", "taken"),
    [("createDraftListing", parameters.CREATED_WITH), ("updateListing", parameters.CHANGED_BY)],
)
def test_a_form_takes_the_fields_of_the_official_file_but_those_that_moved(name: str, taken: frozenset[str]) -> None:
    (document,) = documents("etsy")
    (content,) = document.named(name).said["requestBody"]["content"].values()
    assert taken | parameters.MOVED == set(resolved(document.root, content["schema"])["properties"])


@pytest.mark.parametrize(
    ("name", "request_made"),
    [
        pytest.param(name, made, id=f"{name}_{number}")
        for name in NOT_TAKEN
        for number, made in enumerate(NOT_TAKEN[name])
    ],
)
def test_what_is_no_longer_taken_is_refused(name: str, request_made: Request, make_site: SiteMaker) -> None:
    refused = sent(make_site(PLACES[name]), request_made)
    assert refused.status == 400, refused.body


def sent(site: Site, request: Request) -> Reply:
    """Make a call without a judge: the sandbox alone refuses it."""
    path = request.path.replace("{shop}", site.account.external_id)
    bare = Request(request.method, path, query=request.query, form=request.form)
    reply = site.answer(bare)
    assert isinstance(reply, Reply)
    return reply
