"""Limits of requests: one for all api processes, told before they are met, and no way to fail without Redis."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow.wiring.tokens import access_tokens
from tests.harness.serving import api_of

WAIT_S = 30
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def apis(settings: Settings) -> Iterator[Callable[..., httpx.Client]]:
    with ExitStack() as stack:

        def start(**changes: Any) -> httpx.Client:
            url = stack.enter_context(api_of(settings.model_copy(update=changes), pool_size=4))
            return stack.enter_context(httpx.Client(base_url=url, timeout=WAIT_S))

        yield start


@pytest.fixture
def sent_by(settings: Settings, tenants: Callable[[], TenantId]) -> Callable[[], dict[str, str]]:
    return lambda: {"Authorization": f"Bearer {access_tokens(settings).issue_access_token(tenants())}"}


def left(answer: httpx.Response, kind: str) -> int:
    found = re.fullmatch(rf'"{kind}";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
    assert found, answer.headers["ratelimit"]
    return int(found[1])


def test_an_account_has_one_limit_at_two_api_processes(
    apis: Callable[..., httpx.Client], sent_by: Callable[[], dict[str, str]]
) -> None:
    first, second = apis(account_requests=4), apis(account_requests=4)
    alice, bob = sent_by(), sent_by()
    answers = [at.get("/api/jobs", headers=alice) for at in (first, second, first, second)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert [left(answer, "account") for answer in answers] == [3, 2, 1, 0]
    assert answers[0].headers["ratelimit-policy"] == '"account";q=4;w=60'
    for at in (first, second):
        refused = at.get("/api/jobs", headers=alice)
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 15
        assert left(refused, "account") == 0
        assert at.get("/api/jobs", headers=bob).status_code == 200


def test_who_is_nobody_is_counted_by_address_and_takes_nothing_from_accounts_there(
    apis: Callable[..., httpx.Client], sent_by: Callable[[], dict[str, str]]
) -> None:
    api = apis(address_requests=3)
    answers = [
        api.get("/api/jobs", headers={"Authorization": "Bearer no.such.token"}),
        api.get("/api/jobs"),
        api.get("/nothing"),
        api.get("/openapi.json"),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 404, 429]
    assert [left(answer, "address") for answer in answers] == [2, 1, 0, 0]
    assert api.get("/api/jobs", headers=sent_by()).status_code == 200
    assert api.get("/healthz").status_code == 200
    assert "ratelimit" not in api.get("/readyz").headers


def test_without_redis_everybody_is_let_through_and_nothing_is_told(
    apis: Callable[..., httpx.Client], sent_by: Callable[[], dict[str, str]]
) -> None:
    api = apis(account_requests=1, redis_url=NOWHERE)
    alice = sent_by()
    for _ in range(3):
        answer = api.get("/api/jobs", headers=alice)
        assert (answer.status_code, "ratelimit" in answer.headers) == (200, False)


def test_0_is_no_limit(apis: Callable[..., httpx.Client], sent_by: Callable[[], dict[str, str]]) -> None:
    assert "ratelimit" not in apis(account_requests=0).get("/api/jobs", headers=sent_by()).headers
