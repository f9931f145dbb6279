#!/usr/bin/env bash
# python-socketio 5.18.1, client and server: the client is refused by a server that names the pages which may come in.
#
# The client's websocket (websocket-client) says `Origin: http://<the server's own host>` of itself, as if it were a page of the
# server's. A server without `cors_allowed_origins` takes its own origin; one with a list takes those in it and no longer its own.
# Expected: a client that is no browser sends no Origin, or a server goes on taking its own when other origins are named.
# Happens:  every Python client is refused from the day on which the first page is named; told is only "Connection error".
# Seen on 2026-11-29 with python-engineio 4.15.1, websocket-client 1.9.0, uvicorn 0.54.0:
#   nobody named:                    connected
#   https://shop.example named:      refused
#   the same, with suppress_origin:  connected
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet python-socketio==5.18.1 python-engineio==4.15.1 websocket-client==1.9.0 requests==2.34.2 \
  websockets==17.4 uvicorn==0.54.0
"$folder/venv/bin/python" - <<'PYTHON'
import socket
from threading import Thread
from time import sleep

import socketio
import uvicorn


def connects(origins, **options):
    app = socketio.ASGIApp(socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=origins, transports=["websocket"]))
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        while not server.started:
            sleep(0.01)
        client = socketio.Client(reconnection=False, handle_sigint=False, websocket_extra_options=options)
        try:
            client.connect(f"http://127.0.0.1:{door.getsockname()[1]}", transports=["websocket"])
        except socketio.exceptions.ConnectionError:
            return False
        finally:
            client.disconnect()
            server.should_exit = server.force_exit = True  # the client's socket stays open
            thread.join()
    return True


said = {True: "connected", False: "refused"}
came = [connects(None), connects(["https://shop.example"]), connects(["https://shop.example"], suppress_origin=True)]
for name, one in zip(("nobody named", "https://shop.example named", "the same, with suppress_origin"), came, strict=True):
    print(f"{name + ':':<32} {said[one]}")
assert came == [True, False, True], "changed"
PYTHON
