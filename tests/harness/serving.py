"""An app behind a port of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from stoflow.http.server import web_server
from stoflow.settings import Settings
from stoflow.wiring.api import make_api
from stoflow.wiring.installation import opened, prepare

WAIT_S = 10


@contextmanager
def serving(app: Any, **more: Any) -> Iterator[str]:
    server: uvicorn.Server = web_server(app, host="127.0.0.1", port=0, **more)
    ready = threading.Event()
    startup = server.startup

    async def announced(*arguments: Any, **more: Any) -> None:
        await startup(*arguments, **more)
        ready.set()

    server.startup = announced
    thread = threading.Thread(target=server.run, name="api")
    thread.start()
    try:
        assert ready.wait(WAIT_S)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(WAIT_S)
        assert not thread.is_alive()


@contextmanager
def api_of(settings: Settings, *, pool_size: int = 8) -> Iterator[str]:
    """Serve the real use cases as one api process has them, with pools and connections of its own."""
    with opened(settings, pool_size=pool_size) as installation:
        prepare(installation)
        process = make_api(installation)
        process.start()
        try:
            with serving(process.app) as url:
                yield url
        finally:
            process.stop()
