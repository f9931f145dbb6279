"""The guard of one socket, where a real client would take hours or megabytes."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from stoflow.domain.ids import TenantId
from stoflow.http.auth.tokens import LIFETIME_S
from stoflow.http.bucket import Bucket
from stoflow.http.sockets import guarded_socket
from stoflow.http.sockets.guarded_socket import GuardedSocket, Identity
from stoflow.http.sockets.limits import COUNTED_CHARACTERS, MAX_HELLO_CHARACTERS, SocketLimits, SocketTimes

NOW = 1_800_000_000.0
ALICE = Identity(tenant=TenantId(1), kind="frontend")


def guarded(
    *,
    receive: Callable[[], Awaitable[Any]] | None = None,
    send: Callable[[Any], Awaitable[None]] | None = None,
    times: SocketTimes | None = None,
    known: Callable[[], None] | None = None,
) -> GuardedSocket:
    return GuardedSocket(
        {"type": "websocket"},
        receive or for_ever,
        send or for_ever,
        limits=SocketLimits(),
        times=times or SocketTimes(),
        clock=lambda: NOW,
        known=known,
    )


async def for_ever(*_: Any) -> Any:
    await asyncio.Event().wait()


def admit(socket: GuardedSocket, *, expires_at: float) -> None:
    clock = asyncio.get_running_loop().time
    socket.admit("s1", ALICE, expires_at=expires_at, tenant_bucket=Bucket(per_s=1, burst=1, clock=clock))


def in_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run an async test to its end."""

    def run() -> None:
        asyncio.run(test())

    return run


@in_a_loop
async def test_a_client_that_does_not_read_loses_its_socket() -> None:
    socket = guarded(times=SocketTimes(send_s=0.01))
    with pytest.raises(TimeoutError):
        await socket.send({"type": "websocket.send", "text": "42[]"})
    assert (await socket.receive())["type"] == "websocket.disconnect"
    socket.release()


@in_a_loop
async def test_a_socket_stays_for_its_token_and_the_grace() -> None:
    loop = asyncio.get_running_loop()
    socket = guarded(times=SocketTimes(token_grace_s=60))
    admit(socket, expires_at=NOW + 900)
    assert socket.ends_at() - loop.time() == pytest.approx(960, abs=1)
    socket.renew(NOW + 600)
    assert socket.ends_at() - loop.time() == pytest.approx(660, abs=1)
    socket.release()


@in_a_loop
async def test_a_clock_that_was_set_back_keeps_no_socket_longer_than_a_token_lives() -> None:
    loop = asyncio.get_running_loop()
    socket = guarded(times=SocketTimes(token_grace_s=60))
    admit(socket, expires_at=NOW + 60 + LIFETIME_S)
    assert socket.ends_at() - loop.time() == pytest.approx(LIFETIME_S + 60, abs=1)
    socket.release()


@in_a_loop
async def test_an_ended_socket_passes_nothing_on_any_more() -> None:
    arrived: asyncio.Queue[Any] = asyncio.Queue()
    socket = guarded(receive=arrived.get)
    admit(socket, expires_at=NOW + 900)
    waiting = asyncio.ensure_future(socket.receive())
    await asyncio.sleep(0)
    socket.end("for this test")
    arrived.put_nowait({"type": "websocket.receive", "text": '42["token",{}]'})
    assert (await waiting)["type"] == "websocket.disconnect"
    socket.release()


@in_a_loop
async def test_a_cancelled_read_loses_no_message() -> None:
    arrived: asyncio.Queue[Any] = asyncio.Queue()
    socket = guarded(receive=arrived.get)
    admit(socket, expires_at=NOW + 900)
    waiting = asyncio.ensure_future(socket.receive())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    arrived.put_nowait({"type": "websocket.receive", "text": "3"})
    assert (await socket.receive())["text"] == "3"
    socket.release()


@in_a_loop
async def test_nothing_of_nobody_is_read_but_a_hello_that_is_short() -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(guarded_socket, "read_frame", pytest.fail)
        await nothing_is_read()


async def nothing_is_read() -> None:
    for said in ('40{"token":"' + "x" * MAX_HELLO_CHARACTERS + '"}', '42["token",{}]', '42["plugin_response",{}]', "3"):
        arrived, answers = asyncio.Queue[Any](), asyncio.Queue[Any]()
        arrived.put_nowait({"type": "websocket.receive", "text": said})
        socket = guarded(receive=arrived.get, send=answers.put)
        assert (await socket.receive())["type"] == "websocket.disconnect"
        assert answers.get_nowait()["text"].startswith("44")
        socket.release()


@in_a_loop
async def test_a_long_frame_counts_as_many_short_ones() -> None:
    arrived, answers = asyncio.Queue[Any](), asyncio.Queue[Any]()
    socket = guarded(receive=arrived.get, send=answers.put)
    admit(socket, expires_at=NOW + 900)
    arrived.put_nowait({"type": "websocket.receive", "text": '42["token",{"a":"' + "x" * COUNTED_CHARACTERS + '"}]'})
    reading = asyncio.ensure_future(socket.receive())  # 2 of a bucket of 1
    assert "too_fast" in (await answers.get())["text"]
    reading.cancel()
    socket.release()


@in_a_loop
async def test_a_socket_is_counted_as_unknown_until_it_is_known_and_once() -> None:
    known = list[None]()
    socket = guarded(known=lambda: known.append(None))
    admit(socket, expires_at=NOW + 900)
    assert len(known) == 1
    socket.release()
    assert len(known) == 1


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate() -> None:
    now = [0.0]
    bucket = Bucket(per_s=10, burst=3, clock=lambda: now[0])
    assert [bucket.take() for _ in range(5)] == pytest.approx([0, 0, 0, 0.1, 0.2])
    now[0] += 60
    assert [bucket.take() for _ in range(4)] == pytest.approx([0, 0, 0, 0.1])
