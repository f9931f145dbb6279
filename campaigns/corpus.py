"""What a client may say, as bytes, and how it is made wrong: every choice out of one seeded generator."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Final

from stoflow.http.rest.endpoint import Operation
from stoflow.http.routes import find_operations

PATH_VALUES: Final[Mapping[str, Sequence[str]]] = {
    "marketplace": ("vinted", "ebay", "etsy", "nowhere", "%2e%2e", "jobs"),
    "catalogue": ("colors", "brands", "'"),
}
IDS: Final = ("1", "2", "0", "-1", "007", "2147483647", "2147483648", "9" * 30, "1%00", "é")
QUERIES: Final = (
    *("", "?limit=1", "?limit=200&cursor=1", "?status=failed"),
    *("?state=1&code=2", "?cursor=%00", "?a&a", "?%FF=%"),
)
FORM: Final = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n\xff\xd8\xff\r\n--x--\r\n'
SCRAPS: Final = (
    *(b"\r\n", b"\n", b"\0", b"\xff\xfe", b"\x00\x01", b"%00", b"../", b"{", b"[" * 64, b" " * 300, b"X" * 5000),
    *(b'"\\ud800"', b"1e999", b"9" * 400, b"NaN", b"-0", "ﷺ".encode()),
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: b\r\n"),
    *(b"Connection: Upgrade\r\nUpgrade: websocket\r\n", b"Upgrade: h2c\r\n", b"Expect: 100-continue\r\n"),
    *(b"Authorization: Bearer a.b.c\r\n", b"Idempotency-Key: a\r\n", b'If-Match: "0"\r\n', b"Prefer: wait=1\r\n"),
)
FRAMES: Final = (
    "3", "1", "2probe", "41", "40", '40{"token":"a.b.c","client":"frontend"}', '42["token",{"token":"a.b.c"}]', "42[]",
    '42["plugin_response",{"request_id":"00000000-0000-4000-8000-000000000000","success":true,"data":{"a":1}}]',
    '42["plugin_progress",{"request_id":"12345678","done":1,"total":2}]', '42["session_update",{"ok":true}]',
    '42["vinted_session_update",{"ok":false,"reason":"a"}]', '42["datadome_detected",{}]', '421["token",{"token":"x"}]',
    '42/admin,["token"]', '451-["a",{"_placeholder":true,"num":0}]', '42["connect",{}]', '42["disconnect"]',
)  # fmt: skip


def requests(random: Random, token: str) -> Iterator[bytes]:
    """Yield requests without end: each is one of ours, most of them made wrong once or more."""
    operations = find_operations()
    while True:
        request = _request(random, random.choice(operations), token)
        for _ in range(random.choice((0, 1, 1, 2, 4))):
            request = random.choice(MUTATIONS)(random, request)
        yield request


def frames(random: Random) -> Iterator[bytes]:
    """Yield what is sent over an open socket without end, most of it made wrong: texts, and frames themselves."""
    while True:
        text = random.choice(FRAMES).encode()
        for _ in range(random.choice((0, 1, 2))):
            text = random.choice(MUTATIONS)(random, text)
        sent = frame(text, 0x81 if random.random() < 0.9 else random.randrange(256))
        yield _flipped(random, sent) if random.random() < 0.1 else sent


def frame(text: bytes, head: int = 0x81) -> bytes:
    """Return a frame as a client sends it, masked with zeros."""
    size = len(text)
    if size < 126:
        length = bytes([0x80 | size])
    else:
        length = bytes([0xFE]) + size.to_bytes(2, "big") if size <= 0xFFFF else bytes([0xFF]) + size.to_bytes(8, "big")
    return bytes([head]) + length + bytes(4) + text


def _request(random: Random, operation: Operation, token: str) -> bytes:
    def value(match: re.Match[str]) -> str:
        return random.choice(PATH_VALUES.get(match[1], IDS))

    path = re.sub(r"\{(\w+)\}", value, operation.path) + random.choice(QUERIES)
    body, kind = _body(random, operation)
    lines = [f"{operation.method} {path} HTTP/1.1", "Host: api", f"Authorization: Bearer {token}"]
    if body:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def _body(random: Random, operation: Operation) -> tuple[bytes, str]:
    if operation.method not in {"POST", "PUT", "PATCH"}:
        return b"", ""
    if operation.upload and random.random() < 0.5:
        return FORM, "multipart/form-data; boundary=x"
    examples = operation.body.model_json_schema().get("examples") or [{}]
    body = json.dumps(random.choice(examples)).encode()
    for _ in range(random.choice((0, 0, 1, 3))):  # here its length is right all the same
        body = random.choice(MUTATIONS)(random, body)
    return body, "application/json"


def _flipped(random: Random, text: bytes) -> bytes:
    place = random.randrange(len(text)) if text else 0
    return text[:place] + bytes([random.randrange(256)]) + text[place + 1 :]


def _cut(random: Random, text: bytes) -> bytes:
    begin, end = sorted(random.randrange(len(text) + 1) for _ in range(2))
    return text[:begin] + text[end:]


def _ended(random: Random, text: bytes) -> bytes:
    return text[: random.randrange(len(text) + 1)]


def _repeated(random: Random, text: bytes) -> bytes:
    begin, end = sorted(random.randrange(len(text) + 1) for _ in range(2))
    return text[:end] + text[begin:end] * random.choice((1, 2, 20)) + text[end:]


def _filled(random: Random, text: bytes) -> bytes:
    place = random.randrange(len(text) + 1)
    return text[:place] + random.choice(SCRAPS) + text[place:]


def _headed(random: Random, text: bytes) -> bytes:
    """Put a header where headers stand."""
    first, line, rest = text.partition(b"\r\n")
    return first + line + random.choice(SCRAPS).rstrip(b"\r\n") + line + rest


def _valued(random: Random, text: bytes) -> bytes:
    """Put another value where a value of JSON stands."""
    values = (None, True, -1, 1e308, 10**99, "", "\0", "\ud800", [], {}, [[]] * 40, "x" * 30_000, {"": 0})
    found = list(re.finditer(rb'(?<=:)\s*("[^"]*"|[0-9.]+|true|false|null)', text))
    if not found:
        return text
    where = random.choice(found)
    return text[: where.start()] + json.dumps(random.choice(values)).encode() + text[where.end() :]


Mutation = Callable[[Random, bytes], bytes]
MUTATIONS: Final[Sequence[Mutation]] = (_flipped, _cut, _ended, _repeated, _filled, _headed, _valued)
