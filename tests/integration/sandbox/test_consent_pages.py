"""The simulated marketplaces ask for consent and give tokens for it as the real ones do, also to a wrong client."""

import base64
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

BASIC = {"authorization": "Basic " + base64.b64encode(b"stoflow-sandbox:stoflow-sandbox-secret").decode()}
RU_NAME = "StoFlow-StoFlow-sandbox"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ADDRESS = "https://platform.example/connected"
EBAY = {
    "client_id": "stoflow-sandbox",
    "redirect_uri": RU_NAME,
    "response_type": "code",
    "scope": "https://api.ebay.com/oauth/api_scope/sell.inventory",
    "state": "st",
}
ETSY = {
    "client_id": "stoflow-sandbox",
    "redirect_uri": ADDRESS,
    "response_type": "code",
    "scope": "listings_r shops_r",
    "state": "st",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
PAGES = {"ebay": ("/ebay/oauth2/authorize", EBAY), "etsy": ("/etsy/oauth/connect", ETSY)}


def returned(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def page(http: httpx.Client, marketplace: str, **changes: str) -> httpx.Response:
    path, query = PAGES[marketplace]
    return http.get(path, params={**query, **changes})


def ebay_tokens(http: httpx.Client, code: str, headers: dict[str, str] = BASIC, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": RU_NAME, **changes}
    return http.post("/ebay/identity/v1/oauth2/token", data=form, headers=headers)


def etsy_tokens(http: httpx.Client, code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "client_id": "stoflow-sandbox", "redirect_uri": ADDRESS}
    form |= {"code": code, "code_verifier": VERIFIER, **changes}
    return http.post("/etsy/v3/public/oauth/token", data=form)


def test_ebay_gives_tokens_for_a_code_once(http: httpx.Client, ebay: Any) -> None:
    sent = page(http, "ebay", allow=ebay.made["external_id"])
    assert sent.headers["location"].startswith("http://127.0.0.1:8000/api/ebay/oauth/callback?")
    assert (returned(sent)["state"], returned(sent)["expires_in"]) == ("st", "299")
    given = ebay_tokens(http, returned(sent)["code"])
    body = given.json()
    assert (given.status_code, body["expires_in"], body["refresh_token_expires_in"]) == (200, 7200, 47304000)
    assert body["token_type"] == "User Access Token"
    ebay.headers["authorization"] = f"Bearer {body['access_token']}"
    assert ebay.call("GET", "/commerce/identity/v1/user/").json()["userId"] == ebay.made["external_id"]
    again = ebay_tokens(http, returned(sent)["code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_etsy_gives_tokens_for_a_code_once(http: httpx.Client, etsy: Any) -> None:
    code = returned(page(http, "etsy", allow=etsy.made["external_id"]))["code"]
    given = etsy_tokens(http, code)
    assert (given.status_code, given.json()["expires_in"], given.json()["token_type"]) == (200, 3600, "Bearer")
    assert given.json()["access_token"].partition(".")[0] == str(etsy.settings["user_id"])
    etsy.headers["authorization"] = f"Bearer {given.json()['access_token']}"
    assert etsy.call("GET", "/users/me").json()["shop_id"] == etsy.settings["shop_id"]
    assert etsy_tokens(http, code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": f"{ADDRESS}/"},
        {"code": "guess"},
    ],
)
def test_etsy_gives_nothing_for_the_wrong_proof(http: httpx.Client, etsy: Any, changes: dict[str, str]) -> None:
    code = returned(page(http, "etsy", allow=etsy.made["external_id"]))["code"]
    refused = etsy_tokens(http, code, **changes) if "code" not in changes else etsy_tokens(http, changes["code"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_a_verifier_that_is_too_short_is_refused_though_it_fits(http: httpx.Client, etsy: Any) -> None:
    short = base64.urlsafe_b64encode(sha256(b"short").digest()).rstrip(b"=").decode()
    code = returned(page(http, "etsy", allow=etsy.made["external_id"], code_challenge=short))["code"]
    assert etsy_tokens(http, code, code_verifier="short").json()["error"] == "invalid_grant"


def test_the_token_endpoints_know_their_client(http: httpx.Client, ebay: Any, etsy: Any) -> None:
    code = returned(page(http, "ebay", allow=ebay.made["external_id"]))["code"]
    nobody = ebay_tokens(http, code, headers={})
    assert (nobody.status_code, nobody.json()["error"]) == (401, "invalid_client")
    assert ebay_tokens(http, code, redirect_uri=ADDRESS).json()["error"] == "invalid_grant"
    code = returned(page(http, "etsy", allow=etsy.made["external_id"]))["code"]
    stranger = etsy_tokens(http, code, client_id="somebody")
    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_client")
    assert etsy_tokens(http, code).status_code == 200


@pytest.mark.parametrize(
    ("marketplace", "changes"),
    [
        ("ebay", {"client_id": "somebody"}),
        ("ebay", {"redirect_uri": ADDRESS}),
        ("etsy", {"client_id": "somebody"}),
        ("etsy", {"redirect_uri": "javascript:alert(1)"}),
    ],
)
def test_a_page_for_a_stranger_sends_nobody_anywhere(
    http: httpx.Client, marketplace: str, changes: dict[str, str]
) -> None:
    answer = page(http, marketplace, **changes)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("marketplace", "changes", "error"),
    [
        ("ebay", {"scope": ""}, "invalid_scope"),
        ("ebay", {"scope": "listings_r"}, "invalid_scope"),
        ("ebay", {"response_type": "token"}, "unsupported_response_type"),
        ("etsy", {"scope": "everything"}, "invalid_scope"),
        ("etsy", {"code_challenge": ""}, "invalid_request"),
        ("etsy", {"code_challenge_method": "plain"}, "invalid_request"),
        ("etsy", {"response_type": "token"}, "unsupported_response_type"),
        ("ebay", {"deny": "1"}, "access_denied"),
        ("etsy", {"deny": "1"}, "access_denied"),
    ],
)
def test_a_wrong_question_comes_back_as_an_error_with_its_state(
    http: httpx.Client, marketplace: str, changes: dict[str, str], error: str
) -> None:
    sent = returned(page(http, marketplace, **changes))
    assert (sent["error"], sent["state"]) == (error, "st")
    assert "code" not in sent


def test_what_was_given_is_seen_in_the_ledger_by_a_name_of_its_own(http: httpx.Client, etsy: Any) -> None:
    etsy_tokens(http, returned(page(http, "etsy", allow=etsy.made["external_id"]))["code"])
    asked, exchanged = etsy.ledger()[-2:]
    assert (asked["operation"], asked["state"], asked["tenant"]) == ("consent.page", "allowed", 7)
    assert (exchanged["operation"], exchanged["state"], exchanged["tenant"]) == ("token.exchange", "granted", 7)
