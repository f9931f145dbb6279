"""Each fault does to the client, and to the shop, what its name says."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.ledger import read_ledger
from stoflow_sandbox.server import SandboxServer


def publish(ebay: Any, offer: str, **more: Any) -> httpx.Response:
    return ebay.inventory("POST", f"/offer/{offer}/publish", **more)


def status_of(ebay: Any, offer: str) -> str:
    return ebay.inventory("GET", f"/offer/{offer}").json()["status"]


def wait_for(ebay: Any, operation: str) -> dict[str, Any]:
    """Follow the ledger until the operation is in it; the server answers each look."""
    for _ in range(2000):
        found = [entry for entry in ebay.ledger() if entry["operation"] == operation]
        if found:
            return found[-1]
    raise AssertionError(f"no {operation} in the ledger")


def test_a_429_says_when_and_does_nothing(ebay: Any) -> None:
    offer = ebay.make_offer()
    ebay.script("offer.publish", "429")
    refused = publish(ebay, offer)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json()["errors"][0]["errorId"] == 2001
    assert status_of(ebay, offer) == "UNPUBLISHED"


@pytest.mark.parametrize(("fault", "status"), [("5xx_before", "UNPUBLISHED"), ("5xx_after", "PUBLISHED")])
def test_a_500_before_and_after_the_work_looks_the_same(ebay: Any, fault: str, status: str) -> None:
    offer = ebay.make_offer()
    ebay.script("offer.publish", fault)
    broken = publish(ebay, offer)
    assert (broken.status_code, broken.json()["errors"][0]["errorId"]) == (500, 25001)
    assert status_of(ebay, offer) == status


def test_a_lost_answer_closes_the_connection_after_the_work(ebay: Any) -> None:
    offer = ebay.make_offer()
    ebay.script("offer.publish", "lost")
    with pytest.raises(httpx.RemoteProtocolError):
        publish(ebay, offer)
    assert status_of(ebay, offer) == "PUBLISHED"
    entry = wait_for(ebay, "offer.publish")
    assert (entry["fault"], entry["answered_at"]) == ("lost", None)
    assert entry["committed_at"] is not None


def test_late_work_is_done_when_the_client_has_given_up(ebay: Any) -> None:
    offer = ebay.make_offer()
    ebay.script("offer.publish", "late")
    with pytest.raises(httpx.ReadTimeout):
        publish(ebay, offer, timeout=0.05)
    assert not [entry for entry in ebay.ledger() if entry["operation"] == "offer.publish"]
    entry = wait_for(ebay, "offer.publish")
    assert (entry["fault"], entry["answered_at"], entry["state"]) == ("late", None, "PUBLISHED")
    assert entry["committed_at"] > entry["time"] + 0.05
    assert status_of(ebay, offer) == "PUBLISHED"


def test_a_patient_client_of_late_work_is_dropped(ebay: Any) -> None:
    offer = ebay.make_offer()
    ebay.script("offer.publish", "late")
    with pytest.raises(httpx.RemoteProtocolError):
        publish(ebay, offer, timeout=60)
    assert wait_for(ebay, "offer.publish")["state"] == "PUBLISHED"


def test_a_script_can_be_forgotten(ebay: Any) -> None:
    ebay.script("location.list", "429")
    assert ebay.http.delete("/control/script").status_code == 204
    assert ebay.inventory("GET", "/location").status_code == 200


def test_one_sellers_script_can_be_forgotten(ebay: Any) -> None:
    ebay.script("location.list", "429", seller=ebay.made["external_id"])
    assert ebay.http.delete("/control/script", params={"seller": "somebody-else"}).status_code == 204
    assert ebay.inventory("GET", "/location").status_code == 429
    ebay.script("location.list", "429", seller=ebay.made["external_id"])
    assert ebay.http.delete("/control/script", params={"seller": ebay.made["external_id"]}).status_code == 204
    assert ebay.inventory("GET", "/location").status_code == 200


def test_a_slow_answer_comes(ebay: Any) -> None:
    offer = ebay.make_offer()
    ebay.script("offer.publish", "slow")
    assert publish(ebay, offer).status_code == 200
    entry = wait_for(ebay, "offer.publish")
    assert entry["answered_at"] - entry["time"] >= 0.5 / 20


def test_a_revoked_seller_needs_a_new_consent(ebay: Any) -> None:
    offer = ebay.make_offer()
    ebay.script("offer.publish", "revoked")
    assert publish(ebay, offer).status_code == 401
    assert ebay.inventory("GET", f"/offer/{offer}").status_code == 401
    granted = ebay.http.post(f"/control/sellers/ebay/{ebay.made['external_id']}/grant").json()
    ebay.headers["authorization"] = f"Bearer {granted['access_token']}"
    assert publish(ebay, offer).status_code == 200


def test_an_expired_token_is_refreshed_not_reconsented(etsy: Any) -> None:
    etsy.script("user.get", "expired")
    refused = etsy.call("GET", "/users/me")
    assert refused.json() == {"error": "invalid_token", "error_description": "access token is expired"}
    form = {"grant_type": "refresh_token", "client_id": "stoflow-sandbox", "refresh_token": etsy.made["refresh_token"]}
    access = etsy.http.post("/etsy/v3/public/oauth/token", data=form).json()["access_token"]
    assert etsy.call("GET", "/users/me", headers={"authorization": f"Bearer {access}"}).status_code == 200


def test_a_lost_answer_to_a_rotating_refresh_costs_the_consent(etsy: Any) -> None:
    form = {"grant_type": "refresh_token", "client_id": "stoflow-sandbox", "refresh_token": etsy.made["refresh_token"]}
    etsy.script("token.refresh", "lost")
    with pytest.raises(httpx.RemoteProtocolError):
        etsy.http.post("/etsy/v3/public/oauth/token", data=form)
    assert etsy.http.post("/etsy/v3/public/oauth/token", data=form).json()["error"] == "invalid_grant"
    refreshes = [entry for entry in etsy.ledger() if entry["operation"] == "token.refresh"]
    assert [(entry["seller"], entry["state"]) for entry in refreshes] == [
        (etsy.made["external_id"], "rotated"),
        ("", ""),
    ]


def test_no_rate_of_faults_meets_a_rotating_refresh(etsy: Any) -> None:
    etsy.http.post("/control/faults", json={"rate": 1, "seed": 1})
    refresh = etsy.made["refresh_token"]
    for _ in range(10):
        form = {"grant_type": "refresh_token", "client_id": "stoflow-sandbox", "refresh_token": refresh}
        refresh = etsy.http.post("/etsy/v3/public/oauth/token", data=form).json()["refresh_token"]


def test_a_script_counts_only_its_own_sellers_calls(ebay: Any) -> None:
    stranger = type(ebay)(ebay.http, tenant=8)
    ebay.script("location.list", "429", seller=ebay.made["external_id"], nth=2, count=2)
    assert stranger.inventory("GET", "/location").status_code == 200
    statuses = [ebay.inventory("GET", "/location").status_code for _ in range(4)]
    assert statuses == [200, 429, 429, 200]
    assert stranger.inventory("GET", "/location").status_code == 200


def test_a_script_can_tell_activation_from_other_updates(etsy: Any) -> None:
    listing = etsy.make_draft()
    etsy.script("listing.activate", "5xx_before")
    path = f"{etsy.shop}/listings/{listing}"
    assert etsy.call("PATCH", path, data={"title": "Autre"}).status_code == 200
    assert etsy.call("PATCH", path, data={"state": "active"}).status_code == 500


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control/faults", {"rate": 2}),
        ("/control/faults", {"rate": "all"}),
        ("/control/faults", []),
        ("/control/script", {}),
        ("/control/script", [{"marketplace": "ebay"}]),
        ("/control/script", [{"marketplace": "amazon", "operation": "offer.create", "fault": "429"}]),
        ("/control/script", [{"marketplace": "ebay", "operation": "nothing", "fault": "429"}]),
        ("/control/script", [{"marketplace": "ebay", "operation": "listing.activate", "fault": "429"}]),
        ("/control/script", [{"marketplace": "ebay", "operation": "offer.create", "fault": "boredom"}]),
        ("/control/sellers", {"marketplace": "amazon"}),
        ("/control/sellers", {"marketplace": "ebay", "tenant": "seven"}),
        ("/control/sellers", {"marketplace": "ebay", "settings": {"marketplace_id": "EBAY_MARS"}}),
    ],
)
def test_a_wrong_lever_is_explained(http: httpx.Client, path: str, body: Any) -> None:
    refused = http.post(path, json=body)
    assert refused.status_code == 422
    assert refused.json()["detail"].endswith(".")


def test_unknown_sellers_are_not_found(http: httpx.Client) -> None:
    assert http.post("/control/sellers/ebay/nobody/grant").status_code == 404
    assert http.get("/control/sessions/99").status_code == 404
    assert http.get("/control/ledger?since=x").status_code == 422


def test_faults_by_rate_meet_every_marketplace_and_never_the_levers(ebay: Any) -> None:
    offer = ebay.make_offer()
    ebay.http.post("/control/faults", json={"rate": 1, "seed": 3})
    seen: set[str] = set()
    for _ in range(30):
        try:
            ebay.inventory("GET", f"/offer/{offer}", timeout=0.3)
        except httpx.TransportError as error:
            seen.add(type(error).__name__)
    ebay.http.post("/control/faults", json={"rate": 0})
    faults = {entry["fault"] for entry in ebay.ledger()} - {""}
    assert {"429", "5xx_before", "5xx_after", "lost", "slow"} <= faults
    assert "RemoteProtocolError" in seen


def test_the_ledger_on_disk_is_the_one_that_is_shown_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "ledger.ndjson"
    for _ in range(2):
        with SandboxServer(SandboxOptions(ledger_file=file)) as server, httpx.Client(base_url=server.url) as http:
            made = http.post("/control/sellers", json={"marketplace": "ebay", "tenant": 1}).json()
            headers = {"authorization": f"Bearer {made['access_token']}", "x-stoflow-attempt": "1:2:3"}
            http.get("/ebay/sell/inventory/v1/location", headers=headers)
            shown = [json.loads(line) for line in http.get("/control/ledger").text.splitlines()]
            assert [entry["attempt"] for entry in shown] == ["1:2:3"]
            assert made["access_token"] not in file.read_text()
    entries = read_ledger(file)
    assert [(entry.seq, entry.operation, entry.tenant) for entry in entries] == [
        (1, "location.list", 1),
        (2, "location.list", 1),
    ]


def test_a_server_starts_and_stops_twice_without_complaint() -> None:
    server = SandboxServer()
    server.start()
    server.start()
    server.stop()
    server.stop()
