"""A seller's token on every call, and a new one where the old one was refused."""

import json
import socket
from base64 import b64encode
from typing import Any

import pytest

from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import APIConnectionError
from stoflow.domain.ids import TenantId
from stoflow.marketplaces.ebay.profile import ebay_profile
from stoflow.marketplaces.etsy.profile import etsy_profile
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.grants import renew
from stoflow.transports.direct.oauth import RefreshFlow, refresh
from stoflow.transports.direct.profile import DirectProfile, bearer
from stoflow.transports.direct.tokens import ConsentEnded, Tokens
from stoflow.transports.direct.transport import DirectTransport

AMPLE_S = 10.0


class ListedTokens:
    """Gives the next token each time one was refused; after the last the consent has ended."""

    def __init__(self, *tokens: str) -> None:
        self.left = list(tokens)
        self.refused: list[str] = []

    def access(self, tenant: TenantId, marketplace: str, account: str, *, deadline_s: float) -> str:
        if not self.left:
            raise ConsentEnded("The seller must reconnect.")
        return self.left[0]

    def instead_of(self, refused: str, tenant: TenantId, marketplace: str, account: str, *, deadline_s: float) -> str:
        self.refused.append(self.left.pop(0))
        return self.access(tenant, marketplace, account, deadline_s=deadline_s)


def accept_only(token: str) -> Any:
    def answer(connection: socket.socket, request: bytes) -> None:
        status = b"200" if f"Bearer {token}".encode() in request else b"401"
        connection.sendall(b"HTTP/1.1 " + status + b" X\r\nContent-Length: 2\r\n\r\n{}")

    return answer


def send(client: DirectClient, url: str, tokens: ListedTokens, attempt: str = "") -> Reply:
    fourth = DirectProfile("depop", url, bearer, RefreshFlow(url, "/token", "app"))
    transport = DirectTransport([fourth], tokens, client)
    return transport.send(
        Request("GET", "/item"),
        tenant=TenantId(7),
        marketplace="depop",
        account="shop-1",
        deadline_s=AMPLE_S,
        attempt=attempt,
    )


def test_a_marketplace_nobody_wrote_code_for_is_called_by_its_profile(server: Any, client: DirectClient) -> None:
    assert send(client, server.url, ListedTokens("a"), attempt="7.42.create.1").status == 200
    assert b"authorization: Bearer a\r\n" in server.requests[0]
    assert b"x-stoflow-attempt: 7.42.create.1\r\n" in server.requests[0]


def test_a_refused_token_is_replaced_and_the_call_made_once_more(server: Any, client: DirectClient) -> None:
    server.answer, tokens = accept_only("new"), ListedTokens("old", "new")
    assert send(client, server.url, tokens).status == 200
    assert (tokens.refused, len(server.requests)) == (["old"], 2)


def test_a_second_refusal_is_the_reply(server: Any, client: DirectClient) -> None:
    server.answer, tokens = accept_only("none of them"), ListedTokens("old", "new", "newer")
    assert send(client, server.url, tokens).status == 401
    assert (tokens.refused, len(server.requests)) == (["old"], 2)


def test_where_the_consent_has_ended_the_reply_is_a_401_and_nothing_leaves(server: Any, client: DirectClient) -> None:
    reply = send(client, server.url, ListedTokens())
    assert (reply.status, reply.text) == (401, "The seller must reconnect.")
    assert server.requests == []


def test_ebay_images_go_to_their_own_host_except_in_a_sandbox_of_ours() -> None:
    real = ebay_profile("https://api.ebay.com", client_id="app", client_secret="s")
    ours = ebay_profile("http://127.0.0.1:9000/ebay", client_id="app", client_secret="s")
    assert real.base_url_of("/commerce/media/v1_beta/image") == "https://apim.ebay.com"
    assert real.base_url_of("/sell/inventory/v1/offer") == "https://api.ebay.com"
    assert ours.base_url_of("/commerce/media/v1_beta/image") == "http://127.0.0.1:9000/ebay"


def test_ebay_refreshes_with_basic_authentication_and_keeps_its_refresh_token(
    server: Any, client: DirectClient, answering: Any
) -> None:
    server.answer = answering(200, b'{"access_token": "a2", "expires_in": 7200, "token_type": "User Access Token"}')
    profile = ebay_profile(server.url, client_id="app", client_secret="secret")
    assert profile.grant
    tokens = renew(client, profile.grant, "r1")
    assert tokens == Tokens("a2", "r1", 7200.0)
    assert b"Basic " + b64encode(b"app:secret") in server.requests[0]
    assert server.requests[0].startswith(b"POST /identity/v1/oauth2/token ")
    assert server.requests[0].endswith(b"grant_type=refresh_token&refresh_token=r1")


def test_etsy_refreshes_without_a_secret_in_the_body_and_takes_the_new_refresh_token(
    server: Any, client: DirectClient, answering: Any
) -> None:
    given = {"access_token": "9.a2", "expires_in": 3600, "refresh_token": "9.r2", "token_type": "Bearer"}
    server.answer = answering(200, json.dumps(given).encode())
    profile = etsy_profile(server.url, client_id="key", shared_secret="shared")
    assert profile.grant
    tokens = renew(client, profile.grant, "9.r1")
    assert tokens == Tokens("9.a2", "9.r2", 3600.0, refresh_expires_in_s=90 * 24 * 3600.0)
    assert b"x-api-key: key:shared\r\n" in server.requests[0]
    assert server.requests[0].endswith(b"grant_type=refresh_token&refresh_token=9.r1&client_id=key")
    assert profile.headers("9.a2") == {"authorization": "Bearer 9.a2", "x-api-key": "key:shared"}


def test_a_refresh_token_that_is_not_taken_ends_the_consent(server: Any, client: DirectClient, answering: Any) -> None:
    server.answer = answering(400, b'{"error": "invalid_grant", "error_description": "refresh_token is revoked"}')
    with pytest.raises(ConsentEnded, match="refresh_token is revoked"):
        refresh(client, RefreshFlow(server.url, "/token", "app"), "r1")


@pytest.mark.parametrize(
    ("status", "body", "sent"),
    [
        (401, b'{"error": "invalid_client"}', False),
        (429, b"", False),
        (500, b'{"error": "Server Error"}', False),
        (200, b"<html>", True),
        (200, b'{"access_token": 1, "expires_in": 1}', True),
    ],
)
def test_a_refresh_without_tokens_says_whether_they_may_have_been_given(
    server: Any, client: DirectClient, answering: Any, status: int, body: bytes, *, sent: bool
) -> None:
    server.answer = answering(status, body)
    with pytest.raises(APIConnectionError) as raised:
        refresh(client, RefreshFlow(server.url, "/token", "app"), "r1")
    assert raised.value.sent is sent


def test_secrets_are_not_shown_by_the_values_that_hold_them() -> None:
    profile = etsy_profile("https://etsy.example", client_id="key", shared_secret="shared")
    shown = f"{Tokens('sesame', 'sesame', 1.0)} {ebay_profile('', client_id='app', client_secret='sesame')} {profile}"
    assert "sesame" not in shown
    assert "shared" not in shown
