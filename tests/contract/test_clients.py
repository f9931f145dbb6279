"""Each function of a marketplace's clients is one operation of its official files: by name, path and parameters."""

import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from inspect import Parameter, getmembers, isfunction, signature
from itertools import product
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

import pytest

from stoflow.domain.call import JsonObject, Request
from stoflow.marketplaces.photos import Photo
from tests.harness.official import FILES, document_of, documents
from tests.harness.openapi import Operation

Make = Callable[..., Request]
SAMPLES: Mapping[Any, Any] = {
    str: "7",
    int: 7,
    bool: True,
    Sequence[str]: ("7", "8"),
    JsonObject: {},
    Mapping[str, str]: {},
    Photo: Photo(b"a picture", "image/jpeg", "1.jpg", "a fingerprint"),
}
"""One argument of each type that a client's function may take."""
NAMED_SAMPLES: Mapping[str, Any] = {
    "min_last_modified": 1_790_000_000,
    "min_created": 1_780_000_000,
    "sort": ("price", "asc"),
}
"""Arguments of which not every value of their type will do."""
WRITTEN_AS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Client:
    """One function of one marketplace."""

    marketplace: str
    make: Make

    def requests(self) -> Iterator[Request]:
        """Yield a request for each combination of arguments that differ in kind."""
        parameters = signature(self.make, eval_str=True).parameters.values()
        for chosen in product(*(list(_arguments(parameter)) for parameter in parameters)):
            named = {key: value for key, value in zip(parameters, chosen, strict=True) if value is not Parameter.empty}
            positional = [value for key, value in named.items() if key.kind is not Parameter.KEYWORD_ONLY]
            yield self.make(
                *positional, **{key.name: value for key, value in named.items() if key.kind is Parameter.KEYWORD_ONLY}
            )

    def operations(self) -> Iterator[tuple[Request, Operation | None]]:
        """Yield each request with the official operation it falls under."""
        found = documents(self.marketplace)
        for request in self.requests():
            document = document_of(found, request)
            yield request, document.operation(request.method, request.path) if document else None

    def faults(self) -> Iterator[str]:
        """Yield what the official files say against the function."""
        for request, operation in self.operations():
            if operation is None:
                yield f"{request.method} {request.path} is not in the contract."
                continue
            if self.make.__name__ != snake_case(operation.said["operationId"]):
                yield f"{request.method} {request.path} is called {operation.said['operationId']}."
            yield from operation.parameter_errors(request)
            yield from operation.encoding_errors(request)


def _arguments(parameter: Parameter) -> Iterator[Any]:
    """Yield the samples of a parameter; `empty` where it may be left out."""
    if parameter.default is not Parameter.empty:
        yield Parameter.empty
    yield from [NAMED_SAMPLES[parameter.name]] if parameter.name in NAMED_SAMPLES else _samples(parameter.annotation)


def _samples(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif type(None) in get_args(annotation):
        yield from (sample for each in get_args(annotation) if each is not type(None) for sample in _samples(each))
    else:
        assert annotation in SAMPLES, f"SAMPLES has no argument of the type {annotation}."
        yield SAMPLES[annotation]


def snake_case(operation_id: str) -> str:
    return WRITTEN_AS.sub("_", operation_id).lower()


def modules_of(marketplace: str) -> Iterator[ModuleType]:
    package = import_module(f"stoflow.marketplaces.{marketplace}.clients")
    for found in pkgutil.iter_modules(package.__path__):
        yield import_module(f"{package.__name__}.{found.name}")


def clients_of(marketplace: str) -> Iterator[Client]:
    for module in modules_of(marketplace):
        for name, function in getmembers(module, isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield Client(marketplace, function)


CLIENTS = [client for marketplace in FILES for client in clients_of(marketplace)]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.make.__name__}_{client.marketplace}")
def test_a_client_is_one_official_operation_by_its_name_and_sends_what_it_declares(client: Client) -> None:
    assert list(client.faults()) == []


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.make.__name__}_{client.marketplace}")
def test_a_client_says_what_it_does(client: Client) -> None:
    assert client.make.__doc__


def test_each_operation_has_one_client() -> None:
    for marketplace in FILES:
        named = Counter(client.make.__name__ for client in CLIENTS if client.marketplace == marketplace)
        assert named
        assert [name for name, count in named.items() if count > 1] == []


def show_offers(sku: str) -> Request:
    return Request("GET", "/sell/inventory/v1/offer", query={"sku": sku})


def get_offers(sku: str, *, page: int | None = None) -> Request:
    paged = {} if page is None else {"page": str(page)}
    return Request("GET", "/sell/inventory/v1/offer", query={"sku": sku, **paged})


def update_offer(offer_id: str, offer: JsonObject) -> Request:
    return Request("PUT", f"/sell/inventory/v1/offer/{offer_id}", json=offer)


def get_listing(listing_id: str, *, includes: Literal["Images", "Pictures"]) -> Request:
    return Request("GET", f"/v3/application/listings/{listing_id}", query={"includes": includes})


def create_draft_listing(shop_id: str, form: JsonObject) -> Request:
    return Request("POST", f"/v3/application/shops/{shop_id}/listings", json=form)


def sell_everything() -> Request:
    return Request("POST", "/v3/application/everything")


@pytest.mark.parametrize(
    ("marketplace_name", "make", "fault"),
    [
        ("ebay", show_offers, "GET /sell/inventory/v1/offer is called getOffers."),
        ("ebay", get_offers, "query page is unknown."),
        ("ebay", update_offer, "header content-language is missing."),
        ("etsy", get_listing, "query includes: $[0]: 'Pictures' is not one of"),
        ("etsy", create_draft_listing, "takes application/x-www-form-urlencoded, not application/json."),
        ("etsy", sell_everything, "POST /v3/application/everything is not in the contract."),
    ],
)
def test_what_is_wrong_of_a_client_is_seen(marketplace_name: str, make: Make, fault: str) -> None:
    (found,) = Client(marketplace_name, make).faults()
    assert fault in found
