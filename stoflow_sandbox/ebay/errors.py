"""eBay's own words for what it refuses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stoflow_sandbox.calls import Answer, Refusal

NO_CONTENT, ERRORS_FROM = 204, 300
INVENTORY = "API_INVENTORY"
MEDIA = "API_MEDIA"
ACCOUNT = "API_ACCOUNT"
FULFILLMENT = "API_FULFILLMENT"
TAXONOMY = "API_TAXONOMY"

# errorId: domain, category, message. From the contracts and the common error page.
ERRORS: dict[int, tuple[str, str, str]] = {
    1001: ("OAuth", "REQUEST", "Invalid access token"),
    1002: ("OAuth", "REQUEST", "Missing access token"),
    1003: ("OAuth", "REQUEST", "Token type in the Authorization header is invalid"),
    2001: ("ACCESS", "REQUEST", "Too many requests"),
    2002: ("ACCESS", "REQUEST", "Resource not resolved"),
    2004: ("ACCESS", "REQUEST", "Invalid request"),
    20403: (ACCOUNT, "REQUEST", "Invalid {fieldName}"),
    25001: (INVENTORY, "APPLICATION", "A system error has occurred. {additionalInfo}"),
    25002: (INVENTORY, "REQUEST", "{additionalInfo}"),
    25003: (INVENTORY, "REQUEST", "The offer has an invalid price. {additionalInfo}"),
    25004: (INVENTORY, "REQUEST", "The offer has an invalid quantity. {additionalInfo}"),
    25005: (INVENTORY, "REQUEST", "The offer has an invalid category ID. {additionalInfo}"),
    25007: (INVENTORY, "REQUEST", "The offer has an invalid fulfillment policy. {additionalInfo}"),
    25008: (INVENTORY, "REQUEST", "The offer has an invalid payment policy. {additionalInfo}"),
    25009: (INVENTORY, "REQUEST", "The offer has an invalid return policy. {additionalInfo}"),
    25012: (INVENTORY, "REQUEST", "The offer has an invalid inventory location. {additionalInfo}"),
    25014: (INVENTORY, "REQUEST", "The offer has invalid pictures. {additionalInfo}"),
    25016: (INVENTORY, "REQUEST", "The {fieldName} value is invalid. {additionalInfo}"),
    25017: (INVENTORY, "REQUEST", "Missing field {fieldName}. {additionalInfo}"),
    25019: (INVENTORY, "REQUEST", "Cannot revise the listing. {additionalInfo}"),
    25021: (INVENTORY, "REQUEST", "The offer has an invalid item condition. {additionalInfo}"),
    25028: (INVENTORY, "REQUEST", "{fieldName} is not applicable and has been dropped"),
    25096: (INVENTORY, "REQUEST", "This listing is on hold due to a policy violation."),
    25124: (INVENTORY, "REQUEST", "eBay automatically updated the listing's return policy settings."),
    25127: (
        INVENTORY,
        "REQUEST",
        "We mapped your value of {productAspectName} to our standard value. Buyers will see the updated value.",
    ),
    25402: (INVENTORY, "APPLICATION", "System warning. {additionalInfo}"),
    25702: (INVENTORY, "REQUEST", "{skuValue} could not be found or is not available in the system."),
    25706: (INVENTORY, "REQUEST", "You have provided invalid pagination values. {additionalInfo}"),
    25707: (
        INVENTORY,
        "REQUEST",
        "This is an invalid value for a SKU. Only alphanumeric characters can be used for SKUs, up to 50 of them.",
    ),
    25709: (INVENTORY, "REQUEST", "Invalid value for {fieldName}. {additionalInfo}"),
    25710: (
        INVENTORY,
        "REQUEST",
        "We didn't find the resource/entity you are requesting. Please verify the request",
    ),
    25713: (INVENTORY, "REQUEST", "This Offer is not available : {additionalInfo}."),
    25801: (INVENTORY, "REQUEST", "Missing field {fieldName}."),
    25803: (INVENTORY, "REQUEST", "{fieldName} already exists."),
    25805: (INVENTORY, "REQUEST", "{fieldName} Not Found."),
    30700: (FULFILLMENT, "REQUEST", "Invalid filter name: {fieldname}"),
    30800: (FULFILLMENT, "REQUEST", "Invalid filter value {fieldvalue} for filter {fieldname}"),
    30810: (FULFILLMENT, "REQUEST", "Invalid date format"),
    30820: (FULFILLMENT, "REQUEST", "Start date is missing"),
    30830: (
        FULFILLMENT,
        "REQUEST",
        "Time range between start date and end date must be within '{allowedTime}' years.",
    ),
    30840: (FULFILLMENT, "REQUEST", "Start date should be before end date"),
    30850: (FULFILLMENT, "REQUEST", "Start and end dates can't be in the future"),
    30900: (FULFILLMENT, "REQUEST", "Exceeded maximum number of order IDs (the current limit is 50)"),
    31000: (FULFILLMENT, "REQUEST", "Invalid offset: {offsetvalue}"),
    31100: (FULFILLMENT, "REQUEST", "Invalid limit: {limitvalue}"),
    32100: (FULFILLMENT, "REQUEST", "Invalid order ID: {orderId}"),
    32800: (FULFILLMENT, "REQUEST", "Invalid field group: {fieldGroup}"),
    62002: (TAXONOMY, "REQUEST", "Missing marketplace ID."),
    62003: (TAXONOMY, "REQUEST", "The specified marketplace ID was not found."),
    62004: (TAXONOMY, "REQUEST", "The specified category tree ID was not found."),
    62005: (TAXONOMY, "REQUEST", "The specified category ID does not belong to specified category tree."),
    62006: (TAXONOMY, "REQUEST", "Missing category ID."),
    62008: (TAXONOMY, "REQUEST", "The specified category ID is the root for the category tree."),
    62009: (TAXONOMY, "REQUEST", "The specified category ID must be a leaf category."),
    190200: (MEDIA, "REQUEST", "The image resource was not found."),
    190201: (MEDIA, "REQUEST", "The image file size is larger than the limit. Please refer to the documentation."),
    190203: (
        MEDIA,
        "REQUEST",
        "The supplied image is in a format that is not supported. Please refer to the documentation.",
    ),
    190204: (MEDIA, "REQUEST", "No valid image can be downloaded from the provided imageUrl."),
}


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def error(
    status: int, error_id: int, values: Mapping[str, str] | None = None, *, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return eBay's answer carrying one error; `values` fill the message and become its parameters."""
    return Answer(status, {"errors": [error_body(error_id, values or {})]}, headers or {})


def error_body(error_id: int, given: Mapping[str, str]) -> Mapping[str, Any]:
    """Return one error, or warning, as eBay writes it."""
    domain, category, pattern = ERRORS[error_id]
    message = pattern.format_map(_Blank(given)).strip()
    return {
        "errorId": error_id,
        "domain": domain,
        "category": category,
        "message": message,
        "longMessage": message,
        "parameters": [{"name": name, "value": value} for name, value in given.items() if name != "additionalInfo"],
    }


def warned(answer: Answer, ids: Sequence[int] = (), *warnings: Mapping[str, Any]) -> Answer:
    """Return a success with warnings: what has no body gets one for them."""
    more = [*warnings, *(error_body(number, {}) for number in ids)]
    if not more or answer.status >= ERRORS_FROM:
        return answer
    body = dict(answer.body or {})
    body["warnings"] = [*body.get("warnings", ()), *more]
    return replace(answer, status=200 if answer.status == NO_CONTENT else answer.status, body=body)


def refusal(status: int, error_id: int, **values: str) -> Refusal:
    """Return the same as something to raise."""
    return Refusal(error(status, error_id, values))
