"""The body of a request read within its time, as what its operation takes: JSON, bytes, or files."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, get_origin
from urllib.parse import parse_qsl

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from stoflow.domain.errors import InputError
from stoflow.domain.files import GivenFile
from stoflow.http.rest.problems import Malformed
from stoflow.http.rest.schemas import FileBody, FormBody, Given, NoBody, RawBody, reasons_of
from stoflow.http.rest.strict_json import strict_json, with_whole_numbers
from stoflow.http.rest.uploads import FORM, Upload, Uploaded, files_of, read_file, read_form

BODY_TIMEOUT_S: Final = 20.0
SLOWEST_BYTES_PER_S: Final = 128 * 1024
JSON: Final = "application/json"
PAGE_FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Come:
    """A body that has come. `read` says what it means, in a thread; `size` is how many bytes that takes to read."""

    size: int
    read: Callable[[], Given | Uploaded]


@asynccontextmanager
async def body_of(schema: type[Given], upload: Upload | None, most: int, request: Request) -> AsyncGenerator[Come]:
    """Give the body of a request, whose files are there until the block ends; `most` bytes have the most time."""
    within_s = BODY_TIMEOUT_S + most // SLOWEST_BYTES_PER_S
    if schema is FileBody:
        if media_type_of(request) == FORM:
            raise HTTPException(415, "Send the file itself as the body, not in a form: curl --data-binary @FILE.")
        async with _in_time(within_s):
            file = await read_file(request)
        with file:
            yield Come(0, lambda: Uploaded((GivenFile("", file),)))
        return
    if upload is None or media_type_of(request) != FORM:
        raw = await _come(request, within_s)
        taken = f"{JSON} or {FORM}" if upload else JSON
        yield Come(len(raw), partial(_meant, schema, raw, media_type_of(request), taken))
        return
    async with _in_time(within_s):
        form = await read_form(upload, request)
    try:
        yield Come(0, partial(files_of, upload, form))
    finally:
        await form.close()


def media_type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _meant(schema: type[Given], raw: bytes, media_type: str, taken: str) -> Given:
    if not raw and schema is NoBody:
        return NoBody()
    if schema is RawBody:
        return RawBody(content=raw)
    if issubclass(schema, FormBody):
        return _form(schema, raw, media_type)
    if media_type != JSON:
        raise HTTPException(415, f"Send the body as {taken}.")
    try:
        value = strict_json(raw)
    except InputError as error:
        raise Malformed(str(error)) from None
    if not isinstance(value, dict):
        raise InputError("The body must be a JSON object.")
    try:
        return _validated(schema, raw, value)
    except ValidationError as error:
        raise InputError("The body is not right.", reasons_of(error)) from None


def _form(schema: type[FormBody], raw: bytes, media_type: str) -> Given:
    """Return what a page's form says; a field that is there once is a text, another one all its texts."""
    if media_type != PAGE_FORM:
        raise HTTPException(415, f"Send the body as {PAGE_FORM}.")
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:  # no UTF-8, or more fields than any page has
        raise Malformed("The form cannot be read.") from None
    several: dict[str, list[str]] = {}
    for name, value in pairs:
        several.setdefault(name, []).append(value)
    try:
        given = {name: _one_or_all(schema, name, texts) for name, texts in several.items()}
        return schema.model_validate(given, strict=False)  # a form has nothing but texts
    except ValidationError as error:
        raise InputError("The form is not right.", reasons_of(error)) from None


def _one_or_all(schema: type[FormBody], name: str, texts: list[str]) -> str | tuple[str, ...]:
    field = schema.model_fields.get(name)
    is_list = field is not None and get_origin(field.annotation) is tuple
    return tuple(texts) if is_list or len(texts) > 1 else texts[0]


def _validated(schema: type[Given], raw: bytes, value: Any) -> Given:
    """Return the body; a number without a fraction is whole however it is written, as JSON Schema says."""
    try:
        return schema.model_validate_json(raw)
    except ValidationError as error:
        if all(reason["type"] != "int_type" for reason in error.errors(include_url=False)):
            raise
    return schema.model_validate_json(json.dumps(with_whole_numbers(value)))


async def _come(request: Request, within_s: float) -> bytes:
    if request.method not in {"POST", "PUT", "PATCH"}:
        return b""
    async with _in_time(within_s):
        return await request.body()


@asynccontextmanager
async def _in_time(within_s: float) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(within_s):
            yield
    except TimeoutError:
        raise HTTPException(408, "The body did not come in time.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The body did not come whole.") from None
