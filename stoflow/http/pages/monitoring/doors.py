"""What is asked for of the pages: each of them, what changes of it, each act, signing in and out, and their files."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Final
from urllib.parse import urlencode

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from stoflow.domain.errors import AccountSuspended, InputError, SignInRefused, TooManyTries
from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.pages.monitoring.catalogue import find_views
from stoflow.http.pages.monitoring.live import LivePages, Topic
from stoflow.http.pages.monitoring.page import HOME, Act, Page, Shown, Viewer
from stoflow.http.pages.monitoring.rendering import ASSETS, HEADERS, render, render_bare
from stoflow.http.pages.monitoring.sessions import LASTS_S, Sessions, check_private, forgotten
from stoflow.http.rest.endpoint import Asked, Operation, PageAnswer, Result
from stoflow.http.rest.problems import problem_of
from stoflow.http.rest.schemas import FormBody, Given, NoQuery
from stoflow.http.rest.streams import EVENT_STREAM, EventsAnswer
from stoflow.resources.accounts import sign_in
from stoflow.resources.accounts.sign_in import Credentials
from stoflow.resources.monitoring.glance import Glance

SIGN_IN: Final = f"{HOME}/sign-in"
SIGN_OUT: Final = f"{HOME}/sign-out"
LIVE: Final = f"{HOME}/live"
HTML: Final = ("text/html",)
SEE_OTHER: Final = 303
KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}  # its address changes with it
REFUSALS: Final = (SignInRefused, AccountSuspended, TooManyTries, InputError)
Back = Annotated[str, Field(max_length=2000, pattern=r"^/monitoring(?:[/?][!-~]*)?$")]


class SignInQuery(Given):
    to: Back = HOME


class SignInForm(FormBody):
    """Who signs in, and which page they wanted."""

    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=1000, repr=False)]
    to: Back = HOME


class SignOutForm(FormBody):
    """Nothing."""


class Doors:
    """Makes of pages and acts what every route is made of. `sessions` are asked for the cookie of a sign-in."""

    def __init__(self, sessions: Sessions, glance: Glance, live: LivePages) -> None:
        self._sessions = sessions
        self._glance = glance
        self._live = live

    def operations(self) -> Sequence[Operation]:
        """Return an operation for everything that is asked for here; none of them is in the API's document."""
        found = find_views()
        signing_in = Operation("GET", SIGN_IN, "signInPage", "", _sign_in_page, HTML, query=SignInQuery, public=True)
        return [
            signing_in,
            replace(signing_in, method="POST", handle=self._sign_in, query=NoQuery, body=SignInForm),
            Operation("POST", SIGN_OUT, "signOut", "", _sign_out, HTML, body=SignOutForm),
            *(operation for page in found.pages for operation in self._of_page(page)),
            *(self._of_act(act) for act in found.acts),
        ]

    def _of_page(self, page: Page) -> Sequence[Operation]:
        whole = Operation(
            "GET", page.path, page.title, "", partial(self._show, page), HTML, query=page.query, role=page.role
        )
        if not page.live:
            return (whole,)
        handle = partial(self._follow, page)
        return (whole, replace(whole, path=_live_path(page), handle=handle, answer=(EVENT_STREAM,)))

    def _of_act(self, act: Act) -> Operation:
        handle = partial(self._act, act)
        return Operation("POST", act.path, act.name, "", handle, HTML, body=act.body, role=act.role)

    def _shown(self, context: Context, asked: Asked) -> Shown:
        now = context.role_of(asked.tenant)
        role = asked.role if now.covers(asked.role) else now
        return Shown(context, Viewer(asked.tenant, role), asked, self._glance)

    def _show(self, page: Page, context: Context, asked: Asked) -> Result:
        shown = self._shown(context, asked)
        live = _address(asked, _live_path(page)) if page.live else ""
        return PageAnswer(render(page, shown.viewer, page.show(shown), live=live), 200, HEADERS)

    def _follow(self, page: Page, context: Context, asked: Asked) -> Result:
        shown = self._shown(context, asked)
        viewer = shown.viewer
        topic = Topic(_address(asked, page.path), viewer.scope, viewer.role)
        role = viewer.role if viewer.scope is None else Role.USER
        return EventsAnswer(partial(self._live.join, topic, page, shown), role)

    def _act(self, act: Act, context: Context, asked: Asked) -> Result:
        return _redirect(act.do(self._shown(context, asked)))

    def _sign_in(self, context: Context, asked: Asked) -> Result:
        form: SignInForm = asked.body
        try:
            check_private(asked.headers, secure=asked.is_secure)
            fresh = sign_in.sign_in(context, Credentials(form.email, form.password, asked.address), LASTS_S)
        except REFUSALS as error:
            problem = problem_of(error)
            page = render_bare("sign_in.html", "Sign in", to=form.to, email=form.email, refused=problem.detail)
            return PageAnswer(page, problem.status, {**HEADERS, **problem.wait_headers()})
        return _redirect(form.to, self._sessions.begun(fresh, secure=asked.is_secure))


def _sign_in_page(_: Context, asked: Asked) -> Result:
    page = render_bare("sign_in.html", "Sign in", to=asked.query.to, email="", refused="")
    return PageAnswer(page, 200, HEADERS)


def _sign_out(context: Context, asked: Asked) -> Result:
    sign_in.end_sign_in(context, asked.tenant, asked.sign_in)
    return _redirect(SIGN_IN, forgotten(secure=asked.is_secure))


def _redirect(address: str, cookie: str | None = None) -> PageAnswer:
    return PageAnswer("", SEE_OTHER, {"Location": address, **({"Set-Cookie": cookie} if cookie else {})})


def _live_path(page: Page) -> str:
    return LIVE + page.path.removeprefix(HOME)


def _address(asked: Asked, path: str) -> str:
    """Return an address with what is asked for here, always written alike."""
    given = asked.query.model_dump(mode="json", exclude_defaults=True)
    for name, value in asked.path.items():
        path = path.replace(f"{{{name}}}", str(value))
    return f"{path}?{urlencode(sorted(given.items()))}" if given else path


def asset_route() -> Route:
    return Route(f"{HOME}/assets/{{name}}", _asset)


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in {file.name for file in ASSETS.iterdir()}:
        raise HTTPException(404)
    return FileResponse(ASSETS / name, headers=KEPT)
