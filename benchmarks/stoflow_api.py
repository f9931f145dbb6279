"""StoFlow's api beside its engine, for what is measured from outside."""

import json
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from os import environ
from typing import Any

from benchmarks.machine import Machine
from benchmarks.peer import Peer
from benchmarks.session import warm
from benchmarks.stoflow_marketplace import ACTION, NAME
from benchmarks.stoflow_peer import StoflowPeer

READY_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Api:
    peer: StoflowPeer
    machine: Machine
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, tenant: int) -> str:
        """Return an access token, as an operator gets one."""
        command = [sys.executable, "-m", "stoflow", "token", "--tenant", str(tenant)]
        variables = {**environ, **self.peer.environment}
        return subprocess.run(command, check=True, env=variables, capture_output=True, text=True).stdout.strip()

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=10)


def submit(connection: HTTPConnection, token: str, payload: Mapping[str, Any]) -> int:
    """Ask for one job; return its id from the 201."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    body = json.dumps({"action_type": ACTION, "payload": dict(payload)})
    connection.request("POST", f"/api/{NAME}/jobs", body, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    if response.status != 201:
        message = f"The api answered {response.status}: {answer}"
        raise RuntimeError(message)
    return answer["id"]


@contextmanager
def stoflow_with_api(*, tenants: int) -> Generator[Api]:
    """Give a warm engine with an api that is ready."""
    with warm(StoflowPeer, tenants=tenants) as (peer, place):
        assert isinstance(peer, StoflowPeer)
        peer.start_api("api")
        yield api_of(peer, place)


def api_of(peer: StoflowPeer, place: Machine) -> Api:
    """Return the api that the peer has started, once it is ready."""
    api = Api(peer, place, peer.port)
    _wait_until_ready(api, peer)
    return api


def _wait_until_ready(api: Api, peer: Peer) -> None:
    ends_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < ends_at:
        connection = api.connection()
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    message = f"The api of {peer.name} was not ready.\n{api.machine.logs()}"
    raise RuntimeError(message)
