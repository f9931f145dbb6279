"""A seller's consent over HTTP: from the page that asks for it to the connection, and all that must not connect."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done, FieldError
from stoflow.domain.product import Product
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step, TaskPlan
from stoflow.marketplaces.registry import build_registry
from stoflow.storage.database.tenants import suspend_tenant

BOTH = pytest.mark.parametrize("marketplace", ["ebay", "etsy"])
NOT_ASKED = "1." + "a" * 43


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["detail"]


@BOTH
def test_a_seller_who_consents_is_connected(alice: Any, platform: Any, marketplace: str) -> None:
    account = platform.account(marketplace)
    assert alice.connection(marketplace)["state"] == "disconnected"

    page = alice.browser.get(alice.invited(marketplace))
    assert "<button" in page.text
    assert account["external_id"] in page.text
    answer = alice.connects(marketplace, account)

    assert answer.status_code == 200, answer.text
    connection = answer.json()
    assert connection == alice.connection(marketplace)
    assert (connection["connected"], connection["state"], connection["reason"]) == (True, "connected", None)
    assert (connection["marketplace"], connection["external_id"]) == (marketplace, account["external_id"])
    assert datetime.fromisoformat(connection["expires_at"]) > datetime.now(UTC)


@BOTH
def test_the_tokens_are_stored_sealed_and_no_answer_holds_one(alice: Any, platform: Any, marketplace: str) -> None:
    answer = alice.connects(marketplace, platform.account(marketplace))
    connections = platform.sql(alice.tenant, "SELECT * FROM {s}.connections")
    consents = platform.sql(alice.tenant, "SELECT * FROM {s}.consents")
    secret = platform.installation.vault.unseal(alice.tenant, marketplace, connections[0]["secret"])
    for shown in (answer.text, str(connections), str(consents), str(alice.connection(marketplace))):
        assert secret.access not in shown
        assert secret.refresh not in shown
    assert [consent["secret"] for consent in consents] == [None]


def test_ebay_is_asked_by_its_runame_and_etsy_with_a_challenge(alice: Any) -> None:
    ebay = parse_qs(urlsplit(alice.invited("ebay")).query)
    assert (ebay["redirect_uri"], ebay["response_type"]) == (["StoFlow-StoFlow-sandbox"], ["code"])
    assert "code_challenge" not in ebay
    etsy = parse_qs(urlsplit(alice.invited("etsy")).query)
    assert etsy["redirect_uri"] == ["https://platform.example/connected"]
    assert etsy["code_challenge_method"] == ["S256"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", etsy["code_challenge"][0])
    assert set(etsy["scope"][0].split()) >= {"listings_r", "listings_w", "listings_d", "shops_r", "transactions_r"}


@BOTH
@pytest.mark.parametrize("state", ["", "x", NOT_ASKED, f"2147483648.{'a' * 43}", "0." + "a" * 43, "1" * 5000])
def test_a_state_nobody_was_given_is_refused(alice: Any, marketplace: str, state: str) -> None:
    assert "never asked for" in problem(alice.brings(marketplace, {"state": state, "code": "c"}), 400)
    assert alice.connection(marketplace)["connected"] is False


@BOTH
def test_a_state_is_good_for_one_connection(alice: Any, platform: Any, marketplace: str) -> None:
    account = platform.account(marketplace)
    returned = alice.allows(alice.invited(marketplace), account["external_id"])
    assert alice.brings(marketplace, returned).status_code == 200
    again = alice.allows(alice.invited(marketplace), account["external_id"])
    for replayed in (returned, {**again, "state": returned["state"]}):
        assert "used already" in problem(alice.brings(marketplace, replayed), 400)
    assert platform.calls("token.exchange") == 1


@BOTH
def test_of_two_callbacks_at_once_one_connects(alice: Any, platform: Any, marketplace: str) -> None:
    returned = alice.allows(alice.invited(marketplace), platform.account(marketplace)["external_id"])
    together = Barrier(2)

    def bring(_: int) -> int:
        together.wait(10)
        return alice.brings(marketplace, returned).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(bring, range(2))) == [200, 400]
    assert platform.calls("token.exchange") == 1
    assert alice.connection(marketplace)["connected"] is True


def test_a_state_belongs_to_its_marketplace(alice: Any, platform: Any) -> None:
    returned = alice.allows(alice.invited("etsy"), platform.account("etsy")["external_id"])
    for other in ("ebay", "vinted"):
        assert "another marketplace" in problem(alice.brings(other, returned), 400)
    assert alice.brings("etsy", returned).status_code == 200


def test_a_page_that_says_whose_it_is_cannot_bring_another_s_state(alice: Any, bob: Any, platform: Any) -> None:
    returned = alice.allows(alice.invited("ebay"), platform.account("ebay")["external_id"])
    refused = bob.page.get("/api/ebay/oauth/callback", params=returned)
    assert "somebody else" in problem(refused, 400)
    assert alice.page.get("/api/ebay/oauth/callback", params=returned).status_code == 200
    assert (alice.connection("ebay")["connected"], bob.connection("ebay")["connected"]) == (True, False)


@BOTH
def test_a_link_that_another_person_opens_connects_nobody_s_account(
    alice: Any, bob: Any, platform: Any, marketplace: str
) -> None:
    his = platform.account(marketplace)["external_id"]
    returned = bob.allows(alice.invited(marketplace), his)

    assert "another browser" in problem(bob.brings(marketplace, returned), 400)
    bob.invited(marketplace)  # a cookie of a consent of his own does not help
    assert "another browser" in problem(bob.brings(marketplace, returned), 400)
    assert platform.calls("token.exchange") == 0
    assert alice.connection(marketplace)["connected"] is False

    assert bob.connects(marketplace, {"external_id": his}).json()["external_id"] == his


@BOTH
def test_a_consent_is_completed_by_its_browser_though_another_tried_before(
    alice: Any, bob: Any, platform: Any, marketplace: str
) -> None:
    returned = alice.allows(alice.invited(marketplace), platform.account(marketplace)["external_id"])
    problem(bob.brings(marketplace, returned), 400)
    assert alice.brings(marketplace, returned).status_code == 200


def test_two_consents_may_be_under_way_in_one_browser(alice: Any, platform: Any) -> None:
    account = platform.account("ebay")["external_id"]
    first, second = (alice.allows(alice.invited("ebay"), account) for _ in range(2))
    assert alice.brings("ebay", second).status_code == 200
    assert alice.brings("ebay", first).status_code == 200


def test_the_cookie_is_for_no_script_and_no_other_site(alice: Any) -> None:
    kept = alice.page.get("/api/ebay/oauth/authorize").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(kept.split("; "))


def test_a_token_that_is_none_is_not_ignored(alice: Any, platform: Any) -> None:
    returned = alice.allows(alice.invited("ebay"), platform.account("ebay")["external_id"])
    problem(alice.brings("ebay", returned, headers={"Authorization": "Bearer nonsense"}), 401)
    assert alice.brings("ebay", returned).status_code == 200


def test_etsy_gives_nothing_for_a_code_with_another_s_verifier(alice: Any, bob: Any, platform: Any) -> None:
    hers = alice.allows(alice.invited("etsy"), platform.account("etsy")["external_id"])
    his = bob.allows(bob.invited("etsy"), platform.account("etsy")["external_id"])
    answer = bob.brings("etsy", {**his, "code": hers["code"]})
    assert "code_verifier does not fit" in problem(answer, 400)
    assert bob.connection("etsy")["connected"] is False


@BOTH
def test_a_code_nobody_gave_is_refused_in_the_marketplace_s_words(alice: Any, platform: Any, marketplace: str) -> None:
    returned = alice.allows(alice.invited(marketplace), platform.account(marketplace)["external_id"])
    assert "invalid" in problem(alice.brings(marketplace, {**returned, "code": "guess"}), 400)
    assert "used already" in problem(alice.brings(marketplace, returned), 400)


@BOTH
def test_a_consent_that_comes_back_too_late_is_refused(alice: Any, platform: Any, marketplace: str) -> None:
    returned = alice.allows(alice.invited(marketplace), platform.account(marketplace)["external_id"])
    asked = platform.sql(alice.tenant, "SELECT expires_at - clock_timestamp() AS left FROM {s}.consents")[0]["left"]
    assert 590 < asked.total_seconds() <= 600
    platform.sql(alice.tenant, "UPDATE {s}.consents SET expires_at = clock_timestamp()")
    assert "too late" in problem(alice.brings(marketplace, returned), 400)
    alice.invited(marketplace)
    assert len(platform.sql(alice.tenant, "SELECT state FROM {s}.consents")) == 1


@BOTH
def test_a_seller_who_says_no_is_told_so_and_nothing_is_connected(alice: Any, marketplace: str) -> None:
    returned = alice.denies(alice.invited(marketplace))
    assert returned["error"] == "access_denied"
    assert "did not allow" in problem(alice.brings(marketplace, returned), 400)
    assert "used already" in problem(alice.brings(marketplace, {**returned, "error": "", "code": "c"}), 400)


@BOTH
def test_another_error_of_the_marketplace_is_passed_on(alice: Any, marketplace: str) -> None:
    state = parse_qs(urlsplit(alice.invited(marketplace)).query)["state"][0]
    returned = {"state": state, "error": "invalid_scope", "error_description": "Not yours to ask for"}
    assert "Not yours to ask for" in problem(alice.brings(marketplace, returned), 400)


def test_a_suspended_seller_connects_nothing(alice: Any, platform: Any) -> None:
    returned = alice.allows(alice.invited("ebay"), platform.account("ebay")["external_id"])
    suspend_tenant(platform.installation.database, alice.tenant)
    assert "suspended" in problem(alice.brings("ebay", returned), 400)


@BOTH
def test_what_the_code_brought_is_stored_before_it_is_used_and_not_lost_with_the_next_call(
    alice: Any, platform: Any, marketplace: str
) -> None:
    account = platform.account(marketplace)
    returned = alice.allows(alice.invited(marketplace), account["external_id"])
    platform.let("5xx_before", marketplace=marketplace, operation="user.get")

    assert "open the same address again" in problem(alice.brings(marketplace, returned), 502)
    kept = platform.sql(alice.tenant, "SELECT secret FROM {s}.consents WHERE secret IS NOT NULL")
    assert len(kept) == 1
    assert alice.connection(marketplace)["connected"] is False

    assert alice.brings(marketplace, returned).json()["external_id"] == account["external_id"]
    assert platform.calls("token.exchange") == 1


@BOTH
def test_an_account_that_sells_nothing_is_not_connected(alice: Any, platform: Any, marketplace: str) -> None:
    returned = alice.allows(alice.invited(marketplace), platform.account(marketplace)["external_id"])
    platform.let("not_json", marketplace=marketplace, operation="user.get")
    assert "names nobody who sells there" in problem(alice.brings(marketplace, returned), 400)
    assert "used already" in problem(alice.brings(marketplace, returned), 400)
    assert platform.sql(alice.tenant, "SELECT secret FROM {s}.consents") == [{"secret": None}]


@BOTH
def test_a_lost_exchange_is_not_tried_again(alice: Any, platform: Any, marketplace: str) -> None:
    returned = alice.allows(alice.invited(marketplace), platform.account(marketplace)["external_id"])
    platform.let("lost", marketplace=marketplace, operation="token.exchange")
    assert "begin again" in problem(alice.brings(marketplace, returned), 502)
    assert "used already" in problem(alice.brings(marketplace, returned), 400)
    assert platform.calls("token.exchange") == 1


@BOTH
def test_whoever_connects_again_keeps_what_they_declared(alice: Any, platform: Any, marketplace: str) -> None:
    account = platform.account(marketplace)
    alice.connects(marketplace, account)
    alice.declares(marketplace, account)
    declared = alice.settings(marketplace)
    assert alice.connects(marketplace, account).status_code == 200
    assert alice.settings(marketplace) == declared
    alice.disconnects(marketplace)
    assert alice.connects(marketplace, account).status_code == 200
    assert alice.settings(marketplace) == declared


@BOTH
def test_another_account_is_refused_until_the_first_one_is_disconnected(
    alice: Any, platform: Any, marketplace: str
) -> None:
    first, second = platform.account(marketplace), platform.account(marketplace)
    alice.connects(marketplace, first)
    alice.declares(marketplace, first)
    before = platform.sql(alice.tenant, "SELECT * FROM {s}.connections")

    returned = alice.allows(alice.invited(marketplace), second["external_id"])
    assert "another account" in problem(alice.brings(marketplace, returned), 409)
    assert platform.sql(alice.tenant, "SELECT * FROM {s}.connections") == before
    assert "used already" in problem(alice.brings(marketplace, returned), 400)

    alice.disconnects(marketplace)
    assert alice.connects(marketplace, second).json()["external_id"] == second["external_id"]
    assert "who_made" not in alice.settings(marketplace)


@BOTH
def test_an_account_that_was_revoked_is_not_replaced_by_another_either(
    alice: Any, platform: Any, marketplace: str
) -> None:
    alice.connects(marketplace, platform.account(marketplace))
    platform.sql(alice.tenant, "UPDATE {s}.connections SET state = 'needs_seller'")
    problem(alice.connects(marketplace, platform.account(marketplace)), 409)


@BOTH
def test_to_disconnect_forgets_the_tokens_and_the_consents_under_way(
    alice: Any, platform: Any, marketplace: str
) -> None:
    account = platform.account(marketplace)
    alice.connects(marketplace, account)
    under_way = alice.allows(alice.invited(marketplace), account["external_id"])

    answer = alice.disconnects(marketplace)

    assert answer.status_code == 200, answer.text
    assert answer.json() == alice.connection(marketplace)
    assert (answer.json()["connected"], answer.json()["state"]) == (False, "disconnected")
    assert "disconnected" in answer.json()["reason"]
    assert platform.sql(alice.tenant, "SELECT secret, secret_expires_at FROM {s}.connections") == [
        {"secret": None, "secret_expires_at": None}
    ]
    problem(alice.brings(marketplace, under_way), 400)
    assert alice.disconnects(marketplace).status_code == 200


def test_whoever_never_connected_may_disconnect(alice: Any) -> None:
    assert alice.disconnects("ebay").json()["state"] == "disconnected"


def test_vinted_is_connected_by_its_plugin_alone(alice: Any) -> None:
    assert "browser" in problem(alice.page.get("/api/vinted/oauth/authorize"), 409)
    assert "browser" in problem(alice.disconnects("vinted"), 409)
    assert alice.connection("vinted")["state"] == "disconnected"


def test_a_marketplace_that_is_not_there_is_not_found(alice: Any) -> None:
    for path in ("connection", "oauth/authorize", "oauth/callback"):
        problem(alice.page.get(f"/api/depop/{path}"), 404)


class Idle:
    """A handler of one task, which does nothing."""

    action = "sync"

    def __init__(self, marketplace: str) -> None:
        self.marketplace = marketplace

    def create_tasks(self, product: Product | None) -> list[TaskPlan]:
        return [TaskPlan("rest", TaskKind.INNER)]

    def payload_errors(self, payload: Mapping[str, Any]) -> tuple[FieldError, ...]:
        return ()

    def step(self, task_name: str) -> Step:
        return {"rest": Step("rest", lambda _: Done())}[task_name]


class TestAnInstalledMarketplace:
    @pytest.fixture
    def extra(self) -> Any:
        """Two that StoFlow has no code for: one is called like eBay, the other says nothing of consent."""
        ebay = build_registry(entry_points=False).marketplace("ebay")
        assert ebay.profile is not None
        profile = ebay.profile

        def installed(name: str, **changes: Any) -> Marketplace:
            return Marketplace(
                name=name,
                transport="direct",
                actions=(ActionSpec("sync", "Sync"),),
                handlers={"sync": Idle(name)},
                profile=lambda settings: replace(profile(settings), name=name, **changes),
            )

        return [installed("depop"), installed("mute", consent=None)]

    def test_it_is_connected_by_its_profile_alone(self, alice: Any, platform: Any) -> None:
        account = platform.account("ebay")
        assert alice.connects("depop", account).json()["external_id"] == account["external_id"]
        assert alice.connection("depop")["connected"] is True
        assert alice.connection("ebay")["connected"] is False

    def test_one_without_a_consent_says_so(self, alice: Any) -> None:
        assert "by another way" in problem(alice.page.get("/api/mute/oauth/authorize"), 409)


class TestWithoutSettings:
    @pytest.fixture
    def given(self, given: Any) -> Any:
        return given.model_copy(update={"ebay_redirect_uri": "", "etsy_client_id": "", "etsy_shared_secret": ""})

    def test_what_is_missing_is_named(self, alice: Any) -> None:
        assert "STOFLOW_EBAY_REDIRECT_URI" in problem(alice.page.get("/api/ebay/oauth/authorize"), 409)
        missing = problem(alice.page.get("/api/etsy/oauth/authorize"), 409)
        assert "STOFLOW_ETSY_CLIENT_ID, STOFLOW_ETSY_SHARED_SECRET" in missing


class TestWithWrongSecrets:
    @pytest.fixture
    def given(self, given: Any) -> Any:
        return given.model_copy(update={"ebay_client_secret": "wrong"})

    def test_the_marketplace_s_refusal_of_stoflow_itself_is_told(self, alice: Any, platform: Any) -> None:
        answer = alice.connects("ebay", platform.account("ebay"))
        assert "client authentication failed" in problem(answer, 502)
