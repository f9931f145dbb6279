"""One process of an api, from its start until SIGTERM."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from stoflow.cli.run.forking import inherited_sockets
from stoflow.cli.run.serving import hand_over_soon, spare_the_collector
from stoflow.http.connections import ConnectionLimits
from stoflow.http.listening import listen
from stoflow.http.server import web_server
from stoflow.settings import Settings
from stoflow.wiring.api import API_CONNECTIONS, make_api
from stoflow.wiring.installation import prepare, serving


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve at this port, or on what a parent has opened for several of us."""
    with _signals_as_exit(), serving(settings, pool_size=API_CONNECTIONS) as installation:
        prepare(installation)
        process = make_api(installation)
        sockets = [*inherited_sockets()] or listen(host, port)
        process.start()
        spare_the_collector()
        hand_over_soon()
        try:
            web_server(
                process.app,
                host=host,
                port=port,
                trusted_proxies=settings.trusted_proxies,
                limits=ConnectionLimits(address_connections=settings.address_connections),
            ).run(sockets)
        finally:
            process.stop()


@contextmanager
def _signals_as_exit() -> Iterator[None]:
    """Turn SIGTERM and SIGINT into a clean exit: uvicorn raises them once more when it has drained."""
    before = {number: signal.signal(number, _exit) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit(_: int, __: FrameType | None) -> NoReturn:
    raise SystemExit(0)
