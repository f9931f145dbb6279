"""What a signature is over is what is sent, anew for each attempt, and a grant says what it is made with."""

import json
import re
import socket
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest

from stoflow.domain.call import FilePart, Reply, Request
from stoflow.domain.errors import APIConnectionError
from stoflow.domain.ids import TenantId
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.grants import ClientCredentials, as_entered, first_tokens, packed, renew
from stoflow.transports.direct.profile import DirectProfile, bearer
from stoflow.transports.direct.signing import Credentials, OutgoingCall
from stoflow.transports.direct.tokens import ConsentEnded
from stoflow.transports.direct.transport import DirectTransport

AMPLE_S = 10.0
ENTERED = {"key": "K1", "secret": "s3cret"}


class Kept:
    """What a seller entered, each next one after another was refused."""

    def __init__(self, *entered: Credentials) -> None:
        self.left = [packed(each) for each in entered]

    def access(self, tenant: TenantId, marketplace: str, account: str, *, deadline_s: float) -> str:
        return self.left[0]

    def instead_of(self, refused: str, tenant: TenantId, marketplace: str, account: str, *, deadline_s: float) -> str:
        if len(self.left) > 1:
            self.left.pop(0)
        return self.left[0]


class Signatures:
    """A scheme that keeps what it was given."""

    def __init__(self) -> None:
        self.calls: list[OutgoingCall] = []

    def __call__(self, call: OutgoingCall, credentials: Credentials) -> Mapping[str, str]:
        self.calls.append(call)
        return {"x-signed": f"{len(self.calls)} {credentials['key']} {sha256(call.body).hexdigest()}"}


def send(server: Any, client: DirectClient, request: Request, scheme: Any, kept: Kept, **more: Any) -> Reply:
    profile = DirectProfile("stand", f"{server.url}/v1", sign=scheme, **more)
    transport = DirectTransport([profile], kept, client)
    return transport.send(request, tenant=TenantId(7), marketplace="stand", account="a", deadline_s=AMPLE_S)


REQUESTS = {
    "nothing": Request("GET", "/things", query={"q": "a b", "n": "1"}),
    "json": Request("PUT", "/things/1", json={"title": "Été", "price": "3.00"}),
    "form": Request("POST", "/things", form={"a": "1 2", "b": "é"}),
    "files": Request("POST", "/photos", files=(FilePart("photo", "1.jpg", b"\xff\xd8\x00binary"),)),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_is_signed_is_what_is_sent(server: Any, client: DirectClient, kind: str) -> None:
    scheme = Signatures()
    assert send(server, client, REQUESTS[kind], scheme, Kept(ENTERED)).status == 200
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    (call,) = scheme.calls
    method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
    assert (call.method, call.target, call.body) == (method, target, body)
    assert f"x-signed: 1 K1 {sha256(body).hexdigest()}".encode() in head
    if kind != "nothing":
        assert f"content-type: {call.headers['content-type']}".encode() in head.lower()


def refusing_first(times: int) -> Any:
    seen: list[bytes] = []

    def answer(connection: socket.socket, request: bytes) -> None:
        seen.append(request)
        status = b"401" if len(seen) <= times else b"200"
        connection.sendall(b"HTTP/1.1 " + status + b" X\r\nContent-Length: 2\r\n\r\n{}")

    return answer


def test_a_refused_call_is_signed_anew_and_made_once_more(server: Any, client: DirectClient) -> None:
    server.answer, scheme = refusing_first(1), Signatures()
    assert send(server, client, Request("GET", "/things"), scheme, Kept(ENTERED)).status == 200
    first, second = scheme.calls
    assert second.at > first.at
    signed = [re.findall(rb"x-signed: (\d)", request) for request in server.requests]
    assert signed == [[b"1"], [b"2"]]


def test_a_call_refused_twice_is_the_answer(server: Any, client: DirectClient) -> None:
    server.answer = refusing_first(9)
    assert send(server, client, Request("GET", "/things"), Signatures(), Kept(ENTERED)).status == 401
    assert len(server.requests) == 2


def test_credentials_entered_meanwhile_are_the_ones_of_the_second_try(server: Any, client: DirectClient) -> None:
    server.answer = refusing_first(1)
    entered_anew = Kept(ENTERED, {"key": "K2", "secret": "other"})
    assert send(server, client, Request("GET", "/things"), Signatures(), entered_anew).status == 200
    assert b"x-signed: 2 K2" in server.requests[1]


def test_a_marketplace_says_by_another_status_that_credentials_are_not_accepted(
    server: Any, client: DirectClient, answering: Any
) -> None:
    server.answer = answering(418, b"{}")

    def refuses(reply: Reply) -> bool:
        return reply.status == 418

    assert send(server, client, Request("GET", "/x"), Signatures(), Kept(ENTERED), refuses=refuses).status == 418
    assert len(server.requests) == 2


def grant_at(server: Any, **more: Any) -> ClientCredentials:
    return ClientCredentials(server.url, "/token", key="key", secret="secret", scope="sell", **more)


def test_a_sellers_own_key_and_secret_are_exchanged_and_presented_again_for_each_new_token(
    server: Any, client: DirectClient, answering: Any
) -> None:
    server.answer = answering(200, json.dumps({"access_token": "t1", "expires_in": 60, "refresh_token": "r"}).encode())
    first = first_tokens(client, grant_at(server), ENTERED)
    again = renew(client, grant_at(server), first.refresh)
    assert (first.access, first.access_expires_in_s, first.refresh) == ("t1", 60.0, packed(ENTERED))
    assert again == first
    assert [request.split(b"\r\n\r\n")[1] for request in server.requests] == [
        b"grant_type=client_credentials&scope=sell"
    ] * 2
    assert all(b"authorization: Basic SzE6czNjcmV0" in request for request in server.requests)


@pytest.mark.parametrize(
    ("status", "body"), [(401, b"{}"), (400, b'{"error": "invalid_client"}'), (400, b'{"error": "invalid_grant"}')]
)
def test_a_sellers_key_that_is_refused_ends_the_consent_and_says_nothing_of_the_application(
    server: Any, client: DirectClient, answering: Any, status: int, body: bytes
) -> None:
    server.answer = answering(status, body)
    with pytest.raises(ConsentEnded):
        renew(client, grant_at(server), packed(ENTERED))


def test_too_many_askings_with_a_sellers_key_are_no_refusal_of_the_application(
    server: Any, client: DirectClient, answering: Any
) -> None:
    server.answer = answering(429, b"{}")
    with pytest.raises(APIConnectionError) as told:
        renew(client, grant_at(server), packed(ENTERED))
    assert (type(told.value), told.value.sent) == (APIConnectionError, False)


def test_which_answers_end_a_consent_is_the_marketplaces_to_say(
    server: Any, client: DirectClient, answering: Any
) -> None:
    server.answer = answering(423, b'{"error": "locked"}')
    with pytest.raises(ConsentEnded):
        renew(client, grant_at(server, ends_consent=lambda reply: reply.status == 423), packed(ENTERED))


def test_a_scheme_beside_a_grant_signs_with_the_token(server: Any, client: DirectClient) -> None:
    def sign(call: OutgoingCall, credentials: Credentials) -> Mapping[str, str]:
        return {"x-signed": f"{call.headers['authorization']} {credentials['access_token']}"}

    profile = DirectProfile("stand", server.url, headers=bearer, sign=sign, grant=grant_at(server))
    headers, signer = profile.headers("t1"), profile.signer("t1")
    client.exchange(server.url, Request("GET", "/x"), headers=headers, deadline_s=AMPLE_S, sign=signer)
    assert b"x-signed: Bearer t1 t1" in server.requests[0]


def test_what_is_entered_is_in_no_representation() -> None:
    assert "s3cret" not in repr((as_entered(ENTERED), OutgoingCall("GET", "/", b"s3cret", 0.0, {"a": "s3cret"})))
