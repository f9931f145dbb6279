#!/usr/bin/env bash
# python-engineio 4.15.1: a client whose websocket the server has closed keeps its file descriptor, `disconnect` or not.
#
# Expected: after the server's close frame and the end of TCP the client closes its end; at the latest `disconnect()` does.
# Happens:  the client reports `disconnect` and its state is "disconnected", so that `disconnect()` does nothing more; the descriptor
#           stays (CLOSE_WAIT) until the object is collected, which warns (ResourceWarning). A program that keeps a client
#           per account holds a descriptor for each after the server has gone; `client.ws.shutdown()` closes it.
# Seen on 2026-11-28 with websocket-client 1.9.0, websockets 17.4, five clients:
#   client leaves:  descriptors open afterwards: 0
#   server closes:  descriptors open afterwards: 5, after disconnect(): 5, after ws.shutdown(): 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet python-engineio==4.15.1 websocket-client==1.9.0 requests==2.34.2 websockets==17.4
"$folder/venv/bin/python" - <<'PYTHON'
import json
from threading import Thread

import engineio
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

OPEN = "0" + json.dumps({"sid": "a", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000, "maxPayload": 1000000})
CLIENTS = 5


def count_open(clients):
    return sum(client.ws.sock is not None and client.ws.sock.fileno() != -1 for client in clients)


def run(server_closes):
    def serve_one(websocket):
        websocket.send(OPEN)
        try:
            if not server_closes:
                websocket.recv()
        except ConnectionClosed:
            return

    with serve(serve_one, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        clients = [engineio.Client(handle_sigint=False) for _ in range(CLIENTS)]
        for client in clients:
            client.connect(f"http://127.0.0.1:{server.socket.getsockname()[1]}", transports=["websocket"])
            if not server_closes:
                client.disconnect()
            client.wait()
            assert client.state == "disconnected"
        server.shutdown()
    return clients


left = count_open(run(server_closes=False))
print(f"client leaves:  descriptors open afterwards: {left}")
clients = run(server_closes=True)
counts = [count_open(clients)]
for client in clients:
    client.disconnect()
counts.append(count_open(clients))
for client in clients:
    client.ws.shutdown()
counts.append(count_open(clients))
print("server closes:  descriptors open afterwards: {}, after disconnect(): {}, after ws.shutdown(): {}".format(*counts))
assert left == 0, "changed: a client that leaves keeps its descriptor too"
assert counts == [CLIENTS, CLIENTS, 0], "changed: the client closes its end"
PYTHON
