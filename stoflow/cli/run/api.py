"""`stoflow api`: the HTTP and Socket.IO doors, one process of them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click

from stoflow.cli.run.serving import spare_the_collector
from stoflow.http.server import listen, web_server
from stoflow.settings import Settings
from stoflow.wiring.api import API_CONNECTIONS, make_api
from stoflow.wiring.installation import prepare, serving


@click.command()
@click.option("--host", default=None, help="Where to listen; STOFLOW_HOST by default.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=None, help="STOFLOW_PORT by default; 0 takes a free one."
)
@click.pass_obj
def api(settings: Settings, *, host: str | None, port: int | None) -> None:
    """Serve the HTTP API and the sockets until SIGTERM, then finish what is under way."""
    with _signals_as_exit(), serving(settings, pool_size=API_CONNECTIONS) as installation:
        prepare(installation)
        process = make_api(installation)
        host, port = host or settings.host, settings.port if port is None else port
        sockets = listen(host, port)
        process.start()
        spare_the_collector()
        try:
            web_server(
                process.app,
                host=host,
                port=port,
                trusted_proxies=settings.trusted_proxies,
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
