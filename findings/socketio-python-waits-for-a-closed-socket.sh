#!/usr/bin/env bash
# python-socketio 5.18.1: `Client.connect` waits its whole time for the answer of a server that has closed the websocket.
#
# A server that is too busy accepts Engine.IO and closes with 1013 ("try again later") instead of answering CONNECT.
# Expected: `connect` raises ConnectionError at once, as it does for CONNECT_ERROR.
# Happens:  the client knows (its Engine.IO state is "disconnected"), but `connect` goes on waiting for an event that cannot come,
#           until `wait_timeout`; neither `disconnect` nor `connect_error` is fired meanwhile or after.
# Seen on 2026-11-28 with python-engineio 4.15.1, websocket-client 1.9.0, websockets 17.4, wait_timeout=3:
#   CONNECT_ERROR: ConnectionError before the time is over, events ['connect_error']
#   close 1013:    ConnectionError when the time is over, events []; Engine.IO was disconnected for most of it: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet python-socketio==5.18.1 python-engineio==4.15.1 websocket-client==1.9.0 requests==2.34.2 \
  websockets==17.4
"$folder/venv/bin/python" - <<'PYTHON'
import json
from threading import Thread
from time import monotonic, sleep

import socketio
from websockets.sync.server import serve

WAIT_S = 3
OPEN = "0" + json.dumps({"sid": "a", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000, "maxPayload": 1000000})


def connect(answers):
    def serve_one(websocket):
        websocket.send(OPEN)
        websocket.recv()  # the CONNECT
        for answer in answers:
            websocket.send(answer)
        websocket.close(1013, "try again later")

    with serve(serve_one, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        client = socketio.Client(reconnection=False, handle_sigint=False)
        events, states = [], []
        client.on("connect_error", lambda *_: events.append("connect_error"))
        client.on("disconnect", lambda *_: events.append("disconnect"))
        Thread(target=lambda: (sleep(WAIT_S / 3), states.append(client.eio.state)), daemon=True).start()
        start = monotonic()
        try:
            client.connect(f"http://127.0.0.1:{server.socket.getsockname()[1]}", transports=["websocket"], wait_timeout=WAIT_S)
        except socketio.exceptions.ConnectionError:
            took_s = monotonic() - start
        client.disconnect()
        server.shutdown()
    return took_s >= WAIT_S, events, states


waited, events, _ = connect(['44{"message":"busy"}'])
print(f"CONNECT_ERROR: ConnectionError {'when' if waited else 'before'} the time is over, events {events}")
assert not waited, "changed: a refusal is waited for too"

waited, events, states = connect([])
was_known = states == ["disconnected"]
print(
    f"close 1013:    ConnectionError {'when' if waited else 'before'} the time is over, events {events};"
    f" Engine.IO was disconnected for most of it: {was_known}"
)
assert waited and was_known and events == [], "changed: the client notices that the server has closed"
PYTHON
