"""What the web server takes of a client before anything of ours looks at it: connections, time, and no two lengths."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from stoflow.http.connections import ConnectionLimits

WAIT_S = 10
OTHER_MACHINE = "127.0.0.2"
BRIEF = ConnectionLimits(header_s=0.1, write_s=0.1)


@pytest.fixture
def server(serving: Callable[..., Any]) -> Iterator[Callable[..., httpx.URL]]:
    """Serve something small, with bounds of its own; `gone` is set when a reader of much is over."""
    with ExitStack() as stack:

        def start(**more: Any) -> httpx.URL:
            return httpx.URL(stack.enter_context(serving(Starlette(routes=ROUTES), **more)))

        yield start


def who(request: Request) -> PlainTextResponse:
    assert request.client
    return PlainTextResponse(f"{request.url.scheme} {request.client.host}")


GONE = threading.Event()


def much(_: Request) -> StreamingResponse:
    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(64 * 1024)
                await asyncio.sleep(0)
        finally:
            GONE.set()

    return StreamingResponse(pieces())


CAME, LEFT = threading.Event(), threading.Event()


class Answer(PlainTextResponse):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            LEFT.set()


async def prompt(_: Request) -> Answer:
    return Answer("at once")


async def hesitant(websocket: WebSocket) -> None:
    """Accept nobody, and wait until who asked is gone."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        CAME.set()
    LEFT.set()


ROUTES = [
    Route("/", who, methods=["GET", "POST"]),
    Route("/much", much),
    Route("/prompt", prompt, methods=["POST"]),
    WebSocketRoute("/hesitant", hesitant),
]
UPGRADE = (
    b"GET /hesitant HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def opened(url: httpx.URL, *, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((url.host, url.port or 80), timeout=WAIT_S, source_address=(source, 0))


def is_closed(connection: socket.socket, *, meanwhile: bytes = b"") -> bool:
    """Wait until the server has closed, saying something from time to time."""
    connection.settimeout(0.02 if meanwhile else WAIT_S)
    for _ in range(500):
        try:
            if not connection.recv(65536):
                return True
        except TimeoutError:
            if not meanwhile:
                return False
        except ConnectionError:
            return True
        with suppress(ConnectionError):
            connection.sendall(meanwhile)
    return False


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: a\r\n"])
def test_a_request_whose_headers_do_not_come_is_not_waited_for(server: Any, begun: bytes) -> None:
    with opened(server(limits=BRIEF)) as connection:
        connection.sendall(begun)
        assert is_closed(connection)


def test_a_header_that_comes_a_letter_at_a_time_has_no_more_time(server: Any) -> None:
    with opened(server(limits=BRIEF)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert is_closed(connection, meanwhile=b"x")


def test_a_body_that_nobody_wants_has_no_more_time_than_a_header(server: Any) -> None:
    with opened(server(limits=BRIEF)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        assert is_closed(connection, meanwhile=b"x")


def test_the_second_request_of_a_connection_has_the_same_time(server: Any) -> None:
    with opened(server(limits=BRIEF)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET / HT")
        assert is_closed(connection)


def test_who_reads_nothing_is_cut_off(server: Any) -> None:
    GONE.clear()
    with opened(server(limits=BRIEF)) as connection:
        connection.sendall(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
        assert GONE.wait(WAIT_S)


def test_who_reads_slowly_is_sent_all_of_it(server: Any) -> None:
    GONE.clear()
    with opened(server(limits=BRIEF)) as connection:
        connection.sendall(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
        assert sum(len(connection.recv(65536)) for _ in range(1000)) > 10**6
        assert not GONE.is_set()
    assert GONE.wait(WAIT_S)


def test_one_address_has_only_so_many_connections_and_leaves_room_for_others(server: Any) -> None:
    url = server(limits=ConnectionLimits(address_connections=2, in_vain_s=0))
    with opened(url) as first, opened(url):
        with opened(url) as third:
            assert is_closed(third)
        with httpx.Client(transport=httpx.HTTPTransport(local_address=OTHER_MACHINE)) as other:
            assert other.get(url).status_code == 200
        first.close()
        assert any(is_served(url) for _ in range(100))


def is_served(url: httpx.URL) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("said", [b"", b"what?\r\n\r\n", UPGRADE])
def test_who_comes_in_vain_keeps_their_place_for_a_while(server: Any, said: bytes) -> None:
    url = server(limits=ConnectionLimits(address_connections=1, in_vain_s=3600))
    with opened(url) as first:
        first.sendall(said)
        first.shutdown(socket.SHUT_WR)
        is_closed(first)
    assert not any(is_served(url) for _ in range(5))
    with httpx.Client(transport=httpx.HTTPTransport(local_address=OTHER_MACHINE)) as other:
        assert other.get(url).status_code == 200


def test_who_asked_for_something_may_come_again_at_once(server: Any) -> None:
    url = server(limits=ConnectionLimits(address_connections=1, in_vain_s=3600))
    assert is_served(url)
    assert any(is_served(url) for _ in range(100))


def test_a_socket_that_said_who_it_is_was_not_in_vain(start_api: Any) -> None:
    api = start_api(serve={"limits": ConnectionLimits(address_connections=1, in_vain_s=3600)})
    api.frontend().connection.close()
    assert any(is_served(httpx.URL(f"{api.url}/healthz")) for _ in range(100))


def test_sockets_count_as_connections_until_they_are_closed(start_api: Any) -> None:
    api = start_api(serve={"limits": ConnectionLimits(address_connections=2)})
    first, second = api.frontend(), api.frontend()
    with pytest.raises((WebSocketException, OSError, EOFError)):
        connect(api.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket", open_timeout=WAIT_S)
    first.connection.close()
    second.connection.close()
    assert any(is_served(httpx.URL(f"{api.url}/healthz")) for _ in range(100))


def test_a_trusted_proxy_has_as_many_connections_as_it_needs(server: Any) -> None:
    url = server(limits=ConnectionLimits(address_connections=1), trusted_proxies=["127.0.0.0/8"])
    with opened(url):
        assert is_served(url)


@pytest.mark.parametrize(
    ("trusted", "believed"),
    [((), "http 127.0.0.1"), (("127.0.0.1",), "https 203.0.113.7"), (("10.0.0.0/8",), "http 127.0.0.1")],
)
def test_only_a_trusted_proxy_says_whose_a_request_is(server: Any, trusted: Any, believed: str) -> None:
    url = server(trusted_proxies=trusted)
    forged = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    assert httpx.get(url, headers=forged).text == believed


def test_what_was_said_before_the_nearest_trusted_proxy_is_not_believed(server: Any) -> None:
    url = server(trusted_proxies=("127.0.0.1",))
    assert httpx.get(url, headers={"X-Forwarded-For": "10.0.0.1, 203.0.113.7"}).text == "http 203.0.113.7"


def test_a_request_of_two_lengths_is_refused_and_its_connection_closed(server: Any) -> None:
    with opened(server()) as connection:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + b"0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = b""
        while more := connection.recv(65536):
            answer += more
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


def errors_in(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in log.records if record.levelno >= logging.ERROR]


def test_a_body_that_goes_wrong_is_refused_and_whoever_answers_the_request_besides_is_not_heard(
    server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    LEFT.clear()
    with opened(server()) as connection:
        connection.sendall(b"POST /prompt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nwhat\r\n")
        answer = b""
        while more := connection.recv(65536):
            answer += more
    assert (answer[:12], answer.count(b"HTTP/1.1")) == (b"HTTP/1.1 400", 1)
    assert LEFT.wait(WAIT_S)
    assert errors_in(caplog) == []


def test_a_frame_that_is_none_before_a_socket_is_accepted_ends_it(
    server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    CAME.clear()
    LEFT.clear()
    with opened(server()) as connection:
        connection.sendall(UPGRADE)
        assert CAME.wait(WAIT_S)
        connection.sendall(bytes([0x83, 0x00]))  # of a kind that there is none of, and not masked
        assert is_closed(connection)
    assert LEFT.wait(WAIT_S)
    assert errors_in(caplog) == []
