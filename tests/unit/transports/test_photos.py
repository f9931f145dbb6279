"""A photo at an address: fetched from public machines only, within bounds, by the address that was looked up once."""

import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from threading import Event
from typing import Any

import pytest

from stoflow.transports.direct.photos import FetchLimits, NotFetched, PhotoFetcher
from stoflow.transports.direct.public_addresses import may_be_called

HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
AMPLE: dict[str, Any] = {"content_bytes": 1000, "seconds": 10.0, "redirects": 3, "photos": 100, "networks": HERE}
PHOTO = b"\xff\xd8 a photo"


@pytest.fixture
def make() -> Iterator[Callable[..., PhotoFetcher]]:
    with ExitStack() as stack:

        def fetcher(**changes: Any) -> PhotoFetcher:
            made = PhotoFetcher(FetchLimits(**{**AMPLE, **changes}))
            stack.callback(made.close)
            return made

        yield fetcher


class Names:
    """The system's look-up, answering what a test says and counting how often it was asked."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host[0].isdigit():  # what a connection is made to: nobody is asked for it
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        self.asked.append(host)
        found = self.answers[host.replace(".", "_")]
        addresses = found.pop(0) if len(found) > 1 else found[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


def test_a_photo_is_fetched_as_it_is_whatever_the_server_calls_it(server: Any, answering: Any, make: Any) -> None:
    server.answer = answering(200, PHOTO, "Content-Type: text/html")
    assert make().fetch(f"{server.url}/a%20b.jpg?size=large") == PHOTO
    request = server.requests[0].lower()
    assert request.startswith(b"get /a%20b.jpg?size=large http/1.1")
    assert b"accept-encoding: identity" in request


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::1",
    ],
)  # fmt: skip
def test_no_private_machine_may_be_called_however_its_address_is_wrapped(address: str) -> None:
    assert not may_be_called(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"]
)
def test_public_machines_may_be_called(address: str) -> None:
    assert may_be_called(address)


def test_an_operator_lets_networks_through() -> None:
    assert may_be_called("10.1.2.3", [ip_network("10.0.0.0/8")])
    assert may_be_called("::ffff:10.1.2.3", [ip_network("10.0.0.0/8")])
    assert not may_be_called("10.1.2.3", [ip_network("10.2.0.0/16"), ip_network("::/0")])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "0.0.0.0"])
def test_nothing_on_this_machine_is_asked_unless_it_is_allowed(server: Any, make: Any, host: str) -> None:
    port = server.url.rpartition(":")[2]
    fetcher = make(networks=())
    for photo in range(5):  # each is told why, not that its host is silent
        with pytest.raises(NotFetched, match="private network"):
            fetcher.fetch(f"http://{host}:{port}/{photo}.jpg")
    assert not server.requests


def test_a_name_with_one_private_address_among_public_ones_is_not_called(
    server: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.url.rpartition(":")[2]
    monkeypatch.setattr(socket, "getaddrinfo", Names(shop_example=[["127.0.0.1", "10.0.0.1"]]))
    with pytest.raises(NotFetched, match="private network"):
        make().fetch(f"http://shop.example:{port}/a.jpg")
    assert not server.requests


def test_a_name_is_looked_up_once_and_that_address_is_called(
    server: Any, answering: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer = answering(200, PHOTO)
    port = server.url.rpartition(":")[2]
    names = Names(shop_example=[["127.0.0.1"], ["10.0.0.1"]])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    assert make().fetch(f"http://shop.example:{port}/a.jpg") == PHOTO
    assert names.asked == ["shop.example"]
    assert f"host: shop.example:{port}".encode() in server.requests[0].lower()


def test_a_redirect_is_followed_and_to_a_private_machine_it_is_not(
    server: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.url.rpartition(":")[2]
    monkeypatch.setattr(socket, "getaddrinfo", Names(shop_example=[["127.0.0.1"]], inside_example=[["10.0.0.1"]]))
    leads = {b"/a.jpg": b"/b.jpg", b"/c.jpg": f"http://inside.example:{port}/secret".encode()}
    fetched = make()

    def answer(connection: socket.socket, request: bytes) -> None:
        target = leads.get(request.split()[1])
        head = b"HTTP/1.1 302 X\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % target if target else b""
        connection.sendall(head or b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n%s" % (len(PHOTO), PHOTO))

    server.answer = answer
    assert fetched.fetch(f"http://shop.example:{port}/a.jpg") == PHOTO
    with pytest.raises(NotFetched, match="private network"):
        fetched.fetch(f"http://shop.example:{port}/c.jpg")


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "leads to an address of file"),
        ("ftp://host/a", "leads to an address of ftp"),
        ("http://user:word@127.0.0.1/a", "user's name"),
        ("http://xn--/a", "no valid address"),
        ("/round/and/round", "leads on more than 3 times"),
    ],
)
def test_a_redirect_is_checked_like_an_address(
    server: Any, answering: Any, make: Any, location: str, reason: str
) -> None:
    server.answer = answering(301, b"", f"Location: {location}")
    with pytest.raises(NotFetched, match=reason):
        make().fetch(f"{server.url}/a.jpg")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://user@host/a.jpg", "user's name"),
        ("https:///a.jpg", "without a host"),
        ("http://[::1/a.jpg", "no valid address"),
        ("http://host:notaport/a.jpg", "no valid address"),
        ("http://xn--/a.jpg", "no valid address"),
        ("http://xn--a/a.jpg", "no valid address"),
        ("http://host/" + "a" * 2000, "more than 2,000 characters"),
    ],
)
def test_what_is_no_address_is_not_called(make: Any, address: str, reason: str) -> None:
    with pytest.raises(NotFetched, match=reason):
        make().fetch(address)


def test_a_file_is_read_no_further_than_it_may_be_long(server: Any, make: Any) -> None:
    def endless(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")

    server.answer = endless
    with pytest.raises(NotFetched, match="longer than 1,000 bytes"):
        make().fetch(server.url)


def test_what_comes_compressed_is_not_unpacked(server: Any, answering: Any, make: Any) -> None:
    server.answer = answering(200, gzip.compress(bytes(1_000_000))[:900], "Content-Encoding: gzip")
    with pytest.raises(NotFetched, match="compresses"):
        make().fetch(server.url)


@pytest.mark.parametrize("status", [204, 304, 403, 404, 500])
def test_an_answer_that_is_no_photo_is_named_by_its_status(server: Any, answering: Any, make: Any, status: int) -> None:
    server.answer = answering(status, b"")
    with pytest.raises(NotFetched, match=f"the server answers {status}"):
        make().fetch(server.url)


def test_a_server_that_trickles_is_left_in_time_and_then_not_waited_for(server: Any, make: Any) -> None:
    stopped = Event()

    def trickle(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 900\r\n\r\n")
        while not stopped.wait(0.02):
            connection.sendall(b"x")

    server.answer = trickle
    fetcher = make(seconds=0.2)
    for _ in range(3):
        with pytest.raises(NotFetched, match="took too long"):
            fetcher.fetch(server.url)
    with pytest.raises(NotFetched, match="did not answer 3 times"):
        fetcher.fetch(server.url)
    stopped.set()
    assert len(server.requests) == 3


def test_an_import_fetches_no_more_than_it_may(server: Any, answering: Any, make: Any) -> None:
    server.answer = answering(200, PHOTO)
    fetcher = make(photos=2)
    assert [fetcher.fetch(server.url), fetcher.fetch(server.url)] == [PHOTO, PHOTO]
    with pytest.raises(NotFetched, match="at most 2 addresses"):
        fetcher.fetch(server.url)


def test_a_server_that_is_not_there_is_said_so(make: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotFetched, match="cannot be reached"):
        make().fetch(f"http://127.0.0.1:{port}/a.jpg")


def test_no_proxy_of_the_environment_is_used(
    server: Any, answering: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer = answering(200, PHOTO)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert make().fetch(server.url) == PHOTO
