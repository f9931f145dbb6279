"""The pages for people: a viewer that loads nothing from elsewhere, and first steps that anybody can take."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

LOADED = re.compile(r'(?:src|href)="([^"]+)"')


@pytest.mark.parametrize("path", ["/docs", "/docs/start"])
def test_a_page_loads_only_what_is_here(api: Any, path: str) -> None:
    page = api.ask_unknown("GET", path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    loaded = [each for each in LOADED.findall(page.text) if not each.startswith("data:")]
    assert loaded
    for each in loaded:
        assert not urlsplit(each).netloc, each
        assert api.ask_unknown("GET", each).status_code == 200, each


def test_the_viewer_reads_openapi_31_and_may_run_only_our_own_scripts(api: Any) -> None:
    script = api.ask_unknown("GET", "/docs/assets/swagger-ui-bundle.js")
    assert "javascript" in script.headers["content-type"]
    assert "openapi_3_1" in script.text or "3.1" in script.text
    policy = api.ask_unknown("GET", "/docs").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("name", ["swagger-editor.js", "../docs.py", "%2e%2e%2fdocs.py", "docs.py", ""])
def test_nothing_else_is_given(api: Any, name: str) -> None:
    assert api.ask_unknown("GET", f"/docs/assets/{name}").status_code == 404


def test_what_is_no_page_keeps_the_strict_policy(api: Any) -> None:
    for path in ("/openapi.json", "/healthz", "/docs/nothing"):
        assert api.ask_unknown("GET", path).headers["content-security-policy"].startswith("default-src 'none'; frame")
