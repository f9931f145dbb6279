"""How much of an api each asker gets: turns, pauses before refusals, answers nobody reads, and bulkheads."""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from stoflow.domain.errors import InputError
from stoflow.http.addresses import neighbourhood
from stoflow.http.bucket import Bucket
from stoflow.http.connections import Crowd
from stoflow.http.doorstep import AT_ONCE, doorsteps
from stoflow.http.rest import strict_json as strict
from stoflow.http.rest.crossings import MARKETPLACE_SHARE, MARKETPLACE_THREADS, Crossings, bulkhead
from stoflow.http.rest.problems import MarketplaceBusy, TooMany, problem_of
from stoflow.http.rest.rate_limits import Asker
from stoflow.http.rest.refusals import Refusals, RefusalsMiddleware
from stoflow.http.rest.strict_json import MOST_MARKS, strict_json
from stoflow.http.rest.threads import Threads
from stoflow.http.rest.turns import LONGEST_REST_S, Remembered, Turns
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


class Day:
    """A clock that goes on while somebody works or rests; `rested` is how long each rest was."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.rested: list[float] = []

    async def rest(self, seconds: float) -> None:
        self.rested.append(seconds)
        self.now_s += seconds

    async def work(self, turns: Turns, asker: Asker, seconds: float) -> None:
        async with turns.taken(asker, 0):
            self.now_s += seconds


@in_a_loop
async def test_who_has_used_up_their_share_rests_while_others_are_there() -> None:
    day = Day()
    turns = Turns(clock=lambda: day.now_s, rest=day.rest)
    for _ in range(20):
        await day.work(turns, ANNA, 0.5)
    assert day.rested == []  # nobody else was there
    for _ in range(20):
        await day.work(turns, BEN, 0.001)
        await day.work(turns, ANNA, 0.05)
    assert sum(day.rested) > 2 * 20 * 0.05  # hers and nobody else's
    assert max(day.rested) <= LONGEST_REST_S


@in_a_loop
async def test_who_has_used_up_their_share_goes_on_one_after_another() -> None:
    day = Day()
    turns = Turns(clock=lambda: day.now_s, rest=day.rest)
    await day.work(turns, ANNA, 100.0)
    await day.work(turns, BEN, 0.0)
    async with turns.taken(ANNA, 0):
        await day.work(turns, BEN, 0.0)
        second = asyncio.ensure_future(day.work(turns, ANNA, 0.0))
        done, _ = await asyncio.wait({second}, timeout=0.01)
        assert not done
    await second


def test_whoever_came_in_vain_keeps_their_place_for_a_while() -> None:
    later: list[Callable[[], None]] = []
    crowd = Crowd(1, in_vain_s=5.0, call_later=lambda _, act: later.append(act))
    for in_vain, is_kept in ((False, False), (True, True)):
        leave = crowd.enter("203.0.113.7")
        assert leave is not None
        leave(in_vain)
        assert crowd.has_room("203.0.113.7") is not is_kept
    assert crowd.has_room("203.0.113.8")
    later.pop()()
    assert crowd.has_room("203.0.113.7")


@pytest.fixture
def port() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def come(port: socket.socket, many: int, source: str) -> list[socket.socket]:
    return [socket.create_connection(port.getsockname(), source_address=(source, 0)) for _ in range(many)]


def let_in(doorstep: socket.socket) -> int:
    """Return how many come in within one turn of the event loop."""
    for let_in in range(1_000):
        try:
            doorstep.accept()[0].close()
        except BlockingIOError:
            return let_in
    raise AssertionError


def test_few_come_in_at_once_and_the_rest_in_the_next_turn(port: socket.socket) -> None:
    (doorstep,) = doorsteps([port], lambda _: True)
    with doorstep, ExitStack() as stack:
        for each in come(port, AT_ONCE + 3, "127.0.0.1"):
            stack.enter_context(each)
        assert [let_in(doorstep) for _ in range(3)] == [AT_ONCE, 3, 0]


def test_those_there_is_no_room_for_are_sent_away_at_once_and_hold_up_nobody(port: socket.socket) -> None:
    (doorstep,) = doorsteps([port], lambda host: host != "127.0.0.2")
    with doorstep, ExitStack() as stack:
        strangers = come(port, AT_ONCE + 3, "127.0.0.2")
        for each in (*strangers, *come(port, 1, "127.0.0.1")):
            stack.enter_context(each)
        assert let_in(doorstep) == 1
        assert [each.recv(1) for each in strangers] == [b""] * len(strangers)


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
