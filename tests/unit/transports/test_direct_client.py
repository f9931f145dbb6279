"""One call over a real socket: its answer, its deadline, its limits."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic
from typing import Any

import pytest

from stoflow.domain.call import FilePart, Reply, Request
from stoflow.domain.errors import APIConnectionError, APITimeoutError
from stoflow.transports.direct import deadline
from stoflow.transports.direct.client import DirectClient

AMPLE_S = 10.0
SHORT_S = 0.3
FAR_TOO_LATE_S = 5.0  # what the trickling servers below would need


def get(client: DirectClient, url: str, deadline_s: float = AMPLE_S, path: str = "/item") -> Reply:
    return client.exchange(url, Request("GET", path), headers={}, deadline_s=deadline_s)


def trickle(beginning: bytes, byte: bytes) -> Callable[[socket.socket, bytes], None]:
    stopped = Event()

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(beginning)
        for _piece in range(100):
            stopped.wait(FAR_TOO_LATE_S / 100)
            connection.sendall(byte)

    return answer


def test_a_reply_comes_with_lower_case_headers_and_parsed_json(
    server: Any, client: DirectClient, answering: Any
) -> None:
    server.answer = answering(201, b'{"offerId": "7"}', "X-Limit-Per-Day: 10000")
    reply = get(client, server.url)
    assert (reply.status, reply.body, reply.text) == (201, {"offerId": "7"}, '{"offerId": "7"}')
    assert reply.headers["x-limit-per-day"] == "10000"


def test_a_query_is_encoded_once(server: Any, client: DirectClient) -> None:
    asked = Request("GET", "/order", query={"filter": "lastmodifieddate:[2026-11-20T12:00:00.000Z..]", "limit": "100"})
    client.exchange(server.url, asked, headers={}, deadline_s=AMPLE_S)
    sent = server.requests[0].partition(b" HTTP/1.1")[0].decode()
    assert "%5B2026-11-20T12" in sent
    assert ".000Z..%5D&limit=100" in sent
    assert not set("[]") & set(sent)
    assert "%25" not in sent


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"[" * 900, b"\xff\xfe"])
def test_a_body_that_is_not_json_is_text(server: Any, client: DirectClient, answering: Any, body: bytes) -> None:
    server.answer = answering(502, body)
    reply = get(client, server.url)
    assert reply.body is None
    assert reply.text == body.decode(errors="replace")


def test_a_redirect_is_a_reply_like_any_other(server: Any, client: DirectClient, answering: Any) -> None:
    server.answer = answering(302, b"", "Location: /elsewhere")
    assert get(client, server.url).status == 302
    assert len(server.requests) == 1


def test_a_cookie_of_one_call_does_not_travel_with_the_next(server: Any, client: DirectClient, answering: Any) -> None:
    server.answer = answering(200, b"{}", "Set-Cookie: seller=1; Path=/")
    get(client, server.url)
    get(client, server.url)
    assert b"seller=1" not in server.requests[1]


def test_connections_are_kept_between_calls(server: Any, client: DirectClient) -> None:
    get(client, server.url)
    get(client, server.url)
    assert len(server.connections) == 1


def test_a_path_cannot_name_another_host(server: Any, client: DirectClient) -> None:
    get(client, server.url, path="//elsewhere.example/item")
    assert server.requests[0].startswith(b"GET /elsewhere.example/item ")


def test_json_forms_and_files_travel_in_their_encodings(server: Any, client: DirectClient) -> None:
    photo = FilePart("image", "1.jpg", b"\xff\xd8photo")
    for request in (
        Request("PUT", "/json", json={"price": 2.5}),
        Request("POST", "/form", form={"title": "Robe d'été"}, query={"legacy": "true"}),
        Request("POST", "/files", form={"rank": "1"}, files=(photo,)),
    ):
        client.exchange(server.url, request, headers={"Content-Language": "fr-FR"}, deadline_s=AMPLE_S)
    in_json, in_form, in_files = server.requests
    assert in_json.endswith(b'{"price":2.5}')
    assert b"content-language: fr-fr" in in_json.lower()
    assert in_form.startswith(b"POST /form?legacy=true ")
    assert in_form.endswith(b"title=Robe+d%27%C3%A9t%C3%A9")
    assert b'name="rank"' in in_files
    assert b'filename="1.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8photo' in in_files


@pytest.mark.parametrize(
    ("beginning", "byte"),
    [(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"), (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b" ")],
    ids=["headers", "body"],
)
def test_an_answer_that_trickles_in_ends_with_the_deadline(
    server: Any, client: DirectClient, beginning: bytes, byte: bytes
) -> None:
    server.answer = trickle(beginning, byte)
    begun_at = monotonic()
    with pytest.raises(APITimeoutError) as raised:
        get(client, server.url, deadline_s=SHORT_S)
    assert raised.value.sent
    assert monotonic() - begun_at < FAR_TOO_LATE_S / 2


def test_a_request_the_marketplace_takes_byte_by_byte_ends_with_the_deadline(client: DirectClient) -> None:
    listener = socket.create_server(("127.0.0.1", 0))  # nobody reads what it accepts
    large = FilePart("image", "1.jpg", b"x" * 20_000_000)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with listener, pytest.raises(APITimeoutError) as raised:
        client.exchange(url, Request("POST", "/image", files=(large,)), headers={}, deadline_s=SHORT_S)
    assert raised.value.sent


def test_the_deadline_of_one_call_is_not_that_of_the_next_on_its_connection(server: Any, client: DirectClient) -> None:
    get(client, server.url, deadline_s=SHORT_S)
    Event().wait(SHORT_S)
    assert get(client, server.url).status == 200


def test_a_refused_connection_certainly_never_left(client: DirectClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(APIConnectionError) as raised:
        get(client, f"http://127.0.0.1:{port}")
    assert not raised.value.sent


def test_a_name_nobody_knows_certainly_never_left(client: DirectClient) -> None:
    with pytest.raises(APIConnectionError) as raised:
        get(client, "http://nobody.invalid")
    assert not raised.value.sent


def test_a_host_is_reached_by_whichever_of_its_addresses_answers(
    server: Any, client: DirectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "_look_up", lambda _, __, answers: answers.put(["127.0.0.2", "127.0.0.1"]))
    assert get(client, server.url).status == 200


def test_a_name_look_up_that_hangs_ends_with_the_deadline(
    client: DirectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()
    monkeypatch.setattr(deadline, "_look_up", lambda *_: released.wait(FAR_TOO_LATE_S))
    with pytest.raises(APITimeoutError) as raised:
        get(client, "http://marketplace.example", deadline_s=SHORT_S)
    released.set()
    assert not raised.value.sent


def test_a_call_without_time_left_is_not_made(server: Any, client: DirectClient) -> None:
    with pytest.raises(APITimeoutError) as raised:
        get(client, server.url, deadline_s=0)
    assert not raised.value.sent
    assert server.requests == []


def test_a_call_that_waits_for_a_free_connection_never_left(server: Any) -> None:
    taken, free = Event(), Event()

    def hold(connection: socket.socket, _: bytes) -> None:
        taken.set()
        free.wait(AMPLE_S)
        connection.sendall(b"HTTP/1.1 204 X\r\n\r\n")

    server.answer = hold
    narrow = DirectClient(connections=1)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(get, narrow, server.url)
        taken.wait(AMPLE_S)
        with pytest.raises(APITimeoutError) as raised:
            get(narrow, server.url, deadline_s=SHORT_S)
        free.set()
        assert first.result(AMPLE_S).status == 204
    narrow.close()
    assert not raised.value.sent


def test_an_answer_lost_on_its_way_may_have_been_done(server: Any, client: DirectClient) -> None:
    server.answer = lambda connection, _: connection.close()
    with pytest.raises(APIConnectionError) as raised:
        get(client, server.url)
    assert raised.value.sent


def test_an_answer_beyond_the_limit_is_not_read_to_its_end(server: Any, client: DirectClient, answering: Any) -> None:
    server.answer = answering(200, b"x" * 1001)
    with pytest.raises(APIConnectionError, match="longer than 1000 bytes") as raised:
        get(client, server.url)
    assert raised.value.sent
