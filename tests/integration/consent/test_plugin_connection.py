"""Where a seller's own browser connects them, the connection says how that browser is."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import socketio

from stoflow.wiring.tokens import access_tokens

WAIT_S = 10.0


@pytest.fixture
def plugin(alice: Any, platform: Any) -> Iterator[socketio.Client]:
    client = socketio.Client()
    token = access_tokens(platform.installation.settings).issue_access_token(alice.tenant)
    auth = {"token": token, "client": "plugin", "plugin_id": "laptop"}
    client.connect(platform.url, auth=auth, transports=["websocket"])
    yield client
    client.disconnect()


def when(alice: Any, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        connection = alice.connection("vinted")
        if holds(connection):
            return connection
    pytest.fail(str(alice.connection("vinted")))


def test_a_plugin_that_is_there_is_the_connection(alice: Any, plugin: socketio.Client) -> None:
    there = when(alice, lambda seen: seen["connected"])
    assert (there["state"], there["reason"], there["expires_at"]) == ("connected", None, None)

    plugin.emit("vinted_session_update", {"ok": False, "reason": "Sign in to Vinted again."})
    signed_out = when(alice, lambda seen: not seen["connected"])
    assert (signed_out["state"], signed_out["reason"]) == ("needs_seller", "Sign in to Vinted again.")

    plugin.emit("vinted_session_update", {"ok": True})
    when(alice, lambda seen: seen["connected"])

    plugin.disconnect()
    gone = when(alice, lambda seen: not seen["connected"])
    assert gone["state"] == "offline"
    assert gone["reason"].startswith("The plugin has been offline since 20")


def test_vinted_s_own_words_tell_why_a_job_waits(alice: Any, plugin: socketio.Client) -> None:
    product = alice.page.post("/api/products", json={"title": "Coat"}).json()["id"]
    plugin.emit("datadome_detected", {})
    when(alice, lambda seen: seen["state"] == "needs_seller")
    waiting = alice.job(alice.publishes(product, "vinted"))["waiting"]
    assert "whether the seller is a robot" in waiting
    assert "reconnect" not in waiting
