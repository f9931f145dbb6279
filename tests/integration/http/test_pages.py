"""The pages of /monitoring: who is let in, what they are shown, and how they learn that something has changed."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.pages.monitoring.catalogue import find_views
from stoflow.settings import Settings
from stoflow.storage.credentials.token_families import revoke_all
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import suspend_tenant
from stoflow.storage.engine.processes import register_process
from stoflow.storage.tenants.roles import change_role
from stoflow.wiring.tokens import access_tokens
from tests.harness.serving import api_of

PASSWORD = "correct horse battery"
WAIT_S = 30
PAGES = [page for page in find_views().pages if page.label]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"registration": "open", "heartbeat_s": 0.2})


@dataclass
class Browser:
    """A client with cookies, which says where its forms come from as browsers do."""

    url: str
    client: httpx.Client

    def open(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def send(self, path: str, *, site: str = "same-origin", **form: str) -> httpx.Response:
        return self.client.post(path, data=form, headers={"Sec-Fetch-Site": site} if site else {})

    def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        return self.send("/monitoring/sign-in", email=email, password=password, **more)

    @contextmanager
    def follow(self, path: str = "/monitoring/live") -> Iterator[Iterator[tuple[str, str]]]:
        """Give the events that come, until there are no more of them."""
        with self.client.stream("GET", path) as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield events_in(answer)


def events_in(answer: httpx.Response) -> Iterator[tuple[str, str]]:
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@pytest.fixture
def browsers(real_url: str) -> Iterator[Callable[[], Browser]]:
    opened: list[httpx.Client] = []

    def browser(**more: Any) -> Browser:
        opened.append(httpx.Client(base_url=real_url, timeout=WAIT_S, **more))
        return Browser(real_url, opened[-1])

    yield browser
    for client in opened:
        client.close()


@pytest.fixture
def account(real_url: str, database: Database) -> Callable[..., TenantId]:
    def make(email: str, role: Role = Role.USER, **more: str) -> TenantId:
        body = {"email": email, "password": PASSWORD, **more}
        made = httpx.post(f"{real_url}/auth/register", json=body, timeout=WAIT_S)
        tenant = TenantId(made.json()["tenant"])
        if role is not Role.USER:
            change_role(database, tenant, role, OPERATOR)
        return tenant

    return make


def test_who_signs_in_is_shown_the_page_they_wanted_and_their_cookie_opens_nothing_else(
    browsers: Callable[..., Browser], account: Callable[..., TenantId], settings: Settings
) -> None:
    tenant, browser = account("helper@example.com", Role.SUPPORT), browsers()
    assert browser.open("/monitoring").headers["location"] == "/monitoring/sign-in?to=%2Fmonitoring"
    wrong = browser.sign_in("helper@example.com", "another")
    assert (wrong.status_code, "password is wrong" in wrong.text) == (401, True)

    signed_in = browser.sign_in("helper@example.com", to="/monitoring?a=1")
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/monitoring?a=1")
    cookie = signed_in.headers["set-cookie"]
    assert {"Path=/monitoring", "HttpOnly", "SameSite=Strict", "Max-Age=900"} <= set(cookie.split("; "))
    page = browser.open("/monitoring")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "0 orchestrator" in page.text  # what StoFlow runs is for those who look after it

    token = cookie.partition("=")[2].partition(";")[0]
    bearer = {"Authorization": f"Bearer {token}"}
    assert browser.client.get("/monitoring/snapshot", headers=bearer).status_code == 401
    api_token = access_tokens(settings).issue_access_token(tenant, role=Role.SUPPORT)
    stranger = browsers(cookies={"stoflow-pages": api_token})
    assert stranger.open("/monitoring").status_code == 303
    assert browsers().client.get("/monitoring", headers={"Authorization": f"Bearer {api_token}"}).status_code == 303


def test_who_looks_after_tenants_finds_them_and_only_administrators_suspend_them(
    browsers: Callable[..., Browser], account: Callable[..., TenantId], database: Database, settings: Settings
) -> None:
    helper, root = account("helper@example.com", Role.SUPPORT), account("root@example.com", Role.ADMIN)
    anna = account("anna@example.com", full_name="<script>Anna</script>")
    supporting, ruling = browsers(), browsers()
    supporting.sign_in("helper@example.com")
    ruling.sign_in("root@example.com")

    found = supporting.open("/monitoring/tenants?search=ANNA").text
    assert "&lt;script&gt;Anna&lt;/script&gt;" in found
    assert f'href="/monitoring/tenants/{anna}"' in found
    assert "root@example.com" not in found
    for path in (f"/monitoring/tenants/{anna}", "/monitoring/workers"):
        assert supporting.open(path).status_code == 200
    assert supporting.open("/monitoring/tenants/4711").status_code == 404
    assert supporting.open("/monitoring/tenants?state=asleep").status_code == 422

    assert supporting.send("/monitoring/tenants/suspend", tenant=str(anna)).status_code == 403
    assert ruling.send("/monitoring/tenants/suspend", tenant=str(root)).status_code == 409
    done = ruling.send("/monitoring/tenants/suspend", tenant=str(anna))
    assert (done.status_code, done.headers["location"]) == (303, f"/monitoring/tenants/{anna}")
    assert "Let them go on" in ruling.open(f"/monitoring/tenants/{anna}").text
    with database.records() as connection:
        acts = connection.execute("SELECT act, tenant FROM public.audit_log WHERE tenant = %s", [anna]).fetchall()
    assert {"act": "tenant.suspended", "tenant": anna} in acts

    headers = {"Authorization": f"Bearer {access_tokens(settings).issue_access_token(helper, role=Role.SUPPORT)}"}
    own = {"Authorization": f"Bearer {access_tokens(settings).issue_access_token(anna)}"}
    for path in (f"/monitoring/snapshot?tenant={anna}", "/monitoring/busiest", f"/admin/tenants/{anna}/connections"):
        assert supporting.client.get(path, headers=headers).status_code == 200, path
        assert supporting.client.get(path, headers=own).status_code == 403, path
    shown = supporting.client.get("/monitoring/processes", headers=headers).json()["items"]
    assert [(one["kind"], one["lease_until"] is None) for one in shown] == [("api", False)]


def test_a_tenant_sees_their_own_and_does_only_what_a_page_of_ours_sends(
    browsers: Callable[..., Browser], account: Callable[..., TenantId]
) -> None:
    account("anna@example.com")
    browser = browsers()
    browser.sign_in("anna@example.com")
    for page in PAGES:
        answer = browser.open(page.path)
        assert answer.status_code == (200 if page.role is Role.USER else 403), page.path
        assert answer.headers["content-type"].startswith("text/html")
    overview = browser.open("/monitoring").text
    assert "Running:" not in overview
    assert "Sellers" not in overview

    assert browser.client.post("/monitoring/sign-out", headers={"Origin": "https://evil.example"}).status_code == 403
    fetched = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
    assert browser.open("/monitoring", **fetched).status_code == 403
    assert browser.open("/monitoring", Origin="https://evil.example").status_code == 403
    assert browser.open("/monitoring").status_code == 200
    own_form = {"Origin": browser.url, "Content-Type": "application/x-www-form-urlencoded"}  # as an older browser says
    assert browser.client.post("/monitoring/sign-out", headers=own_form).status_code == 303
    assert browser.open("/monitoring").status_code == 303


def test_who_looks_is_told_what_changes_until_they_are_suspended_or_of_another_role(
    browsers: Callable[..., Browser], account: Callable[..., TenantId], database: Database
) -> None:
    helper, seller = account("helper@example.com", Role.SUPPORT), account("anna@example.com")
    browser, other = browsers(), browsers()
    assert browser.open("/monitoring/live").status_code == 401
    browser.sign_in("helper@example.com")
    other.sign_in("anna@example.com")

    with browser.follow() as events, other.follow() as others:
        assert next(text for name, text in events if name == "live_attention" and "No worker is running." in text)
        with database.records() as connection:
            register_process(connection, "worker", lease_s=60.0)
        assert next(text for name, text in events if name == "live_footer" and "1 worker" in text)
        change_role(database, helper, Role.USER, OPERATOR)
        suspend_tenant(database, seller)
        assert [name for name, _ in events][-1] == "over"
        assert [name for name, _ in others][-1] == "over"
    assert "Running:" not in browser.open("/monitoring").text
    with browser.follow() as events:
        next(events)
        revoke_all(database, helper, OPERATOR)
        assert [name for name, _ in events][-1] == "over"
    assert browser.open("/monitoring").status_code == 303
    assert other.open("/monitoring").status_code == 403


def test_whoever_looks_goes_on_elsewhere_when_a_process_ends(
    account: Callable[..., TenantId], settings: Settings
) -> None:
    account("anna@example.com")
    with ExitStack() as stack:
        with api_of(settings) as url:
            browser = Browser(url, stack.enter_context(httpx.Client(base_url=url, timeout=WAIT_S)))
            browser.sign_in("anna@example.com")
            events = stack.enter_context(browser.follow())
            next(events)
        assert "over" not in [name for name, _ in events]  # it has ended, and nothing is wrong


def test_nobody_signs_in_by_a_form_of_another_site(api: Any) -> None:
    form = {"email": "anna@example.com", "password": PASSWORD}
    for site in ("cross-site", "same-site", "none"):
        refused = api.ask_unknown("POST", "/monitoring/sign-in", data=form, headers={"Sec-Fetch-Site": site})
        assert refused.status_code == 403, site
    assert api.ask_unknown("POST", "/monitoring/sign-in", data=form).status_code == 403


def test_a_link_of_another_site_is_come_to_again_with_the_cookie_that_it_could_not_bring(api: Any) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = api.ask_unknown("GET", "/monitoring?a=1&b=%22%3E", headers=link)
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/monitoring?a=1&amp;b=%22%3E">' in answer.text


def test_no_password_is_taken_where_others_can_read_it_nor_sent_on_to_another_place(api: Any) -> None:
    form, ours = {"email": "anna@example.com", "password": PASSWORD}, {"Sec-Fetch-Site": "same-origin"}
    open_road = api.ask_unknown("POST", "/monitoring/sign-in", data=form, headers={"Host": "stoflow.example", **ours})
    assert (open_road.status_code, "https" in open_road.text) == (422, True)
    for elsewhere in ("https://evil.example", "//evil.example", "/monitoringevil", "/api/jobs"):
        answer = api.ask_unknown("POST", "/monitoring/sign-in", data={**form, "to": elsewhere}, headers=ours)
        assert (answer.status_code, "location" in answer.headers) == (422, False), elsewhere


def test_the_pages_are_no_operations_of_the_api(api: Any) -> None:
    document = api.ask_unknown("GET", "/openapi.json").json()
    app = api.use_cases.app(api.tokens, feed=api.wire.listen)
    served = {route.path for route in app.routes if isinstance(route, Route)}
    assert {page.path for page in find_views().pages} <= served
    assert not {page.path for page in find_views().pages} & document["paths"].keys()
