"""What every request for a page passes: who the browser says it is, whether a page of ours sent it, and what is said
to people instead of a problem's JSON."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stoflow.http.auth.tenancy import ACCESS_KEY
from stoflow.http.auth.tokens import NotAuthenticated
from stoflow.http.facts import RequestFailed
from stoflow.http.pages.monitoring.doors import LIVE, SEE_OTHER, SIGN_IN
from stoflow.http.pages.monitoring.page import Viewer
from stoflow.http.pages.monitoring.rendering import HEADERS, render_bare, render_problem
from stoflow.http.pages.monitoring.sessions import (
    Sessions,
    check_not_fetched_elsewhere,
    check_same_origin,
    forgotten,
    is_secure,
)
from stoflow.http.rest.middleware import REQUEST_ID_KEY, HttpMiddleware
from stoflow.http.rest.problems import Problem, problem_of
from stoflow.monitoring.record import record

READING: Final = frozenset({"GET", "HEAD"})


class PagesMiddleware(HttpMiddleware):
    """Looks after the paths that are pages, and passes on all others as they are.

    At `open_paths` nobody has to be signed in. Elsewhere whoever is not is shown where to sign in.
    """

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        paths: Sequence[re.Pattern[str]] = (),
        open_paths: Sequence[re.Pattern[str]] = (),
    ) -> None:
        super().__init__(app)
        self._sessions = sessions
        self._paths = paths
        self._open_paths = open_paths

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not any(path.match(scope["path"]) for path in self._paths):
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_on(message: Message) -> None:
            nonlocal begun
            begun = True
            self._renew(scope, message)
            await send(message)

        try:
            refusal = await self._come_in(scope)
            await (refusal or self._app)(scope, receive, send_on)
        except Exception as error:
            if begun:
                raise
            await _refusal(scope, error)(scope, receive, send)

    async def _come_in(self, scope: Scope) -> Response | None:
        """Note who it is, or return where they are sent instead."""
        if scope["method"] not in READING:
            check_same_origin(scope)
        else:
            check_not_fetched_elsewhere(scope)
        if any(path.match(scope["path"]) for path in self._open_paths):
            return None
        access = await self._sessions.access(scope)
        if access is None:
            return _to_sign_in(scope)
        scope[ACCESS_KEY] = access
        return None

    def _renew(self, scope: Scope, message: Message) -> None:
        if message["type"] != "http.response.start" or ACCESS_KEY not in scope or message["status"] != HTTPStatus.OK:
            return
        cookie = self._sessions.renewed(scope[ACCESS_KEY], secure=is_secure(scope))
        if cookie is not None:
            MutableHeaders(scope=message)["Set-Cookie"] = cookie


def _refusal(scope: Scope, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        record(RequestFailed.of(scope.get(REQUEST_ID_KEY, ""), scope["path"], error))
    if isinstance(error, NotAuthenticated):
        response = _to_sign_in(scope)
        response.headers["Set-Cookie"] = forgotten(secure=is_secure(scope))
        return response
    return _page_of(problem, scope)


def _page_of(problem: Problem, scope: Scope) -> Response:
    access = scope.get(ACCESS_KEY)
    viewer = Viewer(access.tenant, access.role) if access else None
    return HTMLResponse(render_problem(problem, viewer), problem.status, {**HEADERS, **problem.wait_headers()})


def _to_sign_in(scope: Scope) -> Response:
    """Return the way to sign in and back. Of another site's link the browser brings no cookie: it is let come again."""
    path, given = scope["path"], scope["query_string"].decode("ascii", "replace")
    wanted = f"{path}?{given}" if given else path
    if path.startswith(LIVE):  # what asks is a page, which cannot be sent elsewhere
        return Response(status_code=HTTPStatus.UNAUTHORIZED, media_type="text/html")
    if scope["method"] not in READING:
        return RedirectResponse(SIGN_IN, SEE_OTHER)
    if Headers(scope=scope).get("sec-fetch-site") == "cross-site":
        return HTMLResponse(render_bare("again.html", "StoFlow", to=wanted), headers=HEADERS)
    return RedirectResponse(f"{SIGN_IN}?to={quote(wanted, safe='')}", SEE_OTHER)
