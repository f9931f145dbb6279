"""Sellers who enter a key and a secret: checked, shown to the marketplace, kept sealed, and entered again."""

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from stoflow.settings import Settings
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.server import SandboxServer
from tests.harness.installing import installed

SPEED = 40.0
WRONG = "0" * 64


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with installed("kiosque"), SandboxServer(SandboxOptions(speed=SPEED, latency_ms=(0.0, 0.0))) as server:
        yield server


@pytest.fixture
def given(settings: Settings, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("STOFLOW_KIOSQUE_BASE_URL", f"{sandbox.url}/kiosque")
    return settings.model_copy(update={"speed": SPEED})


def enter(seller: Any, marketplace: str = "kiosque", **credentials: Any) -> httpx.Response:
    return seller.page.put(f"/api/{marketplace}/connection", json={"credentials": credentials})


def stored(platform: Any, seller: Any) -> list[dict[str, Any]]:
    return platform.sql(seller.tenant, "SELECT external_id, state, secret, settings FROM {s}.connections")


@pytest.fixture
def account(platform: Any, alice: Any) -> dict[str, Any]:
    return platform.account("kiosque", alice.tenant)


def test_a_connection_says_what_is_to_be_entered(alice: Any) -> None:
    shown = alice.connection("kiosque")
    assert (shown["connected"], shown["state"]) == (False, "disconnected")
    assert [field["name"] for field in shown["credentials"]] == ["key", "secret"]
    assert "My stand" in shown["credentials"][0]["wants"]
    assert alice.connection("etsy")["credentials"] == []


def test_what_a_seller_enters_connects_and_is_kept_sealed(
    alice: Any, platform: Any, account: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = enter(alice, **account["credentials"])
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["external_id"]) == ("connected", account["external_id"])
    (row,) = stored(platform, alice)
    secret = account["credentials"]["secret"]
    assert all(secret not in text for text in (answer.text, str(row), caplog.text, str(alice.connection("kiosque"))))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"secret": None}, "credentials.secret", "is missing: the secret, 64 characters"),
        ({"secret": " "}, "credentials.secret", "is missing"),
        ({"key": "my key"}, "credentials.key", "does not look right: the public key, KQ and digits"),
        ({"secret": "é" * 64}, "credentials.secret", "a character"),
        ({"pin": "1234"}, "credentials.pin", "is not asked for: give key, secret."),
    ],
)
def test_a_field_that_cannot_be_is_named_with_what_the_marketplace_wants(
    alice: Any, platform: Any, account: dict[str, Any], change: dict[str, Any], field: str, words: str
) -> None:
    entered = {name: value for name, value in {**account["credentials"], **change}.items() if value is not None}
    answer = enter(alice, **entered)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], words in error["message"]) == (field, True), error
    assert account["credentials"]["secret"] not in answer.text
    assert (platform.calls("stand.get"), stored(platform, alice)) == (0, [])


@pytest.mark.parametrize("body", [{}, {"credentials": {}}, {"credentials": {"key": 5, "secret": None}}, {"key": "KQ1"}])
def test_a_body_of_another_shape_is_a_422_and_never_repeats_what_it_held(alice: Any, body: dict[str, Any]) -> None:
    answer = alice.page.put("/api/kiosque/connection", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_what_the_marketplace_refuses_is_told_in_its_words_and_what_was_there_stays(
    alice: Any, platform: Any, account: dict[str, Any]
) -> None:
    assert enter(alice, **account["credentials"]).status_code == 200
    before = stored(platform, alice)
    answer = enter(alice, key=account["credentials"]["key"], secret=WRONG)
    assert answer.status_code == 422
    assert "kiosque does not accept them: This key or signature is not good" in answer.json()["detail"]
    assert [error["field"] for error in answer.json()["errors"]] == ["credentials"]
    assert WRONG not in answer.text
    assert stored(platform, alice) == before


@pytest.mark.parametrize("fault", ["429", "5xx_before", "lost"])
def test_a_marketplace_that_does_not_answer_changes_nothing(
    alice: Any, platform: Any, account: dict[str, Any], fault: str
) -> None:
    platform.let(fault, marketplace="kiosque", operation="stand.get")
    answer = enter(alice, **account["credentials"])
    assert (answer.status_code, stored(platform, alice)) == (502, [])
    assert "Nothing was changed" in answer.json()["detail"]
    assert enter(alice, **account["credentials"]).status_code == 200


def test_another_accounts_credentials_are_a_conflict(alice: Any, platform: Any, account: dict[str, Any]) -> None:
    assert enter(alice, **account["credentials"]).status_code == 200
    other = platform.account("kiosque", alice.tenant)
    answer = enter(alice, **other["credentials"])
    assert (answer.status_code, "another account" in answer.json()["detail"]) == (409, True)
    assert alice.disconnects("kiosque").json()["state"] == "disconnected"
    assert enter(alice, **other["credentials"]).json()["external_id"] == other["external_id"]


@pytest.mark.parametrize(("marketplace", "how"), [("etsy", "/api/etsy/oauth/authorize"), ("vinted", "own browser")])
def test_nothing_is_entered_where_a_seller_connects_otherwise(alice: Any, marketplace: str, how: str) -> None:
    answer = enter(alice, marketplace, key="KQ1", secret=WRONG)
    assert (answer.status_code, how in answer.json()["detail"]) == (409, True)


def test_nobody_consents_where_credentials_are_entered(alice: Any) -> None:
    answer = alice.page.get("/api/kiosque/oauth/authorize")
    assert (answer.status_code, "PUT /api/kiosque/connection" in answer.json()["detail"]) == (409, True)


def test_a_job_whose_key_was_withdrawn_waits_and_is_done_when_another_is_entered(
    alice: Any, platform: Any, engine: Any, account: dict[str, Any]
) -> None:
    enter(alice, **account["credentials"])
    platform.revoke("kiosque", account["external_id"])
    job = alice.publishes(engine.product(alice), "kiosque")
    waiting = engine.until(alice, job, lambda seen: seen["waiting"].startswith("reconnect"))
    assert [task["failures"] for task in waiting["tasks"]] == [0] * len(waiting["tasks"])
    assert (waiting["hold"]["kind"], waiting["hold"]["release"]) == ("seller_must_act", "seller")
    assert alice.connection("kiosque")["state"] == "needs_seller"

    granted = f"{platform.sandbox.url}/control/sellers/kiosque/{account['external_id']}/grant"
    anew = httpx.post(granted).json()["credentials"]
    assert anew != account["credentials"]
    assert enter(alice, **anew).status_code == 200
    assert engine.when_final(alice, job)["status"] == "completed"


def test_a_closed_stand_is_told_as_such_outlives_new_credentials_and_ends_when_it_is_open(
    alice: Any, platform: Any, engine: Any, account: dict[str, Any]
) -> None:
    enter(alice, **account["credentials"])
    closed = next(market for market in platform.sandbox.sandbox.markets if market.name == "kiosque").closed
    closed.add(account["external_id"])
    job = alice.publishes(engine.product(alice), "kiosque")
    waiting = engine.until(alice, job, lambda seen: (seen["hold"] or {}).get("kind") == "account_locked")
    assert "https://kiosque.example/my-stand/open" in waiting["waiting"]
    assert "reconnect" not in waiting["waiting"]

    entered = enter(alice, **account["credentials"]).json()
    assert (entered["connected"], entered["state"], entered["reason"]) == (False, "locked", "Your stand is closed.")
    assert entered["lock"] == {"until": None, "address": "https://kiosque.example/my-stand/open"}

    closed.clear()
    assert alice.page.post("/api/kiosque/connection/refresh").json()["state"] == "connected"
    assert engine.when_final(alice, job)["status"] == "completed"
    assert alice.connection("kiosque")["lock"] is None
