"""eBay's error ids and what each one means: every id its contracts list for the calls StoFlow makes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from stoflow.domain.call import Reply, Response
from stoflow.domain.outcome import FieldError
from stoflow.marketplaces.ebay.sites import PACKAGE, sites
from stoflow.marketplaces.replies import Meaning, is_success
from stoflow.marketplaces.vocabulary.tables import read_table

Error = Mapping[str, Any]

FIELDS: Mapping[str, str] = {
    "title": "title",
    "subtitle": "title",
    "description": "description",
    "listingDescription": "description",
    "imageUrls": "images",
    "condition": "condition",
    "conditionDescription": "condition",
    "quantity": "quantity",
    "availableQuantity": "quantity",
    "price": "price",
    "categoryId": "category",
    "marketplaceId": "account.marketplace_id",
    "merchantLocationKey": "account.merchant_location_key",
    "fulfillmentPolicyId": "account.fulfillment_policy_id",
    "paymentPolicyId": "account.payment_policy_id",
    "returnPolicyId": "account.return_policy_id",
}
"""StoFlow's fields by the names that errors about any field carry in their parameters."""
ASPECTS: Mapping[str, str] = {
    "brand": "brand",
    "size": "size",
    "shoe_size": "size",
    "color": "colors",
    "department": "gender",
    "type": "category",
}
SOME_FIELD = "ebay"
"""What StoFlow has no field for."""


@dataclass(frozen=True, slots=True)
class Row:
    """`after` says when to try again: "as_told" by the reply, "next_day". `message` may hold {said}, eBay's words."""

    meaning: Meaning
    after: str = ""
    field: str = ""
    message: str = ""


@cache
def error_table() -> Mapping[int, Row]:
    """Return what each error id means."""
    return {
        int(row["error_id"]): Row(Meaning(row["outcome"]), row["after"], row["field"], row["message"])
        for row in read_table(PACKAGE, "errors")
    }


def errors_in(reply: Reply) -> tuple[Error, ...]:
    """Return the error objects of a reply."""
    return tuple(_objects(reply.body, "errors"))


def error_ids(reply: Reply) -> tuple[int, ...]:
    """Return the ids of the errors in a reply, in order."""
    return tuple(error["errorId"] for error in errors_in(reply) if isinstance(error.get("errorId"), int))


def warnings_in(response: Response) -> Iterator[Mapping[str, Any]]:
    """Yield what eBay said beside doing what was asked, in its own words: also of each thing of a call on several."""
    if not isinstance(response, Reply) or not is_success(response):
        return
    for said in (response.body, *_objects(response.body, "responses")):
        for warning in _objects(said, "warnings"):
            yield {"id": warning.get("errorId"), "message": _said(warning)}


def row_of(error: Error) -> Row | None:
    """Return what the table says of an error."""
    number = error.get("errorId")
    return error_table().get(number) if isinstance(number, int) else None


def parameters(error: Error) -> Iterator[tuple[str, str]]:
    """Yield the names and values an error carries."""
    for parameter in _objects(error, "parameters"):
        yield str(parameter.get("name") or ""), str(parameter.get("value") or "")


def field_error(error: Error) -> FieldError:
    """Return an error as a reason that names StoFlow's field."""
    row = row_of(error)
    named = (_field_named(value) for _, value in parameters(error))
    field = next(filter(None, named), "") or (row.field if row else "") or SOME_FIELD
    return FieldError(field, worded(error), str(error.get("errorId") or ""))


def worded(error: Error) -> str:
    """Return an error in words a seller could read: the table's, or eBay's own."""
    row = row_of(error)
    said = _said(error)
    return row.message.replace("{said}", said) if row and row.message else said


def _said(error: Error) -> str:
    return str(error.get("longMessage") or error.get("message") or "eBay gave no reason.")


def _field_named(path: str) -> str:
    """Return StoFlow's field for eBay's `product.aspects.Brand`, or ""."""
    names = _fields()
    return next((names[part] for part in reversed(path.split(".")) if part in names), "")


@cache
def _fields() -> Mapping[str, str]:
    return {**FIELDS, **{site[aspect]: field for site in sites().values() for aspect, field in ASPECTS.items()}}


def _objects(body: Any, name: str) -> Iterator[Error]:
    found = cast("Error", body).get(name) if isinstance(body, Mapping) else None
    for each in cast("list[Any]", found) if isinstance(found, list) else ():
        if isinstance(each, Mapping):
            yield cast("Error", each)
