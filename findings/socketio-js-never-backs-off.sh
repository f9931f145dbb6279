#!/usr/bin/env bash
# socket.io-client 4.8.4 never backs off from a server that opens Engine.IO and closes before it answers CONNECT.
#
# That is how a Socket.IO server sends clients away for a while: what it must ask first (a token, a database) comes with CONNECT,
# and CONNECT_ERROR would end the reconnecting for good.
# Expected: delays that double up to `reconnectionDelayMax`, and `reconnect_failed` after `reconnectionAttempts`.
# Happens:  the opening of Engine.IO counts as a successful reconnection. It fires `reconnect`, resets the back-off, and the next
#           attempt is number 1 again after `reconnectionDelay`: about once a second for ever by default.
# Seen on 2026-11-28 with ws 8.23.0, reconnectionDelay 40 ms, 4 attempts, no jitter (after 20 attempts the script stops):
#   handshake refused with 503: attempts 1,2,3,4, `reconnect` 0 times, reconnect_failed: true, delays grow: true
#   closed with 1013 before CONNECT is answered: attempts 1,1,1,1,… (20), `reconnect` 19 times, reconnect_failed: false
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

const OPEN = "0" + JSON.stringify({ sid: "a", upgrades: [], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 });
const MOST = 20;

async function watch(accepts) {
  const http = createServer();
  new WebSocketServer({ server: http, verifyClient: (_, answer) => answer(accepts, 503) }).on("connection", (websocket) => {
    websocket.send(OPEN);
    websocket.on("message", () => websocket.close(1013, "try again later")); // the CONNECT
  });
  await new Promise((listening) => http.listen(0, "127.0.0.1", listening));
  const socket = io(`http://127.0.0.1:${http.address().port}`, {
    transports: ["websocket"], forceNew: true,
    reconnectionDelay: 40, reconnectionDelayMax: 2000, reconnectionAttempts: 4, randomizationFactor: 0,
  });
  const seen = { attempts: [], times: [], reconnects: 0, failed: false };
  await new Promise((done) => {
    socket.io.on("reconnect", () => (seen.reconnects += 1));
    socket.io.on("reconnect_failed", () => done((seen.failed = true)));
    socket.io.on("reconnect_attempt", (number) => {
      seen.attempts.push(number);
      seen.times.push(performance.now());
      if (seen.attempts.length === MOST) done();
    });
  });
  socket.close();
  http.closeAllConnections();
  http.close();
  return seen;
}

const refused = await watch(false);
const gaps = refused.times.slice(1).map((time, index) => time - refused.times[index]);
const grow = gaps.every((gap, index) => index === 0 || gap > gaps[index - 1]);
console.log(`handshake refused with 503: attempts ${refused.attempts}, \`reconnect\` ${refused.reconnects} times,`
  + ` reconnect_failed: ${refused.failed}, delays grow: ${grow}`);
assert(refused.failed && refused.reconnects === 0 && grow, "changed: no back-off from a refused handshake either");

const closed = await watch(true);
console.log(`closed with 1013 before CONNECT is answered: attempts ${closed.attempts.slice(0, 4)},… (${closed.attempts.length}),`
  + ` \`reconnect\` ${closed.reconnects} times, reconnect_failed: ${closed.failed}`);
assert(!closed.failed && closed.attempts.every((number) => number === 1), "changed: attempts are counted, the client backs off");
assert(closed.reconnects === MOST - 1, "changed: an opened Engine.IO is not a `reconnect` any more");
process.exit(0);
NODE
node watch.mjs
