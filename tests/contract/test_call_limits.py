"""eBay tells the application how many calls are left, and the sandbox tells what it really counts and enforces."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from stoflow.domain.call import Reply, Request
from stoflow.marketplaces.call_limits import CallLimit
from stoflow.marketplaces.ebay.call_limits import CALL_LIMITS
from stoflow.marketplaces.ebay.clients.analytics import get_user_rate_limits
from stoflow.marketplaces.ebay.clients.inventory import get_inventory_items
from stoflow.marketplaces.ebay.clients.taxonomy import get_default_category_tree_id
from stoflow.marketplaces.ebay.failures import outcome_of
from stoflow.marketplaces.ebay.marketplace import EBAY
from stoflow.marketplaces.ebay.profile import ebay_profile
from stoflow.marketplaces.replies import reply_of
from stoflow.testing.contract.fixtures import DEADLINE_S, SiteMaker
from stoflow.transports.direct.application import as_application
from stoflow.transports.direct.client import DirectClient
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.ebay import quotas
from stoflow_sandbox.server import SandboxServer
from tests.harness.official import judge_of

INVENTORY, TAXONOMY, ANALYTICS = "sell/inventory/v1", "commerce/taxonomy/v1", "developer/analytics/v1_beta"
SELLERS_CALL = get_inventory_items(limit=1, page=0)
APPLICATIONS_CALL = get_default_category_tree_id("EBAY_FR")
Ask = Callable[[Request], Reply]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """A sandbox of its own, where few calls are taken."""
    monkeypatch.setattr(quotas, "CALLS_A_DAY", {**quotas.CALLS_A_DAY, "/commerce/taxonomy/v1": 2})
    with SandboxServer(SandboxOptions(latency_ms=(0.0, 0.0))) as server:
        yield server


@pytest.fixture
def client() -> Iterator[DirectClient]:
    made = DirectClient(connections=1)
    yield made
    made.close()


@pytest.fixture
def ask(few: SandboxServer, client: DirectClient) -> Ask:
    """Ask as the application; what is said is judged by eBay's own files."""
    judge = judge_of(EBAY.name)
    profile = ebay_profile(f"{few.url}/ebay", client_id="stoflow-sandbox", client_secret="stoflow-sandbox-secret")
    call = as_application(client, profile, CALL_LIMITS.scope)

    def judged(request: Request) -> Reply:
        judge.hear_call(request)
        reply = call(request)
        judge.hear_response(request, reply)
        return reply

    return judged


def told(ask: Ask) -> Mapping[str, CallLimit]:
    return {limit.api: limit for limit in CALL_LIMITS.limits_in(ask(CALL_LIMITS.request()))}


def used(limit: CallLimit) -> int:
    assert limit.limit is not None
    assert limit.remaining is not None
    return limit.limit - limit.remaining


def test_the_application_is_told_what_is_left_of_each_api_and_until_when(ask: Ask) -> None:
    limits = told(ask)
    assert {api: limit.limit for api, limit in limits.items()} == {
        INVENTORY: 2_000_000,
        "sell/account/v1": 25_000,
        "sell/fulfillment/v1": 100_000,
        TAXONOMY: 2,
        ANALYTICS: 5_000,
    }
    assert {api: used(limit) for api, limit in limits.items() if used(limit)} == {ANALYTICS: 1}
    for limit in limits.values():
        assert limit.window_s == 86_400
        assert limit.reset is not None
        assert timedelta(hours=23) < limit.reset - datetime.now(UTC) <= timedelta(days=1)


def test_what_is_left_is_what_the_calls_of_all_sellers_leave(
    ask: Ask, few: SandboxServer, client: DirectClient
) -> None:
    for tenant in (7, 8):
        seller = few.sandbox.control.make_seller(EBAY.name, tenant=tenant)
        headers = {"authorization": f"Bearer {seller['access_token']}"}
        answer = client.exchange(f"{few.url}/ebay", SELLERS_CALL, headers=headers, deadline_s=DEADLINE_S)
        assert answer.status == 200
    assert used(told(ask)[INVENTORY]) == 2


def test_what_is_used_up_is_refused_until_it_is_reset(ask: Ask) -> None:
    assert [ask(APPLICATIONS_CALL).status for _ in range(2)] == [200, 200]
    refused = ask(APPLICATIONS_CALL)
    assert (refused.status, refused.body["errors"][0]["errorId"]) == (429, 2001)
    left = told(ask)[TAXONOMY]
    assert left.remaining == 0
    assert left.reset is not None
    pause_s = getattr(outcome_of(refused, unsafe=False), "after_s", 0.0)
    assert abs(datetime.now(UTC) + timedelta(seconds=pause_s) - left.reset) < timedelta(minutes=1)


def test_no_seller_has_a_limit_of_their_own(make_site: SiteMaker) -> None:
    site = make_site(EBAY)
    reply = reply_of(site.send(get_user_rate_limits()))
    assert (reply.status, CALL_LIMITS.limits_in(reply)) == (204, ())


def test_a_seller_is_not_told_of_the_application(make_site: SiteMaker) -> None:
    assert reply_of(make_site(EBAY).send(CALL_LIMITS.request())).status == 401
