"""A server that speaks as much S3 as photos need: objects put, had, and asked for by a key it knows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MISSING = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>There is none.</Message></Error>'
DENIED = b'<?xml version="1.0"?><Error><Code>InvalidAccessKeyId</Code><Message>Nobody.</Message></Error>'
MODIFIED = "Sat, 28 Nov 2026 12:00:00 GMT"


@dataclass
class Bucket:
    """`objects` are by path, the bucket's name included; `away` makes it answer 500; `asked` is what was asked."""

    url: str
    key: str = "AKIDTEST"
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    away: bool = False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        if self._may():
            self.bucket.objects[self.path] = content
            self._answer(200, etag=content)

    def do_GET(self) -> None:
        if self._may():
            content = self.bucket.objects.get(self.path)
            self._answer(404, MISSING) if content is None else self._answer(200, content, etag=content)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _may(self) -> bool:
        self.bucket.asked.append((self.command, self.path))
        known = f"AWS4-HMAC-SHA256 Credential={self.bucket.key}/" in self.headers.get("authorization", "")
        if self.bucket.away or not known:
            self._answer(*((500, b"") if self.bucket.away else (403, DENIED)))
        return known and not self.bucket.away

    def _answer(self, status: int, body: bytes = b"", etag: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", MODIFIED)
        self.send_header("ETag", f'"{md5(etag, usedforsecurity=False).hexdigest()}"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object, **__: object) -> None:
        """Say nothing."""


@contextmanager
def serving_bucket() -> Iterator[Bucket]:
    class Handler(_Handler):
        """This server's own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        bucket = Handler.bucket = Bucket(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield bucket
        finally:
            server.shutdown()
            thread.join()
