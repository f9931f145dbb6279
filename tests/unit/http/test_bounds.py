"""How much of an api each asker gets: turns, pauses before refusals, answers nobody reads, and bulkheads."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from stoflow.domain.errors import InputError
from stoflow.http.addresses import neighbourhood
from stoflow.http.bucket import Bucket
from stoflow.http.rest import strict_json as strict
from stoflow.http.rest.crossings import MARKETPLACE_SHARE, MARKETPLACE_THREADS, Crossings, bulkhead
from stoflow.http.rest.problems import MarketplaceBusy, TooMany, problem_of
from stoflow.http.rest.rate_limits import Asker
from stoflow.http.rest.refusals import Refusals, RefusalsMiddleware
from stoflow.http.rest.strict_json import MOST_MARKS, strict_json
from stoflow.http.rest.threads import Threads
from stoflow.http.rest.turns import Remembered, Turns
from stoflow.http.rest.unread import PIECE_BYTES, UnreadMiddleware

ANNA, BEN = Asker("account", "1"), Asker("account", "2")


def in_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run an async test to its end."""

    def run() -> None:
        asyncio.run(test())

    return run


def test_nobody_waits_longer_for_a_bucket_than_it_says_however_much_was_taken() -> None:
    now = [0.0]
    bucket = Bucket(per_s=1, burst=1, clock=lambda: now[0], longest_s=5)
    assert [bucket.take(100) for _ in range(3)] == [5, 5, 5]
    now[0] += 6
    assert bucket.take() == 0


def test_who_was_not_seen_for_longest_is_forgotten_first() -> None:
    known = Remembered(list[int], most=2)
    known.of(ANNA).append(1)
    known.of(BEN).append(2)
    known.of(ANNA)
    known.of(Asker("address", "203.0.113.7"))
    assert (known.of(ANNA), known.of(BEN)) == ([1], [])


@pytest.mark.parametrize(
    ("host", "counts_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
    ],
)
def test_an_address_counts_as_its_household(host: str, counts_as: str) -> None:
    assert neighbourhood(host) == counts_as


@in_a_loop
async def test_one_asker_s_requests_wait_for_their_turn_and_nobody_else_s_do() -> None:
    turns = Turns(1, patience_s=0.3)
    async with turns.taken(ANNA, 0):
        async with turns.taken(BEN, 0):
            pass
        with pytest.raises(TooMany, match="send fewer at once"):
            async with turns.taken(ANNA, 0):
                pass
    async with turns.taken(ANNA, 0):
        pass


@in_a_loop
async def test_whoever_waits_is_served_when_the_turn_before_ends() -> None:
    turns = Turns(1)

    async def take() -> None:
        async with turns.taken(ANNA, 0):
            pass

    async with turns.taken(ANNA, 0):
        waiting = asyncio.ensure_future(take())
        done, _ = await asyncio.wait({waiting}, timeout=0.01)
        assert not done
    await waiting


@in_a_loop
async def test_bytes_of_bodies_are_counted_by_asker() -> None:
    turns = Turns(patience_s=0.3, bytes_per_s=1, bytes_burst=100)
    async with turns.taken(ANNA, 100):
        pass
    with pytest.raises(TooMany):
        async with turns.taken(ANNA, 100):
            pass
    async with turns.taken(BEN, 100):
        pass


def test_a_text_of_too_many_values_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict.json, "loads", pytest.fail)
    with pytest.raises(InputError, match="more than 32,768 values"):
        strict_json("[" + "1," * MOST_MARKS + "1]")


@pytest.mark.parametrize("text", [r'"\u0000"', r'"\ud800"', '"\ud800"', "1e999", "9" * 101, f"{'9' * 400}.0", "[" * 40])
def test_what_cannot_be_stored_is_refused_also_where_nothing_else_is_looked_at(text: str) -> None:
    with pytest.raises(InputError):
        strict_json(f'{{"a":{text}}}')


@in_a_loop
async def test_a_marketplace_s_threads_are_its_own_and_say_so_when_they_are_taken() -> None:
    crossings = Crossings(Threads(1, patience_s=0.01), ["ebay", "etsy"])
    ebay, etsy = (crossings.of(asks_marketplace=True)({"marketplace": name}) for name in ("ebay", "etsy"))
    release = threading.Event()
    asking = [asyncio.ensure_future(ebay.threads.run(release.wait, 10)) for _ in range(MARKETPLACE_THREADS)]
    await asyncio.sleep(0)
    with pytest.raises(MarketplaceBusy) as refused:
        await ebay.threads.run(int)
    problem = problem_of(refused.value)
    assert (problem.status, problem.headers()["Retry-After"]) == (503, "2")
    assert problem.detail == "Too many ask ebay at once, which takes its time: please try again in a moment."
    assert await etsy.threads.run(int) == await crossings.of()({}).threads.run(int) == 0
    release.set()
    await asyncio.gather(*asking)


def test_one_account_gets_two_of_a_marketplace_s_threads() -> None:
    ebay = bulkhead("ebay")
    with ebay.share(ANNA), ebay.share(ANNA):
        assert MARKETPLACE_SHARE == 2
        with pytest.raises(TooMany), ebay.share(ANNA):
            pass
        with ebay.share(BEN):
            pass


@in_a_loop
async def test_what_is_asked_of_a_marketplace_that_nobody_knows_needs_no_bulkhead() -> None:
    crossings = Crossings(Threads(1), ["ebay"])
    assert crossings.of(asks_marketplace=True)({"marketplace": "nowhere"}) is crossings.of()({})
    assert crossings.of(uncounted=True)({}).turns is None
    assert crossings.of(heavy=True)({}).shares is not None


SCOPE: Scope = {"type": "http", "client": ("203.0.113.7", 1)}
START: Message = {"type": "http.response.start", "status": 401, "headers": []}


def answering(status: int, *bodies: bytes) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({**START, "status": status})
        for body in bodies:
            await send({"type": "http.response.body", "body": body, "more_body": body is not bodies[-1]})

    return app


async def nothing() -> Message:
    raise AssertionError


async def answered(app: Any, scope: Scope = SCOPE) -> list[Message]:
    sent = list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(dict(scope), nothing, send)
    return sent


@in_a_loop
async def test_who_is_refused_too_often_is_refused_later_and_others_are_not() -> None:
    app = RefusalsMiddleware(answering(401, b""), Refusals(6))  # one at once, the next in ten seconds
    assert await answered(app)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await answered(app)
    assert await answered(app, {**SCOPE, "client": ("203.0.113.8", 1)})
    assert await answered(RefusalsMiddleware(answering(200, b""), Refusals(6)))


@in_a_loop
async def test_0_refusals_are_any_number() -> None:
    app = RefusalsMiddleware(answering(401, b""), Refusals(0))
    for _ in range(50):
        assert await answered(app)


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_an_answer_leaves_in_pieces_and_whole(size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    _, *pieces = asyncio.run(answered(UnreadMiddleware(answering(200, body[:size]))))
    assert b"".join(piece["body"] for piece in pieces) == body[:size]
    assert max(len(piece["body"]) for piece in pieces) <= PIECE_BYTES
    assert [piece["more_body"] for piece in pieces] == [True] * (len(pieces) - 1) + [False]


@in_a_loop
async def test_only_so_much_of_one_asker_s_answers_waits_to_be_read() -> None:
    large = 2 * PIECE_BYTES
    app = UnreadMiddleware(answering(200, bytes(large)), most=large + 1)
    unread, begun = asyncio.Event(), asyncio.Event()

    async def never_read(_: Message) -> None:
        begun.set()
        await unread.wait()

    waiting = asyncio.ensure_future(app(dict(SCOPE), nothing, never_read))
    await begun.wait()
    with pytest.raises(TooMany, match="wait to be read"):
        await answered(app)
    assert await answered(app, {**SCOPE, "client": ("203.0.113.8", 1)})
    unread.set()
    await waiting
    assert await answered(app)
