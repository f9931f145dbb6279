"""The pages of the simulated Vinted: a member signs in, finds the CSRF token in them, and answers a challenge."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from stoflow_sandbox.server import SandboxServer

CSRF = re.compile(r'"CSRF_TOKEN":"([0-9a-f-]{36})"')
DRAFTS = "/vinted/api/v2/item_upload/drafts"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture
def visitor(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, follow_redirects=True) as client:
        yield client


def signed_in(server: SandboxServer, visitor: httpx.Client) -> dict[str, Any]:
    """Press the member's button, and keep what the page's own script keeps."""
    member = server.sandbox.control.make_seller("vinted", tenant=7, name="Ann")
    assert "Sign in as ann" in visitor.get("/vinted/sign-in").text
    page = visitor.post("/vinted/sign-in", data={"login": "ann"}).text
    for name, value in re.findall(r'document.cookie = "([a-z_]+)=([^;"]+)', page):
        visitor.cookies.set(name, value)
    return member


def test_a_visitor_is_signed_out_and_a_member_is_who_pressed_the_button(
    server: SandboxServer, visitor: httpx.Client
) -> None:
    assert "signed out" in visitor.get("/vinted/").text
    signed_in(server, visitor)
    assert "ann" in visitor.get("/vinted/").text
    assert "Sign in" in visitor.post("/vinted/sign-in", data={"login": "nobody"}).text


def test_a_write_wants_the_token_that_stands_in_the_page(server: SandboxServer, visitor: httpx.Client) -> None:
    signed_in(server, visitor)
    draft = {"draft": {"title": "A wool coat"}}
    assert visitor.post(DRAFTS, json=draft).status_code == 403
    page = visitor.get("/vinted/items/new").text
    found = CSRF.search(page)
    assert found
    assert '<form id="sell">' in page
    made = visitor.post(DRAFTS, json=draft, headers={"x-csrf-token": found[1]})
    assert made.status_code == 200
    assert "A wool coat (draft)" in visitor.get("/vinted/").text


def test_a_challenge_stands_before_everything_until_a_person_has_pressed_its_button(
    server: SandboxServer, visitor: httpx.Client
) -> None:
    member = signed_in(server, visitor)
    server.sandbox.control.behave("vinted", member["external_id"], "challenge", {})
    refused = visitor.get("/vinted/api/v2/users/current")
    assert refused.status_code == 403
    assert "captcha-delivery" in refused.json()["url"]
    assert "Are you a person?" in visitor.get("/vinted/").text
    visitor.post("/vinted/challenge")
    assert visitor.get("/vinted/api/v2/users/current").status_code == 200
