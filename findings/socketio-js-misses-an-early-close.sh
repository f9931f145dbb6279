#!/usr/bin/env bash
# socket.io-client 4.8.4 does not notice a websocket that is closed before Engine.IO's first packet.
#
# So closes whatever does the upgrade first and finds only then that it cannot serve (1012, 1013).
# Expected: `connect_error` when the websocket closes, and the next attempt after the reconnection delay.
# Happens:  the manager listens to `open` and `error` of the engine, not to `close`; `connect_error` says "timeout" when its `timeout`
#           is over, 20 s by default, though the engine fired `close` at once.
# Seen on 2026-11-28 with engine.io-client 6.6.8 and ws 8.23.0, timeout 2000 ms:
#   closed with 1013: engine closed at once: true, connect_error "timeout" when the timeout is over
#   handshake refused with 503: connect_error "websocket error" before the timeout is over
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" socket.io-client@4.8.4 engine.io-client@6.6.8 ws@8.23.0 >/dev/null
cd "$folder"
cat > watch.mjs <<'NODE'
import assert from "node:assert";
import { createServer } from "node:http";
import { io } from "socket.io-client";
import { WebSocketServer } from "ws";

const TIMEOUT_MS = 2000;

async function watch(accepts) {
  const http = createServer();
  new WebSocketServer({ server: http, verifyClient: (_, answer) => answer(accepts, 503) }).on("connection", (websocket) =>
    websocket.close(1013, "try again later"));
  await new Promise((listening) => http.listen(0, "127.0.0.1", listening));
  const start = performance.now();
  const socket = io(`http://127.0.0.1:${http.address().port}`, {
    transports: ["websocket"], forceNew: true, reconnection: false, timeout: TIMEOUT_MS,
  });
  let closedEarly = false;
  socket.io.engine.on("close", () => (closedEarly ||= performance.now() - start < TIMEOUT_MS / 2));
  const error = await new Promise((heard) => socket.on("connect_error", heard));
  const late = performance.now() - start >= TIMEOUT_MS - 50;
  socket.close();
  http.closeAllConnections();
  http.close();
  return { closedEarly, message: error.message, late };
}

const closed = await watch(true);
console.log(`closed with 1013: engine closed at once: ${closed.closedEarly},`
  + ` connect_error "${closed.message}" ${closed.late ? "when" : "before"} the timeout is over`);
const refused = await watch(false);
console.log(`handshake refused with 503: connect_error "${refused.message}" ${refused.late ? "when" : "before"} the timeout is over`);
assert(closed.closedEarly && closed.late && closed.message === "timeout", "changed: an early close is noticed");
assert(!refused.late, "changed: a refused handshake is not noticed either");
process.exit(0);
NODE
node watch.mjs
