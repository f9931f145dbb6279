"""One deadline for a whole call: httpx knows time-outs per operation only, and a server that trickles outlives them."""

import socket
import ssl
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

import httpcore

from stoflow.transports.lean_httpx import httpx

# Set by the thread that makes the call, read by the connection it uses meanwhile.
_ends_at: ContextVar[float] = ContextVar("ends_at")


@contextmanager
def deadline(seconds: float) -> Generator[None]:
    """Give everything this thread does on the network inside the block `seconds` in all."""
    token = _ends_at.set(monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def _remaining(late: type[httpcore.TimeoutException]) -> float:
    remaining = _ends_at.get() - monotonic()
    if remaining <= 0:
        raise late
    return remaining


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose every operation gets what is left of the call's time."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 (the deadline replaces it)
        return self._stream.read(max_bytes, timeout=_remaining(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        # httpcore's own write renews its time-out with each part the peer takes.
        connection: socket.socket = self._stream.get_extra_info("socket")
        left = memoryview(buffer)
        try:
            while left:
                connection.settimeout(_remaining(httpcore.WriteTimeout))
                left = left[connection.send(left) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        remaining = _remaining(httpcore.ConnectTimeout)
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, timeout=remaining))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class ForbiddenAddress(httpcore.ConnectError):
    """The name leads to an address that must not be called."""


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections within the call's time: name look-up, each address, TLS.

    A name is looked up once; where `may_call` forbids one of its addresses, none of them is called.
    """

    def __init__(self, may_call: Callable[[str], bool] = lambda _: True) -> None:
        self._backend = httpcore.SyncBackend()
        self._may_call = may_call

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        addresses = _addresses(host, port)
        if not all(map(self._may_call, addresses)):
            raise ForbiddenAddress(host)
        for tried, address in enumerate(addresses):
            # An address that never answers leaves time for the next ones.
            share_s = _remaining(httpcore.ConnectTimeout) / (len(addresses) - tried)
            try:
                stream = self._backend.connect_tcp(address, port, share_s, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return DeadlineStream(stream)
        raise failure


def _addresses(host: str, port: int) -> list[str]:
    """Return the host's addresses; the system's look-up knows no time-out, so a thread of its own waits for it."""
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()
    Thread(target=_look_up, args=(host, port, answers), daemon=True, name=f"look-up of {host}").start()
    try:
        answer = answers.get(timeout=_remaining(httpcore.ConnectTimeout))
    except Empty:
        raise httpcore.ConnectTimeout from None
    if isinstance(answer, OSError):
        raise httpcore.ConnectError(str(answer)) from answer
    return answer


def _look_up(host: str, port: int, answers: "SimpleQueue[list[str] | OSError]") -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        answers.put(error if isinstance(error, OSError) else OSError(str(error)))
    else:
        answers.put([str(address[0]) for *_, address in found])


@cache
def _trust() -> ssl.SSLContext:
    """Return whom this process trusts: reading it takes 25 ms, and a fetcher is made for each import."""
    return httpx.create_ssl_context(trust_env=False)


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's transport on connections that keep the deadline."""

    def __init__(self, *, connections: int, idle_s: float, may_call: Callable[[str], bool] = lambda _: True) -> None:
        trust = _trust()
        super().__init__(verify=trust)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=idle_s,
            network_backend=DeadlineBackend(may_call),
        )
