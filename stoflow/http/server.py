"""The web server in front of the doors, with every limit said."""

from collections.abc import Sequence
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from stoflow.http.socket_limits import MAX_FRAME_BYTES

MAX_CONNECTIONS: Final = 4000  # those above are answered 503 at once
MAX_HEADER_BYTES: Final = 32 * 1024
KEEP_ALIVE_S: Final = 15
DRAIN_S: Final = 20


def web_server(app: ASGIApp, *, host: str, port: int, trusted_proxies: Sequence[str] = ()) -> uvicorn.Server:
    """Return a server that is not running yet; `port` 0 takes a free one."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            lifespan="on",
            log_config=None,
            access_log=False,  # paths and queries are the tenant's
            # what may come in
            ws="websockets-sansio",  # reads from a client only as fast as the door takes what it read
            ws_max_size=MAX_FRAME_BYTES,
            ws_per_message_deflate=False,  # a small frame must not unfold into a large one
            limit_concurrency=MAX_CONNECTIONS,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=DRAIN_S,
            # whom to believe: by default uvicorn would trust whoever comes from this machine
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            server_header=False,
        )
    )
