"""What the OpenAPI document says in words of each operation: its parameters, and how it is asked for with curl."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from stoflow.http.rest.endpoint import Operation
from stoflow.http.rest.schemas import FileBody, NoBody, RawBody

PARAMETER_WORDS: Final[Mapping[str, str]] = {
    "action": "What is to be done, as `GET /api/{marketplace}/actions` lists it.",
    "batch_id": "Of this batch only.",
    "catalogue": "Which list of words is read.",
    "created_after": "Made at this time or later.",
    "created_before": "Made before this time.",
    "cursor": "`next_cursor` of the page before; without it the first page.",
    "deep": "Whether the cause is looked for too, and what to do about it.",
    "delivery": "The number of the delivery.",
    "error": "What the marketplace says where the seller did not agree.",
    "error_description": "The same in its own words.",
    "id": "The number of what is asked for.",
    "job": "The number of the job.",
    "linked": "Those that belong to a product of this account, or those that belong to none.",
    "listings": "What becomes of what is for sale: `end` ends it first.",
    "marketplace": "Which marketplace.",
    "position": "Its place, from 1.",
    "product_id": "Of this product only.",
    "search": "A part of the address or the name.",
    "state": "Of those that are in this state only.",
    "status": "Of those that have this status only.",
    "tenant": "Of this tenant only.",
}
IN_PATHS: Final[Mapping[str, str]] = {"marketplace": "$MARKETPLACE", "catalogue": "brands"}
A_NUMBER: Final = "1"
BEARER: Final = '-H "Authorization: Bearer {}"'
JSON: Final = "-H 'Content-Type: application/json' -d '{}'"
A_FILE: Final = "-H 'Content-Type: text/csv' --data-binary @products.csv"
BYTES: Final = "--data-binary @what-was-sent.json"
PHOTOS: Final = "-F files=@coat.jpg"


def words_of(name: str, schema: Mapping[str, Any]) -> str:
    """Return what a parameter means: as its own field says, else as it does everywhere."""
    return schema.get("description") or PARAMETER_WORDS[name]


def curl_of(operation: Operation) -> str:
    """Return a call of it by curl, with `$STOFLOW` for where the api is, `$TOKEN` or `$KEY` for who asks."""
    path = operation.path
    for part in path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, IN_PATHS.get(part.strip("{}"), A_NUMBER))
    method = "" if operation.method == "GET" else f"-X {operation.method}"
    parts = ("curl", method, f'"$STOFLOW{path}"', _who(operation), _what(operation))
    return " ".join(part for part in parts if part)


def _who(operation: Operation) -> str:
    if operation.by_platform:
        return BEARER.format("$KEY")
    return "" if operation.public or operation.foreign else BEARER.format("$TOKEN")


def _what(operation: Operation) -> str:
    if operation.upload is not None:
        return PHOTOS
    if operation.body is NoBody:
        return ""
    if operation.body in {RawBody, FileBody}:
        return A_FILE if operation.body is FileBody else BYTES
    extra = cast("Mapping[str, Any]", operation.body.model_config.get("json_schema_extra") or {})
    example = json.dumps(extra["examples"][0], ensure_ascii=False) if "examples" in extra else "{}"
    return JSON.format(example.replace("'", "’"))
