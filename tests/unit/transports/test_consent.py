"""The page a seller is sent to, the code that comes back, and whose account it is."""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stoflow.domain.call import Reply
from stoflow.domain.errors import APIConnectionError, ConsentRefused
from stoflow.marketplaces.ebay.profile import ebay_profile
from stoflow.marketplaces.etsy.profile import etsy_profile
from stoflow.marketplaces.registry import build_registry, direct_profiles
from stoflow.settings import load
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.consent import (
    ALL_ACTIONS,
    OF_ACCOUNT,
    ConsentFlow,
    Identity,
    consent_url,
    exchange_code,
    identify,
)
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile
from stoflow.transports.direct.tokens import ConsentEnded, Tokens

# The example of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def ebay(url: str = "https://api.ebay.com") -> DirectProfile:
    return ebay_profile(url, client_id="app", client_secret="secret", redirect_uri="Our-RuName")


def etsy(url: str = "https://api.etsy.com") -> DirectProfile:
    return etsy_profile(url, client_id="key", shared_secret="shared", redirect_uri="https://us.example/back?a=1")


def flow_tokens(profile: DirectProfile) -> RefreshFlow:
    assert isinstance(profile.grant, RefreshFlow)
    return profile.grant


def flow_of(profile: DirectProfile) -> ConsentFlow:
    assert profile.consent is not None
    return profile.consent


def page_of(profile: DirectProfile) -> tuple[str, dict[str, list[str]]]:
    url = consent_url(flow_of(profile), flow_tokens(profile).client_id, state="7.st", verifier=VERIFIER)
    assert "+" not in url  # a space is %20, as both marketplaces write it
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", parse_qs(parts.query)


def test_ebay_asks_on_a_host_of_its_own_by_the_runame() -> None:
    page, query = page_of(ebay())
    assert page == "https://auth.ebay.com/oauth2/authorize"
    assert (query["client_id"], query["redirect_uri"], query["state"]) == (["app"], ["Our-RuName"], ["7.st"])
    asked = query["scope"][0].split()
    assert {scope.removeprefix("https://api.ebay.com/oauth/api_scope/") for scope in asked} == {
        "commerce.identity.readonly",
        "sell.account.readonly",
        "sell.inventory",
        "sell.fulfillment.readonly",
    }
    assert len(asked) == len(set(asked))


def test_etsy_asks_with_the_challenge_and_keeps_the_verifier_here() -> None:
    page, query = page_of(etsy())
    assert page == "https://www.etsy.com/oauth/connect"
    assert (query["code_challenge"], query["code_challenge_method"]) == ([CHALLENGE], ["S256"])
    assert query["redirect_uri"] == ["https://us.example/back?a=1"]
    assert VERIFIER not in str(query)


@pytest.mark.parametrize(
    ("profile", "page"),
    [
        (ebay("https://api.sandbox.ebay.com"), "https://auth.sandbox.ebay.com/oauth2/authorize"),
        (ebay("http://127.0.0.1:9/ebay"), "http://127.0.0.1:9/ebay/oauth2/authorize"),
        (etsy("https://openapi.etsy.com/"), "https://www.etsy.com/oauth/connect"),
        (etsy("http://127.0.0.1:9/etsy"), "http://127.0.0.1:9/etsy/oauth/connect"),
    ],
)
def test_the_page_belongs_to_the_base_url(profile: DirectProfile, page: str) -> None:
    assert page_of(profile)[0] == page


def test_the_page_s_host_can_be_set() -> None:
    settings = load(
        env_file=None, ebay_consent_base_url="https://e.example/", etsy_consent_base_url="https://y.example"
    )
    profiles = direct_profiles(build_registry(entry_points=False), settings)
    assert [page_of(profile)[0] for profile in profiles] == [
        "https://e.example/oauth2/authorize",
        "https://y.example/oauth/connect",
    ]


def test_what_is_not_set_is_named() -> None:
    settings = load(env_file=None, ebay_client_id="app", etsy_redirect_uri="https://us.example")
    profiles = direct_profiles(build_registry(entry_points=False), settings)
    assert [flow_of(profile).unset for profile in profiles] == [
        ("STOFLOW_EBAY_CLIENT_SECRET", "STOFLOW_EBAY_REDIRECT_URI"),
        ("STOFLOW_ETSY_CLIENT_ID", "STOFLOW_ETSY_SHARED_SECRET"),
    ]


def test_every_action_of_a_marketplace_says_which_scopes_it_needs() -> None:
    registry = build_registry(entry_points=False)
    for profile in direct_profiles(registry, load(env_file=None)):
        actions = {action.code for action in registry.marketplace(profile.name).actions}
        assert set(flow_of(profile).scopes) == {ALL_ACTIONS, OF_ACCOUNT, *actions}
        assert all(flow_of(profile).scopes.values())


def test_ebay_takes_the_code_with_basic_authentication(server: Any, client: DirectClient, answering: Any) -> None:
    given = {"access_token": "a1", "expires_in": 7200, "refresh_token": "r1", "refresh_token_expires_in": 47304000}
    server.answer = answering(200, json.dumps(given).encode())
    profile = ebay(server.url)
    tokens = exchange_code(client, flow_tokens(profile), flow_of(profile), code="v^1.1#i+", verifier=VERIFIER)
    assert tokens == Tokens("a1", "r1", 7200.0, 47304000.0)
    assert b"Basic " + b64encode(b"app:secret") in server.requests[0]
    assert server.requests[0].endswith(b"grant_type=authorization_code&code=v%5E1.1%23i%2B&redirect_uri=Our-RuName")


def test_etsy_takes_the_code_with_its_verifier_and_its_key(server: Any, client: DirectClient, answering: Any) -> None:
    server.answer = answering(200, b'{"access_token": "9.a1", "expires_in": 3600, "refresh_token": "9.r1"}')
    profile = etsy(server.url)
    tokens = exchange_code(client, flow_tokens(profile), flow_of(profile), code="c", verifier=VERIFIER)
    assert (tokens.refresh, tokens.refresh_expires_in_s) == ("9.r1", 90 * 24 * 3600.0)
    assert b"x-api-key: key:shared\r\n" in server.requests[0]
    body = parse_qs(server.requests[0].rpartition(b"\r\n\r\n")[2].decode())
    assert body == {
        "grant_type": ["authorization_code"],
        "client_id": ["key"],
        "redirect_uri": ["https://us.example/back?a=1"],
        "code": ["c"],
        "code_verifier": [VERIFIER],
    }


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b'{"error": "invalid_grant", "error_description": "spent"}', ConsentEnded),
        (401, b'{"error": "invalid_client", "error_description": "client authentication failed"}', APIConnectionError),
        (500, b"", APIConnectionError),
        (200, b'{"access_token": "a1", "expires_in": 7200}', APIConnectionError),
    ],
)
def test_a_code_that_brings_no_lasting_tokens_is_an_error(
    server: Any, client: DirectClient, answering: Any, status: int, body: bytes, error: type[Exception]
) -> None:
    server.answer, profile = answering(status, body), ebay(server.url)
    with pytest.raises(error):
        exchange_code(client, flow_tokens(profile), flow_of(profile), code="c", verifier="")


def test_whose_account_it_is_is_read_from_the_answer() -> None:
    account = Reply(200, body={"userId": "u-1", "username": "changes"})
    assert flow_of(ebay()).identity_in("a", account) == Identity("u-1")
    shop = Reply(200, body={"user_id": 9, "shop_id": 55})
    assert flow_of(etsy()).identity_in("9.abc", shop) == Identity("55", {"user_id": 9, "shop_id": 55})


@pytest.mark.parametrize("body", [None, [], {}, {"userId": ""}, {"userId": 5}, {"shop_id": None}, {"shop_id": True}])
def test_an_answer_that_names_nobody_ends_the_consent(
    server: Any, client: DirectClient, answering: Any, body: Any
) -> None:
    server.answer = answering(200, json.dumps(body).encode())
    for profile, access in ((ebay(), "a"), (etsy(), "9.a")):
        with pytest.raises(ConsentRefused, match="names nobody who sells there"):
            identify(client, flow_of(profile), access, base_url=server.url, headers=profile.headers(access))


def test_no_answer_is_no_word_about_the_consent(server: Any, client: DirectClient, answering: Any) -> None:
    server.answer, profile = answering(503, b""), ebay(server.url)
    with pytest.raises(APIConnectionError, match="503"):
        identify(client, flow_of(profile), "a", base_url=server.url, headers=profile.headers("a"))


def test_ebay_tells_whose_account_it_is_on_a_host_of_its_own() -> None:
    path = flow_of(ebay()).identity_path
    assert ebay().base_url_of(path) == "https://apiz.ebay.com"
    assert ebay("http://127.0.0.1:9/ebay").base_url_of(path) == "http://127.0.0.1:9/ebay"
