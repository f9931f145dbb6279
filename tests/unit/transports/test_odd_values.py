"""What a marketplace answers comes through one door, which makes it fit to be kept."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from stoflow.domain.call import Request
from stoflow.domain.errors import APIConnectionError
from stoflow.domain.foreign import DEEPEST, foreign_json
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.oauth import LONGEST_LIFE_S, UNKNOWN_LIFE_S, RefreshFlow, refresh
from stoflow.transports.direct.tokens import LONGEST_TOKEN, is_sendable

ODD_JSON = {
    "NUL": (r'{"title": "A\u0000 coat\u0000"}', {"title": "A coat"}),
    "NUL in a name": (r'{"ti\u0000tle": 1}', {"title": 1}),
    "half a character": (r'["\ud83d", "\ude00 coat", "\ud83d\ude00"]', ["\ufffd", "\ufffd coat", "\U0001f600"]),
    "not a number": ('{"price": NaN, "left": Infinity, "low": -Infinity}', {"price": None, "left": None, "low": None}),
    "an endless number": ('{"price": 1e999, "left": -1e999}', {"price": None, "left": None}),
    "a number of many digits": (f'{{"id": {"9" * 5000}, "next": 7}}', {"id": None, "next": 7}),
    "too deep": ("[" * (DEEPEST + 1) + "1" + "]" * (DEEPEST + 1), None),
}


@pytest.mark.parametrize(("text", "kept"), ODD_JSON.values(), ids=ODD_JSON)
def test_what_cannot_be_kept_is_cleaned(text: str, kept: Any) -> None:
    said = foreign_json(text)
    for _ in range(DEEPEST if kept is None else 0):
        (said,) = said
    assert said == kept
    json.dumps(said, allow_nan=False).encode()


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "nothing", '{"a": 1} and more'])
def test_what_is_no_json_is_told_by_one_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"It is nested|Expect|Extra data"):
        foreign_json(text)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", rb'{"title": "A\u0000\ud800 coat"}'),
        ("application/json; charset=nonsense", rb'{"title": "A\u0000\ud800 coat"}'),
        ("application/json; charset=hex", rb'{"title": "A\u0000\ud800 coat"}'),
    ],
)
def test_a_reply_is_clean(server: Any, client: DirectClient, content_type: str, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    server.answer = lambda connection, _: connection.sendall(head.encode() + body)
    reply = client.exchange(server.url, Request("GET", "/"), headers={}, deadline_s=10)
    assert reply.body == {"title": "A\ufffd coat"}


def asked(server: Any, client: DirectClient, answering: Callable[..., Any], **given: Any) -> Any:
    server.answer = answering(200, json.dumps({"access_token": "a2", "expires_in": 7200} | given).encode())
    return refresh(client, RefreshFlow(server.url, "/token", "app", refresh_life_s=90.0), "r1")


LIVES = {
    "negative": (-1, UNKNOWN_LIFE_S),
    "zero": (0, UNKNOWN_LIFE_S),
    "endless": (float("inf"), UNKNOWN_LIFE_S),
    "no number": (float("nan"), UNKNOWN_LIFE_S),
    "of many digits": (10**400, UNKNOWN_LIFE_S),
    "huge": (1e300, LONGEST_LIFE_S),
    "text": ("soon", UNKNOWN_LIFE_S),
    "a number as text": ("3600", 3600.0),
    "null": (None, UNKNOWN_LIFE_S),
    "yes": (True, UNKNOWN_LIFE_S),
    "a list": ([3600], UNKNOWN_LIFE_S),
    "usual": (7200, 7200.0),
}


@pytest.mark.parametrize(("said", "life_s"), LIVES.values(), ids=LIVES)
def test_an_odd_life_throws_no_good_token_away(
    server: Any, client: DirectClient, answering: Any, said: Any, life_s: float
) -> None:
    tokens = asked(server, client, answering, expires_in=said, refresh_token_expires_in=said)
    refresh_life_s = 90.0 if life_s == UNKNOWN_LIFE_S else life_s
    assert (tokens.access, tokens.access_expires_in_s) == ("a2", life_s)
    assert tokens.refresh_expires_in_s == refresh_life_s


@pytest.mark.parametrize("member", ["access_token", "refresh_token"])
@pytest.mark.parametrize(
    "token", ["a\nb", "a\r\nX-Other: b", "\x00a", "clé", "\u212a", "a\x7f", " a", "a ", 7, ["a"], True, {}],
    ids=ascii,
)  # fmt: skip
def test_a_token_that_cannot_be_sent_counts_as_not_given(
    server: Any, client: DirectClient, answering: Any, member: str, token: Any
) -> None:
    with pytest.raises(APIConnectionError, match="gave no tokens") as raised:
        asked(server, client, answering, **{member: token if token != "\x00a" else "\x07a"})
    assert raised.value.sent
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("scope", ["a b", ["a", "b"], None, 7])
def test_scopes_of_any_shape_do_no_harm(server: Any, client: DirectClient, answering: Any, scope: Any) -> None:
    assert asked(server, client, answering, scope=scope).access == "a2"


def test_a_token_is_no_longer_than_a_header_may_be() -> None:
    assert is_sendable("x" * LONGEST_TOKEN)
    assert not is_sendable("x" * (LONGEST_TOKEN + 1))
