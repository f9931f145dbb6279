"""The body of a request read within its time, as what its operation takes: JSON, bytes, or files."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from stoflow.domain.errors import InputError
from stoflow.domain.files import GivenFile
from stoflow.http.rest.problems import Malformed
from stoflow.http.rest.schemas import FileBody, Given, NoBody, RawBody, reasons_of
from stoflow.http.rest.strict_json import strict_json
from stoflow.http.rest.uploads import FORM, Upload, Uploaded, files_of, read_file, read_form

BODY_TIMEOUT_S: Final = 20.0
SLOWEST_BYTES_PER_S: Final = 128 * 1024
JSON: Final = "application/json"


@asynccontextmanager
async def read_body(
    schema: type[Given], upload: Upload | None, most: int, request: Request
) -> AsyncGenerator[Given | Uploaded]:
    """Give the body of a request, whose files are there until the block ends; `most` bytes have the most time."""
    within_s = BODY_TIMEOUT_S + most // SLOWEST_BYTES_PER_S
    if schema is FileBody:
        async with _in_time(within_s):
            file = await read_file(request)
        with file:
            yield Uploaded((GivenFile("", file),))
        return
    if upload is None or media_type_of(request) != FORM:
        yield await _body(schema, request, within_s, f"{JSON} or {FORM}" if upload else JSON)
        return
    async with _in_time(within_s):
        form = await read_form(upload, request)
    try:
        yield files_of(upload, form)
    finally:
        await form.close()


def media_type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _body(schema: type[Given], request: Request, within_s: float, taken: str) -> Given:
    raw = await _read(request, within_s) if request.method in {"POST", "PUT", "PATCH"} else b""
    if not raw and schema is NoBody:
        return NoBody()
    if schema is RawBody:
        return RawBody(content=raw)
    if media_type_of(request) != JSON:
        raise HTTPException(415, f"Send the body as {taken}.")
    try:
        value = strict_json(raw)
    except InputError as error:
        raise Malformed(str(error)) from None
    if not isinstance(value, dict):
        raise InputError("The body must be a JSON object.")
    try:
        return schema.model_validate_json(raw)
    except ValidationError as error:
        raise InputError("The body is not right.", reasons_of(error)) from None


async def _read(request: Request, within_s: float) -> bytes:
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
