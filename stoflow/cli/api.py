"""`stoflow api`: the doors users open."""

import click

from stoflow import bootstrap
from stoflow.http.server import web_server
from stoflow.settings import Settings


@click.command()
@click.option("--host", default=None, help="Where to listen; STOFLOW_HOST by default.")
@click.option("--port", default=None, type=click.IntRange(0, 65535), help="STOFLOW_PORT by default.")
@click.pass_obj
def api(settings: Settings, *, host: str | None, port: int | None) -> None:
    """Serve HTTP and the plugins' sockets."""
    with bootstrap.opened(settings, pool_size=bootstrap.API_CONNECTIONS) as installation:
        bootstrap.prepare(installation)
        serving = bootstrap.api_application(installation)
        server = web_server(
            serving.app,
            host=host or settings.host,
            port=settings.port if port is None else port,
            trusted_proxies=settings.trusted_proxies,
        )
        serving.start()
        try:
            server.run()
        finally:
            serving.stop()


