"""Real `stoflow api` processes before one installation: what one does, the other must know."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx

from stoflow.cli.run.children import Children, free_port
from stoflow.settings import Settings
from tests.harness.trust import TRUST

WAIT_S = 30


@contextmanager
def api_processes(settings: Settings, count: int = 2, **more: object) -> Iterator[list[httpx.Client]]:
    """Start so many, and yield a client of each."""
    named = {
        "HOME": settings.home,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEYS": ",".join(settings.secret_keys),
        "REGISTRATION": "open",
        **{name.upper(): value for name, value in more.items()},
    }
    environment = {f"STOFLOW_{name}": str(value) for name, value in named.items()}
    with Children(environment) as children, ExitStack() as stack:
        clients: list[httpx.Client] = []
        for number in range(count):
            port = free_port()
            child = children.start(f"api-{number}", "api", "--port", str(port))
            client = stack.enter_context(
                httpx.Client(verify=TRUST, base_url=f"http://127.0.0.1:{port}", timeout=WAIT_S)
            )
            children.wait_until(lambda client=client: _is_ready(client), child)
            clients.append(client)
        yield clients


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == int(httpx.codes.OK)
    except httpx.TransportError:
        return False
