"""One story for every route: read what was asked, run the use case in a thread, answer."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse

from stoflow.domain.errors import InputError, NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import FieldError
from stoflow.domain.role import Role
from stoflow.http.auth.tenancy import asker_in, role_of, sign_in_of, tenant_of, visitor_of
from stoflow.http.context import Context
from stoflow.http.rest.bodies import Come, body_of
from stoflow.http.rest.body_limit import MAX_BODY_BYTES
from stoflow.http.rest.crossings import Crossing
from stoflow.http.rest.middleware import REQUEST_ID_KEY
from stoflow.http.rest.problems import NotAllowed, Problem, response_of
from stoflow.http.rest.schemas import MAX_ID, Given, NoBody, NoQuery, reasons_of
from stoflow.http.rest.streams import EventsAnswer, Streams
from stoflow.http.rest.threads import Threads
from stoflow.http.rest.uploads import Upload
from stoflow.http.rest.waiting import PREFER, Waiters, preferred_wait_s
from stoflow.monitoring.context import about
from stoflow.monitoring.traces import span

PIECE_BYTES: Final = 64 * 1024
Endpoint = Callable[[Request], Awaitable[Response]]
CANONICAL_ID = re.compile(r"[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read and checked. `query` and `body` are of the types its operation names.

    `tenant` is PUBLIC_TENANT where something public is asked for by nobody in particular.
    """

    tenant: TenantId
    request_id: str
    path: Mapping[str, str]
    headers: Mapping[str, str]
    query: Any
    body: Any
    cookies: Mapping[str, str] = field(default_factory=dict[str, str])
    is_secure: bool = False  # it came by https
    address: str = ""  # whose, as the nearest trusted proxy says
    role: Role = Role.USER  # of the token; what is allowed by it, PostgreSQL must say too
    sign_in: str = ""  # with which the token came

    def id(self) -> int:
        """Return the id in the path; what could never be one is simply not found."""
        return self.number("id")

    def number(self, name: str) -> int:
        """Return a number in the path, from 1; what could never be one is simply not found."""
        text = self.path[name]
        if not CANONICAL_ID.fullmatch(text) or int(text) > MAX_ID:
            raise NotFound(f"There is nothing with the {name} {text[:20]}.")
        return int(text)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with headers of its own, or of another status than its operation's: one that `others` names."""

    body: BaseModel
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    status: int | None = None


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """An answer that is a file instead of JSON, sent while it is read. `media_type` is one its operation names."""

    file: Path
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class StreamAnswer:
    """An answer that is a file which has no name, and is gone when it has been sent, or whoever read it has left."""

    file: IO[bytes]
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def pieces(self) -> Iterator[bytes]:
        with self.file as file:
            file.seek(0)
            yield from iter(partial(file.read, PIECE_BYTES), b"")


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """An answer that is a page for a browser to show instead of JSON; its operation has `pages`."""

    html: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Written = BaseModel | Answer | FileAnswer | StreamAnswer | PageAnswer | Problem
Result = Written | EventsAnswer
ReadJob = Callable[[Context, TenantId, int], BaseModel]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path: what it takes, what it gives, which problems it may answer instead.

    `answer` is the schema of the JSON it gives, or the media types of the file it gives; `others` are the schemas of
    what it may give with another status. What is `public` anybody may ask for; who comes to what is `foreign` is no
    tenant either, and the header Authorization is theirs, not ours. With `upload` it takes files in a form instead of
    its `body`; `body_bytes` is the most that either may be long. What is `uncounted` may be asked for as often as one
    likes. Where it answers a job, `awaits` reads that again: who prefers to may wait for its end. One
    whose handler gives an EventsAnswer goes on with its answer, and is never public.
    """

    method: str
    path: str
    name: str
    summary: str
    handle: Callable[[Context, Asked], Result]
    answer: type[BaseModel] | tuple[str, ...]
    status: int = 200
    query: type[Given] = NoQuery
    body: type[Given] = NoBody
    headers: Mapping[str, str] = field(default_factory=dict[str, str])  # name → description
    problems: tuple[int, ...] = ()
    others: Mapping[int, type[BaseModel]] = field(default_factory=dict[int, type[BaseModel]])
    public: bool = False
    by_platform: bool = False  # its handler asks for a platform key
    foreign: bool = False
    body_bytes: int = MAX_BODY_BYTES
    upload: Upload | None = None
    pages: bool = False  # a browser that asks for HTML is given a page, whatever the status
    heavy: bool = False  # few at a time, so that no other operation waits for it
    asks_marketplace: bool = False  # while somebody waits: the one in its path
    uncounted: bool = False
    awaits: ReadJob | None = None
    role: Role = Role.USER  # what the token, and its tenant now, must be good for


def endpoint_of(
    operation: Operation,
    context: Context,
    crossing_of: Callable[[Mapping[str, str]], Crossing],
    waiters: Waiters,
    streams: Streams,
) -> Endpoint:
    """Return the Starlette endpoint of an operation; its path says how its requests come into threads."""

    async def endpoint(request: Request) -> Response:
        with span(f"{operation.method} {operation.path}", "server") as traced:
            response = await answer(request)
            traced.note(http__response__status_code=response.status_code)
            return response

    async def answer(request: Request) -> Response:
        _check_role(operation, role_of(request.scope))
        asked, asker, crossing = _asked(operation, request), asker_in(request.scope), crossing_of(request.path_params)
        coming = body_of(operation.body, operation.upload, operation.body_bytes, request)
        with crossing.share(asker):
            async with coming as body, crossing.turn(asker, body.size):
                given, response = await crossing.threads.run(_answer, operation, context, asked, body)
        if isinstance(given, EventsAnswer):
            return streams.open(request.scope, given)
        wait_s = preferred_wait_s(request.headers) if operation.awaits else None
        if operation.awaits is None or wait_s is None:
            return response
        read = partial(operation.awaits, context, asked.tenant)
        return _response(operation, await _wait(read, crossing.threads, waiters, asked.tenant, given, wait_s))

    return endpoint


def _asked(operation: Operation, request: Request) -> Asked:
    """Return what is asked for, its body still unread."""
    return Asked(
        tenant=visitor_of(request.scope) if operation.public else tenant_of(request.scope),
        request_id=request.scope.get(REQUEST_ID_KEY, ""),
        path=request.path_params,
        headers=_headers(operation, request),
        query=_query(operation.query, request),
        body=NoBody(),
        cookies=request.cookies,
        is_secure=request.scope.get("scheme") == "https",
        address=request.client.host if request.client else "",
        role=role_of(request.scope),
        sign_in=sign_in_of(request.scope),
    )


async def _wait(
    read: Callable[[int], BaseModel], threads: Threads, waiters: Waiters, tenant: TenantId, given: Written, wait_s: int
) -> Written:
    """Return the answer with its job as it ends, or as it stands after the time; the one given where nobody waits."""
    answer = given if isinstance(given, Answer) else Answer(given) if isinstance(given, BaseModel) else None
    if answer is None:
        return given
    job: Any = answer.body

    async def read_again() -> Any:
        return await threads.run(read, job.id)

    waited = await waiters.outwait(tenant, job, wait_s, read_again)
    if waited is None:
        return answer
    return replace(answer, body=waited, headers={**answer.headers, "Preference-Applied": f"wait={wait_s}"})


def _response(operation: Operation, answer: Written) -> Response:
    match answer:
        case Problem():
            return response_of(answer)
        case FileAnswer(file, media_type, headers):
            return FileResponse(file, operation.status, headers=headers, media_type=media_type)
        case StreamAnswer(_, media_type, headers):
            return StreamingResponse(answer.pieces(), operation.status, headers, media_type)
        case PageAnswer(html, status, headers):
            return HTMLResponse(html, status, headers)
        case Answer(body, headers, status):
            return Response(body.model_dump_json(), status or operation.status, headers, "application/json")
        case _:
            return Response(answer.model_dump_json(), operation.status, media_type="application/json")


def _answer(operation: Operation, context: Context, asked: Asked, body: Come) -> tuple[Result, Response]:
    """Return what the use case gives, and how that is written down: a thread's work, as it may be long."""
    with about(tenant=asked.tenant or ""):
        answer = _handle(operation, context, asked, body)
    return answer, Response() if isinstance(answer, EventsAnswer) else _response(operation, answer)


def _handle(operation: Operation, context: Context, asked: Asked, body: Come) -> Result:
    asked = replace(asked, body=body.read())
    if operation.role is not Role.USER:  # which may have been taken away since the token was made
        _check_role(operation, context.role_of(asked.tenant))
    return operation.handle(context, asked)


def _check_role(operation: Operation, role: Role) -> None:
    if not role.covers(operation.role):
        raise NotAllowed(f"This takes the role {operation.role}.")


def _headers(operation: Operation, request: Request) -> Mapping[str, str]:
    """Return the headers, none of which that count is there twice: another reader may have taken the other one."""
    names = [name for name, _ in request.headers.raw]
    if len(set(names)) == len(names):
        return request.headers
    once = {"Authorization", "Content-Type", *operation.headers} - {PREFER}  # which is a list, and may be in parts
    twice = [name for name in sorted(once) if len(request.headers.getlist(name)) > 1]
    if twice:
        reasons = tuple(FieldError(name, "is given twice: send it once") for name in twice)
        raise InputError("A header is given twice.", reasons)
    return request.headers


def _query(schema: type[Given], request: Request) -> Given:
    pairs = request.query_params.multi_items()
    given = dict(pairs)
    if len(given) != len(pairs):
        raise InputError("A query parameter is given twice.")
    try:
        return schema.model_validate_strings(given)
    except ValidationError as error:
        raise InputError("The query is not right.", reasons_of(error)) from None
