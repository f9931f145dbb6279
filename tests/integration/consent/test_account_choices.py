"""What a whole account sells with: found when it is connected, chosen by the seller where there are several."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import httpx
import pytest

from stoflow.storage.credentials.connections import Connections

BOTH = pytest.mark.parametrize("marketplace", ["ebay", "etsy"])
REQUIRED = {
    "ebay": {
        "marketplace_id",
        "merchant_location_key",
        "fulfillment_policy_id",
        "payment_policy_id",
        "return_policy_id",
    },
    "etsy": {"shipping_profile_id", "readiness_state_id"},
}
READ_FIRST = {"ebay": "location.list", "etsy": "shop.get"}
READ_LAST = {"ebay": "return_policy.list", "etsy": "return_policy.list"}
OPEN = {"ebay": "fulfillment_policy_id", "etsy": "shipping_profile_id"}
SEVERAL: Mapping[str, Mapping[str, Any]] = {
    "ebay": {"more_policies": [{"kind": "fulfillment_policy", "name": "Express"}]},
    "etsy": {"more": {"shipping_profile_id": 1}},
}
POLICIES = ("fulfillment_policy", "payment_policy", "return_policy")
ON_TWO_SITES = {"more_policies": [{"kind": kind, "marketplace_id": "EBAY_DE"} for kind in POLICIES]}
DECLARED = {"who_made": "someone_else", "when_made": "before_2007"}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


def fields(answer: httpx.Response) -> list[str]:
    return [error["field"] for error in problem(answer, 422)["errors"]]


def values(connection: Mapping[str, Any], setting: str) -> list[str]:
    return [choice["value"] for choice in connection["choices"][setting]["values"]]


@pytest.fixture
def product(alice: Any, engine: Any) -> int:
    """A product that says itself who made it and when."""
    made = engine.product(alice)
    assert alice.page.patch(f"/api/products/{made}", json=DECLARED).status_code == 200
    return made


@pytest.fixture
def connect(alice: Any, platform: Any) -> Callable[..., dict[str, Any]]:
    """Connect Alice as a new account; return her connection."""

    def connected(marketplace: str, **wishes: Any) -> dict[str, Any]:
        account = platform.account(marketplace, alice.tenant, **wishes)
        answer = alice.connects(marketplace, account)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return connected


@BOTH
def test_a_seller_with_one_of_each_publishes_with_no_other_step(
    alice: Any, platform: Any, engine: Any, product: int, marketplace: str
) -> None:
    account = platform.account(marketplace, alice.tenant)
    connection = alice.connects(marketplace, account).json()
    assert connection["settings"].items() <= {name: str(value) for name, value in account["settings"].items()}.items()
    required = {name for name, option in connection["choices"].items() if option["required"]}
    assert required == REQUIRED[marketplace] <= connection["settings"].keys()
    assert abs(datetime.fromisoformat(connection["read_at"]) - datetime.now(UTC)) < timedelta(minutes=1)

    done = engine.when_final(alice, alice.publishes(product, marketplace))
    assert done["status"] == "completed", done


@BOTH
def test_a_seller_with_several_is_told_which_to_choose_and_publishes_after_choosing(
    alice: Any, engine: Any, product: int, connect: Any, marketplace: str
) -> None:
    connection = connect(marketplace, **SEVERAL[marketplace])
    job = alice.publishes(product, marketplace)
    refused = engine.when_final(alice, job)
    errors = [error for task in refused["tasks"] for error in task["errors"]]
    assert refused["status"] == "failed"
    assert [error["field"] for error in errors] == [f"account.{OPEN[marketplace]}"]
    assert f"PATCH /api/{marketplace}/connection" in errors[0]["message"]

    second = values(connection, OPEN[marketplace])[1]
    answer = alice.chooses(marketplace, **{OPEN[marketplace]: second})
    assert answer.status_code == 200, answer.text
    assert answer.json()["settings"][OPEN[marketplace]] == second
    assert answer.json() == alice.connection(marketplace)
    assert alice.page.post(f"/api/jobs/{job}/retry").status_code == 202
    done = engine.when_final(alice, job)
    assert done["status"] == "completed", done


@BOTH
def test_what_was_chosen_stays_when_the_account_is_read_or_connected_again(
    alice: Any, platform: Any, marketplace: str
) -> None:
    account = platform.account(marketplace, alice.tenant, **SEVERAL[marketplace])
    connection = alice.connects(marketplace, account).json()
    second = values(connection, OPEN[marketplace])[1]
    chosen = alice.chooses(marketplace, **{OPEN[marketplace]: second}, exchange_rates={"USD": "0.92"}).json()

    again = alice.refreshes(marketplace)
    assert again.status_code == 200, again.text
    assert again.json()["settings"] == chosen["settings"]
    assert again.json()["read_at"] > chosen["read_at"]
    assert alice.connects(marketplace, account).json()["settings"] == chosen["settings"]


@BOTH
@pytest.mark.parametrize("fault", ["5xx_before", "not_json", "429", "lost"])
@pytest.mark.parametrize("when", [READ_FIRST, READ_LAST], ids=["first", "last"])
def test_a_reading_that_fails_loses_no_consent_and_can_be_repeated(
    alice: Any, platform: Any, connect: Any, marketplace: str, fault: str, when: Mapping[str, str]
) -> None:
    platform.let(fault, marketplace=marketplace, operation=when[marketplace])
    connection = connect(marketplace)
    assert (connection["connected"], connection["settings"], connection["read_at"]) == (True, {}, None)
    assert values(connection, OPEN[marketplace]) == []

    platform.let(fault, marketplace=marketplace, operation=when[marketplace])
    assert problem(alice.refreshes(marketplace), 502)["detail"]
    assert alice.connection(marketplace) == connection

    assert alice.refreshes(marketplace).json()["settings"].keys() >= REQUIRED[marketplace]


@BOTH
def test_what_is_no_choice_is_refused_by_name_and_nothing_is_set(alice: Any, connect: Any, marketplace: str) -> None:
    before = connect(marketplace, **SEVERAL[marketplace])
    right = values(before, OPEN[marketplace])[0]
    wrong: dict[str, Any] = {"secret": "x", "exchange_rates": {"dollar": 1}, OPEN[marketplace]: "1"}
    answer = alice.chooses(marketplace, **wrong)
    assert fields(answer) == [f"settings.{name}" for name in wrong]
    assert alice.connection(marketplace) == before
    for value in (["a"], {"value": right}, True, "", 1.5, f" {right}"):
        assert fields(alice.chooses(marketplace, **{OPEN[marketplace]: value})) == [f"settings.{OPEN[marketplace]}"]
    assert fields(alice.chooses(marketplace, **{OPEN[marketplace]: right, "shop": 1})) == ["settings.shop"]
    assert alice.connection(marketplace) == before


def test_a_number_chosen_is_the_text_of_its_digits(alice: Any, connect: Any) -> None:
    second = values(connect("etsy", **SEVERAL["etsy"]), "shipping_profile_id")[1]
    assert alice.chooses("etsy", shipping_profile_id=int(second)).status_code == 200
    settings = alice.refreshes("etsy").json()["settings"]
    assert str(settings["shipping_profile_id"]) == second


def test_declarations_hold_for_the_whole_account(alice: Any, engine: Any, connect: Any) -> None:
    connect("etsy")
    product = engine.product(alice)
    silent = dict.fromkeys(DECLARED, "")
    assert alice.page.patch(f"/api/products/{product}", json=silent).status_code == 200
    undeclared = engine.when_final(alice, alice.publishes(product, "etsy"))
    assert {error["field"] for task in undeclared["tasks"] for error in task["errors"]} == {"who_made", "when_made"}

    assert fields(alice.chooses("etsy", who_made="nobody", when_made="yesterday")) == [
        "settings.who_made",
        "settings.when_made",
    ]
    offered = alice.connection("etsy")["choices"]
    assert "i did" in [choice["title"] for choice in offered["who_made"]["values"]]
    assert "before_2007" in [choice["value"] for choice in offered["when_made"]["values"]]
    assert alice.chooses("etsy", who_made="someone_else", when_made="1994").status_code == 200
    assert engine.when_final(alice, alice.publishes(product, "etsy"))["status"] == "completed"


def test_what_the_seller_wants_open_stays_open(alice: Any, connect: Any) -> None:
    assert "return_policy_id" in connect("etsy")["settings"]
    assert "return_policy_id" not in alice.chooses("etsy", return_policy_id=None).json()["settings"]
    assert "return_policy_id" not in alice.refreshes("etsy").json()["settings"]


def test_item_specifics_can_be_answered_for_the_whole_account(alice: Any, connect: Any) -> None:
    connect("ebay")
    assert alice.chooses("ebay", aspects={"Style": ["Boho", "Chic"]}).json()["settings"]["aspects"]
    for wrong in (["Style"], {"Style": {}}, {"": "Boho"}, {"Style": []}, {"S" * 41: "Boho"}):
        assert fields(alice.chooses("ebay", aspects=wrong)) == ["settings.aspects"]


def test_on_two_sites_the_seller_chooses_one_and_with_it_what_is_unique_there(
    alice: Any, engine: Any, product: int, connect: Any
) -> None:
    connection = connect("ebay", **ON_TWO_SITES)
    assert connection["settings"] == {"merchant_location_key": "HOME"}
    assert values(connection, "marketplace_id") == ["EBAY_FR", "EBAY_DE"]
    french, german = values(connection, "payment_policy_id")
    assert fields(alice.chooses("ebay", payment_policy_id=german)) == ["settings.payment_policy_id"]
    assert fields(alice.chooses("ebay", marketplace_id="EBAY_FR", payment_policy_id=german)) == [
        "settings.payment_policy_id"
    ]

    there = alice.chooses("ebay", marketplace_id="EBAY_DE").json()["settings"]
    assert there.keys() == REQUIRED["ebay"]
    assert there["payment_policy_id"] == german
    done = engine.when_final(alice, alice.publishes(product, "ebay"))
    assert done["status"] == "completed", done
    assert "www.ebay.de" in done["result"]["result"]["url"]

    assert alice.chooses("ebay", marketplace_id="EBAY_FR").json()["settings"]["payment_policy_id"] == french


def test_two_changes_at_once_are_both_kept(alice: Any, connect: Any) -> None:
    connect("etsy")
    together = Barrier(2)

    def change(given: tuple[str, str]) -> int:
        together.wait(10)
        return alice.chooses("etsy", **dict([given])).status_code

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(change, DECLARED.items())) == [200, 200]
    assert DECLARED.items() <= alice.connection("etsy")["settings"].items()


@BOTH
def test_another_account_begins_without_what_the_first_had_to_choose_from(
    alice: Any, platform: Any, connect: Any, marketplace: str
) -> None:
    connect(marketplace)
    alice.disconnects(marketplace)
    platform.let("5xx_before", marketplace=marketplace, operation=READ_FIRST[marketplace])
    connection = connect(marketplace)
    assert (connection["settings"], connection["read_at"]) == ({}, None)
    assert values(connection, OPEN[marketplace]) == []

    alice.refreshes(marketplace)
    connections = Connections(platform.installation.database, platform.installation.vault)
    connections.save(alice.tenant, marketplace, external_id="another", settings={})
    assert values(alice.connection(marketplace), OPEN[marketplace]) == []


@BOTH
def test_no_seller_sees_or_sets_what_is_another_s(alice: Any, bob: Any, connect: Any, marketplace: str) -> None:
    hers = connect(marketplace)
    assert values(bob.connection(marketplace), OPEN[marketplace]) == []
    problem(bob.chooses(marketplace, **hers["settings"]), 409)
    problem(bob.refreshes(marketplace), 409)
    assert alice.connection(marketplace) == hers


@BOTH
def test_a_seller_whose_consent_has_ended_is_asked_to_connect_again(
    alice: Any, platform: Any, marketplace: str
) -> None:
    account = platform.account(marketplace, alice.tenant)
    before = alice.connects(marketplace, account).json()
    platform.revoke(marketplace, account["external_id"])
    assert "log in again" in problem(alice.refreshes(marketplace), 409)["detail"]
    assert alice.connection(marketplace)["settings"] == before["settings"]
    alice.disconnects(marketplace)
    problem(alice.refreshes(marketplace), 409)


def test_vinted_has_nothing_to_choose_but_how_prices_are_made(alice: Any) -> None:
    connection = alice.connection("vinted")
    assert (connection["settings"], connection["read_at"]) == ({}, None)
    assert connection["choices"] == {"pricing": {"required": False, "values": []}}
    problem(alice.chooses("vinted", package_size_id=1), 409)
    problem(alice.refreshes("vinted"), 409)
