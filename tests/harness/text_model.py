"""A model that writes texts, as OpenAI's servers speak: it remembers what it was asked, and fails as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT_S = 30
ANSWER = json.dumps({"title": "Wool coat by Zara", "description": "Warm &amp; grey."})


class ScriptedModel:
    """`script` is what becomes of the next calls: a status, LOST, or the words it answers; then it answers ANSWER."""

    LOST = "lost"

    def __init__(self) -> None:
        self.script: list[int | str] = []
        self.calls: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.url = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        assert request.path == "/v1/chat/completions", request.path
        self.calls.append(json.loads(request.rfile.read(int(request.headers["content-length"]))))
        self.keys.append(request.headers["authorization"])
        what = self.script.pop(0) if self.script else ANSWER
        self.asked.set()
        assert self.may_answer.wait(WAIT_S)
        if what == self.LOST:
            request.close_connection = True
            return
        choices = [{"message": {"role": "assistant", "content": what}}]
        body = json.dumps({"choices": choices} if isinstance(what, str) else {"error": {"message": "no"}}).encode()
        request.send_response(what if isinstance(what, int) else 200)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


@contextmanager
def scripted_model() -> Iterator[ScriptedModel]:
    model = ScriptedModel()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            model.answer(self)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class calls it
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, name="model")
    thread.start()
    try:
        yield model
    finally:
        model.may_answer.set()
        server.shutdown()
        thread.join(WAIT_S)
        server.server_close()
