"""That the campaign of canaries would see what it looks for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Thread
from typing import Any

import pytest

from campaigns.canaries.asks import WRITES, draw, reads
from campaigns.canaries.campaign import blind
from campaigns.canaries.clients import Clients
from campaigns.canaries.shop import CanaryShop
from campaigns.canaries.words import MOST, RANGE, Judge, first_id_of, owners_in, word_of
from stoflow.domain.ids import TenantId

ANSWERS = 300
PATHS = {one.path.partition("/{id}")[0] for one in reads() if "{id}" in one.path}
SHOPS = [
    CanaryShop(owner, TenantId(owner), f"token-{owner}".__str__, dict.fromkeys(PATHS, first_id_of(owner)))
    for owner in (1, 2, 3)
]


@pytest.mark.parametrize(
    ("answer", "owners"),
    [
        (b'{"title": "' + word_of(7).encode() + b' coat"}', {7}),
        (b'{"id": %d, "quantity": 1}' % (first_id_of(5) + 3), {5}),
        (b"Location: /api/jobs/%d" % first_id_of(MOST), {MOST}),
        (b'[{"id":%d},{"id":%d}]' % (first_id_of(2), first_id_of(3) + RANGE - 1), {2, 3}),
        (b'{"at": "2026-11-29T05:59:37.123456Z", "id": 4711, "etag": "0123456789abcdef01234567"}', set()),
        (b'{"request_id": "12345678-1234-4123-8123-123456789012", "amount": "12345678.50"}', set()),
    ],
)
def test_a_word_or_a_number_says_whose_it_is(answer: bytes, owners: set[int]) -> None:
    assert set(owners_in(answer)) == owners


def test_what_a_client_asked_for_may_be_said_to_it_again_and_nothing_else() -> None:
    judge, foreign = Judge(), str(first_id_of(2)).encode()
    judge.look(1, "readJob", b"There is no job " + foreign, asked=foreign)
    assert judge.wrong == []
    judge.look(1, "readJob", b"There is no job " + foreign)
    assert len(judge.wrong) == 1


def test_a_kind_that_never_holds_what_is_the_asker_s_is_not_taken_for_right() -> None:
    judge = Judge()
    judge.look(1, "readJob", b"{}")
    assert {"readJob", "page", "plugin"} <= set(blind(judge))
    judge.look(1, "readJob", word_of(1).encode())
    assert "readJob" not in blind(judge)


def test_every_read_there_is_can_be_asked_for_and_each_question_comes_up() -> None:
    random, kinds = Random(5), set[str]()
    for _ in range(5_000):
        ask = draw(random, SHOPS[0], SHOPS[1])
        kinds.add(ask.kind)
        assert "{" not in ask.path
        assert (word_of(2) in ask.path or str(first_id_of(2)) in ask.path) == bool(ask.foreign or ask.asked)
    assert len(kinds) == len(reads()) + len(WRITES)


@contextmanager
def an_api(*, leaks_every: int) -> Iterator[int]:
    """Serve whoever asks what is theirs, and one in so many what is the next one's, as if a connection were mixed up."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        answered = 0

        def do_GET(self) -> None:
            Handler.answered += 1
            owner = int(self.headers["Authorization"].rpartition("-")[2])
            is_mixed_up = leaks_every > 0 and Handler.answered % leaks_every == 0
            foreign = any(str(first_id_of(each.owner)) in self.path for each in SHOPS if each.owner != owner)
            said = owner % len(SHOPS) + 1 if is_mixed_up else owner
            self.answer(404 if foreign and not is_mixed_up else 200, {"id": first_id_of(said), "title": word_of(said)})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_PATCH(self) -> None:
            self.do_POST()

        def answer(self, status: int, body: Any) -> None:
            content = json.dumps({} if status == 404 else body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its name there
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing: clients that are gone in the midst of an answer are meant."""

    with Server(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.parametrize(("leaks_every", "is_seen"), [(0, False), (10, True)])
def test_the_clients_see_one_foreign_answer_among_many(leaks_every: int, *, is_seen: bool) -> None:
    with an_api(leaks_every=leaks_every) as port:
        judge = Judge()
        Clients(port, SHOPS, judge, seed=11).ask_all(ANSWERS)
    assert judge.total >= ANSWERS
    assert judge.cancelled > 0
    assert bool(judge.wrong) is is_seen, judge.wrong[:3]
