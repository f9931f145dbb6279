"""The last page of a consent, as a browser is shown it, and one marketplace account that two tenants want."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from stoflow.settings import Settings
from stoflow.storage.database.tenants import suspend_tenant

BOTH = pytest.mark.parametrize("marketplace", ["ebay", "etsy"])
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language": "fr-FR,fr"}
HOME = "https://shop.example/done"
NOT_ASKED = "1." + "a" * 43


@pytest.fixture
def given(given: Settings) -> Settings:
    return given.model_copy(update={"return_addresses": (HOME, "https://other.example")})


@pytest.fixture
def shared(given: Settings) -> Settings:
    return given.model_copy(update={"shared_accounts": True})


def shows(answer: httpx.Response, status: int, heading: str, outcome: str, home: str = HOME) -> httpx.Response:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8", answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert f"<h1>{heading}</h1>" in answer.text, answer.text
    assert '<html lang="fr">' in answer.text
    assert f"outcome={outcome}" in answer.text
    assert f'href="{home}?' in answer.text
    return answer


def returned_by(seller: Any, marketplace: str, platform: Any) -> dict[str, str]:
    return seller.allows(seller.invited(marketplace), platform.account(marketplace)["external_id"])


@BOTH
def test_a_browser_is_shown_that_it_is_connected_and_the_way_back(alice: Any, platform: Any, marketplace: str) -> None:
    account = platform.account(marketplace)["external_id"]
    returned = alice.allows(alice.invited(marketplace), account)
    name = {"ebay": "eBay", "etsy": "Etsy"}[marketplace]
    page = shows(alice.brings(marketplace, returned, headers=BROWSER), 200, f"{name} est connecté", "connected")
    assert account in page.text
    assert returned["code"] not in page.text
    assert returned["state"] not in page.text
    assert alice.connection(marketplace)["connected"] is True


def test_the_way_back_is_the_one_named_at_the_beginning(alice: Any, platform: Any) -> None:
    asked = {"return_to": "https://other.example/sellers?tab=ebay"}
    begun = alice.page.get("/api/ebay/oauth/authorize", params=asked)
    for cookie in begun.cookies.jar:
        alice.browser.cookies.jar.set_cookie(cookie)
    returned = alice.allows(begun.json()["url"], platform.account("ebay")["external_id"])
    page = shows(
        alice.brings("ebay", returned, headers=BROWSER),
        200,
        "eBay est connecté",
        "connected",
        "https://other.example/sellers",
    )
    assert "?tab=ebay&amp;marketplace=ebay&amp;outcome=connected" in page.text
    used = alice.brings("ebay", returned, headers=BROWSER)
    shows(used, 400, "Cette autorisation a déjà servi", "used", "https://other.example/sellers")


def test_a_way_back_that_is_not_allowed_begins_nothing(alice: Any, platform: Any) -> None:
    refused = alice.page.get("/api/ebay/oauth/authorize", params={"return_to": "https://evil.example/"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "return_to")
    assert platform.sql(alice.tenant, "SELECT FROM {s}.consents") == []


def test_each_failure_has_its_page(alice: Any, bob: Any, platform: Any) -> None:
    def brings(returned: dict[str, str], seller: Any = alice, marketplace: str = "ebay") -> httpx.Response:
        return seller.brings(marketplace, returned, headers=BROWSER)

    shows(brings({"state": NOT_ASKED, "code": "c"}), 400, "Cette autorisation est inconnue", "unknown")
    shows(brings(alice.denies(alice.invited("ebay"))), 400, "Rien n’a été connecté", "denied")
    consent_of_alice = returned_by(alice, "ebay", platform)
    foreign = brings(consent_of_alice, bob)
    shows(foreign, 400, "La demande vient d’un autre navigateur", "foreign_browser")
    shows(brings(consent_of_alice, marketplace="etsy"), 400, "Cela concerne une autre place de marché", "elsewhere")
    platform.sql(alice.tenant, "UPDATE {s}.consents SET expires_at = clock_timestamp()")
    shows(brings(consent_of_alice), 400, "Cela a pris trop de temps", "expired")
    ended = {"state": alice_state(alice), "error": "server_error", "error_description": "<b>call me"}
    assert "call me" not in shows(brings(ended), 400, "Rien n’a été connecté", "ended").text
    assert brings(returned_by(alice, "ebay", platform)).status_code == 200
    shows(brings(returned_by(alice, "ebay", platform)), 409, "C’est un autre compte eBay", "other_account")
    later = returned_by(alice, "ebay", platform)
    suspend_tenant(platform.installation.database, alice.tenant)
    shows(brings(later), 400, "Ce compte est suspendu", "suspended")


def alice_state(alice: Any) -> str:
    return parse_qs(urlsplit(alice.invited("ebay")).query)["state"][0]


def test_a_marketplace_that_is_away_is_told_apart_by_what_may_be_done(alice: Any, platform: Any) -> None:
    returned = returned_by(alice, "etsy", platform)
    platform.let("5xx_before", marketplace="etsy", operation="user.get")
    kept = shows(alice.brings("etsy", returned, headers=BROWSER), 502, "Etsy ne répond pas", "kept")
    assert '<a href="">Réessayer</a>' in kept.text
    shows(alice.brings("etsy", returned, headers=BROWSER), 200, "Etsy est connecté", "connected")
    lost = returned_by(alice, "ebay", platform)
    platform.let("lost", marketplace="ebay", operation="token.exchange")
    away = shows(alice.brings("ebay", lost, headers=BROWSER), 502, "eBay ne répond pas", "away")
    assert "Réessayer" not in away.text


def test_whoever_names_no_html_is_given_json_as_before(alice: Any, platform: Any) -> None:
    assert alice.brings("ebay", returned_by(alice, "ebay", platform)).json()["connected"] is True


@BOTH
def test_an_account_that_another_tenant_sells_with_is_refused(
    alice: Any, bob: Any, platform: Any, marketplace: str
) -> None:
    account = platform.account(marketplace)
    assert alice.connects(marketplace, account).status_code == 200
    refused = bob.connects(marketplace, account)
    assert (refused.status_code, "can be connected once" in refused.json()["detail"]) == (409, True)
    assert bob.connection(marketplace)["state"] == "disconnected"
    page = bob.brings(marketplace, bob.allows(bob.invited(marketplace), account["external_id"]), headers=BROWSER)
    shows(page, 409, "Ce compte est connecté ailleurs", "taken")

    assert alice.connects(marketplace, account).status_code == 200  # again, as the same account
    alice.disconnects(marketplace)
    assert bob.connects(marketplace, account).status_code == 200
    assert alice.connects(marketplace, account).status_code == 409


def test_of_two_tenants_who_consent_with_one_account_at_once_one_is_connected(make_seller: Any, platform: Any) -> None:
    sellers = [make_seller() for _ in range(4)]
    account = platform.account("ebay")["external_id"]
    returned = [seller.allows(seller.invited("ebay"), account) for seller in sellers]
    together = Barrier(len(sellers))

    def bring(number: int) -> int:
        together.wait(10)
        while (status := sellers[number].brings("ebay", returned[number]).status_code) == 429:
            pass  # few at once from one address
        return status

    with ThreadPoolExecutor(len(sellers)) as threads:
        assert sorted(threads.map(bring, range(len(sellers)))) == [200, 409, 409, 409]
    assert sum(seller.connection("ebay")["connected"] for seller in sellers) == 1


def test_who_takes_another_account_leaves_the_first_to_others(alice: Any, bob: Any, platform: Any) -> None:
    first, second = platform.account("ebay"), platform.account("ebay")
    assert alice.connects("ebay", first).status_code == 200
    alice.disconnects("ebay")
    assert alice.connects("ebay", second).status_code == 200
    assert bob.connects("ebay", first).status_code == 200
    assert bob.connection("ebay")["connected"] is True


class TestWhereAnOperatorAllowsIt:
    @pytest.fixture
    def given(self, shared: Settings) -> Settings:
        return shared

    def test_two_tenants_sell_with_one_account(self, alice: Any, bob: Any, platform: Any) -> None:
        account = platform.account("ebay")
        assert [seller.connects("ebay", account).status_code for seller in (alice, bob)] == [200, 200]
        alice.disconnects("ebay")
        assert [seller.connection("ebay")["connected"] for seller in (alice, bob)] == [False, True]
        assert holders(platform) == [(bob.tenant, True)]


def holders(platform: Any) -> Sequence[tuple[int, bool]]:
    with platform.installation.database.records() as connection:
        rows = connection.execute("SELECT tenant, shared FROM public.account_holders ORDER BY tenant").fetchall()
    return [(row["tenant"], row["shared"]) for row in rows]
