"""Answers that go on: what a slow reader is owed, and how they end."""

import asyncio
import json

import pytest

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.auth.auth import Authentication
from stoflow.http.auth.tenancy import ACCESS_KEY
from stoflow.http.auth.tokens import Access
from stoflow.http.rest.problems import TooMany
from stoflow.http.rest.streams import EventsAnswer, Stream, StreamLimits, Streams
from stoflow.http.rest.threads import Threads


def stream_of(tenant: int = 1) -> Stream:
    return Stream(Access(TenantId(tenant), 0.0, "id"), Role.USER)


async def read(stream: Stream, limits: StreamLimits) -> list[str]:
    return [piece async for piece in stream.pieces(limits)]


def test_a_reader_is_owed_the_newest_value_of_each_name_only() -> None:
    async def late() -> str:
        stream = stream_of()
        for number in range(1000):
            stream.put({"a": f"<b>{number}\n</b>", "b": "x"})
        stream.end("over")
        return "".join(await read(stream, StreamLimits()))

    newest = json.dumps("<b>999\n</b>")
    expected = ("retry: 1000", f"event: a\ndata: {newest}", 'event: b\ndata: "x"', 'event: over\ndata: ""', "")
    assert asyncio.run(late()) == "\n\n".join(expected)


def test_a_stream_says_that_it_lives_and_ends_to_be_asked_for_again() -> None:
    limits = StreamLimits(longest_s=0.05, beat_s=0.01)
    pieces = asyncio.run(read(stream_of(), limits))
    assert pieces[0] == "retry: 1000\n\n"
    assert ":\n\n" in pieces[1:]
    assert "over" not in "".join(pieces)


def test_there_is_room_for_so_many_of_one_account_and_for_others_beside_it() -> None:
    async def crowd() -> None:
        async def roles_of(_: object) -> dict[TenantId, Role]:
            return {}

        authentication = Authentication(None, lambda _: {}, Threads())  # pyright: ignore[reportArgumentType]
        streams = Streams(authentication, roles_of, StreamLimits(of_account=2, of_address=3))
        answer = EventsAnswer(lambda _: lambda: None)
        reading = list[object]()

        async def look(tenant: int) -> None:
            scope = {ACCESS_KEY: Access(TenantId(tenant), 0.0, "id"), "client": ("10.0.0.1", 1)}
            pieces = streams.open(scope, answer).body_iterator
            reading.append(pieces)
            await anext(aiter(pieces))

        await look(1)
        await look(1)
        with pytest.raises(TooMany, match="pages of yours"):
            await look(1)
        await look(2)
        with pytest.raises(TooMany):
            await look(3)
        await reading[0].aclose()  # pyright: ignore[reportAttributeAccessIssue]
        await look(3)
        streams.drain()
        with pytest.raises(TooMany, match="Too many watch"):
            await look(2)

    asyncio.run(crowd())
