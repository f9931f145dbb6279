"""Reads a web request into a ReceivedCall, whatever its encoding."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request

from stoflow_sandbox.calls import ReceivedCall, Upload
from stoflow_sandbox.sellers import Seller

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
FILES_AT_MOST = 24
FIELDS_AT_MOST = 200


async def read_call(request: Request, *, operation: str, seller: Seller | None, received_at: float) -> ReceivedCall:
    """Return the call with its body decoded; a body that cannot be decoded is an absent one."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    body: Any = None
    form: Mapping[str, str] = {}
    files: Mapping[str, Upload] = {}
    raw = await request.body()  # kept by the request, so that a form is read from it
    content_type = headers.get("content-type", "")
    if content_type.startswith(MULTIPART):
        form, files = await _read_multipart(request)
    elif content_type.startswith(FORM):
        form = dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
    else:
        body = _read_json(raw)
    return ReceivedCall(
        operation=operation,
        method=request.method,
        path=request.path_params,
        query=dict(request.query_params),
        headers=headers,
        received_at=received_at,
        seller=seller,
        json=body,
        form=form,
        files=files,
        target=_target(request),
        raw=raw,
    )


def _target(request: Request) -> str:
    path = request.scope["raw_path"].decode()
    return f"{path}?{request.url.query}" if request.url.query else path


async def _read_multipart(request: Request) -> tuple[dict[str, str], dict[str, Upload]]:
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    async with request.form(max_files=FILES_AT_MOST, max_fields=FIELDS_AT_MOST) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = Upload(value.filename or "", value.content_type or "", await value.read())
            else:
                fields[name] = value
    return fields, files


def _read_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
